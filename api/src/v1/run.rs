//! One run with everything about it but the histories of its metrics.

use axum::extract::{Path, State};
use runledger_domain::Run;
use runledger_domain::points::Point;
use runledger_storage::{MetricSummary, PastRun};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::{IntoParams, ToSchema};

use super::asked::Asked;
use super::document::Missing;
use super::moment::Moment;
use super::past::{self, MilestoneOut};
use super::words::{self, Number};
use crate::wire::Answer;
use crate::{ApiError, AppState};

/// A run with everything about it but the histories of its metrics.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RunDetail)]
struct Detail {
    run: Head,
    experiment: ExperimentName,
    params: BTreeMap<String, String>,
    tags: BTreeMap<String, String>,
    metrics: Vec<Metric>,
    datasets: Vec<DatasetOut>,
    /// The position of the log that is shown at least.
    position: i64,
    /// The last event that counts, where the run is shown as it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    as_of: Option<MilestoneOut>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct AsOf {
    /// The run as it was then; `as_of` is another name of it.
    #[serde(alias = "as_of")]
    #[param(nullable = false)]
    at: Option<Moment>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RunInfo)]
struct Head {
    run_id: String,
    experiment_id: String,
    name: String,
    user: String,
    #[schema(schema_with = words::run_status)]
    status: &'static str,
    /// Milliseconds since the epoch.
    start: i64,
    /// Milliseconds since the epoch.
    #[schema(required = true)]
    end: Option<i64>,
    deleted: bool,
    artifact_uri: String,
}

#[derive(Debug, Serialize, ToSchema)]
struct ExperimentName {
    experiment_id: String,
    name: String,
}

/// What a metric came to.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MetricSummary)]
struct Metric {
    key: String,
    last: Number,
    /// Of the last value.
    step: i64,
    /// Of the last value, in milliseconds since the epoch.
    timestamp: i64,
    /// None while all values are NaN.
    #[schema(required = true)]
    min: Option<Number>,
    #[schema(required = true)]
    max: Option<Number>,
    points: usize,
    /// Points that are NaN.
    nans: usize,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DatasetInput)]
struct DatasetOut {
    name: String,
    digest: String,
    /// What it was used for, such as `training`.
    #[schema(required = true)]
    context: Option<String>,
}

/// One run with everything about it but the histories of its metrics.
#[utoipa::path(get, path = "/runs/{run_id}", tag = "runs", operation_id = "get_run",
    params(("run_id" = String, Path), AsOf),
    responses((status = 200, description = "The run.", body = Detail), Missing))]
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
            last: Number(last.value),
            step: last.step,
            timestamp: last.timestamp,
            min: range.map(|range| Number(range.0)),
            max: range.map(|range| Number(range.1)),
            points: summary.points.max(1),
            nans: summary.nans,
        }
    }
}
