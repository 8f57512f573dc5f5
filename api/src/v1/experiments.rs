//! Experiments with their runs counted, and the keys that their runs use.

use axum::extract::{Path, State};
use runledger_domain::Experiment;
use runledger_storage::search::ViewType;
use runledger_storage::{ExperimentSummary, Field};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::{IntoParams, ToSchema};

use super::asked::{Asked, View};
use super::document::Missing;
use super::selections::is_selection;
use super::words;
use crate::args::parse_experiment_id;
use crate::wire::Answer;
use crate::{ApiError, App, AppState};

/// Failures of a day are shown.
const RECENT: i64 = 86_400_000;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Listed {
    #[serde(default)]
    #[param(inline)]
    view: View,
}

/// An experiment with its runs counted.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Experiment)]
struct ExperimentOut {
    experiment_id: String,
    name: String,
    #[schema(schema_with = words::stage)]
    lifecycle_stage: &'static str,
    artifact_location: String,
    /// Milliseconds since the epoch.
    created: i64,
    /// Milliseconds since the epoch.
    updated: i64,
    /// Without the selections of its runs.
    tags: BTreeMap<String, String>,
    /// Active ones, as in the other numbers.
    runs: i64,
    running: i64,
    /// Failed within the last day.
    failed_24h: i64,
    /// When something last happened in one of its runs, in milliseconds since the epoch.
    #[schema(required = true)]
    last_activity: Option<i64>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ExperimentList)]
struct List {
    /// The position of the log that the numbers show.
    position: i64,
    experiments: Vec<ExperimentOut>,
}

/// A key that runs use.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Field)]
struct FieldOut {
    key: String,
    /// How many active runs have it.
    runs: i64,
    /// Of the latest values of a metric, as far as they are finite.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    min: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    max: Option<f64>,
    /// Of a param: whether runs that have it differ in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    varies: Option<bool>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Fields)]
struct FieldsOut {
    params: Vec<FieldOut>,
    tags: Vec<FieldOut>,
    metrics: Vec<FieldOut>,
}

/// The experiments, with their runs counted.
#[utoipa::path(get, path = "/experiments", tag = "experiments", operation_id = "list_experiments", params(Listed),
    responses((status = 200, description = "The experiments.", body = List)))]
pub(crate) async fn list(State(app): State<AppState>, Asked(asked): Asked<Listed>) -> Result<Answer, ApiError> {
    app.views.catch_up().await?;
    let position = app.views.checkpoint().await?;
    let found = summaries(&app, asked.view.into(), None).await?;
    Answer::new(&List { position, experiments: found.into_iter().map(ExperimentOut::from).collect() })
}

/// One experiment, with its runs counted.
#[utoipa::path(get, path = "/experiments/{id}", tag = "experiments", operation_id = "get_experiment",
    params(("id" = String, Path, pattern = "^[0-9]+$")),
    responses((status = 200, description = "The experiment.", body = ExperimentOut), Missing))]
pub(crate) async fn one(State(app): State<AppState>, Path(id): Path<String>) -> Result<Answer, ApiError> {
    let id = parse_experiment_id(&id)?;
    // It is there as soon as it was acknowledged; the numbers come from the views.
    let experiment = app.experiment(id).await?;
    app.views.catch_up().await?;
    let counted = summaries(&app, ViewType::All, Some(id)).await?.pop();
    let counts = counted.map(|summary| summary.counts).unwrap_or_default();
    Answer::new(&ExperimentOut::from(ExperimentSummary { experiment, counts }))
}

/// The keys of params, tags and metrics that the runs of an experiment use.
#[utoipa::path(get, path = "/experiments/{id}/fields", tag = "experiments", operation_id = "list_fields",
    params(("id" = String, Path, pattern = "^[0-9]+$")),
    responses((status = 200, description = "The keys; none if there is no such experiment.", body = FieldsOut)))]
pub(crate) async fn fields(State(app): State<AppState>, Path(id): Path<String>) -> Result<Answer, ApiError> {
    let id = parse_experiment_id(&id)?;
    app.views.catch_up().await?;
    let fields = app.views.fields(id).await?;
    let out = |fields: Vec<Field>| fields.into_iter().map(FieldOut::from).collect();
    Answer::new(&FieldsOut { params: out(fields.params), tags: out(fields.tags), metrics: out(fields.metrics) })
}

async fn summaries(app: &App, view: ViewType, only: Option<i64>) -> Result<Vec<ExperimentSummary>, ApiError> {
    Ok(app.views.experiment_summaries(view, only, app.clock.now_ms() - RECENT).await?)
}

impl From<ExperimentSummary> for ExperimentOut {
    fn from(ExperimentSummary { experiment, counts }: ExperimentSummary) -> Self {
        let Experiment { experiment_id, name, artifact_location, deleted, creation_time, last_update_time, mut tags } =
            experiment;
        // There may be many, and they are long.
        tags.retain(|key, _| !is_selection(key));
        Self {
            experiment_id: experiment_id.to_string(),
            name,
            lifecycle_stage: if deleted { "deleted" } else { "active" },
            artifact_location,
            created: creation_time,
            updated: last_update_time,
            tags,
            runs: counts.runs,
            running: counts.running,
            failed_24h: counts.failed,
            last_activity: counts.last_activity,
        }
    }
}

impl From<Field> for FieldOut {
    fn from(Field { key, runs, range, varies }: Field) -> Self {
        // Infinity has no number in JSON, and no place on a scale.
        let finite = |value: f64| Some(value).filter(|value| value.is_finite());
        let (min, max) = (range.and_then(|range| finite(range.0)), range.and_then(|range| finite(range.1)));
        Self { key, runs, min, max, varies }
    }
}
