//! Progress of long work on standard error: how much, how fast, how long it will still take.

use runledger_storage::EventLog;
use std::future::Future;
use std::io::Write;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::{Duration, Instant};
use tokio::time::sleep;

/// Between two lines.
const PERIOD: Duration = Duration::from_secs(1);

/// Counts what is done of a total that is known, or as much of it as was found.
#[derive(Debug)]
pub(crate) struct Progress {
    things: &'static str,
    begun: Instant,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    total: usize,
    done: usize,
    told: Instant,
}

impl Progress {
    pub(crate) fn new(things: &'static str, total: usize) -> Self {
        let begun = Instant::now();
        Self { things, begun, state: Mutex::new(State { total, done: 0, told: begun }) }
    }

    /// Adds to what there is to do.
    pub(crate) fn found(&self, number: usize) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).total += number;
    }

    /// Adds what is done; says so once a second.
    pub(crate) fn done(&self, number: usize) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.done += number;
        if state.told.elapsed() < PERIOD {
            return;
        }
        state.told = Instant::now();
        let line = line(self.things, state.done, state.total, self.begun.elapsed());
        // Nobody looks when standard error is closed.
        drop(writeln!(std::io::stderr(), "{line}"));
    }

    /// Does the work, of a command that archives, and lets servers know meanwhile how far it is.
    pub(crate) async fn archiving<T>(&self, log: &EventLog, command: &str, work: impl Future<Output = T>) -> T {
        let telling = async {
            loop {
                self.report(log, command).await;
                sleep(PERIOD).await;
            }
        };
        let outcome = tokio::select! {
            outcome = Box::pin(work) => outcome,
            never = telling => never,
        };
        self.report(log, command).await;
        outcome
    }

    async fn report(&self, log: &EventLog, command: &str) {
        let (done, total) = {
            let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            (state.done, state.total)
        };
        let number = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
        if let Err(error) = log.report_archiving(command, number(done), number(total)).await {
            tracing::warn!(error = &error as &dyn std::error::Error, "the progress could not be written down");
        }
    }

    pub(crate) fn count(&self) -> usize {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).done
    }
}

#[expect(clippy::cast_precision_loss, reason = "a rate that people read")]
pub(super) fn line(things: &str, done: usize, total: usize, elapsed: Duration) -> String {
    let rate = done as f64 / elapsed.as_secs_f64().max(0.001);
    let left = total.saturating_sub(done) as f64 / rate.max(0.001);
    format!("{done} of {total} {things}, {rate:.0}/s, {left:.0} s left")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_how_much_how_fast_and_how_long() {
        assert_eq!(line("runs", 200, 1000, Duration::from_secs(4)), "200 of 1000 runs, 50/s, 16 s left");
        assert_eq!(line("runs", 0, 0, Duration::ZERO), "0 of 0 runs, 0/s, 0 s left");
    }
}
