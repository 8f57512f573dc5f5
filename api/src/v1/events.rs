//! The log as people read it: who changed what and when.

use axum::extract::{Path, State};
use runledger_artifacts::ArtifactPath;
use runledger_domain::StreamId;
use runledger_storage::{Audit, AuditedEvent};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::asked::Asked;
use crate::wire::Answer;
use crate::{ApiError, App, AppState};

/// Events in an answer.
const MOST: i64 = 1_000;

#[derive(Debug, Deserialize)]
pub(crate) struct Listed {
    before: Option<i64>,
    #[serde(default = "default_limit")]
    limit: i64,
    kind: Option<String>,
}

#[derive(Debug, Serialize)]
struct EventOut {
    position: i64,
    stream: String,
    kind: String,
    at: i64,
    actor: String,
    request_id: String,
    payload: Box<RawValue>,
}

fn default_limit() -> i64 {
    100
}

/// The events of a run and of its artifacts, newest first.
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
pub(crate) async fn all(State(app): State<AppState>, Asked(listed): Asked<Listed>) -> Result<Answer, ApiError> {
    list(&app, &listed, None, None).await
}

async fn list(
    app: &App,
    listed: &Listed,
    stream: Option<&StreamId>,
    artifacts: Option<&str>,
) -> Result<Answer, ApiError> {
    #[derive(Serialize)]
    struct Events {
        events: Vec<EventOut>,
        more: bool,
    }
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
