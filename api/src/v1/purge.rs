//! Removing deleted runs and experiments for good. Whoever asks names what it is by its name, so that no slip removes it.

use axum::extract::{Path, State};
use futures::{TryStreamExt, stream};
use http::StatusCode;
use runledger_domain::{ErrorCode, validate};
use runledger_operations::{
    Purged, deleted_logged_models, deleted_runs, purge_experiment, purge_logged_model, purge_run,
};
use runledger_storage::{DeletedExperiment, DeletedLoggedModels, DeletedRuns};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use utoipa::ToSchema;

use super::asked::Asked;
use super::document::{Missing, NotDeleted};
use crate::args::parse_experiment_id;
use crate::wire::Answer;
use crate::{ApiError, App, AppState, RequestContext};

/// Appends on their way at a time, which the log commits together.
const AT_ONCE: usize = 64;

/// Says again what is to be purged, so that no slip removes anything.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = PurgeQuery)]
pub(crate) struct Named {
    /// The name of what is to be purged.
    name: String,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PurgeAnswer)]
struct Done {
    /// Runs that were removed.
    runs: usize,
}

/// Removes a deleted run with its artifacts.
#[utoipa::path(post, path = "/runs/{run_id}/purge", tag = "runs", operation_id = "purge_run",
    params(("run_id" = String, Path)), request_body = Named,
    responses((status = 200, description = "It is gone.", body = Done), Missing, NotDeleted))]
pub(crate) async fn run(
    State(app): State<AppState>,
    context: RequestContext,
    Path(run_id): Path<String>,
    Asked(named): Asked<Named>,
) -> Result<Answer, ApiError> {
    let run = app.run(&run_id).await?;
    named.check("run", &run.name, run.deleted)?;
    match purge_run(&app.author(&context, None), &run_id, &run.artifact_uri).await? {
        Purged::Done | Purged::Gone => Answer::new(&Done { runs: 1 }),
        Purged::Restored => Err(not_deleted("run")),
    }
}

/// Removes a deleted experiment with its runs, logged models and their artifacts. Where it is interrupted, what is gone stays gone,
/// and it can be asked for again.
#[utoipa::path(post, path = "/experiments/{id}/purge", tag = "experiments", operation_id = "purge_experiment",
    params(("id" = String, Path)), request_body = Named,
    responses((status = 200, description = "It is gone.", body = Done), Missing, NotDeleted))]
pub(crate) async fn experiment(
    State(app): State<AppState>,
    context: RequestContext,
    Path(id): Path<String>,
    Asked(named): Asked<Named>,
) -> Result<Answer, ApiError> {
    let experiment = app.experiment(parse_experiment_id(&id)?).await?;
    named.check("experiment", &experiment.name, experiment.deleted)?;
    see_all(&app).await?;
    let ids = [experiment.experiment_id];
    let which = DeletedRuns { before: i64::MAX, run_ids: None, experiment_ids: Some(&ids) };
    let runs = deleted_runs(&app.views, which).await?;
    let (author, count) = (&app.author(&context, None), runs.len());
    stream::iter(runs.into_values().map(Ok::<_, ApiError>))
        .try_for_each_concurrent(AT_ONCE, |run| async move {
            match purge_run(author, &run.run_id, &run.artifact_uri).await? {
                Purged::Done | Purged::Gone => Ok(()),
                Purged::Restored => Err(not_deleted("run")),
            }
        })
        .await?;
    let models = DeletedLoggedModels::OfExperiment(experiment.experiment_id);
    for model in deleted_logged_models(&app.views, models).await?.into_values() {
        if purge_logged_model(author, &model, true).await? == Purged::Restored {
            return Err(not_deleted("experiment"));
        }
    }
    let deleted = DeletedExperiment {
        experiment_id: experiment.experiment_id,
        name: experiment.name,
        artifact_location: experiment.artifact_location,
        deleted_time: experiment.last_update_time,
    };
    match purge_experiment(author, deleted).await? {
        Purged::Done | Purged::Gone => Answer::new(&Done { runs: count }),
        Purged::Restored => Err(not_deleted("experiment")),
    }
}

impl Named {
    fn check(&self, what: &str, name: &str, deleted: bool) -> Result<(), ApiError> {
        if !deleted {
            return Err(not_deleted(what));
        }
        if self.name != name {
            let (sent, name) = (validate::cut(&self.name, 100), validate::cut(name, 500));
            return Err(ApiError::invalid(format!(
                "'name' must be the name of the {what} that is to be purged, '{name}', not '{sent}'."
            )));
        }
        Ok(())
    }
}

fn not_deleted(what: &str) -> ApiError {
    let message = format!("The {what} is not deleted, and only what is deleted can be purged. Delete it before.");
    ApiError::new(ErrorCode::InvalidState, message).with_status(StatusCode::CONFLICT)
}

/// The runs come from the views: one that they do not know yet would be left behind.
async fn see_all(app: &App) -> Result<(), ApiError> {
    let behind = app.views.catch_up().await?;
    if behind == 0 {
        return Ok(());
    }
    let message = format!("The views are {behind} events behind the log. Try again when the projector has caught up.");
    Err(ApiError::new(ErrorCode::TemporarilyUnavailable, message).retry_after(Duration::from_secs(5)))
}
