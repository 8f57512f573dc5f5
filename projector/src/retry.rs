//! Trying dead letters again, once somebody asked for it.
//!
//! What came after the event in its stream is already applied. So the event is applied together with its successors, in their
//! order: what a later event said of a name, a tag or a status stands in the end. Points do not depend on the order and are not
//! applied twice. All of it happens where the checkpoint stands, which fences it against other projectors, and the letter goes in
//! the transaction of the last of these events, so that an interrupted attempt is made again.
//!
//! What such an event changes in shards that another projector holds is not made up for.

use runledger_domain::{RecordedEvent, StreamId};
use runledger_storage::views::{Changes, DeadLetter, Shards};
use runledger_storage::{Audit, Error, Until};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use tokio::time::Instant;

use crate::places::Group;
use crate::project::{Projection, chain, concerns, without_repeats};
use crate::runs::Rows;
use crate::step::Projector;

/// Between two looks.
const PERIOD: Duration = Duration::from_secs(1);
/// Letters taken up at a time.
const LETTERS: i64 = 500;
/// Events of a stream read at a time.
const PAGE: i64 = 500;
/// After these there is nothing left of what the stream was about.
const ENDS: [&str; 4] = ["RunPurged", "ExperimentPurged", "LoggedModelPurged", "RegisteredModelDeleted"];
/// These do not depend on the order, or concern more than their own stream.
const NOT_REPEATED: [&str; 5] =
    ["MetricsLogged", "LoggedModelMetricsLogged", "ExperimentDeleted", "ExperimentRestored", "RunPurged"];

impl Projector {
    pub(crate) fn letters_are_due(&self) -> bool {
        self.letters_at.is_none_or(|at| at.elapsed() >= PERIOD)
    }

    /// Takes up the marked letters of the group's shards.
    pub(crate) async fn retry_letters(&mut self, group: Group) -> Result<(), Error> {
        self.letters_at = Some(Instant::now());
        let mut streams: BTreeMap<String, Vec<DeadLetter>> = BTreeMap::new();
        for letter in self.deps.views.letters_to_retry(LETTERS).await? {
            let stream = StreamId::stored(letter.stream_id.clone());
            let home = stream.run_id().map_or(Shards::COMMON, Shards::of_run);
            if group.shards.contains(home) && letter.position <= group.position {
                streams.entry(letter.stream_id.clone()).or_default().push(letter);
            }
        }
        for (stream, letters) in streams {
            tracing::info!(stream, letters = letters.len(), "trying dead letters again");
            let stream = StreamId::stored(stream);
            match self.retry_stream(group, &stream, &letters).await {
                Err(error @ (Error::Backend { .. } | Error::Corrupt { .. })) => {
                    self.refuse_again(group, letters, &chain(&error)).await?;
                }
                outcome => outcome?,
            }
            // The rows in memory are from before.
            self.applier.forget();
        }
        Ok(())
    }

    async fn retry_stream(&mut self, group: Group, stream: &StreamId, letters: &[DeadLetter]) -> Result<(), Error> {
        let positions: BTreeSet<i64> = letters.iter().map(|letter| letter.position).collect();
        let streams = std::slice::from_ref(stream);
        let newest = self.deps.log.audit(&Audit { streams, limit: 1, ..Audit::default() }).await?;
        let ended = newest.first().filter(|last| last.position <= group.position && ENDS.contains(&&*last.kind));
        let mut position = match ended {
            Some(last) => last.position - 1,
            None => positions.first().map_or(group.position, |first| first - 1),
        };
        let until = Until::Position(group.position);
        let mut failed = BTreeSet::new();
        loop {
            let page = self.deps.log.read_streams_until(streams, position, until, PAGE).await?;
            let last = page.last().map(|event| event.position);
            let mut events = page;
            events.retain(|event| {
                positions.contains(&event.position) || ended.is_some() || !NOT_REPEATED.contains(&&*event.kind)
            });
            events.retain(|event| concerns(group.shards, event));
            failed.extend(self.apply_again(group, events, ended.is_some()).await?);
            let Some(last) = last else { break };
            position = last;
        }
        let settled_letters = positions.difference(&failed).copied().collect();
        let changes = Changes { settled_letters, ..Changes::default() };
        self.deps.views.apply(group.shards, group.position, group.position, changes, &[]).await
    }

    /// Applies events of a stream once more, and returns which could not be. Where the stream has ended, they need not be.
    async fn apply_again(
        &mut self,
        group: Group,
        events: Vec<RecordedEvent>,
        ended: bool,
    ) -> Result<BTreeSet<i64>, Error> {
        let (mut failed, mut left) = (BTreeSet::new(), events);
        while !left.is_empty() {
            let now = self.deps.clock.now_ms();
            let mut rows = Rows::default();
            rows.load(&self.deps.views, group.shards, &left).await?;
            let shards = group.shards;
            let folded = tokio::task::spawn_blocking(move || {
                let mut projection = Projection::new(shards, rows);
                let done = projection.fold(&left, now);
                (projection.changes, left.split_off(done))
            });
            let (mut changes, rest) = folded
                .await
                .map_err(|source| Error::Backend { operation: "project again", source: Box::new(source) })?;
            if ended {
                changes.dead_letters.clear();
            }
            failed.extend(changes.dead_letters.iter().map(|letter| letter.position));
            left = rest;
            self.deps.views.apply(shards, group.position, group.position, without_repeats(changes), &[]).await?;
        }
        Ok(failed)
    }

    /// The letters stay, with the new reason and without the mark.
    async fn refuse_again(&mut self, group: Group, letters: Vec<DeadLetter>, reason: &str) -> Result<(), Error> {
        let now = self.deps.clock.now_ms();
        let again = |letter: DeadLetter| DeadLetter { error: reason.to_owned(), failed_at: now, ..letter };
        let changes = Changes { dead_letters: letters.into_iter().map(again).collect(), ..Changes::default() };
        self.deps.views.apply(group.shards, group.position, group.position, changes, &[]).await
    }
}
