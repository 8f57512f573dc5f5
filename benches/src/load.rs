//! The closed loop: each client sends its next operation when the last one is answered.
//!
//! Operations under way when the time is up are waited for and counted, and the clock stops at the last answer, so a
//! server cannot gain by leaving work unanswered.

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

use futures::future::join_all;

use crate::client::Failure;

/// What one successful operation moved.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Done {
    /// Metric points written or read.
    pub(crate) points: u64,
    /// Artifact or answer bytes, where bytes are the figure.
    pub(crate) bytes: u64,
}

/// One simulated client.
pub(crate) trait Client {
    /// Performs one operation, which may be several requests.
    async fn step(&mut self) -> Result<Done, Failure>;
}

/// When the loop ends: whichever comes first.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limit {
    /// No operation starts after this long.
    pub(crate) time: Duration,
    /// At most this many operations by all clients together.
    pub(crate) count: Option<u64>,
}

/// Everything counted during the loop.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    /// From the starting gun to the last answer.
    pub(crate) elapsed: Duration,
    /// Microseconds of each successful operation, ascending.
    pub(crate) latencies: Vec<u64>,
    /// Sums over the successful operations.
    pub(crate) done: Done,
    /// Failed operations by status code, `connection` or `timeout`.
    pub(crate) failures: BTreeMap<String, u64>,
    /// One failure in full, to be shown to the user.
    pub(crate) example: Option<Failure>,
}

impl Tally {
    /// The latency below which `share` (0 to 1) of the successful operations stayed, in milliseconds.
    pub(crate) fn percentile(&self, share: f64) -> Option<f64> {
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a rank within a vector that fits in memory, rounded up on purpose"
        )]
        let rank = (self.latencies.len() as f64 * share).ceil() as usize;
        let micros = self.latencies.get(rank.saturating_sub(1))?;
        Some(Duration::from_micros(*micros).as_secs_f64() * 1_000.0)
    }

    fn absorb(&mut self, other: Self) {
        self.elapsed = self.elapsed.max(other.elapsed);
        self.latencies.extend(other.latencies);
        self.done.points += other.done.points;
        self.done.bytes += other.done.bytes;
        for (class, count) in other.failures {
            *self.failures.entry(class).or_default() += count;
        }
        self.example = self.example.take().or(other.example);
    }
}

/// Lets every client run `warm_up` operations uncounted, then all of them until `limit`.
pub(crate) async fn drive<C: Client>(mut clients: Vec<C>, warm_up: u64, limit: Limit) -> Tally {
    // What fails while warming up fails again under measurement, where it is counted.
    join_all(clients.iter_mut().map(|client| async move {
        for _ in 0..warm_up {
            drop(client.step().await);
        }
    }))
    .await;
    let started = Instant::now();
    let taken = AtomicU64::new(0);
    let parts = join_all(clients.iter_mut().map(|client| loop_until(client, started, &taken, limit))).await;
    let mut tally = Tally::default();
    for part in parts {
        tally.absorb(part);
    }
    tally.latencies.sort_unstable();
    tally
}

async fn loop_until<C: Client>(client: &mut C, started: Instant, taken: &AtomicU64, limit: Limit) -> Tally {
    let mut tally = Tally::default();
    while started.elapsed() < limit.time {
        if limit.count.is_some_and(|count| taken.fetch_add(1, Ordering::Relaxed) >= count) {
            break;
        }
        let before = Instant::now();
        let outcome = client.step().await;
        let took = before.elapsed();
        match outcome {
            Ok(done) => {
                tally.latencies.push(u64::try_from(took.as_micros()).unwrap_or(u64::MAX));
                tally.done.points += done.points;
                tally.done.bytes += done.bytes;
            }
            Err(failure) => {
                *tally.failures.entry(failure.class()).or_default() += 1;
                tally.example.get_or_insert(failure);
                // A refused connection fails in microseconds; a spinning generator would starve the server.
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        }
        tally.elapsed = started.elapsed();
    }
    tally
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Alternating(u64);

    impl Client for Alternating {
        async fn step(&mut self) -> Result<Done, Failure> {
            self.0 += 1;
            if self.0.is_multiple_of(2) { Err(Failure::Timeout) } else { Ok(Done { points: 10, bytes: 1 }) }
        }
    }

    #[tokio::test]
    async fn counts_each_operation_once() {
        let limit = Limit { time: Duration::from_secs(5), count: Some(8) };
        let tally = drive(vec![Alternating(0), Alternating(0)], 2, limit).await;
        assert_eq!(tally.latencies.len() as u64 + tally.failures["timeout"], 8);
        assert_eq!(tally.done.points, 10 * tally.latencies.len() as u64);
    }

    #[test]
    fn percentiles_are_nearest_rank() {
        let tally = Tally { latencies: (1..=100).map(|ms| ms * 1_000).collect(), ..Tally::default() };
        assert_eq!(tally.percentile(0.5), Some(50.0));
        assert_eq!(tally.percentile(0.99), Some(99.0));
        assert_eq!(Tally::default().percentile(0.5), None);
    }
}
