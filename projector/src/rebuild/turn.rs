//! Taking the one turn that there is to work on generations of the views.

use runledger_storage::{Generation, GenerationState, Lease};
use std::time::Duration;
use tokio::time::{Instant, sleep};

use super::{Builder, RebuildError};

const LEASE: &str = "views/rebuild";
/// How long somebody who holds the turn and says nothing is waited for; a builder that was killed loses it within this time.
const PATIENCE: Duration = Duration::from_secs(12);
const POLL: Duration = Duration::from_millis(200);

impl Builder {
    /// Takes the turn, which keeps others from building views or changing to them until the lease is released.
    ///
    /// [`RebuildError::Busy`] when somebody is seen at work.
    pub async fn take_turn(&self) -> Result<Lease, RebuildError> {
        let deadline = Instant::now() + PATIENCE;
        let first = self.newest().await?;
        loop {
            if let Some(lease) = self.leases.try_acquire(LEASE).await? {
                return Ok(lease);
            }
            let newest = self.newest().await?;
            let at_work = first.as_ref().map(|row| row.updated_at) != newest.as_ref().map(|row| row.updated_at);
            if let Some(Generation { builder, state, phase, position, target, .. }) = newest
                && (at_work || Instant::now() >= deadline)
            {
                if !at_work && state != GenerationState::Building {
                    return Err(RebuildError::Held);
                }
                return Err(RebuildError::Busy { builder, phase: phase.as_str(), position, target });
            }
            sleep(POLL).await;
        }
    }

    /// The generation that was worked on last.
    async fn newest(&self) -> Result<Option<Generation>, RebuildError> {
        let all = self.registry.all().await?;
        let known = all.into_iter().filter(|generation| generation.state != GenerationState::Discarded);
        Ok(known.max_by_key(|generation| generation.updated_at))
    }
}
