//! One run with everything about it but the histories of its metrics.

use axum::extract::{Path, State};
use runledger_domain::Run;
use runledger_domain::points::Point;
use runledger_storage::MetricSummary;
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;

use super::table::number;
use crate::wire::Answer;
use crate::{ApiError, AppState};

#[derive(Debug, Serialize)]
struct Detail {
    run: Head,
    experiment: ExperimentName,
    params: BTreeMap<String, String>,
    tags: BTreeMap<String, String>,
    metrics: Vec<Metric>,
    datasets: Vec<DatasetOut>,
    position: i64,
}

#[derive(Debug, Serialize)]
struct Head {
    run_id: String,
    experiment_id: String,
    name: String,
    user: String,
    status: &'static str,
    start: i64,
    end: Option<i64>,
    deleted: bool,
    artifact_uri: String,
}

#[derive(Debug, Serialize)]
struct ExperimentName {
    experiment_id: String,
    name: String,
}

#[derive(Debug, Serialize)]
struct Metric {
    key: String,
    last: Value,
    step: i64,
    timestamp: i64,
    min: Value,
    max: Value,
    points: usize,
    nans: usize,
}

#[derive(Debug, Serialize)]
struct DatasetOut {
    name: String,
    digest: String,
    context: Option<String>,
}

pub(crate) async fn one(State(app): State<AppState>, Path(run_id): Path<String>) -> Result<Answer, ApiError> {
    app.views.catch_up().await?;
    let position = app.views.checkpoint().await?;
    let run = app.run(&run_id).await?;
    let experiment = app.experiment(run.experiment_id).await?;
    let summaries = app.views.metric_summaries(&run_id).await?;
    let experiment = ExperimentName { experiment_id: experiment.experiment_id.to_string(), name: experiment.name };
    let Run { params, tags, metrics, datasets, .. } = run;
    let metrics = metrics.into_iter().map(|(key, last)| {
        let summary = summaries.get(&key).copied().unwrap_or_default();
        Metric::new(key, last, &summary)
    });
    let datasets = datasets.into_iter().map(|input| DatasetOut {
        context: input.tags.into_iter().find(|tag| tag.key == "mlflow.data.context").map(|tag| tag.value),
        name: input.dataset.name,
        digest: input.dataset.digest,
    });
    Answer::new(&Detail {
        run: Head {
            run_id: run.run_id,
            experiment_id: run.experiment_id.to_string(),
            name: run.name,
            user: run.user_id,
            status: run.status.as_str(),
            start: run.start_time,
            end: run.end_time,
            deleted: run.deleted,
            artifact_uri: run.artifact_uri,
        },
        experiment,
        params,
        tags,
        metrics: metrics.collect(),
        datasets: datasets.collect(),
        position,
    })
}

impl Metric {
    /// The views may be a moment behind the latest value, so that counts too.
    fn new(key: String, last: Point, summary: &MetricSummary) -> Self {
        let finite = Some((last.value, last.value)).filter(|_| !last.value.is_nan());
        let range = match (summary.range, finite) {
            (Some((min, max)), Some((value, _))) => Some((min.min(value), max.max(value))),
            (range, value) => range.or(value),
        };
        Self {
            key,
            last: number(last.value),
            step: last.step,
            timestamp: last.timestamp,
            min: range.map_or(Value::Null, |range| number(range.0)),
            max: range.map_or(Value::Null, |range| number(range.1)),
            points: summary.points.max(1),
            nans: summary.nans,
        }
    }
}
