//! Folds events to changes and applies these: what a projector and a rebuild do alike.

use runledger_domain::{Clock, RecordedEvent};
use runledger_storage::Error;
use runledger_storage::views::{Changes, DeadLetter, SegmentKey, Shards, Views};
use std::collections::HashMap;
use std::sync::Arc;

use crate::project::{Projection, chain, without_repeats};
use crate::runs::Rows;

/// Metrics whose open segments are counted; beyond it the counts start anew, which only delays merges.
const COUNTED: usize = 200_000;

/// What becomes of an event that cannot be projected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unprojectable {
    /// It goes to the dead letters, and the others go on.
    SetAside,
    /// Nothing is applied, and the failure names it.
    Stops,
}

/// Applies batches of events to the views, and knows what it wrote last.
#[derive(Debug)]
pub(crate) struct Applier {
    views: Views,
    clock: Arc<dyn Clock>,
    unprojectable: Unprojectable,
    rows: Rows,
    /// How many segments of a level were written since they were last merged.
    open: HashMap<SegmentKey, u32>,
}

/// Events that are applied together: those that concern the shards, out of all up to a position.
#[derive(Debug)]
pub(crate) struct Batch {
    pub(crate) events: Vec<RecordedEvent>,
    pub(crate) upto: i64,
}

/// What was done.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Applied {
    /// Where the shards stand now.
    pub(crate) position: i64,
    /// Events that were set aside.
    pub(crate) dead_letters: u64,
}

impl Applier {
    pub(crate) fn new(views: Views, clock: Arc<dyn Clock>, unprojectable: Unprojectable) -> Self {
        Self { views, clock, unprojectable, rows: Rows::default(), open: HashMap::new() }
    }

    /// Forgets the rows, because somebody else may have changed them.
    pub(crate) fn forget(&mut self) {
        self.rows = Rows::default();
        self.open.clear();
    }

    /// Applies as many of the events as go through together, and returns where the shards stand then. Where the database
    /// refuses the changes, half of the events are tried, and in the end the one that is to blame goes to the dead letters.
    pub(crate) async fn apply(&mut self, shards: Shards, from: i64, batch: Batch) -> Result<Applied, Error> {
        let mut batch = batch;
        loop {
            let now = self.clock.now_ms();
            self.rows.load(&self.views, shards, &batch.events).await?;
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
            if let (Unprojectable::Stops, Some(letter)) = (self.unprojectable, changes.dead_letters.first()) {
                return Err(stopped(letter.position, letter.error.clone()));
            }
            changes.dead_letters.iter().for_each(tell);
            let dead_letters = changes.dead_letters.len() as u64;
            let merges = self.count_segments(&changes);
            match self.views.apply(shards, from, position, without_repeats(changes), &merges).await {
                Ok(()) => {
                    self.rows = rows;
                    return Ok(Applied { position, dead_letters });
                }
                Err(error @ (Error::Backend { .. } | Error::Corrupt { .. })) => match all.events.as_slice() {
                    [only] => return self.refuse(shards, from, only, &error).await,
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

    async fn refuse(
        &mut self,
        shards: Shards,
        from: i64,
        event: &RecordedEvent,
        error: &Error,
    ) -> Result<Applied, Error> {
        if self.unprojectable == Unprojectable::Stops {
            return Err(stopped(event.position, chain(error)));
        }
        let mut projection = Projection::default();
        projection.dead_letter(event, chain(error), self.clock.now_ms());
        projection.changes.dead_letters.iter().for_each(tell);
        self.views.apply(shards, from, event.position, projection.changes, &[]).await?;
        Ok(Applied { position: event.position, dead_letters: 1 })
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
}

fn tell(letter: &DeadLetter) {
    let DeadLetter { position, stream_id, error, .. } = letter;
    tracing::error!(position, stream = stream_id, error, "event dead-lettered");
}

fn stopped(position: i64, reason: String) -> Error {
    Error::Corrupt { table: "events", id: position.to_string(), reason }
}
