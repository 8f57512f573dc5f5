//! The reactor that turns events into jobs: the log is the outbox, the queue may forget.

use runledger_domain::event::{ArtifactStaged, ArtifactUploadRetried};
use runledger_domain::{Clock, Event, RecordedEvent, StreamId, StreamKind, TraceContext};
use runledger_queue::{Task, UploadJob, UploadQueue};
use runledger_storage::{EventLog, ReadModel};
use runledger_telemetry::TARGET;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout};
use tracing::{Span, debug_span};

use crate::Error;

/// What the dispatcher works with. Clones share everything.
#[derive(Clone, Debug)]
pub struct DispatcherDeps {
    pub log: EventLog,
    pub views: ReadModel,
    pub queue: Arc<dyn UploadQueue>,
    pub clock: Arc<dyn Clock>,
}

/// Publishes a job for each event about an upload or a deletion, in the order of the log.
///
/// Its place in the log is kept with the log itself, and moves when the queue has confirmed the jobs. One dispatcher works
/// at a time, which its caller sees to by a lease; two would only publish twice.
#[derive(Debug)]
pub struct Dispatcher {
    deps: DispatcherDeps,
    /// Every event up to this position has been dispatched.
    position: i64,
    /// What the log knows of it.
    saved: Option<i64>,
    signal: watch::Receiver<i64>,
    losses: watch::Receiver<u64>,
    /// When everything that is long overdue is published once more.
    overdue_at: Instant,
}

/// The name of the reactor, of its place in the log, and of its lease.
pub const REACTOR: &str = "reactor/uploads";

/// How long an append by another process may go unnoticed.
const POLL: Duration = Duration::from_millis(250);
/// Events that come within this time are read together; nobody waits for them.
const GATHER: Duration = Duration::from_millis(20);
/// Positions that one step looks at.
const PAGE: i64 = 5_000;
/// Positions without a job after which the place is saved all the same.
const SAVE_EVERY: i64 = 100_000;
/// Jobs of one call to the queue.
const JOBS: usize = 500;
/// An upload that waits longer than the ladder takes has perhaps lost its job, and gets a new one.
const OVERDUE: Duration = Duration::from_mins(90);

impl Dispatcher {
    /// One for the life of the process, so that it hears of losses also while another process dispatches.
    pub fn new(deps: DispatcherDeps) -> Self {
        let (signal, losses) = (deps.log.signal(), deps.queue.losses());
        Self { deps, position: 0, saved: None, signal, losses, overdue_at: Instant::now() + OVERDUE }
    }

    /// Takes up where the last dispatcher stopped. A queue that forgets gets all that is due.
    pub async fn take_over(&mut self) -> Result<(), Error> {
        self.saved = self.deps.log.reactor_position(REACTOR).await.map_err(storage)?;
        self.position = self.saved.unwrap_or_default();
        if self.deps.queue.outlives_process() {
            // Nothing goes in, but it waits for the queue; what was lost before is counted then, and not found out twice.
            self.deps.queue.publish(Vec::new()).await.map_err(|source| Error::Queue { source })
        } else {
            self.publish_all_due().await
        }
    }

    /// Dispatches the next events of the log and returns how many positions it went on; 0 at the end.
    pub async fn step(&mut self) -> Result<i64, Error> {
        if self.losses.has_changed().unwrap_or(false) {
            self.losses.mark_unchanged();
            tracing::info!("the queue may have lost its jobs, publishing what is due again");
            if let Err(error) = self.publish_all_due().await {
                self.losses.mark_changed();
                return Err(error);
            }
        }
        if Instant::now() >= self.overdue_at {
            let before = self.deps.clock.now_ms() - i64::try_from(OVERDUE.as_millis()).unwrap_or_default();
            self.publish_staged(before).await?;
            self.overdue_at = Instant::now() + OVERDUE;
        }
        self.signal.mark_unchanged();
        let head = self.deps.log.head().await.map_err(storage)?;
        let upto = head.min(self.position + PAGE);
        if upto <= self.position {
            return Ok(0);
        }
        let events = self.deps.log.read_kind(StreamKind::Artifact, self.position, upto).await.map_err(storage)?;
        let mut jobs = Vec::new();
        let mut spans = Vec::new();
        for event in &events {
            if let Some(mut job) = self.job(event).await? {
                job.traceparent = job.traceparent.or_else(|| Some(event.trace?.to_string()));
                spans.extend(trace(&mut job));
                jobs.push(job);
            }
        }
        let quiet = jobs.is_empty();
        self.publish(jobs).await?;
        drop(spans);
        let steps = upto - self.position;
        self.position = upto;
        if !quiet || self.position - self.saved.unwrap_or_default() >= SAVE_EVERY {
            self.save().await?;
        }
        Ok(steps)
    }

    /// Waits until there may be something to do.
    pub async fn wait(&mut self) {
        let changed = async {
            tokio::select! {
                _ = self.signal.changed() => {}
                _ = self.losses.changed() => self.losses.mark_changed(),
            }
        };
        // Whether the time is over or something has moved, the next step looks.
        drop(timeout(POLL, changed).await);
        sleep(GATHER).await;
    }

    /// Publishes everything the views know as due, and goes to where they end, so that the log tells the rest.
    ///
    /// What is staged in between is published twice, which does no harm.
    async fn publish_all_due(&mut self) -> Result<(), Error> {
        let checkpoint = self.deps.views.checkpoint().await.map_err(storage)?;
        self.publish_staged(i64::MAX).await?;
        let removals = self.deps.views.pending_removals().await.map_err(storage)?;
        let jobs = removals.into_iter().map(|removal| UploadJob::new(removal.path, removal.deletion, Task::Remove));
        self.publish(jobs.collect()).await?;
        self.position = checkpoint;
        self.save().await
    }

    /// Publishes the uploads that were staged before the time and are still due.
    async fn publish_staged(&self, before: i64) -> Result<(), Error> {
        let staged = self.deps.views.staged_artifacts(before).await.map_err(storage)?;
        let jobs = staged.into_iter().map(|staged| {
            let task = Task::Store { upload_id: staged.upload_id, size: staged.size, sha256: staged.sha256 };
            UploadJob::new(staged.path, 0, task)
        });
        self.publish(jobs.collect()).await
    }

    async fn publish(&self, jobs: Vec<UploadJob>) -> Result<(), Error> {
        let mut jobs = jobs.into_iter();
        loop {
            let some: Vec<UploadJob> = jobs.by_ref().take(JOBS).collect();
            if some.is_empty() {
                return Ok(());
            }
            self.deps.queue.publish(some).await.map_err(|source| Error::Queue { source })?;
        }
    }

    async fn save(&mut self) -> Result<(), Error> {
        if self.deps.queue.outlives_process() {
            self.deps.log.move_reactor(REACTOR, self.saved, self.position).await.map_err(storage)?;
        }
        self.saved = Some(self.position);
        Ok(())
    }

    async fn job(&self, recorded: &RecordedEvent) -> Result<Option<UploadJob>, Error> {
        let position = recorded.position;
        match recorded.decode() {
            Ok(Event::ArtifactStaged(staged)) => Ok(Some(store(staged, position))),
            Ok(Event::ArtifactUploadRetried(retried)) => {
                Ok(self.staged(&retried).await?.map(|staged| store(staged, position)))
            }
            Ok(Event::ArtifactDeleted(deleted)) => Ok(Some(UploadJob::new(deleted.path, position, Task::Remove))),
            Ok(_) => Ok(None),
            Err(error) => {
                // Waiting would not make it readable, and the others must not wait for it.
                tracing::error!(error = &error as &dyn std::error::Error, position, "skipping an event");
                Ok(None)
            }
        }
    }

    /// How the upload was staged that is to be tried again.
    async fn staged(&self, retried: &ArtifactUploadRetried) -> Result<Option<ArtifactStaged>, Error> {
        let stream = StreamId::artifact(&retried.path);
        let events = self.deps.log.read_streams(&[stream], 0).await.map_err(storage)?;
        Ok(events.iter().find_map(|event| match event.decode() {
            Ok(Event::ArtifactStaged(staged)) if staged.upload_id == retried.upload_id => Some(staged),
            _ => None,
        }))
    }
}

/// A span for as long as the job is published, which goes on in the job.
fn trace(job: &mut UploadJob) -> Option<Span> {
    let parent = TraceContext::parse(job.traceparent.as_deref()?)?;
    let span = debug_span!(
        target: TARGET,
        "publish",
        otel.kind = "producer",
        messaging.operation.type = "send",
        path = job.path,
        position = job.position,
    );
    let span = runledger_telemetry::begin(span, Some(parent));
    job.traceparent = Some(runledger_telemetry::of(&span).unwrap_or(parent).to_string());
    Some(span)
}

fn store(staged: ArtifactStaged, position: i64) -> UploadJob {
    let ArtifactStaged { upload_id, path, size, sha256, traceparent } = staged;
    UploadJob { traceparent, ..UploadJob::new(path, position, Task::Store { upload_id, size, sha256 }) }
}

fn storage(source: runledger_storage::Error) -> Error {
    Error::Storage { source }
}
