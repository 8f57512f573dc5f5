//! Events: what happened, in the past tense. They are a public format: names and versions are never reused, and every version
//! ever released is still decoded (see `tests/golden/events`).
//!
//! An event is stored as a kind, a schema version, a small JSON payload that an operator can read in `psql`, and, for
//! metrics, the binary columns of [`crate::points`]. Floats never go through JSON: a database refuses NaN there.

mod model_payload;
mod payload;
mod upcast;

pub use model_payload::{
    LoggedModelCreated, LoggedModelMetricsLogged, LoggedModelStatusSet, ModelMetric, ModelVersionCreated,
    ModelVersionDeleted, ModelVersionStageSet, ModelVersionTagDeleted, ModelVersionTagsSet, ModelVersionUpdated,
    RegisteredModelAliasDeleted, RegisteredModelAliasSet, RegisteredModelCreated, RegisteredModelRenamed,
    RegisteredModelUpdated,
};
pub use payload::{
    ArtifactDeleted, ArtifactRemoved, ArtifactStaged, ArtifactStored, ArtifactUploadFailed, ArtifactUploadRetried,
    ArtifactUploaded, Dataset, DatasetInput, ExperimentCreated, ExperimentRenamed, Imported, InputsLogged, ModelOutput,
    OutputsLogged, ParamsLogged, RunCreated, RunUpdated, TagDeleted, TagsSet,
};
pub use upcast::DecodeError;

use payload::{Empty, MetricKeys};
use serde::{Serialize, de::DeserializeOwned};
use uuid::Uuid;

use crate::points::{Batch, Columns};
use crate::{StreamId, TraceContext, event::upcast::upcast};

/// Declares every kind of event once: its stable name, its newest schema version and the type of its payload.
macro_rules! events {
    ($($name:ident, $version:literal, $payload:ty;)*) => {
        /// An event, decoded.
        #[derive(Clone, Debug, PartialEq)]
        pub enum Event {
            /// Points of metrics of one run. Schema version 1: `{keys, counts}` and the binary columns.
            MetricsLogged(Batch),
            $($name($payload),)*
        }

        impl Event {
            /// The stable name of the kind, as stored.
            pub fn kind(&self) -> &'static str {
                match self {
                    Self::MetricsLogged(_) => "MetricsLogged",
                    $(Self::$name(_) => stringify!($name),)*
                }
            }

            /// The version of the payload that [`Self::encode`] writes.
            pub fn schema_version(&self) -> i16 {
                match self {
                    Self::MetricsLogged(_) => 1,
                    $(Self::$name(_) => $version,)*
                }
            }

            /// The JSON payload, and the binary points of a metrics event.
            pub fn encode(&self) -> (String, Option<Vec<u8>>) {
                match self {
                    Self::MetricsLogged(batch) => {
                        let keys = MetricKeys { keys: batch.keys().to_vec(), counts: batch.counts().to_vec() };
                        (json(&keys), Some(batch.columns().encode()))
                    }
                    $(Self::$name(payload) => (json(payload), None),)*
                }
            }

            /// Reads an event of any version that was ever written.
            pub fn decode(kind: &str, version: i16, payload: &str, points: Option<&[u8]>) -> Result<Self, DecodeError> {
                match kind {
                    "MetricsLogged" => decode_metrics(version, payload, points),
                    $(stringify!($name) => from_json::<$payload>(kind, version, $version, payload).map(Self::$name),)*
                    _ => Err(DecodeError::UnknownKind { kind: kind.to_owned() }),
                }
            }
        }
    };
}

events! {
    ExperimentCreated, 1, ExperimentCreated;
    ExperimentRenamed, 1, ExperimentRenamed;
    ExperimentTagsSet, 1, TagsSet;
    ExperimentTagDeleted, 1, TagDeleted;
    ExperimentDeleted, 1, Empty;
    ExperimentRestored, 1, Empty;
    ExperimentPurged, 1, Empty;
    RunCreated, 1, RunCreated;
    RunUpdated, 1, RunUpdated;
    RunDeleted, 1, Empty;
    RunRestored, 1, Empty;
    RunPurged, 1, Empty;
    ParamsLogged, 1, ParamsLogged;
    TagsSet, 1, TagsSet;
    TagDeleted, 1, TagDeleted;
    InputsLogged, 1, InputsLogged;
    OutputsLogged, 1, OutputsLogged;
    ArtifactStaged, 1, ArtifactStaged;
    ArtifactStored, 1, ArtifactStored;
    ArtifactUploadFailed, 1, ArtifactUploadFailed;
    ArtifactUploadRetried, 1, ArtifactUploadRetried;
    ArtifactUploaded, 1, ArtifactUploaded;
    ArtifactDeleted, 1, ArtifactDeleted;
    ArtifactRemoved, 1, ArtifactRemoved;
    LoggedModelCreated, 1, LoggedModelCreated;
    LoggedModelStatusSet, 1, LoggedModelStatusSet;
    LoggedModelTagsSet, 1, TagsSet;
    LoggedModelTagDeleted, 1, TagDeleted;
    LoggedModelParamsLogged, 1, ParamsLogged;
    LoggedModelMetricsLogged, 1, LoggedModelMetricsLogged;
    LoggedModelDeleted, 1, Empty;
    LoggedModelPurged, 1, Empty;
    RegisteredModelCreated, 1, RegisteredModelCreated;
    RegisteredModelRenamed, 1, RegisteredModelRenamed;
    RegisteredModelUpdated, 1, RegisteredModelUpdated;
    RegisteredModelTagsSet, 1, TagsSet;
    RegisteredModelTagDeleted, 1, TagDeleted;
    RegisteredModelAliasSet, 1, RegisteredModelAliasSet;
    RegisteredModelAliasDeleted, 1, RegisteredModelAliasDeleted;
    RegisteredModelDeleted, 1, Empty;
    ModelVersionCreated, 1, ModelVersionCreated;
    ModelVersionUpdated, 1, ModelVersionUpdated;
    ModelVersionStageSet, 1, ModelVersionStageSet;
    ModelVersionTagsSet, 1, ModelVersionTagsSet;
    ModelVersionTagDeleted, 1, ModelVersionTagDeleted;
    ModelVersionDeleted, 1, ModelVersionDeleted;
    Imported, 1, Imported;
}

/// An event on its way into the log.
#[derive(Clone, Debug, PartialEq)]
pub struct NewEvent {
    pub event_id: Uuid,
    pub stream: StreamId,
    pub event: Event,
    /// Who caused it: the authenticated user, else what the request says of itself.
    pub actor: String,
    /// The id of the HTTP request that caused it.
    pub request_id: String,
    /// When the server took it, in milliseconds since the epoch.
    pub recorded_at: i64,
}

/// An event of the log with its position; positions start at 1 and have no gaps.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordedEvent {
    pub position: i64,
    pub stream: StreamId,
    pub kind: String,
    pub schema_version: i16,
    /// JSON, as it was stored.
    pub payload: String,
    pub points: Option<Vec<u8>>,
    pub recorded_at: i64,
    /// The trace of the request behind it, where one was recorded.
    pub trace: Option<TraceContext>,
}

impl RecordedEvent {
    pub fn decode(&self) -> Result<Event, DecodeError> {
        Event::decode(&self.kind, self.schema_version, &self.payload, self.points.as_deref())
    }

    /// Bytes of payload and points.
    pub fn size(&self) -> usize {
        self.payload.len() + self.points.as_ref().map_or(0, Vec::len)
    }
}

impl Event {
    pub fn experiment_deleted() -> Self {
        Self::ExperimentDeleted(Empty {})
    }

    pub fn experiment_restored() -> Self {
        Self::ExperimentRestored(Empty {})
    }

    pub fn run_deleted() -> Self {
        Self::RunDeleted(Empty {})
    }

    pub fn run_restored() -> Self {
        Self::RunRestored(Empty {})
    }

    pub fn logged_model_deleted() -> Self {
        Self::LoggedModelDeleted(Empty {})
    }

    /// The logged model and all that was logged to it is gone for good.
    pub fn logged_model_purged() -> Self {
        Self::LoggedModelPurged(Empty {})
    }

    /// The model with its versions is gone.
    pub fn registered_model_deleted() -> Self {
        Self::RegisteredModelDeleted(Empty {})
    }

    /// The run and all that was logged to it is gone for good.
    pub fn run_purged() -> Self {
        Self::RunPurged(Empty {})
    }

    /// The experiment is gone for good; its runs were purged before.
    pub fn experiment_purged() -> Self {
        Self::ExperimentPurged(Empty {})
    }
}

fn json<T: Serialize>(payload: &T) -> String {
    // Payloads are structs of strings, integers and lists, which always serialise.
    serde_json::to_string(payload).unwrap_or_default()
}

fn from_json<T: DeserializeOwned>(kind: &str, version: i16, newest: i16, payload: &str) -> Result<T, DecodeError> {
    let invalid = |source| DecodeError::Payload { kind: kind.to_owned(), version, source };
    if version == newest {
        return serde_json::from_str(payload).map_err(invalid);
    }
    let value = serde_json::from_str(payload).map_err(invalid)?;
    serde_json::from_value(upcast(kind, version, newest, value)?).map_err(invalid)
}

fn decode_metrics(version: i16, payload: &str, points: Option<&[u8]>) -> Result<Event, DecodeError> {
    let MetricKeys { keys, counts } = from_json("MetricsLogged", version, 1, payload)?;
    let columns = Columns::decode(points.unwrap_or_default()).map_err(|source| DecodeError::Points { source })?;
    let batch = Batch::new(keys, counts, columns).map_err(|source| DecodeError::Batch { source })?;
    Ok(Event::MetricsLogged(batch))
}
