//! The JSON payloads of the events, each at its newest schema version. Times are milliseconds since the epoch.

use serde::{Deserialize, Serialize};

use crate::{KeyValue, RunStatus};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Empty {}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExperimentCreated {
    pub experiment_id: i64,
    pub name: String,
    pub artifact_location: String,
    pub tags: Vec<KeyValue>,
}

/// The times that an experiment, model or version had on the server from which it was imported. They stand for those at which its
/// events were recorded here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Imported {
    pub created_at: i64,
    pub updated_at: i64,
    /// Which version of the registered model, if it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<i64>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExperimentRenamed {
    pub name: String,
}

/// Tags of a run or of an experiment; a key that was there is overwritten.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TagsSet {
    pub tags: Vec<KeyValue>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TagDeleted {
    pub key: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunCreated {
    pub run_id: String,
    pub experiment_id: i64,
    pub name: String,
    pub user_id: String,
    pub start_time: i64,
    pub artifact_uri: String,
    pub tags: Vec<KeyValue>,
}

/// What is absent did not change.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunUpdated {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<RunStatus>,
    /// 0 clears the end time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_time: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// The keys of the points in the binary columns: `counts[i]` points in a row belong to `keys[i]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct MetricKeys {
    pub(crate) keys: Vec<String>,
    pub(crate) counts: Vec<u32>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParamsLogged {
    pub params: Vec<KeyValue>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dataset {
    pub name: String,
    pub digest: String,
    pub source_type: String,
    pub source: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<String>,
}

/// A data set that a run used, with the tags of the use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatasetInput {
    pub dataset: Dataset,
    pub tags: Vec<KeyValue>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InputsLogged {
    pub datasets: Vec<DatasetInput>,
    /// Ids of the logged models that the run consumed.
    pub models: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelOutput {
    pub model_id: String,
    pub step: i64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutputsLogged {
    pub models: Vec<ModelOutput>,
}

/// The bytes of an artifact are durable in the spool.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArtifactStaged {
    pub upload_id: String,
    /// Below the artifact root, such as `0/4f…/artifacts/model.pkl`.
    pub path: String,
    /// Bytes.
    pub size: u64,
    /// Lower-case hex.
    pub sha256: String,
    /// The W3C trace context of the request that brought it, for the spans of the worker.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub traceparent: Option<String>,
}

/// The bytes are in the object store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArtifactStored {
    pub upload_id: String,
    pub path: String,
}

/// The upload was given up; the spool keeps the bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArtifactUploadFailed {
    pub upload_id: String,
    pub path: String,
    pub reason: String,
    pub attempts: u32,
}

/// A given-up or stuck upload is to be tried again: its bytes are still in the spool.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArtifactUploadRetried {
    pub upload_id: String,
    pub path: String,
}

/// A client brought the bytes to the object store itself, in parts, so nobody here has seen them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArtifactUploaded {
    pub upload_id: String,
    pub path: String,
    /// Bytes.
    pub size: u64,
}

/// The artifact, or everything below it when it is a folder, was deleted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArtifactDeleted {
    pub path: String,
}

/// The objects of a deletion are gone from the object store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArtifactRemoved {
    pub path: String,
    /// The log position of the `ArtifactDeleted`.
    pub deletion: i64,
}
