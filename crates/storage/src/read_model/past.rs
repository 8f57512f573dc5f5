//! A run as it was: its stream folded from the beginning up to a moment, whatever the views hold by now.

use runledger_domain::points::{Columns, merge};
use runledger_domain::{Event, RecordedEvent, Run, StreamId};
use std::collections::{BTreeMap, BTreeSet};

use super::ReadModel;
use super::history::MetricSummary;
use crate::{Error, Until};

/// A run as it was at a moment.
#[derive(Clone, Debug)]
pub struct PastRun {
    pub run: Run,
    /// A point that was sent twice counts twice.
    pub summaries: BTreeMap<String, MetricSummary>,
    /// The last event of the run or of its experiment until then.
    pub position: i64,
    /// When it was recorded, in milliseconds since the epoch.
    pub recorded_at: i64,
}

/// Events read at a time.
const PAGE: i64 = 500;

impl ReadModel {
    /// The run as it was, `None` if it was not there. `run_id` must be of a run that is there now: what was purged is gone, and
    /// gone from the past.
    pub async fn past_run(&self, run_id: &str, until: Until) -> Result<Option<PastRun>, Error> {
        let mut past: Option<PastRun> = None;
        let mut streams = vec![StreamId::run(run_id)];
        let mut position = 0;
        loop {
            let page = self.log.read_streams_until(&streams, position, until, PAGE).await?;
            let Some(last) = page.last().map(|event| event.position) else { return Ok(past) };
            if streams.len() == 1 {
                let created = page.first().map(RecordedEvent::decode).transpose().ok().flatten();
                let Some(run) = created.as_ref().and_then(Run::begin) else { return Ok(None) };
                // An experiment takes its runs along when it is deleted, so its events count from here on.
                let experiment = StreamId::experiment(run.experiment_id);
                let (first, recorded_at) =
                    page.first().map(|event| (event.position, event.recorded_at)).unwrap_or_default();
                past = Some(PastRun { run, summaries: BTreeMap::new(), position: first, recorded_at });
                streams.push(experiment);
                position = first;
                continue;
            }
            past = fold(past, page).await?;
            position = last;
        }
    }

    /// The histories of these metrics as they were, each in order and without repeats. Metrics without points are left out.
    pub async fn past_histories(
        &self,
        run_id: &str,
        keys: &BTreeSet<String>,
        until: Until,
    ) -> Result<BTreeMap<String, Columns>, Error> {
        let streams = [StreamId::run(run_id)];
        let mut pieces: BTreeMap<String, Vec<Columns>> = BTreeMap::new();
        let mut position = 0;
        loop {
            let page = self.log.read_streams_until(&streams, position, until, PAGE).await?;
            let Some(last) = page.last() else { break };
            position = last.position;
            for event in page {
                let Ok(Event::MetricsLogged(batch)) = event.decode() else { continue };
                for (key, range) in batch.per_key().filter(|(key, _)| keys.contains(*key)) {
                    pieces.entry(key.to_owned()).or_default().push(batch.columns().slice(range));
                }
            }
        }
        // Merging sorts, which is work enough to leave the runtime's threads to others.
        let merged =
            tokio::task::spawn_blocking(move || pieces.into_iter().map(|(key, all)| (key, merge(all))).collect()).await;
        merged.map_err(|source| Error::Backend { operation: "merge history", source: Box::new(source) })
    }
}

async fn fold(mut past: Option<PastRun>, page: Vec<RecordedEvent>) -> Result<Option<PastRun>, Error> {
    // Decoding points is work enough to leave the runtime's threads to others.
    let folded = tokio::task::spawn_blocking(move || {
        for recorded in page {
            // An event that does not read is the projector's to report; the run is answered without it.
            let (Some(past), Ok(event)) = (&mut past, recorded.decode()) else { continue };
            past.run.evolve(&event);
            (past.position, past.recorded_at) = (recorded.position, recorded.recorded_at);
            if let Event::MetricsLogged(batch) = &event {
                for (key, range) in batch.per_key() {
                    past.summaries.entry(key.to_owned()).or_default().add(&batch.columns().slice(range));
                }
            }
        }
        past
    });
    folded.await.map_err(|source| Error::Backend { operation: "fold a run", source: Box::new(source) })
}
