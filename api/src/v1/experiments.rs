//! Experiments with their runs counted, and the keys that their runs use.

use axum::extract::{Path, State};
use runledger_domain::Experiment;
use runledger_storage::search::ViewType;
use runledger_storage::{ExperimentSummary, Field};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

use super::asked::{Asked, View};
use crate::args::parse_experiment_id;
use crate::wire::Answer;
use crate::{ApiError, App, AppState};

/// Failures of a day are shown.
const RECENT: i64 = 86_400_000;

#[derive(Debug, Deserialize)]
pub(crate) struct Listed {
    #[serde(default)]
    view: View,
}

/// An experiment as the UI shows it.
#[derive(Debug, Serialize)]
struct ExperimentOut {
    experiment_id: String,
    name: String,
    lifecycle_stage: &'static str,
    artifact_location: String,
    created: i64,
    updated: i64,
    tags: BTreeMap<String, String>,
    /// Active ones, as in the other numbers.
    runs: i64,
    running: i64,
    failed_24h: i64,
    last_activity: Option<i64>,
}

#[derive(Debug, Serialize)]
struct FieldOut {
    key: String,
    runs: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    min: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max: Option<f64>,
}

pub(crate) async fn list(State(app): State<AppState>, Asked(asked): Asked<Listed>) -> Result<Answer, ApiError> {
    #[derive(Serialize)]
    struct List {
        position: i64,
        experiments: Vec<ExperimentOut>,
    }
    app.views.catch_up().await?;
    let position = app.views.checkpoint().await?;
    let found = summaries(&app, asked.view.into(), None).await?;
    Answer::new(&List { position, experiments: found.into_iter().map(ExperimentOut::from).collect() })
}

pub(crate) async fn one(State(app): State<AppState>, Path(id): Path<String>) -> Result<Answer, ApiError> {
    let id = parse_experiment_id(&id)?;
    // It is there as soon as it was acknowledged; the numbers come from the views.
    let experiment = app.experiment(id).await?;
    app.views.catch_up().await?;
    let counted = summaries(&app, ViewType::All, Some(id)).await?.pop();
    let counts = counted.map(|summary| summary.counts).unwrap_or_default();
    Answer::new(&ExperimentOut::from(ExperimentSummary { experiment, counts }))
}

pub(crate) async fn fields(State(app): State<AppState>, Path(id): Path<String>) -> Result<Answer, ApiError> {
    #[derive(Serialize)]
    struct FieldsOut {
        params: Vec<FieldOut>,
        tags: Vec<FieldOut>,
        metrics: Vec<FieldOut>,
    }
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
        let Experiment { experiment_id, name, artifact_location, deleted, creation_time, last_update_time, tags } =
            experiment;
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
    fn from(Field { key, runs, range }: Field) -> Self {
        // Infinity has no number in JSON, and no place on a scale.
        let finite = |value: f64| Some(value).filter(|value| value.is_finite());
        Self { key, runs, min: range.and_then(|range| finite(range.0)), max: range.and_then(|range| finite(range.1)) }
    }
}
