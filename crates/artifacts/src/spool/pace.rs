//! How often the spool is counted: one count at a time, and not so often that counting is what it is busy with.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::time::Instant;

/// Clones share the pace.
#[derive(Clone, Debug)]
pub(super) struct Pace(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    turn: Semaphore,
    last: Mutex<Last>,
}

#[derive(Clone, Copy, Debug)]
struct Last {
    ended: Instant,
    took: Duration,
}

impl Pace {
    /// Begins with a count that took so long and has just ended.
    pub(super) fn after(took: Duration) -> Self {
        let last = Mutex::new(Last { ended: Instant::now(), took });
        Self(Arc::new(Shared { turn: Semaphore::new(1), last }))
    }

    /// Counts, unless the last count was less than `share` times ago of what it took, or less than `pause`. A count that is
    /// under way is waited for, and serves all that wait.
    pub(super) async fn count<E>(
        &self,
        share: u32,
        pause: Duration,
        count: impl Future<Output = Result<(), E>>,
    ) -> Result<(), E> {
        let _turn = self.0.turn.acquire().await.ok();
        let last = *self.0.last.lock().unwrap_or_else(PoisonError::into_inner);
        if last.ended.elapsed() < pause.max(last.took * share) {
            return Ok(());
        }
        let begun = Instant::now();
        let outcome = count.await;
        let last = Last { ended: Instant::now(), took: begun.elapsed() };
        *self.0.last.lock().unwrap_or_else(PoisonError::into_inner) = last;
        outcome
    }
}
