//! One step of the projector: a batch of events, applied with its checkpoints.

use runledger_domain::RecordedEvent;
use runledger_storage::views::{Changes, SegmentKey, Shards};
use runledger_storage::{Error, ReadLimit};
use runledger_telemetry::{TARGET, number};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;
use tracing::{Span, debug_span};

use crate::Deps;
use crate::assignment::Assignment;
use crate::places::{Group, Places};
use crate::project::{Projection, chain, concerns, without_repeats};
use crate::runs::Rows;

/// Events of one batch. Few and large transactions are cheap; the bound on bytes keeps the memory flat.
const LIMIT: ReadLimit = ReadLimit { events: 4_000, bytes: 8 << 20 };
/// Metrics whose open segments are counted; beyond it the counts start anew, which only delays merges.
const COUNTED: usize = 200_000;
/// Events of one batch that are shown in their traces; a batch that is full of traced events shows the first of them.
const TRACED: usize = 256;
/// The least time between two questions how far the shards of others have come. Searches that wait ask by themselves, too.
const DEBOUNCE: Duration = Duration::from_millis(20);

/// A projector with its place in the log.
#[derive(Debug)]
pub struct Projector {
    deps: Deps,
    assignment: Assignment,
    places: Option<Places>,
    /// The shards of the last step, whose rows are known.
    group: Shards,
    rows: Rows,
    /// How many segments of a level were written since they were last merged.
    open: HashMap<SegmentKey, u32>,
    asked_at: Option<Instant>,
}

/// What a step did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Report {
    /// The events that were looked at.
    pub events: usize,
    /// There was nothing left to do.
    pub caught_up: bool,
}

/// Events that are applied together: those that concern the shards of the group, out of all up to a position.
#[derive(Debug)]
struct Batch {
    events: Vec<RecordedEvent>,
    upto: i64,
}

impl Projector {
    pub fn new(deps: Deps) -> Self {
        let assignment = Assignment::new(deps.leases.clone(), &deps.id);
        let (rows, open) = (Rows::default(), HashMap::new());
        Self { deps, assignment, places: None, group: Shards::NONE, rows, open, asked_at: None }
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
        let places = match self.places.take() {
            Some(places) => places,
            None => Places::new(self.assignment.held(), self.deps.views.checkpoints().await?),
        };
        let next = places.next();
        self.places = Some(places);
        let Some(group) = next else {
            self.report_lag(None, None).await?;
            return Ok(Report { events: 0, caught_up: true });
        };
        if group.shards != self.group {
            self.group = group.shards;
            self.rows = Rows::default();
            self.open.clear();
        }
        let events = group.upto.map_or(LIMIT.events, |upto| LIMIT.events.min(upto - group.position));
        let events = self.deps.log.read(group.position, ReadLimit { events, ..LIMIT }).await?;
        let oldest = events.first().map(|event| event.recorded_at);
        let Some(upto) = events.last().map(|event| event.position) else {
            self.tell_searches().await?;
            self.report_lag(None, Some(group.position)).await?;
            return Ok(Report { events: 0, caught_up: true });
        };
        let events: Vec<RecordedEvent> = events.into_iter().filter(|event| concerns(group.shards, event)).collect();
        let spans = trace(&events);
        let position = self.project(group, Batch { events, upto }).await?;
        drop(spans);
        if let Some(places) = &mut self.places {
            places.moved(group.shards, position);
        }
        self.tell_searches().await?;
        let done = usize::try_from(position - group.position).unwrap_or_default();
        self.deps.metrics.events.inc_by(done as u64);
        self.deps.metrics.step_seconds.observe(begun.elapsed().as_secs_f64());
        self.report_lag(oldest, Some(position)).await?;
        Ok(Report { events: done, caught_up: false })
    }

    /// Applies as many of the events as go through together, and returns where the group stands then. Where the database
    /// refuses the changes, half of the events are tried, and in the end the one that is to blame goes to the dead letters.
    async fn project(&mut self, group: Group, batch: Batch) -> Result<i64, Error> {
        let Group { shards, position: from, .. } = group;
        let mut batch = batch;
        loop {
            let now = self.deps.clock.now_ms();
            self.rows.load(&self.deps.views, shards, &batch.events).await?;
            let rows = std::mem::take(&mut self.rows);
            let folded = tokio::task::spawn_blocking(move || {
                let mut projection = Projection::new(shards, rows);
                let done = projection.fold(&batch.events, now);
                (projection, done, batch)
            });
            let (projection, done, all) =
                folded.await.map_err(|source| Error::Backend { operation: "project", source: Box::new(source) })?;
            let position = match done.checked_sub(1).and_then(|last| all.events.get(last)) {
                Some(last) if done < all.events.len() => last.position,
                _ => all.upto,
            };
            let Projection { rows, changes, .. } = projection;
            let letters = changes.dead_letters.len();
            let merges = self.count_segments(&changes);
            match self.deps.views.apply(shards, from, position, without_repeats(changes), &merges).await {
                Ok(()) => {
                    self.rows = rows;
                    self.deps.metrics.dead_letters.inc_by(letters as u64);
                    return Ok(position);
                }
                Err(error @ (Error::Backend { .. } | Error::Corrupt { .. })) => match all.events.as_slice() {
                    [only] => return self.refuse(group, only, &error).await,
                    [half @ .., _] => {
                        tracing::warn!(
                            error = chain(&error),
                            events = all.events.len(),
                            "a batch was refused, trying half of it"
                        );
                        let events: Vec<RecordedEvent> = half.iter().take(all.events.len() / 2).cloned().collect();
                        batch = Batch { upto: events.last().map_or(from, |last| last.position), events };
                    }
                    [] => return Err(error),
                },
                Err(error) => return Err(error),
            }
        }
    }

    async fn refuse(&mut self, group: Group, event: &RecordedEvent, error: &Error) -> Result<i64, Error> {
        let mut projection = Projection::default();
        projection.dead_letter(event, chain(error), self.deps.clock.now_ms());
        self.deps.views.apply(group.shards, group.position, event.position, projection.changes, &[]).await?;
        self.deps.metrics.dead_letters.inc();
        Ok(event.position)
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

    /// Counts the segments that the batch adds, and names those levels that are due for a merge.
    fn count_segments(&mut self, changes: &Changes) -> Vec<SegmentKey> {
        if self.open.len() > COUNTED {
            self.open.clear();
        }
        let mut due = Vec::new();
        for (run_no, key) in changes.segments.keys() {
            let mut segment = SegmentKey { run_no: *run_no, key: Arc::clone(key), level: 0 };
            loop {
                let count = self.open.entry(segment.clone()).or_default();
                *count += 1;
                if *count < SegmentKey::FANOUT {
                    break;
                }
                *count = 0;
                due.push(segment.clone());
                segment.level += 1;
            }
        }
        due
    }

    /// `oldest` is the time of the oldest event that was not in the views before this step, `position` where the shards of this
    /// projector are now, if it has any.
    async fn report_lag(&self, oldest: Option<i64>, position: Option<i64>) -> Result<(), Error> {
        let behind = match position {
            Some(position) => (self.deps.log.head().await? - position).max(0),
            None => 0,
        };
        self.deps.metrics.lag_events.set(behind);
        let now = self.deps.clock.now_ms();
        let age = oldest.filter(|_| behind > 0).map_or(0, |oldest| (now - oldest).max(0));
        self.deps.metrics.lag_seconds.set(seconds(age));
        if behind == 0 {
            self.deps.metrics.caught_up.set(seconds(now));
        }
        Ok(())
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
