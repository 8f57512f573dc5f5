//! The runs of experiments as they were: their events up to a moment, for views that show these and nothing else.

use async_trait::async_trait;
use runledger_domain::{RecordedEvent, StreamId};
use std::fmt::Debug;
use std::sync::Arc;

use super::ReadModel;
use crate::{Db, Error, Statement, Until};

/// Makes views of a few events, apart from those of the whole log.
#[async_trait]
pub trait SideViews: Debug + Send + Sync {
    /// Views that show these events, which are in the order of their positions. They go with the last handle.
    async fn show(&self, events: Vec<RecordedEvent>) -> Result<Arc<dyn Db>, Error>;
}

/// What can be shown as it was at once: it is made of the events of its runs, and kept in memory.
#[derive(Clone, Copy, Debug)]
pub struct PastLimits {
    pub runs: usize,
    pub events: usize,
    /// Of payloads and points.
    pub bytes: usize,
}

/// Events of experiments and their runs up to a moment.
#[derive(Debug)]
pub enum PastEvents {
    /// In the order of their positions.
    All(Vec<RecordedEvent>),
    /// There are more runs than the limit.
    TooManyRuns,
    /// The runs have more events, or larger ones, than the limits.
    TooMuch,
}

/// Streams per statement; databases limit how many parameters a statement takes.
const STREAMS: usize = 400;
/// Events per statement.
const PAGE: usize = 2_000;

impl ReadModel {
    /// The events of the experiments and of their runs. Runs that were purged since are gone from the past too.
    pub async fn past_events(
        &self,
        experiment_ids: &[i64],
        until: Until,
        limits: PastLimits,
    ) -> Result<PastEvents, Error> {
        let mut statement = Statement::default();
        let ids = statement.bind_list(experiment_ids.iter().copied());
        let limit = statement.bind(i64::try_from(limits.runs + 1).unwrap_or(i64::MAX));
        statement.sql = format!("SELECT run_id FROM runs WHERE experiment_id IN {ids} LIMIT {limit}");
        let mut streams: Vec<StreamId> = experiment_ids.iter().map(|id| StreamId::experiment(*id)).collect();
        for mut row in self.db.fetch(&statement).await? {
            streams.push(StreamId::run(&row.text(0)?));
        }
        if streams.len() - experiment_ids.len() > limits.runs {
            return Ok(PastEvents::TooManyRuns);
        }
        let (mut events, mut bytes) = (Vec::new(), 0);
        for chunk in streams.chunks(STREAMS) {
            let mut position = 0;
            loop {
                let limit = i64::try_from(PAGE).unwrap_or(i64::MAX);
                let page = self.log.read_streams_until(chunk, position, until, limit).await?;
                let full = page.len() == PAGE;
                position = page.last().map_or(position, |event| event.position);
                bytes += page.iter().map(RecordedEvent::size).sum::<usize>();
                events.extend(page);
                if events.len() > limits.events || bytes > limits.bytes {
                    return Ok(PastEvents::TooMuch);
                }
                if !full {
                    break;
                }
            }
        }
        events.sort_unstable_by_key(|event| event.position);
        Ok(PastEvents::All(events))
    }

    /// The same reads on other views.
    #[must_use]
    pub fn beside(&self, db: Arc<dyn Db>) -> Self {
        Self::new(db, self.log.clone())
    }
}
