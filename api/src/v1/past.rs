//! A run as it was at an earlier moment, told by the log alone.

use axum::extract::{Path, State};
use futures::{StreamExt, TryStreamExt, stream};
use runledger_domain::points::Columns;
use runledger_domain::{DomainError, StreamId};
use runledger_storage::{Milestone, PastRun};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use utoipa::ToSchema;

use super::document::Missing;
use super::moment::Moment;
use crate::wire::Answer;
use crate::{ApiError, App, AppState};

/// Runs whose streams are read at a time.
const AT_ONCE: usize = 4;

/// An event and when it was recorded.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Milestone)]
pub(super) struct MilestoneOut {
    pub(super) position: i64,
    /// Milliseconds since the epoch.
    pub(super) at: i64,
}

/// Between which events the past of a run lies.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RunSpan)]
struct Span {
    first: MilestoneOut,
    last: MilestoneOut,
}

/// Between which events the past of a run lies.
#[utoipa::path(get, path = "/runs/{run_id}/span", tag = "runs", operation_id = "get_run_span",
    params(("run_id" = String, Path)), responses((status = 200, description = "The events.", body = Span), Missing))]
pub(crate) async fn span(State(app): State<AppState>, Path(run_id): Path<String>) -> Result<Answer, ApiError> {
    app.run(&run_id).await?;
    let ends = app.log.ends(&StreamId::run(&run_id)).await?;
    let (first, last) = ends.ok_or_else(|| ApiError::internal(format!("the run {run_id} has no events")))?;
    Answer::new(&Span { first: first.into(), last: last.into() })
}

/// The run as it was. It must be there now: what was purged is gone from its past too.
pub(super) async fn run(app: &App, run_id: &str, at: Moment) -> Result<PastRun, ApiError> {
    app.run(run_id).await?;
    let missing = || DomainError::not_found(format!("The run with id {run_id} was not there yet at {}.", at.0));
    Ok(app.views.past_run(run_id, at.until()).await?.ok_or_else(missing)?)
}

/// The histories of the metrics as they were, by run. Runs that are not there have none.
pub(super) async fn histories(
    app: &App,
    runs: &[String],
    metrics: &[String],
    at: Moment,
) -> Result<BTreeMap<String, BTreeMap<String, Columns>>, ApiError> {
    let keys: BTreeSet<String> = metrics.iter().cloned().collect();
    let ids: BTreeSet<String> = runs.iter().cloned().collect();
    let keys = &keys;
    stream::iter(ids)
        .map(|run_id| async move {
            let histories = match app.views.run(&run_id).await? {
                Some(_) => app.views.past_histories(&run_id, keys, at.until()).await?,
                None => BTreeMap::new(),
            };
            Ok((run_id, histories))
        })
        .buffered(AT_ONCE)
        .try_collect()
        .await
}

impl From<Milestone> for MilestoneOut {
    fn from(Milestone { position, recorded_at }: Milestone) -> Self {
        Self { position, at: recorded_at }
    }
}
