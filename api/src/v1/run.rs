//! One run with everything about it but the histories of its metrics.

use axum::extract::{Path, State};
use runledger_domain::Run;
use runledger_domain::points::Point;
use runledger_storage::{MetricSummary, PastRun};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

use super::asked::Asked;
use super::moment::Moment;
use super::past::{self, MilestoneOut};
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
    /// The last event that counts, where the run is shown as it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    as_of: Option<MilestoneOut>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct AsOf {
    /// The run as it was then.
    #[serde(alias = "as_of")]
    at: Option<Moment>,
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

pub(crate) async fn one(
    State(app): State<AppState>,
    Path(run_id): Path<String>,
    Asked(AsOf { at }): Asked<AsOf>,
) -> Result<Answer, ApiError> {
    app.views.catch_up().await?;
    let position = app.views.checkpoint().await?;
    let (run, summaries, as_of) = match at {
        None => (app.run(&run_id).await?, app.views.metric_summaries(&run_id).await?, None),
        Some(at) => {
            let PastRun { run, summaries, position, recorded_at } = past::run(&app, &run_id, at).await?;
            (run, summaries, Some(MilestoneOut { position, at: recorded_at }))
        }
    };
    let experiment = app.experiment(run.experiment_id).await?;
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
        as_of,
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
