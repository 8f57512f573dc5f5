//! The reactor that turns events into jobs: the log is the outbox, the queue may forget.

use runledger_artifacts::ArtifactPath;
use runledger_domain::event::{ArtifactDeleted, ArtifactStaged};
use runledger_domain::{Event, RecordedEvent};
use runledger_queue::{Task, UploadJob};
use runledger_storage::ReadLimit;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use crate::{Deps, Error};

/// Publishes a job for each event about an upload or a deletion, in the order of the log.
#[derive(Debug)]
pub struct Dispatcher {
    deps: Deps,
    /// Every event up to this position has been dispatched.
    position: i64,
    signal: watch::Receiver<i64>,
}

/// How long an append by another process may go unnoticed.
const POLL: Duration = Duration::from_millis(250);
/// Events that come within this time are read together; nobody waits for them.
const GATHER: Duration = Duration::from_millis(20);
const LIMIT: ReadLimit = ReadLimit { events: 1000, bytes: 4 << 20 };

impl Dispatcher {
    /// Publishes what the views know as staged. The log follows from the point where they ended before.
    ///
    /// What is staged in between is published twice, which does no harm.
    pub async fn start(deps: &Deps) -> Result<Self, Error> {
        let signal = deps.log.signal();
        let storage = |source| Error::Storage { source };
        let position = deps.views.checkpoint().await.map_err(storage)?;
        for staged in deps.views.staged_artifacts().await.map_err(storage)? {
            let task = Task::Store { upload_id: staged.upload_id, size: staged.size, sha256: staged.sha256 };
            publish(deps, UploadJob::new(staged.path, 0, task)).await?;
        }
        Ok(Self { deps: deps.clone(), position, signal })
    }

    /// Dispatches the next events of the log and returns how many it read; 0 at the end.
    pub async fn step(&mut self) -> Result<usize, Error> {
        self.signal.mark_unchanged();
        let events = self.deps.log.read(self.position, LIMIT).await.map_err(|source| Error::Storage { source })?;
        for event in &events {
            self.dispatch(event).await?;
            self.position = event.position;
        }
        Ok(events.len())
    }

    /// Waits until there may be something to do.
    pub async fn wait(&mut self) {
        // Whether the time is over or the log has moved, the next step looks.
        drop(timeout(POLL, self.signal.changed()).await);
        sleep(GATHER).await;
    }

    async fn dispatch(&self, recorded: &RecordedEvent) -> Result<(), Error> {
        // The binary points of the metrics, most of the log, are not decoded here.
        if !recorded.kind.starts_with("Artifact") {
            return Ok(());
        }
        match recorded.decode() {
            Ok(Event::ArtifactStaged(ArtifactStaged { upload_id, path, size, sha256 })) => {
                let task = Task::Store { upload_id, size, sha256 };
                publish(&self.deps, UploadJob::new(path, recorded.position, task)).await
            }
            Ok(Event::ArtifactDeleted(deleted)) => self.remove(deleted, recorded.position).await,
            Ok(_) => Ok(()),
            Err(error) => {
                // Waiting would not make it readable, and the others must not wait for it.
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    position = recorded.position,
                    "skipping an event"
                );
                Ok(())
            }
        }
    }

    /// Removes the object, and those below it, one job each: a job waits for an upload of its path that is under way.
    async fn remove(&self, deleted: ArtifactDeleted, position: i64) -> Result<(), Error> {
        let path =
            ArtifactPath::parse(&deleted.path).map_err(|source| Error::Path { path: deleted.path.clone(), source });
        let files = match path {
            Ok(path) => self.deps.store.files(&path).await.map_err(|source| Error::Store { source }),
            Err(error) => Err(error),
        };
        let files = files.unwrap_or_else(|error| {
            // The artifacts are gone for everybody who asks; only their space is not free yet.
            let error = &error as &dyn std::error::Error;
            tracing::warn!(error, path = deleted.path, "objects of a deleted artifact stay in the store");
            Vec::new()
        });
        for file in files {
            publish(&self.deps, UploadJob::new(file.as_str().to_owned(), position, Task::Remove)).await?;
        }
        Ok(())
    }
}

async fn publish(deps: &Deps, job: UploadJob) -> Result<(), Error> {
    deps.queue.publish(job).await.map_err(|source| Error::Queue { source })
}
