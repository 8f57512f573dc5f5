//! The progress of a rebuild on standard error: a line for each phase, and one a second.

use runledger_projector::{Progress, Status};
use std::future::Future;
use std::io::Write;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{Instant, sleep};

use crate::commands::progress::line;

const PERIOD: Duration = Duration::from_secs(1);

/// Does the work, and tells meanwhile how far it is.
pub(crate) async fn watching<T>(status: &Status, work: impl Future<Output = T>) -> T {
    tokio::select! {
        outcome = Box::pin(work) => outcome,
        () = tell(status.subscribe()) => std::future::pending().await,
    }
}

async fn tell(mut progress: watch::Receiver<Progress>) {
    let mut phase = None;
    // Where the phase began, or was taken up again.
    let (mut begun, mut first, mut told) = (Instant::now(), None, Instant::now());
    while progress.changed().await.is_ok() {
        let Progress { phase: now, done, target } = *progress.borrow_and_update();
        if phase != Some(now) {
            (phase, begun, first, told) = (Some(now), Instant::now(), None, Instant::now());
            say(now.as_str());
        }
        // The first count of a phase may be far in already, when it is taken up again.
        if done > 0 && first.is_none() {
            (first, begun) = (Some(done), Instant::now());
        }
        if told.elapsed() < PERIOD {
            continue;
        }
        told = Instant::now();
        let since = usize::try_from(done - first.unwrap_or_default()).unwrap_or_default();
        match target {
            Some(target) => {
                let left = usize::try_from(target - first.unwrap_or_default()).unwrap_or_default();
                say(&format!("{}: {}, at position {done}", now.as_str(), line("events", since, left, begun.elapsed())));
            }
            None if now.counts_rows() => say(&format!("{}: {done} rows", now.as_str())),
            None => {}
        }
        sleep(Duration::from_millis(50)).await;
    }
}

fn say(text: &str) {
    // Nobody looks when standard error is closed.
    drop(writeln!(std::io::stderr(), "{text}"));
}
