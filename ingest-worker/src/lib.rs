//! Brings spooled uploads to the object store.
//!
//! The log is the outbox: the [`Dispatcher`] publishes a job for every event that asks for one, and a [`Worker`] decides from
//! the log itself what is left to do. Everything is idempotent by upload id, so whatever a crash interrupts is done again or
//! found done. The [`Janitor`] clears away what crashes leave behind.

mod dispatcher;
mod janitor;
mod metrics;
mod removal;
mod verdict;
mod worker;

pub use dispatcher::{Dispatcher, DispatcherDeps, REACTOR};
pub use janitor::{Cleared, Janitor};
pub use metrics::WorkerMetrics;
pub use worker::Worker;

use runledger_artifacts::{ArtifactPath, ArtifactStore, PathError, Spool, StoreError};
use runledger_domain::command::Decision;
use runledger_domain::event::DecodeError;
use runledger_domain::{Clock, Event, IdGen, RecordedEvent, StreamId};
use runledger_queue::{QueueError, UploadQueue};
use runledger_storage::{AppendRequest, EventLog, Leases, ReadModel};
use std::sync::Arc;
use std::time::Duration;
use thiserror::Error;
use tokio::task::JoinSet;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use verdict::streams;

/// What a worker needs. Clones share everything.
#[derive(Clone, Debug)]
pub struct Deps {
    pub log: EventLog,
    pub views: ReadModel,
    pub spool: Spool,
    pub store: ArtifactStore,
    pub queue: Arc<dyn UploadQueue>,
    pub leases: Leases,
    pub clock: Arc<dyn Clock>,
    pub ids: Arc<dyn IdGen>,
    pub metrics: WorkerMetrics,
    /// Jobs worked on at a time.
    pub uploads_at_once: usize,
    /// What is older than this and belongs to nothing is cleared away.
    pub orphan_age: Duration,
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
    #[error("another job of the path takes long")]
    Busy,
    #[error("the lease of the path was lost, because the database did not answer in time")]
    LeaseLost,
    /// Events about artifacts have no guards, so this is a bug.
    #[error("the log rejected an event about an artifact")]
    Rejected,
}

impl Error {
    /// Whether the job itself and the artifact store have no part in the failure.
    fn is_ours(&self) -> bool {
        match self {
            Self::Storage { .. } | Self::Queue { .. } | Self::Busy | Self::LeaseLost | Self::Rejected => true,
            Self::Store { .. } | Self::Event { .. } | Self::Path { .. } => false,
        }
    }
}

/// Who the events of the worker are by.
const ACTOR: &str = "ingest-worker";
/// How long a role waits after a failure of what it stands on.
const BACK_OFF: Duration = Duration::from_secs(1);
/// How often a process that does not dispatch looks whether it should.
const CANDIDATURE: Duration = Duration::from_secs(2);

impl Deps {
    /// Does the work under the right to change the object at the path, as long as that lasts; `None` when another job keeps it
    /// longer than the patience.
    async fn alone_at<T>(
        &self,
        path: &ArtifactPath,
        patience: Duration,
        work: impl Future<Output = Result<T, Error>> + Send,
    ) -> Result<Option<T>, Error> {
        let lease = self.leases.acquire(&Leases::name_of_artifact(path.as_str()), patience).await;
        let Some(lease) = lease.map_err(|source| Error::Storage { source })? else { return Ok(None) };
        let outcome = lease.lost().run_until_cancelled(work).await.unwrap_or(Err(Error::LeaseLost));
        lease.release().await;
        outcome.map(Some)
    }

    /// What the log tells about the path after the position.
    async fn events_about(&self, path: &ArtifactPath, after: i64) -> Result<Vec<Event>, Error> {
        let events = self.log.read_streams(&streams(path), after).await;
        let events = events.map_err(|source| Error::Storage { source })?;
        let events: Result<Vec<Event>, _> = events.iter().map(RecordedEvent::decode).collect();
        events.map_err(|source| Error::Event { source })
    }

    /// Appends an event to the stream of the path, under an id by which the log can be searched.
    async fn append(&self, path: &str, event: Event, request_id: &str) -> Result<(), Error> {
        let decision = Decision { events: vec![(StreamId::artifact(path), event)], guards: Vec::new() };
        let (actor, request_id) = (ACTOR.to_owned(), request_id.to_owned());
        let now = self.clock.now_ms();
        let request = AppendRequest::encode(decision, || self.ids.event_id(), now, actor, request_id);
        let outcome = self.log.append(request).await.map_err(|source| Error::Storage { source })?;
        outcome.map(drop).map_err(|_rejection| Error::Rejected)
    }
}

/// Works on jobs until `shutdown`; a job that has begun is then finished.
pub async fn run(deps: Deps, shutdown: CancellationToken) {
    let mut tasks = JoinSet::new();
    for _ in 0..deps.uploads_at_once {
        tasks.spawn(work(Worker::new(deps.clone()), shutdown.clone()));
    }
    let janitor = Janitor::new(deps);
    tasks.spawn(async move { janitor.run(shutdown).await });
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

/// Dispatches until `shutdown`, as long as no other process does.
pub async fn dispatch(deps: DispatcherDeps, leases: Leases, shutdown: CancellationToken) {
    let mut dispatcher = Dispatcher::new(deps);
    let candidate = async {
        loop {
            match leases.try_acquire(REACTOR).await {
                Ok(Some(lease)) => {
                    lease.lost().run_until_cancelled(lead(&mut dispatcher, &shutdown)).await;
                    tracing::warn!("another process may dispatch uploads now");
                }
                Ok(None) => sleep(CANDIDATURE).await,
                Err(source) => pause(&Error::Storage { source }, &shutdown).await,
            }
        }
    };
    // A step that is left half-way is done again at the next start.
    shutdown.run_until_cancelled(candidate).await;
}

/// Dispatches for ever.
async fn lead(dispatcher: &mut Dispatcher, shutdown: &CancellationToken) {
    loop {
        let outcome = async {
            dispatcher.take_over().await?;
            loop {
                if dispatcher.step().await? == 0 {
                    dispatcher.wait().await;
                }
            }
        };
        let outcome: Result<(), Error> = outcome.await;
        if let Err(error) = outcome {
            pause(&error, shutdown).await;
        }
    }
}

async fn pause(error: &Error, shutdown: &CancellationToken) {
    tracing::warn!(error = error as &dyn std::error::Error, "uploads wait for what they stand on");
    shutdown.run_until_cancelled(sleep(BACK_OFF)).await;
}
