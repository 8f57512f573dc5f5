//! Projecting into a generation that nobody reads, by several tasks, each with shards of its own.

use runledger_domain::Clock;
use runledger_storage::views::{Shards, ViewGroups, Views};
use runledger_storage::{Db, EventLog, ReadLimit};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use tokio::task::JoinSet;

use super::{RebuildError, Status};
use crate::applier::{Applier, Batch, Unprojectable};
use crate::groups::needed;
use crate::project::concerns;

/// Events of one batch. The larger it is, the fewer rows are written twice and the fewer segments merged.
const LIMIT: ReadLimit = ReadLimit { events: 32_000, bytes: 32 << 20 };

pub(super) type Positions = [i64; Shards::COUNT];

/// What is projected into.
pub(super) struct Load<'a> {
    pub(super) log: &'a EventLog,
    pub(super) db: &'a Arc<dyn Db>,
    pub(super) clock: &'a Arc<dyn Clock>,
    pub(super) status: &'a Status,
    pub(super) unprojectable: Unprojectable,
    /// What is written. The tables of other groups say already what they are to say.
    pub(super) views: ViewGroups,
}

impl Load<'_> {
    /// Projects each shard up to and including its position, by as many tasks.
    pub(super) async fn advance(&self, targets: Positions, workers: usize) -> Result<(), RebuildError> {
        let positions = Views::new(Arc::clone(self.db)).checkpoints().await?;
        let reached = Arc::new(positions.map(AtomicI64::new));
        let workers = workers.clamp(1, Shards::COUNT);
        let mut tasks = JoinSet::new();
        for number in 0..workers {
            let views = Views::writing(Arc::clone(self.db), self.views);
            let worker = Worker {
                applier: Applier::new(views.clone(), Arc::clone(self.clock), self.unprojectable),
                log: self.log.clone(),
                views,
                groups: self.views,
                shards: Shards::ALL.iter().filter(|shard| shard % workers == number).collect(),
                status: self.status.clone(),
                reached: Arc::clone(&reached),
            };
            tasks.spawn(worker.run(targets));
        }
        while let Some(done) = tasks.join_next().await {
            done.map_err(|source| RebuildError::Task { source })??;
        }
        Ok(())
    }
}

/// One task with its shards.
struct Worker {
    applier: Applier,
    log: EventLog,
    views: Views,
    groups: ViewGroups,
    shards: Shards,
    status: Status,
    /// Where the shards of all workers stand.
    reached: Arc<[AtomicI64; Shards::COUNT]>,
}

impl Worker {
    async fn run(mut self, targets: Positions) -> Result<(), RebuildError> {
        let mut positions = self.views.checkpoints().await?;
        let mut last = Shards::NONE;
        while let Some(group) = next(self.shards, positions, targets) {
            if group.shards != last {
                self.applier.forget();
                last = group.shards;
            }
            let events = LIMIT.events.min(group.upto - group.from);
            let mut events = self.log.read(group.from, ReadLimit { events, ..LIMIT }).await?;
            let gap = (group.from + 1..).zip(&events).find(|(position, event)| event.position != *position);
            if let Some((position, _)) = gap {
                return Err(RebuildError::Hole(position));
            }
            let upto = events.last().map(|event| event.position).ok_or(RebuildError::Hole(group.from + 1))?;
            events.retain(|event| concerns(group.shards, event) && needed(self.groups, &event.stream, &event.kind));
            let position = self.applier.apply(group.shards, group.from, Batch { events, upto }).await?.position;
            for shard in group.shards.iter() {
                if let (Some(at), Some(reached)) = (positions.get_mut(shard), self.reached.get(shard)) {
                    *at = position;
                    reached.store(position, Ordering::Relaxed);
                }
            }
            let everywhere = self.reached.iter().map(|reached| reached.load(Ordering::Relaxed)).min();
            self.status.reach(everywhere.unwrap_or_default());
        }
        Ok(())
    }
}

/// Shards at one position, and how far they go together.
#[derive(Debug, PartialEq, Eq)]
struct Group {
    shards: Shards,
    from: i64,
    upto: i64,
}

/// The shards that are furthest behind, of those that are not where they are to be.
fn next(shards: Shards, positions: Positions, targets: Positions) -> Option<Group> {
    let at = |shard: usize| positions.get(shard).copied().zip(targets.get(shard).copied());
    let behind = || {
        let all = shards.iter().filter_map(|shard| at(shard).map(|(position, target)| (shard, position, target)));
        all.filter(|(_, position, target)| position < target)
    };
    let from = behind().map(|(_, position, _)| position).min()?;
    let group = || behind().filter(|(_, position, _)| *position == from);
    let ends = group().map(|(_, _, target)| target);
    let others = behind().map(|(_, position, _)| position).filter(|position| *position > from);
    let upto = ends.chain(others).min()?;
    Some(Group { shards: group().map(|(shard, _, _)| shard).collect(), from, upto })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shards_go_together_as_far_as_they_can() {
        let shards: Shards = [0, 1, 2].into_iter().collect();
        let mut positions = [4, 4, 9, 0, 0, 0, 0, 0];
        let targets = [12, 7, 12, 50, 50, 50, 50, 50];
        let group = |shards: &[usize], from, upto| Some(Group { shards: shards.iter().copied().collect(), from, upto });
        assert_eq!(next(shards, positions, targets), group(&[0, 1], 4, 7));
        (positions[0], positions[1]) = (7, 7);
        assert_eq!(next(shards, positions, targets), group(&[0], 7, 9));
        positions[0] = 9;
        assert_eq!(next(shards, positions, targets), group(&[0, 2], 9, 12));
        (positions[0], positions[2]) = (12, 12);
        assert_eq!(next(shards, positions, targets), None);
    }
}
