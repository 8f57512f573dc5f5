//! Trying dead letters again, once somebody asked for it.
//!
//! What came after the event in its stream is already applied. So the event is applied together with its successors, in their
//! order: what a later event said of a name, a tag or a status stands in the end. Points do not depend on the order and are not
//! applied twice. All of it happens where the checkpoint stands, which fences it against other projectors, and the letter goes in
//! the transaction of the last of these events, so that an interrupted attempt is made again.
//!
//! An event that concerns several shards is applied in each of them by the projector that holds it, and the letter tells where that
//! was done; the last one removes it. Whether a run is deleted depends on its own events and on those of its experiment, which are
//! of another stream, so that is derived from both anew.

use runledger_domain::{Event, RecordedEvent, StreamId};
use runledger_storage::views::{Changes, DeadLetter, Settled, Sweep};
use runledger_storage::{Audit, Error, Until};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use tokio::time::Instant;

use crate::lifecycles::OF_ALL;
use crate::places::Group;
use crate::project::{Projection, chain, concerned, concerns, without_repeats};
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
const NOT_REPEATED: [&str; 3] = ["MetricsLogged", "LoggedModelMetricsLogged", "RunPurged"];

/// What came of applying events again.
#[derive(Default)]
struct Repeated {
    /// The positions of those that could not be applied.
    failed: BTreeSet<i64>,
    /// The streams of runs that measured something of a model.
    measurers: Vec<StreamId>,
}

impl Projector {
    pub(crate) fn letters_are_due(&self) -> bool {
        self.letters_at.is_none_or(|at| at.elapsed() >= PERIOD)
    }

    /// Takes up the marked letters of the group's shards.
    pub(crate) async fn retry_letters(&mut self, group: Group) -> Result<(), Error> {
        self.letters_at = Some(Instant::now());
        let mut streams: BTreeMap<String, Vec<DeadLetter>> = BTreeMap::new();
        for letter in self.deps.views.letters_to_retry(LETTERS).await? {
            let concerned = concerned(&StreamId::stored(letter.stream_id.clone()), &letter.kind);
            let left = concerned.intersection(group.shards).difference(letter.retried_in);
            if !left.is_empty() && letter.position <= group.position {
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
        let kinds: BTreeMap<i64, &str> = letters.iter().map(|letter| (letter.position, letter.kind.as_str())).collect();
        let streams = std::slice::from_ref(stream);
        let newest = self.deps.log.audit(&Audit { streams, limit: 1, ..Audit::default() }).await?;
        let ended = newest.first().filter(|last| last.position <= group.position && ENDS.contains(&&*last.kind));
        // One that does not read yet has removed nothing.
        let ended = ended.filter(|last| last.decode().is_ok()).map(|last| last.position);
        let Repeated { failed, measurers } = if ended.is_none() && self.went_with_experiment(group, stream).await? {
            Repeated::default()
        } else {
            self.repeat(group, stream, &kinds, ended).await?
        };
        // What a run measured of a model is gone with the run, which the model's stream does not tell.
        let purged = self.lifecycle_events(group, &measurers, &["RunPurged"]).await?;
        let purged_measurers = purged.iter().filter_map(|event| event.stream.run_id().map(str::to_owned)).collect();
        let settle = |(position, kind)| {
            let concerned = concerned(stream, kind);
            (position, Settled { applied: concerned.intersection(group.shards), concerned })
        };
        let settled = kinds.into_iter().filter(|(position, _)| !failed.contains(position));
        let changes =
            Changes { settled_letters: settled.map(settle).collect(), purged_measurers, ..Changes::default() };
        self.deps.views.apply(group.shards, group.position, group.position, changes, &[]).await
    }

    /// Applies the events of these letters with their successors, or the one alone that ended the stream.
    async fn repeat(
        &mut self,
        group: Group,
        stream: &StreamId,
        kinds: &BTreeMap<i64, &str>,
        ended: Option<i64>,
    ) -> Result<Repeated, Error> {
        let mut position = ended.or(kinds.keys().next().copied()).map_or(group.position, |first| first - 1);
        let until = Until::Position(group.position);
        let mut repeated = Repeated::default();
        loop {
            let page = self.deps.log.read_streams_until(std::slice::from_ref(stream), position, until, PAGE).await?;
            let last = page.last().map(|event| event.position);
            let mut events = page;
            events.retain(|event| {
                kinds.contains_key(&event.position) || ended.is_some() || !NOT_REPEATED.contains(&&*event.kind)
            });
            events.retain(|event| concerns(group.shards, event));
            repeated.measurers.extend(events.iter().filter_map(measurer));
            repeated.failed.extend(self.apply_again(group, events, ended.is_some()).await?);
            let Some(last) = last else { break };
            position = last;
        }
        if ended.is_none() && (stream.run_id().is_some() || kinds.values().any(|kind| OF_ALL.contains(kind))) {
            self.derive_lifecycles(group, stream).await?;
        }
        Ok(repeated)
    }

    /// Whether what the stream is about was removed together with its experiment, which the stream does not tell.
    async fn went_with_experiment(&self, group: Group, stream: &StreamId) -> Result<bool, Error> {
        let until = Until::Position(group.position);
        let first = self.deps.log.read_streams_until(std::slice::from_ref(stream), 0, until, 1).await?;
        let experiment_id = match first.first().and_then(|event| event.decode().ok()) {
            Some(Event::RunCreated(created)) => created.experiment_id,
            Some(Event::LoggedModelCreated(created)) => created.experiment_id,
            _ => return Ok(false),
        };
        let purged =
            self.lifecycle_events(group, &[StreamId::experiment(experiment_id)], &["ExperimentPurged"]).await?;
        Ok(!purged.is_empty())
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
            // Only the shard that it belongs to makes a letter of it again.
            let unread = left.iter().filter(|event| event.decode().is_err()).map(|event| event.position);
            let unread: BTreeSet<i64> = unread.collect();
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
            changes.sweep.take_if(|sweep| matches!(sweep, Sweep::Runs { .. }));
            failed.extend(changes.dead_letters.iter().map(|letter| letter.position));
            failed.extend(unread);
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

/// The stream of the run that measured something of a model in this event.
fn measurer(event: &RecordedEvent) -> Option<StreamId> {
    let measured = event.stream.logged_model_id().and_then(|_| event.decode().ok())?;
    if let Event::LoggedModelMetricsLogged(logged) = measured { Some(StreamId::run(&logged.run_id)) } else { None }
}
