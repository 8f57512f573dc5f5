//! Sample data on request, for somebody who looks at an empty server.

use axum::extract::State;
use http::StatusCode;
use runledger_domain::ErrorCode;
use runledger_storage::search::ViewType;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::asked::Asked;
use super::document::Occupied;
use crate::wire::Answer;
use crate::{ApiError, App, AppState, RequestContext, sample_data};

#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = SampleDataRequest)]
pub(crate) struct Wish {
    /// Also beside runs that are there already.
    #[serde(default)]
    #[schema(default = false)]
    force: bool,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SampleDataAnswer)]
struct LoadedOut {
    experiments: Vec<SampleOut>,
    /// How many in all.
    runs: usize,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SampleExperiment)]
struct SampleOut {
    experiment_id: String,
    name: String,
}

/// Records a few experiments as a team might have them.
///
/// Refused where there are runs already, unless it is forced. To get rid of them, delete the experiments.
#[utoipa::path(post, path = "/sample-data", tag = "operations", operation_id = "load_sample_data", request_body = Wish,
    responses((status = 200, description = "What was recorded.", body = LoadedOut), Occupied))]
pub(crate) async fn load(
    State(app): State<AppState>,
    context: RequestContext,
    Asked(Wish { force }): Asked<Wish>,
) -> Result<Answer, ApiError> {
    if !force && count_runs(&app).await? > 0 {
        let message = "There are runs on this server already. To load sample data beside them, send `force`: true.";
        return Err(ApiError::new(ErrorCode::InvalidState, message).with_status(StatusCode::CONFLICT));
    }
    let loaded = sample_data::load(&app, &context).await?;
    // Whoever asked for them wants to see them.
    app.views.catch_up().await?;
    let experiment = |(id, name): (i64, String)| SampleOut { experiment_id: id.to_string(), name };
    let experiments = loaded.experiments.into_iter().map(experiment).collect();
    Answer::new(&LoadedOut { experiments, runs: loaded.runs })
}

async fn count_runs(app: &App) -> Result<i64, ApiError> {
    app.views.catch_up().await?;
    let found = app.views.experiment_summaries(ViewType::All, None, app.clock.now_ms()).await?;
    Ok(found.iter().map(|summary| summary.counts.runs).sum())
}
