//! Lines in which requests that change the same thing wait for each other.
//!
//! Of all requests that are decided on one version of a thing, one is appended. Within this process they queue up, so that
//! none of them is decided in vain.

use std::hash::{DefaultHasher, Hash, Hasher};
use tokio::sync::{AcquireError, Semaphore, SemaphorePermit};

/// Things share the lines by hash.
const LINES: usize = 1_024;

#[derive(Debug)]
pub(crate) struct Lines(Vec<Semaphore>);

impl Lines {
    /// Waits until no other request of this process changes the thing.
    pub(crate) async fn turn(&self, thing: &str) -> Result<SemaphorePermit<'_>, AcquireError> {
        let mut hasher = DefaultHasher::new();
        thing.hash(&mut hasher);
        let line = usize::try_from(hasher.finish() % LINES as u64).unwrap_or_default();
        self.0[line].acquire().await
    }
}

impl Default for Lines {
    fn default() -> Self {
        Self((0..LINES).map(|_| Semaphore::new(1)).collect())
    }
}
