//! One delivery from the queue to its end.

use runledger_artifacts::{ArtifactPath, Staged, StoreError};
use runledger_domain::command::Decision;
use runledger_domain::event::{ArtifactStored, ArtifactUploadFailed};
use runledger_domain::{Event, RecordedEvent, StreamId};
use runledger_queue::{Delivery, JOB_VERSION, Task, UploadJob};
use runledger_storage::AppendRequest;
use tokio::time::Instant;

use crate::metrics::Outcome;
use crate::verdict::{Verdict, judge, streams};
use crate::{Deps, Error};

/// Who the events of the worker are by.
const ACTOR: &str = "ingest-worker";
/// Characters of a reason in an event.
const REASON_LIMIT: usize = 1000;

/// Works on one job at a time.
#[derive(Debug)]
pub struct Worker {
    deps: Deps,
}

impl Worker {
    pub fn new(deps: Deps) -> Self {
        Self { deps }
    }

    /// Waits for the next job.
    pub async fn next(&self) -> Result<Delivery, Error> {
        self.deps.queue.next().await.map_err(|source| Error::Queue { source })
    }

    /// Does what is left to do for the job and gives it back to the queue. Failures are retried by the queue's ladder.
    pub async fn handle(&self, delivery: Delivery) {
        self.deps.metrics.in_flight.inc();
        let outcome = match self.settle(&delivery.job).await {
            Ok(outcome) => outcome,
            Err(error) => self.fail(&delivery, &error).await,
        };
        self.deps.metrics.in_flight.dec();
        self.deps.metrics.settled(outcome);
        let path = delivery.job.path.clone();
        let settled = if outcome == Outcome::Retried { delivery.retry_later().await } else { delivery.ack().await };
        if let Err(error) = settled {
            // The queue delivers it again, and the log then tells what was done.
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                path,
                "a job could not be given back to the queue"
            );
        }
    }

    /// Brings the object store in line with the log. May be repeated at any point.
    async fn settle(&self, job: &UploadJob) -> Result<Outcome, Error> {
        if job.version != JOB_VERSION {
            tracing::error!(version = job.version, path = job.path, "a job of an unknown version was put back");
            return Ok(Outcome::Retried);
        }
        let path = ArtifactPath::parse(&job.path).map_err(|source| Error::Path { path: job.path.clone(), source })?;
        let verdict = self.judge(job, &path).await?;
        match &job.task {
            Task::Store { upload_id, size, sha256 } => {
                let upload = Staged { upload_id: upload_id.clone(), size: *size, sha256: sha256.clone() };
                self.settle_upload(job, &path, &upload, verdict).await
            }
            Task::Remove if verdict == Verdict::Due => {
                self.deps.store.delete(&path).await.map_err(|source| Error::Store { source })?;
                Ok(Outcome::Removed)
            }
            Task::Remove => Ok(Outcome::Superseded),
        }
    }

    async fn settle_upload(
        &self,
        job: &UploadJob,
        path: &ArtifactPath,
        upload: &Staged,
        verdict: Verdict,
    ) -> Result<Outcome, Error> {
        let outcome = match verdict {
            Verdict::Due => self.store(job, path, upload).await?,
            Verdict::Stored => Outcome::Repeated,
            Verdict::Superseded => Outcome::Superseded,
            Verdict::Deleted => self.take_back(path).await?,
            // The spool keeps the bytes of an upload that was given up.
            Verdict::GivenUp => return Ok(Outcome::Repeated),
            Verdict::Unknown => {
                let upload_id = &upload.upload_id;
                tracing::warn!(path = job.path, upload_id, "the log does not know the upload of a job");
                return Ok(Outcome::Superseded);
            }
        };
        let removed = self.deps.spool.remove(&upload.upload_id).await;
        removed.map_err(|source| Error::Store { source: StoreError::Spool { source } })?;
        Ok(outcome)
    }

    async fn store(&self, job: &UploadJob, path: &ArtifactPath, upload: &Staged) -> Result<Outcome, Error> {
        let begun = Instant::now();
        let Deps { store, spool, metrics, .. } = &self.deps;
        store.put_file(path, spool, upload).await.map_err(|source| Error::Store { source })?;
        match self.judge(job, path).await? {
            Verdict::Deleted => return self.take_back(path).await,
            // The later upload's job waits for this one, and overwrites the object.
            Verdict::Superseded => return Ok(Outcome::Superseded),
            Verdict::Due | Verdict::Stored | Verdict::GivenUp | Verdict::Unknown => {}
        }
        let stored = ArtifactStored { upload_id: upload.upload_id.clone(), path: job.path.clone() };
        self.append(job, &upload.upload_id, Event::ArtifactStored(stored)).await?;
        metrics.stored(upload.size, begun.elapsed());
        Ok(Outcome::Stored)
    }

    /// Removes the object of an upload that was deleted while it was copied: when the deletion was carried out, the object may
    /// not have been there to be listed.
    async fn take_back(&self, path: &ArtifactPath) -> Result<Outcome, Error> {
        self.deps.store.delete(path).await.map_err(|source| Error::Store { source })?;
        Ok(Outcome::Superseded)
    }

    /// Decides whether a failed job comes again. It is given up only for failures of its own or of the artifact store.
    async fn fail(&self, delivery: &Delivery, error: &Error) -> Outcome {
        let (job, attempts) = (&delivery.job, delivery.attempt);
        if !delivery.last || matches!(error, Error::Storage { .. } | Error::Queue { .. } | Error::Rejected) {
            let error = error as &dyn std::error::Error;
            tracing::warn!(error, path = job.path, attempts, "an upload failed and will be tried again");
            return Outcome::Retried;
        }
        let Task::Store { upload_id, .. } = &job.task else { return Outcome::Failed };
        let (upload_id, path, reason) = (upload_id.clone(), job.path.clone(), reason(error));
        tracing::error!(error = reason, path, attempts, "an upload failed and is given up; the spool keeps it");
        let failed = ArtifactUploadFailed { upload_id: upload_id.clone(), path, reason, attempts };
        match self.append(job, &upload_id, Event::ArtifactUploadFailed(failed)).await {
            Ok(()) => Outcome::Failed,
            Err(_log_is_away) => Outcome::Retried,
        }
    }

    async fn judge(&self, job: &UploadJob, path: &ArtifactPath) -> Result<Verdict, Error> {
        let events = self.deps.log.read_streams(&streams(path), job.position).await;
        let events = events.map_err(|source| Error::Storage { source })?;
        let events: Result<Vec<Event>, _> = events.iter().map(RecordedEvent::decode).collect();
        Ok(judge(job, events.map_err(|source| Error::Event { source })?))
    }

    /// Appends an event to the stream of the job's path, on behalf of the upload.
    async fn append(&self, job: &UploadJob, upload_id: &str, event: Event) -> Result<(), Error> {
        let Deps { log, clock, ids, .. } = &self.deps;
        let decision = Decision { events: vec![(StreamId::artifact(&job.path), event)], guards: Vec::new() };
        let (actor, request_id) = (ACTOR.to_owned(), upload_id.to_owned());
        let request = AppendRequest::encode(decision, || ids.event_id(), clock.now_ms(), actor, request_id);
        let outcome = log.append(request).await.map_err(|source| Error::Storage { source })?;
        outcome.map(drop).map_err(|_rejection| Error::Rejected)
    }
}

/// The error with its causes, for the event.
fn reason(error: &Error) -> String {
    let mut reason = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        reason = format!("{reason}: {error}");
        cause = error.source();
    }
    reason.chars().take(REASON_LIMIT).collect()
}
