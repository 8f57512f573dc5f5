//! The state of a logged model, as the fold of its stream.

use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

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
    /// The whole history, each measurement once, as in the history of a run's metric.
    pub metrics: BTreeSet<LoggedModelMetric>,
}

/// A measurement with the run that made it, in the order in which a model lists them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LoggedModelMetric {
    pub key: String,
    pub timestamp: i64,
    pub step: i64,
    pub run_id: String,
    pub dataset_name: Option<String>,
    pub dataset_digest: Option<String>,
    /// As in [`ModelMetric::value`].
    pub value: String,
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
            params: created.params.iter().map(KeyValue::pair).collect(),
            tags: created.tags.iter().map(KeyValue::pair).collect(),
            metrics: BTreeSet::new(),
        })
    }

    /// Folds the next event of the stream. A new status and a deletion count as updates, as in MLflow.
    pub fn evolve(&mut self, event: &Event, recorded_at: i64) {
        match event {
            Event::LoggedModelStatusSet(set) => {
                self.status = set.status;
                self.last_update_time = recorded_at;
            }
            Event::Imported(imported) => {
                (self.creation_time, self.last_update_time) = (imported.created_at, imported.updated_at);
            }
            Event::LoggedModelTagsSet(set) => self.tags.extend(set.tags.iter().map(KeyValue::pair)),
            Event::LoggedModelTagDeleted(deleted) => {
                self.tags.remove(&deleted.key);
            }
            Event::LoggedModelParamsLogged(logged) => self.params.extend(logged.params.iter().map(KeyValue::pair)),
            Event::LoggedModelMetricsLogged(logged) => {
                let measured = logged.metrics.iter().map(|metric| LoggedModelMetric::new(metric, &logged.run_id));
                self.metrics.extend(measured);
            }
            Event::LoggedModelDeleted(_) => {
                self.deleted = true;
                self.last_update_time = recorded_at;
            }
            _ => {}
        }
    }
}

impl LoggedModelMetric {
    /// What the run measured.
    pub fn new(metric: &ModelMetric, run_id: &str) -> Self {
        Self {
            key: metric.key.clone(),
            timestamp: metric.timestamp,
            step: metric.step,
            run_id: run_id.to_owned(),
            dataset_name: metric.dataset_name.clone(),
            dataset_digest: metric.dataset_digest.clone(),
            value: metric.value.clone(),
        }
    }

    /// The value as a double.
    pub fn number(&self) -> f64 {
        ModelMetric::number(&self.value)
    }
}

impl ModelMetric {
    /// The text of [`ModelMetric::value`].
    pub fn text(value: f64) -> String {
        // Unlike `Display`, this writes 1e300 and not three hundred digits. Zero has no sign, because SQLite stores none.
        format!("{:?}", value + 0.0)
    }

    /// The double that such a text stands for; NaN where it is none.
    pub fn number(text: &str) -> f64 {
        text.parse().unwrap_or(f64::NAN)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::LoggedModelMetricsLogged;
    use proptest::prelude::*;

    #[test]
    fn a_measurement_that_comes_twice_counts_once() {
        let metric = |dataset: Option<&str>| ModelMetric {
            key: "acc".to_owned(),
            value: ModelMetric::text(0.5),
            timestamp: 1,
            step: 2,
            dataset_name: dataset.map(str::to_owned),
            dataset_digest: None,
        };
        let logged = |run_id: &str, metrics| {
            Event::LoggedModelMetricsLogged(LoggedModelMetricsLogged { run_id: run_id.to_owned(), metrics })
        };
        let created = crate::event::LoggedModelCreated {
            model_id: "m-1".to_owned(),
            experiment_id: 1,
            name: "n".to_owned(),
            model_type: None,
            source_run_id: None,
            artifact_uri: String::new(),
            params: Vec::new(),
            tags: Vec::new(),
        };
        let mut model = LoggedModel::begin(&Event::LoggedModelCreated(created), 1).unwrap();
        for _ in 0..2 {
            model.evolve(&logged("a", vec![metric(None), metric(Some("train")), metric(None)]), 2);
            model.evolve(&logged("b", vec![metric(None)]), 3);
        }
        assert_eq!((model.metrics.len(), model.last_update_time), (3, 1));
    }

    proptest! {
        #[test]
        fn a_value_survives_as_text(value in prop::num::f64::ANY) {
            let read = ModelMetric::number(&ModelMetric::text(value));
            prop_assert!(read.to_bits() == (value + 0.0).to_bits() || (read.is_nan() && value.is_nan()));
        }
    }
}
