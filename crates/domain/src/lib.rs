//! What Runledger knows about experiments, runs and artifacts: events, commands, invariants and limits.
//!
//! Invariant: this crate is pure. It does no I/O, knows no database and no wire format; time, ids and randomness come in
//! through [`Clock`] and [`IdGen`].

pub mod command;
pub mod event;
pub mod guard;
pub mod limits;
pub mod points;
pub mod validate;

mod clock;
mod error;
mod experiment;
mod logged_model;
mod names;
mod registered_model;
mod run;
mod stream;
mod trace;

pub use clock::{Clock, IdGen, SystemClock, SystemIds};
pub use error::{DomainError, ErrorCode};
pub use event::{Event, NewEvent, RecordedEvent};
pub use experiment::Experiment;
pub use logged_model::{LoggedModel, LoggedModelMetric, LoggedModelStatus};
pub use registered_model::{ModelVersion, PROMPT_TAG, RegisteredModel, Stage, tells_prompt, version_of};
pub use run::{FieldChange, FieldValue, LatestMetric, RUN_NAME_TAG, Run};
pub use stream::{StreamId, StreamKind};
pub use trace::TraceContext;

use serde::{Deserialize, Serialize};

/// A key with its value: a param, a tag of a run, of an experiment or of a dataset input.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyValue {
    pub key: String,
    pub value: String,
}

impl KeyValue {
    /// As an entry of a map.
    pub fn pair(&self) -> (String, String) {
        (self.key.clone(), self.value.clone())
    }
}

/// The state of a run, by MLflow's names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum RunStatus {
    Running,
    Scheduled,
    Finished,
    Failed,
    Killed,
}

impl RunStatus {
    /// The name on the wire and in the read model, such as `FINISHED`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "RUNNING",
            Self::Scheduled => "SCHEDULED",
            Self::Finished => "FINISHED",
            Self::Failed => "FAILED",
            Self::Killed => "KILLED",
        }
    }

    /// Reads the name, or the number of MLflow's protocol buffers (`RUNNING` is 1, `KILLED` is 5).
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "RUNNING" | "1" => Self::Running,
            "SCHEDULED" | "2" => Self::Scheduled,
            "FINISHED" | "3" => Self::Finished,
            "FAILED" | "4" => Self::Failed,
            "KILLED" | "5" => Self::Killed,
            _ => return None,
        })
    }
}
