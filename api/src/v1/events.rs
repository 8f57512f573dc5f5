//! The log as people read it: who changed what and when.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::HeaderMap;
use runledger_artifacts::ArtifactPath;
use runledger_domain::{FieldChange, Run, StreamId};
use runledger_storage::{Audit, AuditedEvent, ReadLimit};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use std::slice::from_ref;

use super::asked::Asked;
use super::follow::{self, Follow};
use crate::wire::Answer;
use crate::{ApiError, App, AppState};

/// Events in an answer.
const MOST: i64 = 1_000;
/// What is read at a time to find out what the events changed.
const PAGE: ReadLimit = ReadLimit { events: 500, bytes: 4 << 20 };

#[derive(Debug, Deserialize)]
pub(crate) struct Listed {
    before: Option<i64>,
    #[serde(default = "default_limit")]
    limit: i64,
    kind: Option<String>,
    /// Of those who follow: where to go on, and what about.
    since: Option<String>,
    experiment: Option<String>,
    run: Option<String>,
}

/// An event as answers show it.
#[derive(Debug, Serialize)]
pub(super) struct EventOut<'a> {
    position: i64,
    stream: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    experiment_id: Option<String>,
    kind: &'a str,
    at: i64,
    actor: &'a str,
    request_id: &'a str,
    payload: &'a RawValue,
    /// What the event changed of the run, where the events are a run's.
    #[serde(skip_serializing_if = "Option::is_none")]
    changes: Option<Vec<FieldChange>>,
}

fn default_limit() -> i64 {
    100
}

/// The events of a run and of its artifacts, newest first, each with the values that it changed.
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

/// The events of the whole log: newest first, or as they come to who accepts an event stream.
pub(crate) async fn all(
    State(app): State<AppState>,
    headers: HeaderMap,
    Asked(listed): Asked<Listed>,
) -> Result<Response, ApiError> {
    if follow::is_wanted(&headers) {
        let Listed { since, experiment, run, kind, .. } = listed;
        return follow::follow(app, &headers, Follow { since, experiment, run, kind }).await;
    }
    Ok(list(&app, &listed, None, None).await?.into_response())
}

async fn list(
    app: &App,
    listed: &Listed,
    stream: Option<&StreamId>,
    artifacts: Option<&str>,
) -> Result<Answer, ApiError> {
    #[derive(Serialize)]
    struct Events<'a> {
        events: Vec<EventOut<'a>>,
        more: bool,
    }
    let limit = listed.limit.clamp(1, MOST);
    let kind = listed.kind.as_deref().filter(|kind| !kind.is_empty());
    let streams = stream.map(from_ref).unwrap_or_default();
    let audit = Audit { streams, artifacts, kind, before: listed.before, limit: limit + 1, ..Audit::default() };
    let mut found = app.log.audit(&audit).await?;
    let limit = usize::try_from(limit).unwrap_or_default();
    let more = found.len() > limit;
    found.truncate(limit);
    let mut changes = match stream {
        Some(stream) => Some(changes(app, stream, &found).await?),
        None => None,
    };
    let out = |event| {
        let mut out = EventOut::new(event)?;
        out.changes = changes.as_mut().map(|changes| changes.remove(&event.position).unwrap_or_default());
        Ok::<_, ApiError>(out)
    };
    Answer::new(&Events { events: found.iter().map(out).collect::<Result<_, _>>()?, more })
}

/// What each of the events changed of the run, by position: its stream is folded from the beginning, without its points.
async fn changes(
    app: &App,
    stream: &StreamId,
    shown: &[AuditedEvent],
) -> Result<BTreeMap<i64, Vec<FieldChange>>, ApiError> {
    let ends = shown.first().zip(shown.last());
    let Some((last, first)) = ends.map(|(last, first)| (last.position, first.position)) else {
        return Ok(BTreeMap::new());
    };
    let of =
        Audit { streams: from_ref(stream), without: Some("MetricsLogged"), before: Some(last + 1), ..Audit::default() };
    let (mut state, mut position, mut found) = (None, 0, BTreeMap::new());
    loop {
        let page = app.log.audit_after(&of, position, PAGE, false).await?;
        let Some(end) = page.last().map(|event| event.position) else { return Ok(found) };
        position = end;
        for event in page {
            // An event that does not read is the projector's to report; it changed nothing that can be told.
            let Ok(decoded) = event.decode() else { continue };
            let changed = Run::trace(&mut state, &decoded);
            if event.position >= first {
                found.insert(event.position, changed);
            }
        }
    }
}

impl<'a> EventOut<'a> {
    pub(super) fn new(event: &'a AuditedEvent) -> Result<Self, ApiError> {
        Ok(Self {
            position: event.position,
            stream: event.stream.as_str(),
            experiment_id: None,
            kind: &event.kind,
            at: event.recorded_at,
            actor: &event.actor,
            request_id: &event.request_id,
            payload: serde_json::from_str(&event.payload).map_err(ApiError::internal)?,
            changes: None,
        })
    }

    pub(super) fn of_experiment(self, id: Option<i64>) -> Self {
        Self { experiment_id: id.map(|id| id.to_string()), ..self }
    }
}
