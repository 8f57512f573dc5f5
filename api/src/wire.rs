//! The shapes of responses. Unset fields and empty lists are absent, as MLflow leaves them out.
//!
//! A double that JSON cannot hold is a string: `"NaN"`, `"Infinity"`, `"-Infinity"`. MLflow turns infinity into the largest
//! double instead; here it stays what was logged, and clients read the string.

mod answer;
mod logged_model;
mod registry;

pub(crate) use answer::Answer;
pub(crate) use logged_model::LoggedModelOut;
pub(crate) use registry::{RegisteredModelOut, VersionOut};

use runledger_domain::event::{Dataset, DatasetInput};
use runledger_domain::points::{Point, double_name};
use runledger_domain::{Experiment, Run};
use serde::ser::SerializeSeq;
use serde::{Serialize, Serializer};
use std::collections::BTreeMap;

/// `{experiment}`, also an element of a listing.
#[derive(Debug, Serialize)]
pub(crate) struct ExperimentOut<'a> {
    #[serde(serialize_with = "display")]
    experiment_id: i64,
    name: &'a str,
    artifact_location: &'a str,
    lifecycle_stage: &'static str,
    last_update_time: i64,
    creation_time: i64,
    #[serde(skip_serializing_if = "Pairs::is_empty")]
    tags: Pairs<'a>,
    workspace: &'static str,
}

/// A run with everything in it.
#[derive(Debug, Serialize)]
pub(crate) struct RunOut<'a> {
    info: RunInfo<'a>,
    data: RunData<'a>,
    inputs: Inputs<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    outputs: Option<Outputs<'a>>,
}

#[derive(Debug, Serialize)]
pub(crate) struct RunInfo<'a> {
    run_uuid: &'a str,
    #[serde(serialize_with = "display")]
    experiment_id: i64,
    run_name: &'a str,
    user_id: &'a str,
    status: &'static str,
    start_time: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_time: Option<i64>,
    artifact_uri: &'a str,
    lifecycle_stage: &'static str,
    run_id: &'a str,
}

#[derive(Debug, Serialize)]
struct RunData<'a> {
    #[serde(skip_serializing_if = "Latest::is_empty")]
    metrics: Latest<'a>,
    #[serde(skip_serializing_if = "Pairs::is_empty")]
    params: Pairs<'a>,
    #[serde(skip_serializing_if = "Pairs::is_empty")]
    tags: Pairs<'a>,
}

#[derive(Debug, Serialize)]
struct Inputs<'a> {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    dataset_inputs: Vec<DatasetInputOut<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    model_inputs: Vec<ModelId<'a>>,
}

#[derive(Debug, Serialize)]
struct DatasetInputOut<'a> {
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    tags: &'a [runledger_domain::KeyValue],
    dataset: &'a Dataset,
}

#[derive(Debug, Serialize)]
struct ModelId<'a> {
    model_id: &'a str,
}

#[derive(Debug, Serialize)]
struct Outputs<'a> {
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    model_outputs: &'a [runledger_domain::event::ModelOutput],
}

/// A point of a metric.
#[derive(Debug, Serialize)]
pub(crate) struct MetricOut<'a> {
    pub(crate) key: &'a str,
    #[serde(serialize_with = "double")]
    pub(crate) value: f64,
    pub(crate) timestamp: i64,
    pub(crate) step: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) run_id: Option<&'a str>,
}

/// A map as a list of `{key, value}`.
#[derive(Debug)]
struct Pairs<'a>(&'a BTreeMap<String, String>);

/// The latest points of a run as a list.
#[derive(Debug)]
struct Latest<'a>(&'a BTreeMap<String, Point>);

impl<'a> ExperimentOut<'a> {
    pub(crate) fn new(experiment: &'a Experiment) -> Self {
        Self {
            experiment_id: experiment.experiment_id,
            name: &experiment.name,
            artifact_location: &experiment.artifact_location,
            lifecycle_stage: stage(experiment.deleted),
            last_update_time: experiment.last_update_time,
            creation_time: experiment.creation_time,
            tags: Pairs(&experiment.tags),
            workspace: "default",
        }
    }
}

impl<'a> RunOut<'a> {
    pub(crate) fn new(run: &'a Run) -> Self {
        let input = |input: &'a DatasetInput| DatasetInputOut { tags: &input.tags, dataset: &input.dataset };
        Self {
            info: RunInfo::new(run),
            data: RunData { metrics: Latest(&run.metrics), params: Pairs(&run.params), tags: Pairs(&run.tags) },
            inputs: Inputs {
                dataset_inputs: run.datasets.iter().map(input).collect(),
                model_inputs: run.model_inputs.iter().map(|model_id| ModelId { model_id }).collect(),
            },
            outputs: Some(Outputs { model_outputs: &run.model_outputs }),
        }
    }

    /// A run as `runs/create` answers it, without outputs.
    pub(crate) fn created(run: &'a Run) -> Self {
        Self { outputs: None, ..Self::new(run) }
    }
}

impl<'a> RunInfo<'a> {
    pub(crate) fn new(run: &'a Run) -> Self {
        Self {
            run_uuid: &run.run_id,
            experiment_id: run.experiment_id,
            run_name: &run.name,
            user_id: &run.user_id,
            status: run.status.as_str(),
            start_time: run.start_time,
            end_time: run.end_time,
            artifact_uri: &run.artifact_uri,
            lifecycle_stage: stage(run.deleted),
            run_id: &run.run_id,
        }
    }
}

impl<'a> MetricOut<'a> {
    pub(crate) fn new(key: &'a str, point: Point, run_id: Option<&'a str>) -> Self {
        Self { key, value: point.value, timestamp: point.timestamp, step: point.step, run_id }
    }
}

impl Pairs<'_> {
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Serialize for Pairs<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Pair<'a> {
            key: &'a str,
            value: &'a str,
        }
        serializer.collect_seq(self.0.iter().map(|(key, value)| Pair { key, value }))
    }
}

impl Latest<'_> {
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Serialize for Latest<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(Some(self.0.len()))?;
        for (key, point) in self.0 {
            list.serialize_element(&MetricOut::new(key, *point, None))?;
        }
        list.end()
    }
}

pub(crate) fn stage(deleted: bool) -> &'static str {
    if deleted { "deleted" } else { "active" }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes fields by reference")]
fn display<S: Serializer>(id: &i64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(id)
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes fields by reference")]
fn double<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    match double_name(*value) {
        Some(name) => serializer.serialize_str(name),
        None => serializer.serialize_f64(*value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use runledger_domain::RunStatus;

    fn run() -> Run {
        Run {
            run_id: "4f".to_owned(),
            experiment_id: 7,
            name: "n".to_owned(),
            user_id: String::new(),
            status: RunStatus::Running,
            start_time: 0,
            end_time: None,
            deleted: false,
            artifact_uri: "mlflow-artifacts:/7/4f/artifacts".to_owned(),
            params: BTreeMap::new(),
            tags: BTreeMap::new(),
            metrics: BTreeMap::new(),
            datasets: Vec::new(),
            model_inputs: Vec::new(),
            model_outputs: Vec::new(),
        }
    }

    fn json<T: Serialize>(value: &T) -> String {
        serde_json::to_string(value).unwrap()
    }

    #[test]
    fn what_is_unset_is_absent_and_what_is_empty_is_an_object() {
        assert_eq!(
            json(&RunOut::new(&run())),
            r#"{"info":{"run_uuid":"4f","experiment_id":"7","run_name":"n","user_id":"","status":"RUNNING","start_time":0,"#
                .to_owned()
                + r#""artifact_uri":"mlflow-artifacts:/7/4f/artifacts","lifecycle_stage":"active","run_id":"4f"},"#
                + r#""data":{},"inputs":{},"outputs":{}}"#
        );
        assert!(!json(&RunOut::created(&run())).contains("outputs"));
    }

    #[test]
    fn doubles_survive() {
        for (value, expected) in [
            (f64::NAN, "\"NaN\""),
            (f64::INFINITY, "\"Infinity\""),
            (f64::NEG_INFINITY, "\"-Infinity\""),
            (0.1 + 0.2, "0.30000000000000004"),
            (1.0, "1.0"),
        ] {
            let mut run = run();
            run.metrics.insert("m".to_owned(), Point { step: 2, timestamp: 3, value });
            let text = json(&RunOut::new(&run));
            assert!(
                text.contains(&format!(r#""metrics":[{{"key":"m","value":{expected},"timestamp":3,"step":2}}]"#)),
                "{text}"
            );
        }
    }
}
