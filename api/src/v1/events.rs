//! The log as people read it: who changed what and when.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::HeaderMap;
use runledger_artifacts::ArtifactPath;
use runledger_domain::{FieldChange, FieldValue, Run, StreamId};
use runledger_storage::{Audit, AuditedEvent, ReadLimit};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use std::slice::from_ref;
use utoipa::{IntoParams, ToSchema};

use super::asked::Asked;
use super::document::{Forgotten, Missing};
use super::follow::{self, Follow};
use super::words;
use crate::wire::Answer;
use crate::{ApiError, App, AppState};

/// Events in an answer.
const MOST: i64 = 1_000;
/// What is read at a time to find out what the events changed.
const PAGE: ReadLimit = ReadLimit { events: 500, bytes: 4 << 20 };

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

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListedOrFollowed {
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
    /// Go on after this position, as the header `Last-Event-ID` says, too. For event streams only.
    #[param(nullable = false, minimum = 0)]
    since: Option<i64>,
    /// Only events of this experiment, with its runs, logged models and artifacts. For event streams only.
    #[param(nullable = false)]
    experiment: Option<String>,
    /// Only events of this run and its artifacts. For event streams only.
    #[param(nullable = false)]
    run: Option<String>,
}

/// One event of the log.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LedgerEvent)]
pub(super) struct EventOut<'a> {
    position: i64,
    /// What it belongs to, such as `run/4f…`.
    stream: &'a str,
    /// The experiment of its run or logged model, in event streams.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    experiment_id: Option<String>,
    kind: &'a str,
    /// Milliseconds since the epoch.
    at: i64,
    /// Who, as far as the request told.
    actor: &'a str,
    request_id: &'a str,
    /// In the form that the kind has.
    #[schema(value_type = BTreeMap<String, serde_json::Value>)]
    payload: &'a RawValue,
    /// What the event changed of the run, among the events of a run.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    changes: Option<Vec<FieldChangeOut>>,
}

/// A field of a run that an event changed.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FieldChange)]
struct FieldChangeOut {
    /// `name`, `status`, `end_time`, `lifecycle_stage`, `params.<key>` or `tags.<key>`.
    field: String,
    #[schema(schema_with = words::field_value, required = true)]
    old: Option<FieldValue>,
    #[schema(schema_with = words::field_value, required = true)]
    new: Option<FieldValue>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = EventsAnswer)]
struct Events<'a> {
    events: Vec<EventOut<'a>>,
    /// Whether there are older ones.
    more: bool,
}

fn default_limit() -> i64 {
    100
}

/// The events of a run and of its artifacts, newest first, each with the values that it changed.
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

/// The events of the whole log: newest first, or as they come.
///
/// With `Accept: text/event-stream` every event after `since` or the header `Last-Event-ID`, in order and without a gap, as
/// server-sent events: each is a `LedgerEvent`, and its id is its position. Now and then an event `position` says how far the log
/// was looked at, where nothing in it was asked for.
#[utoipa::path(get, path = "/events", tag = "events", operation_id = "list_events", params(ListedOrFollowed),
    responses((status = 200, description = "The events.",
        content((Events = "application/json"), (String = "text/event-stream"))), Missing, Forgotten))]
pub(crate) async fn all(
    State(app): State<AppState>,
    headers: HeaderMap,
    Asked(asked): Asked<ListedOrFollowed>,
) -> Result<Response, ApiError> {
    let ListedOrFollowed { before, limit, kind, since, experiment, run } = asked;
    if follow::is_wanted(&headers) {
        return follow::follow(app, &headers, Follow { since, experiment, run, kind }).await;
    }
    if since.is_some() || experiment.is_some() || run.is_some() {
        return Err(ApiError::invalid(
            "`since`, `experiment` and `run` are for event streams: accept text/event-stream. `runs/{run_id}/events` lists the \
             events of a run.",
        ));
    }
    Ok(list(&app, &Listed { before, limit, kind }, None, None).await?.into_response())
}

async fn list(
    app: &App,
    listed: &Listed,
    stream: Option<&StreamId>,
    artifacts: Option<&str>,
) -> Result<Answer, ApiError> {
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
) -> Result<BTreeMap<i64, Vec<FieldChangeOut>>, ApiError> {
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
                found.insert(event.position, changed.into_iter().map(FieldChangeOut::from).collect());
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

impl From<FieldChange> for FieldChangeOut {
    fn from(FieldChange { field, old, new }: FieldChange) -> Self {
        Self { field, old, new }
    }
}
