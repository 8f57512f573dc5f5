//! Every event as it comes: server-sent events that can be resumed at any position without loss.
//!
//! The id of an event is its position. A reader gets what it asked for in the order of the log, at its own pace: it is read for when
//! its connection takes more, so a slow one only falls behind, and costs one page of the log in memory.

use axum::response::Response;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures::stream;
use http::{HeaderMap, header};
use runledger_operations::{About, Interest, ToldEvent};
use serde::Serialize;
use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout};

use super::events::EventOut;
use super::sse::{begin_at, unbuffered};
use crate::args::parse_experiment_id;
use crate::{ApiError, AppState};

/// How long an append by another process may go unnoticed.
const POLL: Duration = Duration::from_secs(1);
/// How often a reader to whom nothing is told hears how far the log was looked at, so that it need not be looked at again.
const TELL: Duration = Duration::from_secs(10);

/// What a reader asks for.
#[derive(Debug)]
pub(super) struct Follow {
    pub(super) since: Option<i64>,
    pub(super) experiment: Option<String>,
    pub(super) run: Option<String>,
    pub(super) kind: Option<String>,
}

/// One reader.
struct Reader {
    app: AppState,
    interest: Interest,
    /// Read, and not sent yet.
    waiting: VecDeque<Arc<ToldEvent>>,
    /// Everything up to here was looked at.
    position: i64,
    told: i64,
    told_at: Instant,
    signal: watch::Receiver<i64>,
}

/// Whether the client asks for events as they come.
pub(super) fn is_wanted(headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
    accept.is_some_and(|accept| accept.contains("text/event-stream"))
}

pub(super) async fn follow(app: AppState, headers: &HeaderMap, follow: Follow) -> Result<Response, ApiError> {
    let about = match (&follow.run, &follow.experiment) {
        (Some(run_id), _) => About::run(&app.run(run_id).await?),
        (None, Some(id)) => About::experiment(&app.experiment(parse_experiment_id(id)?).await?),
        (None, None) => About::Everything,
    };
    let position = begin_at(&app, headers, follow.since).await?;
    if position < 0 {
        return Err(ApiError::invalid(format!("{position} is no position to go on at; they begin at 0.")));
    }
    let (signal, stopping) = (app.log.signal(), app.stopping.clone());
    let interest = Interest { about, kind: follow.kind.filter(|kind| !kind.is_empty()) };
    let told_at = Instant::now();
    let reader = Reader { app, interest, waiting: VecDeque::new(), position, told: position, told_at, signal };
    let events = stream::unfold((reader, stopping), |(mut reader, stopping)| async move {
        let event = stopping.run_until_cancelled(reader.next()).await?;
        Some((Ok::<_, Infallible>(event), (reader, stopping)))
    });
    Ok(unbuffered(Sse::new(events).keep_alive(KeepAlive::default())))
}

impl Reader {
    async fn next(&mut self) -> Event {
        loop {
            while let Some(told) = self.waiting.pop_front() {
                self.told = told.event.position;
                self.told_at = Instant::now();
                match event(&told) {
                    Ok(event) => return event,
                    Err(error) => tracing::error!(%error, position = self.told, "an event cannot be shown"),
                }
            }
            if self.position > self.told && self.told_at.elapsed() >= TELL {
                self.told = self.position;
                self.told_at = Instant::now();
                if let Ok(event) = here(self.position) {
                    return event;
                }
            }
            self.signal.mark_unchanged();
            match self.app.tail.after(self.position, &self.interest).await {
                Ok(page) if page.position > self.position => {
                    self.position = page.position;
                    self.waiting.extend(page.events);
                }
                // Whether the time is over or something was appended, the next round looks.
                Ok(_end) => drop(timeout(POLL, self.signal.changed()).await),
                Err(error) => {
                    tracing::debug!(%error, "a reader of the log has to wait for the database");
                    sleep(POLL).await;
                }
            }
        }
    }
}

fn event(told: &ToldEvent) -> Result<Event, ApiError> {
    let data = if let Some(data) = told.shown.get() {
        data
    } else {
        let data = EventOut::new(&told.event)?.of_experiment(told.experiment_id);
        let data = serde_json::to_string(&data).map_err(ApiError::internal)?;
        told.shown.get_or_init(|| data)
    };
    Ok(Event::default().data(data).id(told.event.position.to_string()))
}

/// Where the reader is, although nothing of interest to it happened.
fn here(position: i64) -> Result<Event, ApiError> {
    #[derive(Serialize)]
    struct Here {
        position: i64,
    }
    let event = Event::default().event("position").json_data(Here { position }).map_err(ApiError::internal)?;
    Ok(event.id(position.to_string()))
}
