//! The table of runs as it was: views of their events up to a moment, in memory.

use runledger_storage::{PastEvents, PastLimits, ReadModel};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Semaphore;

use super::moment::Moment;
use crate::{ApiError, App};

/// What is shown at once, made within some seconds.
const LIMITS: PastLimits = PastLimits { runs: 10_000, events: 100_000, bytes: 128 << 20 };

/// Tables that are kept for the next question about the same moment.
const KEPT: usize = 4;

/// The latest of them, the last used at the end.
#[derive(Debug)]
pub(crate) struct PastTables {
    kept: Mutex<VecDeque<Arc<PastTable>>>,
    /// Making one takes memory and time, so that they are made one after another.
    turn: Semaphore,
}

/// Views of some experiments as they were.
#[derive(Clone, Debug)]
pub(crate) struct PastTable {
    experiment_ids: Vec<i64>,
    moment: Moment,
    pub(crate) views: ReadModel,
    /// The last event that they show.
    position: i64,
    /// When that was recorded, in milliseconds since the epoch.
    recorded_at: i64,
}

impl Default for PastTables {
    fn default() -> Self {
        Self { kept: Mutex::default(), turn: Semaphore::new(1) }
    }
}

impl PastTables {
    fn find(&self, experiment_ids: &[i64], moment: Moment) -> Option<Arc<PastTable>> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let is_it = |past: &Arc<PastTable>| past.experiment_ids == experiment_ids && past.moment == moment;
        let found = kept.iter().position(is_it).and_then(|place| kept.remove(place))?;
        kept.push_back(Arc::clone(&found));
        Some(found)
    }

    fn keep(&self, table: PastTable) -> Arc<PastTable> {
        let table = Arc::new(table);
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.push_back(Arc::clone(&table));
        if kept.len() > KEPT {
            kept.pop_front();
        }
        table
    }
}

/// What a table of runs is read from.
pub(super) struct Shown {
    pub(super) views: ReadModel,
    /// The position of the log that it shows.
    pub(super) position: i64,
    /// What the filter's times are counted from, in milliseconds since the epoch.
    pub(super) now: i64,
    pub(super) past: Option<Arc<PastTable>>,
}

/// The views, or those of the experiments at a moment.
pub(super) async fn shown(app: &App, experiment_ids: &[i64], at: Option<Moment>) -> Result<Shown, ApiError> {
    let Some(moment) = at else {
        let position = app.views.checkpoint().await?;
        return Ok(Shown { views: app.views.clone(), position, now: app.clock.now_ms(), past: None });
    };
    let past = past_table(app, experiment_ids, moment).await?;
    Ok(Shown { views: past.views.clone(), position: past.position, now: past.recorded_at, past: Some(past) })
}

/// One that is still kept, or a new one.
async fn past_table(app: &App, experiment_ids: &[i64], moment: Moment) -> Result<Arc<PastTable>, ApiError> {
    if let Some(kept) = app.past_tables.find(experiment_ids, moment) {
        return Ok(kept);
    }
    let _turn = app.past_tables.turn.acquire().await.map_err(ApiError::internal)?;
    // It may have been made meanwhile.
    if let Some(kept) = app.past_tables.find(experiment_ids, moment) {
        return Ok(kept);
    }
    let events = match app.views.past_events(experiment_ids, moment.until(), LIMITS).await? {
        PastEvents::All(events) => events,
        PastEvents::TooManyRuns => return Err(too_much(&format!("more than {} runs", LIMITS.runs))),
        PastEvents::TooMuch => {
            let megabytes = LIMITS.bytes >> 20;
            return Err(too_much(&format!("more than {} events or {megabytes} MiB of them", LIMITS.events)));
        }
    };
    let (position, recorded_at) = events.last().map(|last| (last.position, last.recorded_at)).unwrap_or_default();
    let views = app.views.beside(app.side_views.show(events).await?);
    let experiment_ids = experiment_ids.to_vec();
    Ok(app.past_tables.keep(PastTable { experiment_ids, moment, views, position, recorded_at }))
}

fn too_much(what: &str) -> ApiError {
    ApiError::invalid(format!(
        "The table as it was is made of the events of its runs, and these experiments have {what}. Ask for single runs as they \
         were, or have an operator rebuild the views of that time apart: runledger replay --until."
    ))
}
