//! One change to many runs.

use axum::extract::State;
use futures::{TryStreamExt, stream};
use runledger_domain::command::{Decision, delete_run, restore_run};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::asked::Asked;
use super::document::{Forgotten, Missing};
use super::table::forgotten;
use crate::wire::Answer;
use crate::{ApiError, AppState, RequestContext};

/// Runs in a request.
const MOST: usize = 1_000;
/// Appends on their way at a time, which the log commits together.
const AT_ONCE: usize = 64;

/// A change to many runs.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[schema(as = BulkAction)]
pub(crate) struct Bulk {
    /// At most 1000.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 1000)]
    run_ids: Vec<String>,
    /// All runs of this table instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    snapshot: Option<String>,
    action: Action,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = BulkAnswer)]
struct Done {
    /// How many runs were changed.
    done: usize,
    /// The call that takes it back.
    undo: Bulk,
}

#[derive(Clone, Copy, Debug, Deserialize, Serialize, ToSchema)]
#[schema(as = BulkActionKind)]
#[serde(rename_all = "lowercase")]
enum Action {
    Delete,
    Restore,
}

/// Deletes or restores runs.
///
/// Repeating it is fine. It stops at the first run that is not there; what was done until then stays done.
#[utoipa::path(post, path = "/bulk", tag = "runs", operation_id = "change_runs", request_body = Bulk,
    responses((status = 200, description = "All were changed.", body = Done), Missing, Forgotten))]
pub(crate) async fn bulk(
    State(app): State<AppState>,
    context: RequestContext,
    Asked(Bulk { run_ids, snapshot, action }): Asked<Bulk>,
) -> Result<Answer, ApiError> {
    if run_ids.len() > MOST {
        return Err(ApiError::invalid(format!("At most {MOST} runs can be changed at a time, not {}.", run_ids.len())));
    }
    let all = match &snapshot {
        Some(id) => {
            let snapshot = app.snapshots.find(id).ok_or_else(forgotten)?;
            if snapshot.past.is_some() {
                return Err(ApiError::invalid("'snapshot' is a table as it was, and the past cannot be changed."));
            }
            app.views.run_ids(&snapshot.runs).await?
        }
        None => run_ids.clone(),
    };
    let (app, context) = (&app, &context);
    let decide = match action {
        Action::Delete => delete_run,
        Action::Restore => restore_run,
    };
    let decisions: Vec<Result<Decision, ApiError>> = all.iter().map(|run_id| Ok(decide(run_id))).collect();
    stream::iter(decisions)
        .try_for_each_concurrent(AT_ONCE, |decision| async move { app.execute(context, decision).await.map(drop) })
        .await?;
    let back = match action {
        Action::Delete => Action::Restore,
        Action::Restore => Action::Delete,
    };
    Answer::new(&Done { done: all.len(), undo: Bulk { run_ids, snapshot, action: back } })
}
