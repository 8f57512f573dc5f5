//! Brings spooled uploads to the object store.
//!
//! The log is the outbox: the [`Dispatcher`] publishes a job for every `ArtifactStaged` and `ArtifactDeleted`, and a [`Worker`]
//! decides from the log itself what is left to do. Everything is idempotent by upload id, so whatever a crash interrupts is
//! done again or found done.

mod dispatcher;
mod metrics;
mod verdict;
mod worker;

pub use dispatcher::Dispatcher;
pub use metrics::WorkerMetrics;
pub use worker::Worker;

use runledger_artifacts::{ArtifactStore, PathError, Spool, StoreError};
use runledger_domain::event::DecodeError;
use runledger_domain::{Clock, IdGen};
use runledger_queue::{QueueError, UploadQueue};
use runledger_storage::{EventLog, ReadModel};
use std::sync::Arc;
use std::time::Duration;
use thiserror::Error;
use tokio::task::JoinSet;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

/// What the role needs. Clones share everything.
#[derive(Clone, Debug)]
pub struct Deps {
    pub log: EventLog,
    pub views: ReadModel,
    pub spool: Spool,
    pub store: ArtifactStore,
    pub queue: Arc<dyn UploadQueue>,
    pub clock: Arc<dyn Clock>,
    pub ids: Arc<dyn IdGen>,
    pub metrics: WorkerMetrics,
}

/// Why a step failed. All of these are worth another try.
#[derive(Debug, Error)]
pub enum Error {
    #[error("the log or the views cannot be read or written")]
    Storage { source: runledger_storage::Error },
    #[error("the queue failed")]
    Queue { source: QueueError },
    #[error("the upload did not reach the artifact store")]
    Store { source: StoreError },
    #[error("an event about the artifact cannot be read")]
    Event { source: DecodeError },
    #[error("the path {path:?} of a job or an event is not valid")]
    Path { path: String, source: PathError },
    /// Events about artifacts have no guards, so this is a bug.
    #[error("the log rejected an event about an artifact")]
    Rejected,
}

/// Uploads at a time.
const WORKERS: usize = 4;
/// How long a role waits after a failure of what it stands on.
const BACK_OFF: Duration = Duration::from_secs(1);

/// Dispatches and works until `shutdown`; an upload that has begun is then finished.
pub async fn run(deps: Deps, shutdown: CancellationToken) {
    let mut tasks = JoinSet::new();
    for _ in 0..WORKERS {
        tasks.spawn(work(Worker::new(deps.clone()), shutdown.clone()));
    }
    tasks.spawn(dispatch(deps, shutdown));
    while let Some(ended) = tasks.join_next().await {
        if let Err(error) = ended {
            tracing::error!(%error, "a task of the ingest worker ended early");
        }
    }
}

async fn work(worker: Worker, shutdown: CancellationToken) {
    while let Some(stepped) = shutdown.run_until_cancelled(worker.next()).await {
        match stepped {
            Ok(delivery) => worker.handle(delivery).await,
            Err(error) => pause(&error, &shutdown).await,
        }
    }
}

async fn dispatch(deps: Deps, shutdown: CancellationToken) {
    let work = async {
        let mut dispatcher = loop {
            match Dispatcher::start(&deps).await {
                Ok(dispatcher) => break dispatcher,
                Err(error) => pause(&error, &shutdown).await,
            }
        };
        loop {
            match dispatcher.step().await {
                Ok(0) => dispatcher.wait().await,
                Ok(_events) => {}
                Err(error) => pause(&error, &shutdown).await,
            }
        }
    };
    // A step that is left half-way is done again at the next start.
    shutdown.run_until_cancelled(work).await;
}

async fn pause(error: &Error, shutdown: &CancellationToken) {
    tracing::warn!(error = error as &dyn std::error::Error, "the ingest worker waits for what it stands on");
    shutdown.run_until_cancelled(sleep(BACK_OFF)).await;
}
