//! The state of a logged model, as the fold of its stream.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

use crate::KeyValue;
use crate::event::{Event, ModelMetric};

/// Whether the files of a logged model are there, by MLflow's names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum LoggedModelStatus {
    #[serde(rename = "LOGGED_MODEL_STATUS_UNSPECIFIED")]
    Unspecified,
    #[serde(rename = "LOGGED_MODEL_PENDING")]
    Pending,
    #[serde(rename = "LOGGED_MODEL_READY")]
    Ready,
    #[serde(rename = "LOGGED_MODEL_UPLOAD_FAILED")]
    UploadFailed,
}

/// A logged model as its stream tells it. Folding an event that is already in has no effect, so that a tail may overlap the
/// state.
#[derive(Clone, Debug, PartialEq)]
pub struct LoggedModel {
    pub model_id: String,
    pub experiment_id: i64,
    pub name: String,
    pub model_type: Option<String>,
    pub source_run_id: Option<String>,
    pub artifact_uri: String,
    pub status: LoggedModelStatus,
    /// Milliseconds since the epoch.
    pub creation_time: i64,
    pub last_update_time: i64,
    pub deleted: bool,
    pub params: BTreeMap<String, String>,
    pub tags: BTreeMap<String, String>,
    /// The whole history, in the order of its arrival.
    pub metrics: Vec<LoggedModelMetric>,
}

/// A measurement with the run that made it. Its identity in MLflow is key, timestamp, step and run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoggedModelMetric {
    pub run_id: String,
    pub metric: ModelMetric,
}

impl LoggedModel {
    /// The model that a `LoggedModelCreated` event begins; `None` for any other event.
    pub fn begin(event: &Event, recorded_at: i64) -> Option<Self> {
        let Event::LoggedModelCreated(created) = event else { return None };
        Some(Self {
            model_id: created.model_id.clone(),
            experiment_id: created.experiment_id,
            name: created.name.clone(),
            model_type: created.model_type.clone(),
            source_run_id: created.source_run_id.clone(),
            artifact_uri: created.artifact_uri.clone(),
            status: LoggedModelStatus::Pending,
            creation_time: recorded_at,
            last_update_time: recorded_at,
            deleted: false,
            params: created.params.iter().map(pair).collect(),
            tags: created.tags.iter().map(pair).collect(),
            metrics: Vec::new(),
        })
    }

    /// Folds the next event of the stream. Only a new status counts as an update, as in MLflow.
    pub fn evolve(&mut self, event: &Event, recorded_at: i64) {
        match event {
            Event::LoggedModelStatusSet(set) => {
                self.status = set.status;
                self.last_update_time = recorded_at;
            }
            Event::LoggedModelTagsSet(set) => self.tags.extend(set.tags.iter().map(pair)),
            Event::LoggedModelTagDeleted(deleted) => {
                self.tags.remove(&deleted.key);
            }
            Event::LoggedModelParamsLogged(logged) => self.params.extend(logged.params.iter().map(pair)),
            Event::LoggedModelMetricsLogged(logged) => {
                for metric in &logged.metrics {
                    let known = |one: &LoggedModelMetric| {
                        let (one, same_run) = (&one.metric, one.run_id == logged.run_id);
                        same_run && (&one.key, one.timestamp, one.step) == (&metric.key, metric.timestamp, metric.step)
                    };
                    if !self.metrics.iter().any(known) {
                        self.metrics.push(LoggedModelMetric { run_id: logged.run_id.clone(), metric: metric.clone() });
                    }
                }
            }
            Event::LoggedModelDeleted(_) => self.deleted = true,
            _ => {}
        }
    }
}

impl ModelMetric {
    /// The text of [`ModelMetric::value`].
    pub fn text(value: f64) -> String {
        value.to_string()
    }

    /// The value as a double; NaN where the text is none.
    pub fn number(&self) -> f64 {
        self.value.parse().unwrap_or(f64::NAN)
    }
}

impl LoggedModelStatus {
    /// The name on the wire and in the read model.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unspecified => "LOGGED_MODEL_STATUS_UNSPECIFIED",
            Self::Pending => "LOGGED_MODEL_PENDING",
            Self::Ready => "LOGGED_MODEL_READY",
            Self::UploadFailed => "LOGGED_MODEL_UPLOAD_FAILED",
        }
    }

    /// Reads the name, or the number of MLflow's protocol buffers.
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "LOGGED_MODEL_STATUS_UNSPECIFIED" | "0" => Self::Unspecified,
            "LOGGED_MODEL_PENDING" | "1" => Self::Pending,
            "LOGGED_MODEL_READY" | "2" => Self::Ready,
            "LOGGED_MODEL_UPLOAD_FAILED" | "3" => Self::UploadFailed,
            _ => return None,
        })
    }
}

fn pair(entry: &KeyValue) -> (String, String) {
    (entry.key.clone(), entry.value.clone())
}
