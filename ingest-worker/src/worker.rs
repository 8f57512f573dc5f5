//! One delivery from the queue to its end.

use runledger_artifacts::{ArtifactPath, Staged, StoreError};
use runledger_domain::event::{ArtifactStored, ArtifactUploadFailed};
use runledger_domain::{Event, TraceContext};
use runledger_queue::{Delivery, Task, UploadJob};
use runledger_telemetry::{TARGET, number};
use std::time::Duration;
use tokio::time::Instant;
use tracing::field::Empty;
use tracing::{Instrument, Span, debug_span, info_span};

use crate::metrics::Outcome;
use crate::verdict::{Verdict, judge};
use crate::{Deps, Error, removal};

/// Characters of a reason in an event.
const REASON_LIMIT: usize = 1000;
/// How long a job waits for another one of its path before it goes back to the queue.
const PATIENCE: Duration = Duration::from_secs(2);

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
        let (path, attempt) = (&delivery.job.path, delivery.attempt);
        let parent = delivery.job.traceparent.as_deref().and_then(TraceContext::parse);
        let span = info_span!("job", path, trace_id = parent.map(|parent| parent.trace_id()), attempt);
        let traced = span.in_scope(|| {
            debug_span!(
                target: TARGET,
                "job",
                otel.kind = "consumer",
                messaging.operation.type = "process",
                path,
                attempt = i64::from(attempt),
                outcome = Empty,
            )
        });
        let traced = runledger_telemetry::begin(traced, parent);
        self.attend(delivery).instrument(traced).instrument(span).await;
    }

    async fn attend(&self, delivery: Delivery) {
        self.deps.metrics.in_flight.inc();
        let outcome = match self.settle(&delivery.job).await {
            Ok(outcome) => Ok(outcome),
            Err(error) => self.fail(&delivery, &error).await,
        };
        self.deps.metrics.in_flight.dec();
        let (given_back, outcome) = match outcome {
            Ok(Outcome::Deferred) => (delivery.defer().await, Outcome::Deferred),
            Ok(Outcome::Retried) => (delivery.retry_later().await, Outcome::Retried),
            Ok(outcome) => (delivery.ack().await, outcome),
            Err(GivenUp { reason }) => (delivery.bury(&reason).await, Outcome::Failed),
        };
        self.deps.metrics.settled(outcome);
        Span::current().record("outcome", outcome.as_str());
        if let Err(error) = given_back {
            // The queue delivers it again, and the log then tells what was done.
            tracing::warn!(error = &error as &dyn std::error::Error, "a job could not be given back to the queue");
        }
    }

    /// Brings the object store in line with the log. May be repeated at any point.
    async fn settle(&self, job: &UploadJob) -> Result<Outcome, Error> {
        let path = ArtifactPath::parse(&job.path).map_err(|source| Error::Path { path: job.path.clone(), source })?;
        let Task::Store { upload_id, size, sha256 } = &job.task else {
            return removal::carry_out(&self.deps, job, &path).await;
        };
        let upload = Staged { upload_id: upload_id.clone(), size: *size, sha256: sha256.clone() };
        // Whoever changes the object at a path holds the path's lease, so that two uploads of one path cannot mix.
        let settled = self.deps.alone_at(&path, PATIENCE, self.settle_upload(job, &path, &upload)).await?;
        Ok(settled.unwrap_or(Outcome::Deferred))
    }

    async fn settle_upload(&self, job: &UploadJob, path: &ArtifactPath, upload: &Staged) -> Result<Outcome, Error> {
        let outcome = match self.judge(job, path, upload).await? {
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
        let Deps { store, spool, metrics, clock, .. } = &self.deps;
        let span = debug_span!(target: TARGET, "put object", otel.kind = "client", path = job.path, bytes = number(upload.size));
        let put = store.put_file(path, spool, upload, clock.now_ms()).instrument(span).await;
        put.map_err(|source| Error::Store { source })?;
        match self.judge(job, path, upload).await? {
            Verdict::Deleted => return self.take_back(path).await,
            // The later upload's job waits for this one, and overwrites the object.
            Verdict::Superseded => return Ok(Outcome::Superseded),
            Verdict::Due | Verdict::Stored | Verdict::GivenUp | Verdict::Unknown => {}
        }
        let stored = ArtifactStored { upload_id: upload.upload_id.clone(), path: job.path.clone() };
        self.deps.append(&job.path, Event::ArtifactStored(stored), &upload.upload_id).await?;
        metrics.stored(upload.size, begun.elapsed());
        Ok(Outcome::Stored)
    }

    /// Removes the object of an upload that was deleted while it was copied: when the deletion was carried out, the object may
    /// not have been there to be listed.
    async fn take_back(&self, path: &ArtifactPath) -> Result<Outcome, Error> {
        self.deps.store.delete(path).await.map_err(|source| Error::Store { source })?;
        Ok(Outcome::Superseded)
    }

    /// Decides whether a failed job comes again. It is given up only for failures of its own or of the artifact store; what
    /// cannot be recorded while the log is away is no attempt.
    async fn fail(&self, delivery: &Delivery, error: &Error) -> Result<Outcome, GivenUp> {
        let (job, attempts) = (&delivery.job, delivery.attempt);
        let cause = error as &dyn std::error::Error;
        if error.is_ours() {
            tracing::warn!(error = cause, "an upload could not be attended to and comes again");
            return Ok(Outcome::Deferred);
        }
        if !delivery.last {
            tracing::warn!(error = cause, attempts, "an upload failed and will be tried again");
            return Ok(Outcome::Retried);
        }
        let reason = reason(error);
        if let Task::Store { upload_id, .. } = &job.task {
            let (path, upload_id, reason) = (job.path.clone(), upload_id.clone(), reason.clone());
            tracing::error!(error = reason, attempts, "an upload failed and is given up; the spool keeps it");
            let failed = ArtifactUploadFailed { upload_id: upload_id.clone(), path, reason, attempts };
            let recorded = self.deps.append(&job.path, Event::ArtifactUploadFailed(failed), &upload_id).await;
            if recorded.is_err() {
                return Ok(Outcome::Deferred);
            }
        }
        Err(GivenUp { reason })
    }

    async fn judge(&self, job: &UploadJob, path: &ArtifactPath, upload: &Staged) -> Result<Verdict, Error> {
        Ok(judge(job, &upload.upload_id, self.deps.events_about(path, job.position).await?))
    }
}

/// The job failed for the last time.
struct GivenUp {
    reason: String,
}

/// The error with its causes, for the event.
fn reason(error: &Error) -> String {
    let causes = std::iter::successors(Some(error as &dyn std::error::Error), |error| error.source());
    let reason: Vec<String> = causes.map(ToString::to_string).collect();
    reason.join(": ").chars().take(REASON_LIMIT).collect()
}
