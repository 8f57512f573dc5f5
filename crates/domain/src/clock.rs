//! Time, ids and randomness as parameters, so that tests can set and repeat them.

use rand::RngExt;
use std::fmt::Debug;
use std::time::{SystemTime, UNIX_EPOCH};
use uuid::Uuid;

/// Tells the time.
pub trait Clock: Debug + Send + Sync {
    /// Milliseconds since the Unix epoch, UTC.
    fn now_ms(&self) -> i64;
}

/// Makes ids and random numbers.
pub trait IdGen: Debug + Send + Sync {
    /// The id of an event: ordered by time, so that an index on it would grow at one end.
    fn event_id(&self) -> Uuid;

    /// A random id, as runs, uploads and requests have it.
    fn random_id(&self) -> Uuid;

    /// A random number below `bound`, which is not 0.
    fn below(&self, bound: usize) -> usize;
}

/// The clock of the machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

/// Ids from the operating system's randomness.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemIds;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the machine's clock")]
    fn now_ms(&self) -> i64 {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX)
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place that makes random ids")]
impl IdGen for SystemIds {
    fn event_id(&self) -> Uuid {
        Uuid::now_v7()
    }

    fn random_id(&self) -> Uuid {
        Uuid::new_v4()
    }

    fn below(&self, bound: usize) -> usize {
        rand::rng().random_range(0..bound.max(1))
    }
}
