//! The shape of a logged model.

use runledger_domain::{LoggedModel, LoggedModelMetric};
use serde::Serialize;

use super::{Pairs, display, double};

/// `{model}`, also an element of a listing.
#[derive(Debug, Serialize)]
pub(crate) struct LoggedModelOut<'a> {
    info: Info<'a>,
    data: Data<'a>,
}

#[derive(Debug, Serialize)]
struct Info<'a> {
    model_id: &'a str,
    #[serde(serialize_with = "display")]
    experiment_id: i64,
    name: &'a str,
    creation_timestamp_ms: i64,
    last_updated_timestamp_ms: i64,
    artifact_uri: &'a str,
    status: &'static str,
    /// Empty where there is none, like the next.
    model_type: &'a str,
    source_run_id: &'a str,
    #[serde(skip_serializing_if = "Pairs::is_empty")]
    tags: Pairs<'a>,
}

#[derive(Debug, Serialize)]
struct Data<'a> {
    #[serde(skip_serializing_if = "Pairs::is_empty")]
    params: Pairs<'a>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    metrics: Vec<Metric<'a>>,
}

#[derive(Debug, Serialize)]
struct Metric<'a> {
    key: &'a str,
    #[serde(serialize_with = "double")]
    value: f64,
    timestamp: i64,
    step: i64,
    model_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    dataset_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dataset_digest: Option<&'a str>,
    run_id: &'a str,
}

impl<'a> LoggedModelOut<'a> {
    pub(crate) fn new(model: &'a LoggedModel) -> Self {
        let metric = |metric: &'a LoggedModelMetric| Metric {
            key: &metric.key,
            value: metric.number(),
            timestamp: metric.timestamp,
            step: metric.step,
            model_id: &model.model_id,
            dataset_name: metric.dataset_name.as_deref(),
            dataset_digest: metric.dataset_digest.as_deref(),
            run_id: &metric.run_id,
        };
        Self {
            info: Info {
                model_id: &model.model_id,
                experiment_id: model.experiment_id,
                name: &model.name,
                creation_timestamp_ms: model.creation_time,
                last_updated_timestamp_ms: model.last_update_time,
                artifact_uri: &model.artifact_uri,
                status: model.status.as_str(),
                model_type: model.model_type.as_deref().unwrap_or_default(),
                source_run_id: model.source_run_id.as_deref().unwrap_or_default(),
                tags: Pairs(&model.tags),
            },
            data: Data { params: Pairs(&model.params), metrics: model.metrics.iter().map(metric).collect() },
        }
    }
}
