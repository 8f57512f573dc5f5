//! Rebuilding the views from the log, beside those that everybody reads.
//!
//! A builder makes a new generation of the views, in bulk and in parallel by shard; lets it catch up; compares what it says with
//! the active generation, both at one position; and lets it take the active one's place at one moment. Whatever ends it, it can
//! be begun again and goes on from its checkpoints. Reads and projectors go on all the while.
//!
//! Guarantee: one builder works at a time, by a lease; and should two believe to be it, the checkpoints refuse the slower one.

mod catalogue;
mod compare;
mod gauges;
mod load;
mod status;
mod switch;
mod takeover;
mod turn;

pub use gauges::RebuildGauges;
pub use status::{Progress, Status};

use runledger_domain::Clock;
use runledger_storage::compare::Comparison;
use runledger_storage::views::{SegmentObjects, Shards, ViewGroups, Views, defer_indexes, make_indexes};
use runledger_storage::{Db, Error, EventLog, Generation, Generations, Leases, Phase, Places, Purpose};
use std::sync::Arc;
use thiserror::Error as ThisError;

use crate::applier::Unprojectable;
use load::Load;
use status::Reporter;

/// The version of the projection. It grows when the same events give other views, such as a new column; then a rebuild is
/// expected to differ from the views that are there.
pub const VERSION: i64 = 1;

/// What a builder works with.
#[derive(Clone, Debug)]
pub struct Builder {
    pub log: EventLog,
    pub registry: Generations,
    pub places: Arc<dyn Places>,
    /// The views that everybody reads.
    pub active: Arc<dyn Db>,
    /// Where segments of the active views may lie.
    pub objects: Option<Arc<dyn SegmentObjects>>,
    /// Among all processes on the same log.
    pub leases: Leases,
    pub clock: Arc<dyn Clock>,
    /// Says in words who builds.
    pub name: String,
    /// Tasks that project in parallel.
    pub workers: usize,
    /// Is told how far it is.
    pub status: Status,
}

/// What is to be built.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    pub purpose: Purpose,
    /// What is built from the log. The tables of the other groups are taken over from the active views.
    pub views: ViewGroups,
    /// The last event that is projected; without it the log's last.
    pub until: Option<i64>,
    /// The new views take the active ones' place even if they say something else.
    pub accept_differences: bool,
    /// Events that cannot be projected go to the dead letters, as with a running projector, instead of stopping the rebuild.
    pub set_aside: bool,
}

/// What came of it.
#[derive(Debug)]
pub enum Outcome {
    /// The new generation is active; `previous` is kept.
    Switched { generation: i64, previous: i64, comparison: Comparison },
    /// It was compared, and is gone again.
    Compared { position: i64, comparison: Comparison },
    /// The new generation says something else than the active one, which therefore stays. It is kept for another attempt.
    Differs { generation: i64, position: i64, comparison: Comparison },
    /// The generation shows the views as they were at a position; `place` says where it is.
    Past { generation: i64, position: i64, place: String },
}

/// Why the views were not rebuilt. The active ones are as they were.
#[derive(Debug, ThisError)]
pub enum RebuildError {
    #[error("{builder}, which is {phase} at position {position} of {target}; only one works on the views at a time")]
    Busy { builder: String, phase: &'static str, position: i64, target: i64 },
    #[error("somebody else works on the views, such as `runledger archive metrics`; try again when that has finished")]
    Held,
    #[error("the event at position {position} cannot be projected: {reason}")]
    Unprojectable { position: String, reason: String },
    #[error("the log has a hole: there is no event at position {0}")]
    Hole(i64),
    #[error("the position {until} is not in the log, which goes to {head}")]
    Beyond { until: i64, head: i64 },
    #[error(
        "the active views are behind what was rebuilt; start `runledger server` or `runledger projector`, and try again"
    )]
    Behind,
    #[error(
        "single views cannot be rebuilt as of a position or time, because the others would be taken over as they are now; \
         leave --view out"
    )]
    PartOfThePast,
    #[error(
        "another version of Runledger made the active views, so none of them can be taken over; run `runledger replay` \
         without --view"
    )]
    OtherProjection,
    #[error("there is no previous generation of the views to go back to")]
    NoPrevious,
    #[error("there is no generation {0} of the views that could be discarded; `runledger replay --list` shows them")]
    NotDiscardable(i64),
    #[error("the lease was lost: the database did not answer in time, or another rebuild took over; run it again")]
    Lost,
    #[error("a task ended unexpectedly")]
    Task { source: tokio::task::JoinError },
    #[error(transparent)]
    Storage(Error),
}

impl From<Error> for RebuildError {
    fn from(error: Error) -> Self {
        match error {
            Error::Corrupt { table: "events", id, reason } => Self::Unprojectable { position: id, reason },
            error => Self::Storage(error),
        }
    }
}

impl Builder {
    /// Builds a generation of the views as planned. What was begun for the same purpose and not finished is gone on with.
    pub async fn build(&self, plan: Plan) -> Result<Outcome, RebuildError> {
        let lease = self.take_turn().await?;
        let outcome = tokio::select! {
            outcome = Box::pin(self.build_alone(plan)) => outcome,
            () = lease.lost().cancelled() => Err(RebuildError::Lost),
        };
        lease.release().await;
        outcome
    }

    async fn build_alone(&self, plan: Plan) -> Result<Outcome, RebuildError> {
        self.clear_away().await?;
        let generation = self.begin_or_resume(plan).await?;
        let reporter = Reporter::start(self, &generation);
        let outcome = self.build_generation(plan, &generation).await;
        reporter.stop().await;
        // Only what can be gone on with is kept.
        if plan.purpose == Purpose::Compare {
            self.discard_generation(generation.number).await?;
        }
        outcome
    }

    async fn build_generation(&self, plan: Plan, generation: &Generation) -> Result<Outcome, RebuildError> {
        let number = generation.number;
        let db = self.places.open(number).await?;
        let unprojectable = if plan.set_aside { Unprojectable::SetAside } else { Unprojectable::Stops };
        let (log, clock, status, views) = (&self.log, &self.clock, &self.status, ViewGroups::ALL);
        let load = Load { log, db: &db, clock, status, unprojectable, views };
        // Not further than the active views, so that both can be compared.
        let targets = match plan.until {
            Some(until) => [until; Shards::COUNT],
            None if plan.views != ViewGroups::ALL => self.load_part(number, plan.views, &load).await?,
            None => Views::new(Arc::clone(&self.active)).checkpoints().await?,
        };
        let target = least(targets);
        if generation.phase == Phase::Loading && plan.views == ViewGroups::ALL {
            self.status.enter(Phase::Loading, target);
            defer_indexes(db.as_ref()).await?;
            load.advance(targets, self.workers).await?;
        }
        self.status.enter(Phase::Indexing, target);
        make_indexes(db.as_ref()).await?;
        self.places.settle(number).await?;
        if let Some(position) = plan.until {
            return self.keep_past(number, position).await;
        }
        self.status.enter(Phase::CatchingUp, target);
        self.catch_up(&load).await?;
        let (position, comparison) = self.compare(number, &db, &load).await?;
        if plan.purpose == Purpose::Compare {
            return Ok(Outcome::Compared { position, comparison });
        }
        let active = self.registry.active().await?;
        if comparison.count > 0 && !plan.accept_differences && active.projection == generation.projection {
            return Ok(Outcome::Differs { generation: number, position, comparison });
        }
        self.status.enter(Phase::Switching, position);
        self.switch(&active, number, &db, &load).await?;
        Ok(Outcome::Switched { generation: number, previous: active.number, comparison })
    }
}

/// The position that all shards have.
fn least(positions: [i64; Shards::COUNT]) -> i64 {
    positions.into_iter().min().unwrap_or_default()
}
