//! Letting a generation take the place of the active one, and going back.

use runledger_storage::views::{Shards, ViewGroups, Views};
use runledger_storage::{Db, Generation, GenerationState, Generations, Phase};
use std::sync::Arc;

use super::load::Load;
use super::status::Reporter;
use super::{Builder, RebuildError, least};
use crate::applier::Unprojectable;

impl Builder {
    /// Lets `next` be active instead of `active`. Projectors are held up until `next` has what the active one has, so that no read
    /// sees less than one before.
    pub(super) async fn switch(
        &self,
        active: &Generation,
        next: i64,
        db: &Arc<dyn Db>,
        load: &Load<'_>,
    ) -> Result<(), RebuildError> {
        self.catch_up(load).await?;
        let mut held = self.places.hold(self.active.as_ref()).await?;
        let positions = Views::retire(held.as_mut()).await?;
        load.advance(positions, 1).await?;
        Views::new(Arc::clone(db)).name_generation(next).await?;
        let mut states = vec![(next, GenerationState::Active), (active.number, GenerationState::Previous)];
        for generation in self.registry.all().await? {
            if generation.state == GenerationState::Previous && generation.number != next {
                states.push((generation.number, GenerationState::Discarded));
            }
        }
        let registry = states.into_iter().map(|(number, state)| Generations::setting_state(number, state)).collect();
        self.places.exchange(held, active.number, next, registry).await?;
        self.status.enter(Phase::Done, least(positions));
        self.status.reach(least(positions));
        self.clear_away().await
    }

    /// Goes back to the previous generation, once it has caught up with the log. Returns the generations that are active and
    /// previous now.
    pub async fn roll_back(&self) -> Result<(i64, i64), RebuildError> {
        let lease = self.take_turn().await?;
        let outcome = tokio::select! {
            outcome = Box::pin(self.roll_back_alone()) => outcome,
            () = lease.lost().cancelled() => Err(RebuildError::Lost),
        };
        lease.release().await;
        outcome
    }

    async fn roll_back_alone(&self) -> Result<(i64, i64), RebuildError> {
        self.clear_away().await?;
        let all = self.registry.all().await?;
        let previous = all.into_iter().find(|generation| generation.state == GenerationState::Previous);
        let previous = previous.ok_or(RebuildError::NoPrevious)?;
        let active = self.registry.active().await?;
        let db = self.places.open(previous.number).await?;
        // What was set aside by the projector then is set aside now.
        let unprojectable = Unprojectable::SetAside;
        let (log, clock, status, views) = (&self.log, &self.clock, &self.status, ViewGroups::ALL);
        let load = Load { log, db: &db, clock, status, unprojectable, views };
        let head = self.log.head().await?;
        self.status.enter(Phase::CatchingUp, head);
        let reporter = Reporter::start(self, &previous);
        let switched = async {
            load.advance([head; Shards::COUNT], self.workers).await?;
            self.switch(&active, previous.number, &db, &load).await
        };
        let switched = switched.await;
        reporter.stop().await;
        switched?;
        Ok((previous.number, active.number))
    }
}
