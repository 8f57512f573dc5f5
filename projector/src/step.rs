//! One step of the projector: a batch of events, applied with its checkpoints.

use runledger_domain::RecordedEvent;
use runledger_storage::views::Shards;
use runledger_storage::{Error, ReadLimit};
use runledger_telemetry::{TARGET, number};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;
use tracing::{Span, debug_span};

use crate::Deps;
use crate::applier::{Applied, Applier, Batch, Unprojectable};
use crate::assignment::Assignment;
use crate::places::Places;
use crate::project::concerns;

/// Events of one batch. Few and large transactions are cheap; the bound on bytes keeps the memory flat.
const LIMIT: ReadLimit = ReadLimit { events: 4_000, bytes: 8 << 20 };
/// Events of one batch that are shown in their traces; a batch that is full of traced events shows the first of them.
const TRACED: usize = 256;
/// The least time between two questions how far the shards of others have come. Searches that wait ask by themselves, too.
const DEBOUNCE: Duration = Duration::from_millis(20);

/// A projector with its place in the log.
#[derive(Debug)]
pub struct Projector {
    pub(crate) deps: Deps,
    assignment: Assignment,
    places: Option<Places>,
    /// The shards of the last step, whose rows are known.
    group: Shards,
    pub(crate) applier: Applier,
    asked_at: Option<Instant>,
    /// When marks on dead letters were last looked for.
    pub(crate) letters_at: Option<Instant>,
}

/// What a step did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Report {
    /// The events that were looked at.
    pub events: usize,
    /// There was nothing left to do.
    pub caught_up: bool,
}

impl Projector {
    pub fn new(deps: Deps) -> Self {
        let assignment = Assignment::new(deps.leases.clone(), &deps.id);
        let applier = Applier::new(deps.views.clone(), Arc::clone(&deps.clock), Unprojectable::SetAside);
        Self { deps, assignment, places: None, group: Shards::NONE, applier, asked_at: None, letters_at: None }
    }

    /// Projects the next batch of the shards that are furthest behind. After a failure the next step reads everything again.
    pub async fn step(&mut self) -> Result<Report, Error> {
        let outcome = self.try_step().await;
        if outcome.is_err() {
            self.forget();
        }
        outcome
    }

    /// Looks at once who else projects, and takes or gives back shards. Otherwise a step does so about once a second.
    pub async fn rebalance(&mut self) -> Result<(), Error> {
        let before = self.assignment.held();
        let outcome = self.assignment.balance().await;
        let held = self.assignment.held();
        if outcome.is_err() || held != before {
            tracing::info!(shards = ?held.iter().collect::<Vec<_>>(), "projecting these shards of the runs");
            self.forget();
        }
        self.deps.metrics.shards.set(i64::try_from(held.len()).unwrap_or_default());
        outcome
    }

    /// Leaves the shards to others.
    pub async fn leave(self) {
        self.assignment.leave().await;
    }

    /// The shards that it works on.
    pub fn shards(&self) -> Shards {
        self.assignment.held()
    }

    fn forget(&mut self) {
        self.places = None;
        self.group = Shards::NONE;
    }

    async fn try_step(&mut self) -> Result<Report, Error> {
        let begun = Instant::now();
        if self.assignment.is_due() {
            self.rebalance().await?;
        }
        let places = if let Some(places) = self.places.take() {
            places
        } else {
            // What was appended before this process heard anything counts for the lag, too.
            self.deps.log.heard(self.deps.log.head().await?);
            Places::new(self.assignment.held(), self.deps.views.checkpoints().await?)
        };
        let next = places.next();
        self.places = Some(places);
        let Some(group) = next else {
            self.report_lag(None, None);
            return Ok(Report { events: 0, caught_up: true });
        };
        if group.shards != self.group {
            self.group = group.shards;
            self.applier.forget();
        }
        if self.letters_are_due() {
            self.retry_letters(group).await?;
        }
        let events = group.upto.map_or(LIMIT.events, |upto| LIMIT.events.min(upto - group.position));
        let events = self.deps.log.read(group.position, ReadLimit { events, ..LIMIT }).await?;
        let oldest = events.first().map(|event| event.recorded_at);
        let Some(upto) = events.last().map(|event| event.position) else {
            self.tell_searches().await?;
            self.report_lag(None, Some(group.position));
            return Ok(Report { events: 0, caught_up: true });
        };
        let events: Vec<RecordedEvent> = events.into_iter().filter(|event| concerns(group.shards, event)).collect();
        let spans = trace(&events);
        let Applied { position, dead_letters } =
            self.applier.apply(group.shards, group.position, Batch { events, upto }).await?;
        drop(spans);
        self.deps.metrics.dead_letters.inc_by(dead_letters);
        if let Some(places) = &mut self.places {
            places.moved(group.shards, position);
        }
        self.tell_searches().await?;
        let done = usize::try_from(position - group.position).unwrap_or_default();
        self.deps.metrics.events.inc_by(done as u64);
        self.deps.metrics.step_seconds.observe(begun.elapsed().as_secs_f64());
        self.report_lag(oldest, Some(position));
        Ok(Report { events: done, caught_up: false })
    }

    /// Tells how far the views have come in every shard. Where others hold some of them, the database knows.
    async fn tell_searches(&mut self) -> Result<(), Error> {
        if let Some(complete) = self.places.as_ref().and_then(Places::complete) {
            self.deps.read_model.advanced(complete);
        } else if self.asked_at.is_none_or(|at| at.elapsed() >= DEBOUNCE) {
            self.deps.read_model.advanced(self.deps.read_model.checkpoint().await?);
            self.asked_at = Some(Instant::now());
        }
        Ok(())
    }

    /// `oldest` is the time of the oldest event that was not in the views before this step, `position` where the shards of this
    /// projector are now, if it has any.
    fn report_lag(&self, oldest: Option<i64>, position: Option<i64>) {
        let known = *self.deps.log.signal().borrow();
        let behind = position.map_or(0, |position| (known - position).max(0));
        self.deps.metrics.lag_events.set(behind);
        let now = self.deps.clock.now_ms();
        let age = oldest.filter(|_| behind > 0).map_or(0, |oldest| (now - oldest).max(0));
        self.deps.metrics.lag_seconds.set(seconds(age));
        if behind == 0 {
            self.deps.metrics.caught_up.set(seconds(now));
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "times are far below 2^53 ms")]
fn seconds(milliseconds: i64) -> f64 {
    milliseconds as f64 / 1_000.0
}

/// For each event whose trace is recorded a span in it, until its batch is in the views.
fn trace(events: &[RecordedEvent]) -> Vec<Span> {
    let traced = events.iter().filter_map(|event| Some((event, event.trace?)));
    let begun = traced.take(TRACED).map(|(event, trace)| {
        let RecordedEvent { kind, position, .. } = event;
        let span = debug_span!(target: TARGET, "project", kind, position, batch = number(events.len()));
        let span = runledger_telemetry::begin(span, Some(trace));
        runledger_telemetry::of(&span).map(|_begun| span)
    });
    begun.flatten().collect()
}
