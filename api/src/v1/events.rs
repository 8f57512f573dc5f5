//! The log as people read it: who changed what and when.

use axum::extract::{Path, State};
use runledger_artifacts::ArtifactPath;
use runledger_domain::StreamId;
use runledger_storage::{Audit, AuditedEvent};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::{IntoParams, ToSchema};

use super::asked::Asked;
use super::document::Missing;
use crate::wire::Answer;
use crate::{ApiError, App, AppState};

/// Events in an answer.
const MOST: i64 = 1_000;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Listed {
    /// Only events before this position.
    #[param(nullable = false)]
    before: Option<i64>,
    /// At most so many, and never more than 1000.
    #[serde(default = "default_limit")]
    #[param(default = 100)]
    limit: i64,
    /// Only events of this kind, such as `RunCreated`.
    #[param(nullable = false)]
    kind: Option<String>,
}

/// One event of the log.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LedgerEvent)]
struct EventOut {
    position: i64,
    /// What it belongs to, such as `run/4f…`.
    stream: String,
    kind: String,
    /// Milliseconds since the epoch.
    at: i64,
    /// Who, as far as the request told.
    actor: String,
    request_id: String,
    /// In the form that the kind has.
    #[schema(value_type = BTreeMap<String, serde_json::Value>)]
    payload: Box<RawValue>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = EventsAnswer)]
struct Events {
    events: Vec<EventOut>,
    /// Whether there are older ones.
    more: bool,
}

fn default_limit() -> i64 {
    100
}

/// The events of a run and of its artifacts, newest first.
#[utoipa::path(get, path = "/runs/{run_id}/events", tag = "events", operation_id = "list_run_events",
    params(("run_id" = String, Path), Listed),
    responses((status = 200, description = "The events.", body = Events), Missing))]
pub(crate) async fn of_run(
    State(app): State<AppState>,
    Path(run_id): Path<String>,
    Asked(listed): Asked<Listed>,
) -> Result<Answer, ApiError> {
    let run = app.run(&run_id).await?;
    let artifacts = ArtifactPath::of_uri(&run.artifact_uri).ok().flatten().filter(|root| !root.is_root());
    let stream = StreamId::run(&run_id);
    list(&app, &listed, Some(&stream), artifacts.as_ref().map(ArtifactPath::as_str)).await
}

/// The events of the whole log, newest first.
#[utoipa::path(get, path = "/events", tag = "events", operation_id = "list_events", params(Listed),
    responses((status = 200, description = "The events.", body = Events)))]
pub(crate) async fn all(State(app): State<AppState>, Asked(listed): Asked<Listed>) -> Result<Answer, ApiError> {
    list(&app, &listed, None, None).await
}

async fn list(
    app: &App,
    listed: &Listed,
    stream: Option<&StreamId>,
    artifacts: Option<&str>,
) -> Result<Answer, ApiError> {
    let limit = listed.limit.clamp(1, MOST);
    let kind = listed.kind.as_deref().filter(|kind| !kind.is_empty());
    let audit = Audit { stream, artifacts, kind, before: listed.before, limit: limit + 1 };
    let mut found = app.log.audit(&audit).await?;
    let limit = usize::try_from(limit).unwrap_or_default();
    let more = found.len() > limit;
    found.truncate(limit);
    Answer::new(&Events { events: found.into_iter().map(event).collect::<Result<_, _>>()?, more })
}

fn event(event: AuditedEvent) -> Result<EventOut, ApiError> {
    let AuditedEvent { position, stream, kind, payload, actor, request_id, recorded_at } = event;
    let payload = RawValue::from_string(payload).map_err(ApiError::internal)?;
    Ok(EventOut { position, stream: stream.as_str().to_owned(), kind, at: recorded_at, actor, request_id, payload })
}
