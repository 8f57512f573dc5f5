//! Comparing a generation that was built with the active one, both at the same positions.

use runledger_storage::compare::{Comparison, compare};
use runledger_storage::views::Views;
use runledger_storage::{Db, Phase, ReadLimit, Transaction};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep};

use super::load::{Load, Positions};
use super::{Builder, RebuildError, least};

/// Events that are few enough to be projected while something is held up, as long as this takes no more.
const NEAR: i64 = 200;
/// How often it is tried to come near.
const ATTEMPTS: usize = 30;
/// How long the active views may take to have what was built.
const PATIENCE: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_millis(100);

impl Builder {
    /// Projects what came to the active views meanwhile, until little is missing.
    pub(super) async fn catch_up(&self, load: &Load<'_>) -> Result<(), RebuildError> {
        let active = Views::new(Arc::clone(&self.active));
        let mut targets = active.checkpoints().await?;
        for _ in 0..ATTEMPTS {
            self.status.set_target(least(targets));
            // One task suffices for little, and holds up others less.
            load.advance(targets, 1).await?;
            let reached = std::mem::replace(&mut targets, active.checkpoints().await?);
            if least(targets) - least(reached) < NEAR {
                break;
            }
        }
        Ok(())
    }

    /// Compares, and returns the position at which both were.
    pub(super) async fn compare(
        &self,
        generation: i64,
        db: &Arc<dyn Db>,
        load: &Load<'_>,
    ) -> Result<(i64, Comparison), RebuildError> {
        let built = Views::new(Arc::clone(db)).checkpoints().await?;
        let (mut active, positions) = self.active_beyond(built).await?;
        load.advance(positions, 1).await?;
        let mut built = db.snapshot().await?;
        self.status.enter_rows(Phase::Comparing);
        let read = |rows| self.status.add(i64::try_from(rows).unwrap_or(0));
        let comparison = Box::pin(compare(active.as_mut(), built.as_mut(), self.objects.as_deref(), read)).await?;
        self.registry.set_digest(generation, &comparison.other_digest).await?;
        Ok((least(positions), comparison))
    }

    /// The active views at one moment, at which they have what was built. They may have lost a little in a power cut, which a
    /// projector makes good soon.
    async fn active_beyond(&self, built: Positions) -> Result<(Box<dyn Transaction>, Positions), RebuildError> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let mut active = self.active.snapshot().await?;
            let positions = Views::checkpoints_in(active.as_mut()).await?;
            if positions.iter().zip(built).all(|(active, built)| *active >= built) {
                return Ok((active, positions));
            }
            drop(active);
            if Instant::now() >= deadline {
                return Err(RebuildError::Behind);
            }
            sleep(POLL).await;
        }
    }

    /// The last position at or before a time, in milliseconds since the epoch; 0 when everything came later. Events are recorded in
    /// the order of their positions, but for what the clocks of several processes differ by.
    pub async fn position_at(&self, time: i64) -> Result<i64, RebuildError> {
        let (mut before, mut after) = (0, self.log.head().await? + 1);
        while after - before > 1 {
            let middle = before + (after - before) / 2;
            let read = self.log.read(middle - 1, ReadLimit { events: 1, bytes: 1 }).await?;
            let event = read.first().ok_or(RebuildError::Hole(middle))?;
            if event.recorded_at <= time {
                before = middle;
            } else {
                after = middle;
            }
        }
        Ok(before)
    }
}
