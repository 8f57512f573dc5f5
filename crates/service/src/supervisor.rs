//! Tasks, and how they stop: the first signal asks them to finish, the second one or a time limit ends them.

use std::future::Future;
use std::time::Duration;
use thiserror::Error;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// How long the tasks may take to finish after the first signal.
const DRAIN: Duration = Duration::from_secs(25);

/// The tasks of the process.
#[derive(Debug, Default)]
pub struct Supervisor {
    tasks: JoinSet<&'static str>,
    shutdown: CancellationToken,
}

/// The process must end with a failure.
#[derive(Debug, Error)]
pub enum Crashed {
    #[error("the task {0:?} ended by itself; see the log above for the reason")]
    Ended(&'static str),
    #[error("a task panicked")]
    Panicked { source: tokio::task::JoinError },
    #[error("the tasks did not finish within {} seconds", DRAIN.as_secs())]
    Stuck,
    #[error("signals cannot be received")]
    Signals { source: std::io::Error },
}

impl Supervisor {
    /// Cancelled when the process is asked to stop.
    pub fn shutdown(&self) -> CancellationToken {
        self.shutdown.clone()
    }

    /// Starts a task, which must end when [`Self::shutdown`] is cancelled and not earlier.
    pub fn spawn(&mut self, name: &'static str, task: impl Future<Output = ()> + Send + 'static) {
        self.tasks.spawn(async move {
            task.await;
            name
        });
    }

    /// Waits for SIGINT or SIGTERM, or for a task to crash, and stops everything.
    pub async fn run(mut self) -> Result<(), Crashed> {
        let hook = |kind| signal(kind).map_err(|source| Crashed::Signals { source });
        let mut interrupt = hook(SignalKind::interrupt())?;
        let mut terminate = hook(SignalKind::terminate())?;

        let crash = tokio::select! {
            () = any(&mut interrupt, &mut terminate) => None,
            ended = self.tasks.join_next() => Some(match ended {
                Some(Err(source)) => Crashed::Panicked { source },
                Some(Ok(name)) => Crashed::Ended(name),
                None => Crashed::Ended("all"),
            }),
        };
        tracing::info!("stopping: requests in flight are finished, a second signal stops at once");
        self.shutdown.cancel();
        let drained = tokio::select! {
            () = any(&mut interrupt, &mut terminate) => Err(Crashed::Stuck),
            drained = timeout(DRAIN, self.drain()) => drained.unwrap_or(Err(Crashed::Stuck)),
        };
        crash.map_or(drained, Err)
    }

    async fn drain(&mut self) -> Result<(), Crashed> {
        while let Some(ended) = self.tasks.join_next().await {
            let name = ended.map_err(|source| Crashed::Panicked { source })?;
            tracing::debug!(name, "task finished");
        }
        Ok(())
    }
}

async fn any(interrupt: &mut Signal, terminate: &mut Signal) {
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
}
