//! What changes, as it changes: server-sent events that can be resumed at any position.
//!
//! The log is the source, so nothing is lost over a broken connection: an event's id is the position up to which it tells. Each
//! reader has a place of its own in the log and at most one batch in memory; a slow one only falls behind.

use axum::extract::State;
use axum::response::Response;
use axum::response::sse::{Event, Sse};
use futures::stream;
use http::HeaderMap;
use runledger_storage::Change;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until, timeout};
use utoipa::{IntoParams, ToSchema};

use super::asked::Asked;
use super::document::Forgotten;
use super::sse::{begin_at, unbuffered};
use super::words;
use crate::{ApiError, AppState, ui};

/// Between two events to one reader.
const GATHER: Duration = Duration::from_millis(250);
/// How often a reader hears how far the views are behind, which also keeps the line alive.
const LAG: Duration = Duration::from_secs(5);
/// How long an append by another process may go unnoticed.
const POLL: Duration = Duration::from_secs(1);
/// Positions that one event covers.
const PAGE: i64 = 5_000;
/// Runs that one event names; beyond that the reader has to ask anew anyway.
const RUNS: usize = 500;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Follow {
    /// Goes on after this position; the end of the log unless it is given. The header `Last-Event-ID` outranks it.
    #[param(nullable = false)]
    since: Option<i64>,
    /// Only this experiment and its runs.
    #[param(nullable = false)]
    experiment: Option<String>,
    /// Only this run.
    #[param(nullable = false)]
    run: Option<String>,
}

/// What `change` tells.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = StreamChange)]
pub(super) struct Changes {
    /// Up to where in the log it tells.
    position: i64,
    /// Experiments that were changed, or whose runs were.
    experiments: BTreeSet<String>,
    /// At most 500.
    runs: Vec<RunChange>,
}

#[derive(Debug, Serialize, ToSchema)]
struct RunChange {
    run_id: String,
    /// None where the server no longer knows it.
    #[schema(required = true)]
    experiment_id: Option<String>,
    #[schema(schema_with = words::change)]
    kind: &'static str,
}

/// What `lag` tells.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = StreamLag)]
pub(super) struct Standing {
    /// The last position of the log.
    position: i64,
    /// Events that the views have yet to see.
    lag_events: i64,
    /// For how long the first of them has waited, in milliseconds.
    lag_ms: i64,
    /// Which build of the web UI the server delivers; pages name theirs in a `meta` element.
    build: &'static str,
}

/// One reader.
struct Reader {
    app: AppState,
    follow: Follow,
    position: i64,
    signal: watch::Receiver<i64>,
    lag_at: Instant,
    /// Until then changes are gathered: the last ones were just told.
    quiet_until: Instant,
}

/// What changes, as it changes.
///
/// Server-sent events: `change` with a `StreamChange`, at most four times a second, whose id is its position; and `lag` with a
/// `StreamLag`, every five seconds.
#[utoipa::path(get, path = "/stream", tag = "events", operation_id = "follow_stream", params(Follow),
    responses((status = 200, description = "Goes on until the reader leaves.", body = String,
        content_type = "text/event-stream"), Forgotten))]
pub(crate) async fn follow(
    State(app): State<AppState>,
    headers: HeaderMap,
    Asked(follow): Asked<Follow>,
) -> Result<Response, ApiError> {
    let position = begin_at(&app, &headers, follow.since).await?;
    let (signal, stopping) = (app.log.signal(), app.stopping.clone());
    let now = Instant::now();
    let reader = Reader { app, follow, position, signal, lag_at: now, quiet_until: now };
    let events = stream::unfold((reader, stopping), |(mut reader, stopping)| async move {
        let event = stopping.run_until_cancelled(reader.next()).await?;
        Some((Ok::<_, Infallible>(event), (reader, stopping)))
    });
    Ok(unbuffered(Sse::new(events)))
}

impl Reader {
    async fn next(&mut self) -> Event {
        loop {
            if Instant::now() >= self.lag_at {
                self.lag_at = Instant::now() + LAG;
                if let Ok(event) = self.lag().await {
                    return event;
                }
            }
            sleep_until(self.quiet_until).await;
            self.signal.mark_unchanged();
            match self.read().await {
                Ok(Some(event)) => {
                    self.quiet_until = Instant::now() + GATHER;
                    return event;
                }
                Ok(None) => {
                    let wait = POLL.min(self.lag_at.saturating_duration_since(Instant::now()));
                    // Whether the time is over or something was appended, the next round looks.
                    drop(timeout(wait, self.signal.changed()).await);
                }
                Err(error) => {
                    tracing::debug!(%error, "a reader of the stream has to wait for the database");
                    sleep(POLL).await;
                }
            }
        }
    }

    /// What was appended since the last event, if it concerns this reader.
    async fn read(&mut self) -> Result<Option<Event>, ApiError> {
        let changes = self.app.log.changes(self.position, PAGE).await?;
        let Some(last) = changes.last() else { return Ok(None) };
        let position = last.position;
        let changes = self.concerned(position, &changes).await?;
        self.position = position;
        match changes {
            Some(changes) => event("change", Some(position), &changes).map(Some),
            None => Ok(None),
        }
    }

    async fn concerned(&self, position: i64, changes: &[Change]) -> Result<Option<Changes>, ApiError> {
        let mut kinds: BTreeMap<&str, &'static str> = BTreeMap::new();
        let mut experiments = BTreeSet::new();
        for change in changes {
            if let Some(id) = change.stream.experiment_id() {
                experiments.insert(id.to_string());
            } else if let Some(run_id) = change.stream.run_id() {
                let kind = kind(&change.kind);
                let known = kinds.entry(run_id).or_insert(kind);
                // That a run was made says more than what happened to it afterwards.
                if *known != "created" && kind != "metrics" {
                    *known = kind;
                }
            }
        }
        let ids: Vec<&str> = kinds.keys().copied().take(RUNS).collect();
        // The views may not know a run that was just created.
        self.app.views.catch_up().await?;
        let owners = self.app.views.experiments_of(&ids).await?;
        let mut runs = Vec::new();
        for (run_id, kind) in kinds {
            let experiment_id = owners.get(run_id).map(ToString::to_string);
            experiments.extend(experiment_id.clone());
            if self.follow.run.as_deref().is_none_or(|wanted| wanted == run_id)
                && (self.follow.experiment.is_none() || self.follow.experiment == experiment_id)
            {
                runs.push(RunChange { run_id: run_id.to_owned(), experiment_id, kind });
            }
        }
        let quiet = match (&self.follow.run, &self.follow.experiment) {
            (Some(_), _) => runs.is_empty(),
            (None, Some(wanted)) => runs.is_empty() && !experiments.contains(wanted),
            (None, None) => runs.is_empty() && experiments.is_empty(),
        };
        runs.truncate(RUNS);
        Ok((!quiet).then_some(Changes { position, experiments, runs }))
    }

    async fn lag(&self) -> Result<Event, ApiError> {
        let (head, checkpoint) = (self.app.log.head().await?, self.app.views.checkpoint().await?);
        let waiting = if checkpoint < head { self.app.log.next_after(checkpoint).await? } else { None };
        let lag_ms = waiting.map_or(0, |event| (self.app.clock.now_ms() - event.recorded_at).max(0));
        event(
            "lag",
            None,
            &Standing { position: head, lag_events: (head - checkpoint).max(0), lag_ms, build: ui::build() },
        )
    }
}

fn event<T: Serialize>(name: &str, id: Option<i64>, data: &T) -> Result<Event, ApiError> {
    let event = Event::default().event(name).json_data(data).map_err(ApiError::internal)?;
    Ok(match id {
        Some(id) => event.id(id.to_string()),
        None => event,
    })
}

fn kind(event: &str) -> &'static str {
    match event {
        "RunCreated" => "created",
        "MetricsLogged" => "metrics",
        "RunDeleted" | "RunPurged" => "deleted",
        "RunRestored" => "restored",
        _ => "updated",
    }
}
