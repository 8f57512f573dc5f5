//! Which generations there are: begun, gone on with, kept and cleared away.

use runledger_storage::views::ViewGroups;
use runledger_storage::{Generation, GenerationState, Phase, Purpose};

use super::{Builder, Outcome, Plan, RebuildError, VERSION};

impl Builder {
    /// The generation that was begun for the purpose and not finished, if it can be gone on with, or a new one.
    pub(super) async fn begin_or_resume(&self, plan: Plan) -> Result<Generation, RebuildError> {
        let head = self.log.head().await?;
        if let Some(until) = plan.until.filter(|until| *until > head) {
            return Err(RebuildError::Beyond { until, head });
        }
        if plan.views != ViewGroups::ALL {
            self.check_partial(plan).await?;
        }
        let target = plan.until.unwrap_or(head);
        for generation in self.registry.all().await? {
            if generation.state != GenerationState::Building || generation.purpose != plan.purpose {
                continue;
            }
            let until = plan.until.is_none_or(|until| until == generation.target);
            let same = generation.projection == VERSION && generation.views == plan.views && until;
            if same && plan.purpose != Purpose::Compare {
                let (number, phase) = (generation.number, generation.phase.as_str());
                tracing::info!(
                    generation = number,
                    phase,
                    position = generation.position,
                    "going on with what was begun"
                );
                return Ok(generation);
            }
            let (number, views) = (generation.number, generation.views.to_string());
            tracing::info!(generation = number, views, "what was begun is something else, beginning anew");
            self.discard_generation(generation.number).await?;
        }
        Ok(self.registry.begin(plan.purpose, plan.views, VERSION, target, &self.name).await?)
    }

    /// Other tables can only be taken over as they are now, and only if they are what this projection makes.
    async fn check_partial(&self, plan: Plan) -> Result<(), RebuildError> {
        if plan.until.is_some() {
            return Err(RebuildError::PartOfThePast);
        }
        if self.registry.active().await?.projection == VERSION { Ok(()) } else { Err(RebuildError::OtherProjection) }
    }

    pub(super) async fn keep_past(&self, number: i64, position: i64) -> Result<Outcome, RebuildError> {
        self.registry.set_state(number, GenerationState::Past).await?;
        self.status.enter(Phase::Done, position);
        self.status.reach(position);
        Ok(Outcome::Past { generation: number, position, place: self.places.tell(number) })
    }

    /// Every generation with the place where it is kept; the active one is where names lead.
    pub async fn list(&self) -> Result<Vec<(Generation, String)>, RebuildError> {
        let all = self.registry.all().await?;
        let tell = |generation: Generation| {
            let place = self.places.tell(generation.number);
            (generation, place)
        };
        Ok(all.into_iter().filter(|generation| generation.state != GenerationState::Discarded).map(tell).collect())
    }

    /// Removes a generation that is not the active one.
    pub async fn discard(&self, number: i64) -> Result<(), RebuildError> {
        let lease = self.take_turn().await?;
        let known = self.registry.all().await?.into_iter().find(|generation| generation.number == number);
        let outcome = match known {
            Some(generation) if generation.state != GenerationState::Active => self.discard_generation(number).await,
            _ => Err(RebuildError::NotDiscardable(number)),
        };
        lease.release().await;
        outcome
    }

    pub(super) async fn discard_generation(&self, number: i64) -> Result<(), RebuildError> {
        self.registry.set_state(number, GenerationState::Discarded).await?;
        self.clear_away().await
    }

    /// Removes the tables of what is not needed any more.
    pub(super) async fn clear_away(&self) -> Result<(), RebuildError> {
        for generation in self.registry.all().await? {
            if generation.state == GenerationState::Discarded {
                self.places.remove(generation.number).await?;
                self.registry.forget(generation.number).await?;
            }
        }
        Ok(())
    }
}
