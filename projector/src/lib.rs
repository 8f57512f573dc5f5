//! The projector: keeps the read model up with the log.
//!
//! It takes the events after the checkpoint, folds them to row changes, and applies these together with the new checkpoint in
//! one transaction. It is woken by the log and looks by itself now and then. It has no side effect but the views, so they
//! can be thrown away and projected again.
//!
//! Several projectors share the work: the runs are split into shards, each with a checkpoint, and each projector takes its
//! share of them by leases. One that dies is taken over from. A single one has all shards, at one checkpoint and in one
//! transaction.

mod apart;
mod applier;
mod assignment;
mod groups;
mod lifecycles;
mod logged_models;
mod metrics;
mod places;
mod project;
mod rebuild;
mod registry;
mod retry;
mod runs;
mod step;

pub use apart::project_apart;
pub use metrics::ProjectorMetrics;
pub use project::fold;
pub use rebuild::{Builder, Outcome, Plan, Progress, RebuildError, RebuildGauges, Status, VERSION};
pub use step::{Projector, Report};

use runledger_domain::Clock;
use runledger_storage::views::Views;
use runledger_storage::{Error, EventLog, Leases, ReadModel};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

/// How often the log is looked at when nobody signals.
const POLL: Duration = Duration::from_millis(200);
/// From the beginning of one step to that of the next, unless somebody waits for the views: what comes meanwhile is applied
/// together, and what is said of one metric becomes one row.
const GATHER: Duration = Duration::from_millis(10);
/// The pause after a failure of the database.
const PAUSE: Duration = Duration::from_secs(1);
/// The pause after another one was faster, or the views were replaced: searches wait for what comes next.
const YIELD: Duration = Duration::from_millis(10);

/// What the projector works with.
#[derive(Debug)]
pub struct Deps {
    pub log: EventLog,
    pub views: Views,
    /// Is told how far the views have come, for the searches that wait in this process.
    pub read_model: ReadModel,
    /// Among all projectors on the same views.
    pub leases: Leases,
    /// Names this projector and no other.
    pub id: String,
    pub clock: Arc<dyn Clock>,
    pub metrics: ProjectorMetrics,
}

/// Projects until it is told to stop. Failures of the database are logged and tried again.
pub async fn run(deps: Deps, shutdown: CancellationToken) {
    let mut signal = deps.log.signal();
    let read_model = deps.read_model.clone();
    let mut projector = Projector::new(deps);
    while !shutdown.is_cancelled() {
        // Seen before the log is read: what is appended during the step wakes the next one.
        signal.mark_unchanged();
        let begun = Instant::now();
        match projector.step().await {
            Ok(Report { caught_up: false, .. }) => {
                tokio::select! {
                    () = shutdown.cancelled() => {}
                    () = read_model.awaited() => {}
                    () = sleep_until(begun + GATHER) => {}
                }
            }
            Ok(Report { caught_up: true, .. }) => {
                tokio::select! {
                    () = shutdown.cancelled() => {}
                    _ = timeout(POLL, signal.changed()) => {}
                }
            }
            Err(error) => {
                report(&error);
                let pause = if matches!(error, Error::Conflict { .. }) { YIELD } else { PAUSE };
                tokio::select! {
                    () = shutdown.cancelled() => {}
                    () = sleep(pause) => {}
                }
            }
        }
    }
    projector.leave().await;
}

fn report(error: &Error) {
    match error {
        Error::Conflict { what } => {
            tracing::info!(what, "another projector is at work, or the views were replaced; reading again");
        }
        error => tracing::error!(error = error as &dyn std::error::Error, "the projection stopped, trying again"),
    }
}
