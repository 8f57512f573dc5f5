//! One step of the projector: a batch of events, applied with its checkpoint.

use runledger_domain::RecordedEvent;
use runledger_storage::views::{Changes, SegmentKey};
use runledger_storage::{Error, ReadLimit};
use std::collections::HashMap;
use std::sync::Arc;
use tokio::time::Instant;

use crate::Deps;
use crate::project::{Projection, chain, without_repeats};
use crate::runs::Rows;

/// Events of one batch. Few and large transactions are cheap; the bound on bytes keeps the memory flat.
const LIMIT: ReadLimit = ReadLimit { events: 4_000, bytes: 8 << 20 };
/// Metrics whose open segments are counted; beyond it the counts start anew, which only delays merges.
const COUNTED: usize = 200_000;

/// A projector with its place in the log.
#[derive(Debug)]
pub struct Projector {
    deps: Deps,
    checkpoint: Option<i64>,
    rows: Rows,
    /// How many segments of a level were written since they were last merged.
    open: HashMap<SegmentKey, u32>,
}

/// What a step did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Report {
    pub events: usize,
    /// There was nothing left to do.
    pub caught_up: bool,
}

impl Projector {
    pub fn new(deps: Deps) -> Self {
        Self { deps, checkpoint: None, rows: Rows::default(), open: HashMap::new() }
    }

    /// Projects the next batch. After a failure the next step reads everything again.
    pub async fn step(&mut self) -> Result<Report, Error> {
        let outcome = self.try_step().await;
        if outcome.is_err() {
            self.checkpoint = None;
            self.rows = Rows::default();
            self.open.clear();
        }
        outcome
    }

    async fn try_step(&mut self) -> Result<Report, Error> {
        let begun = Instant::now();
        let checkpoint = match self.checkpoint {
            Some(checkpoint) => checkpoint,
            None => self.deps.views.checkpoint().await?,
        };
        self.checkpoint = Some(checkpoint);
        self.deps.read_model.advanced(checkpoint);
        let events = self.deps.log.read(checkpoint, LIMIT).await?;
        if events.is_empty() {
            self.report_lag(None, checkpoint).await?;
            return Ok(Report { events: 0, caught_up: true });
        }
        let oldest = events.first().map(|event| event.recorded_at);
        let (done, position) = self.project(checkpoint, events).await?;
        self.checkpoint = Some(position);
        self.deps.read_model.advanced(position);
        self.deps.metrics.events.inc_by(done as u64);
        self.deps.metrics.step_seconds.observe(begun.elapsed().as_secs_f64());
        self.report_lag(oldest, position).await?;
        Ok(Report { events: done, caught_up: false })
    }

    /// Applies as many of the events as go through together. Where the database refuses the changes, half of the events are
    /// tried, and in the end the one that is to blame goes to the dead letters.
    async fn project(&mut self, checkpoint: i64, events: Vec<RecordedEvent>) -> Result<(usize, i64), Error> {
        let mut events = events;
        loop {
            let now = self.deps.clock.now_ms();
            self.rows.load(&self.deps.views, &events).await?;
            let rows = std::mem::take(&mut self.rows);
            let folded = tokio::task::spawn_blocking(move || {
                let mut projection = Projection::new(rows);
                let done = projection.fold(&events, now);
                (projection, done, events)
            });
            let (projection, done, all) =
                folded.await.map_err(|source| Error::Backend { operation: "project", source: Box::new(source) })?;
            let position = all.get(done - 1).map_or(checkpoint, |last| last.position);
            let Projection { rows, changes, .. } = projection;
            let letters = changes.dead_letters.len();
            let merges = self.count_segments(&changes);
            match self.deps.views.apply(checkpoint, position, without_repeats(changes), &merges).await {
                Ok(()) => {
                    self.rows = rows;
                    self.deps.metrics.dead_letters.inc_by(letters as u64);
                    return Ok((done, position));
                }
                Err(error @ (Error::Backend { .. } | Error::Corrupt { .. })) => match all.as_slice() {
                    [only] => return self.refuse(checkpoint, only, &error).await,
                    [half @ .., _] => {
                        tracing::warn!(
                            error = chain(&error),
                            events = all.len(),
                            "a batch was refused, trying half of it"
                        );
                        events = half.iter().take(all.len() / 2).cloned().collect();
                    }
                    [] => return Err(error),
                },
                Err(error) => return Err(error),
            }
        }
    }

    async fn refuse(&mut self, checkpoint: i64, event: &RecordedEvent, error: &Error) -> Result<(usize, i64), Error> {
        let mut projection = Projection::default();
        projection.dead_letter(event, chain(error), self.deps.clock.now_ms());
        self.deps.views.apply(checkpoint, event.position, projection.changes, &[]).await?;
        self.deps.metrics.dead_letters.inc();
        Ok((1, event.position))
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

    /// `oldest` is the time of the oldest event that was not in the views before this step.
    async fn report_lag(&self, oldest: Option<i64>, position: i64) -> Result<(), Error> {
        let behind = (self.deps.log.head().await? - position).max(0);
        self.deps.metrics.lag_events.set(behind);
        let age = oldest.filter(|_| behind > 0).map_or(0, |oldest| (self.deps.clock.now_ms() - oldest).max(0));
        self.deps.metrics.lag_milliseconds.set(age);
        Ok(())
    }
}
