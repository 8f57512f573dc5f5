//! Group commit: one flusher per process gathers what requests bring while the previous batch is being committed.
//!
//! Batches grow with the load by themselves. Every request of a batch is answered after the commit. The queue is bounded in
//! bytes; a full one refuses the request instead of making it wait.

use runledger_domain::TraceContext;
use runledger_telemetry::{TARGET, number};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot, watch};
use tokio::time::{Instant, sleep};
use tracing::{Instrument, Span, debug_span};

use crate::append::{AppendBatch, AppendRequest, Outcome};
use crate::{Error, LogMetrics};

/// Bytes of requests that may wait for a commit.
const QUEUE_BYTES: usize = 64 << 20;
/// Requests that may wait for a commit, whatever their size.
const QUEUE_REQUESTS: usize = 1 << 16;
const BATCH_BYTES: usize = 4 << 20;
const BATCH_REQUESTS: usize = 4_096;
/// How long a batch is sent again while the database is away, before its requests are told so.
const PATIENCE: Duration = Duration::from_secs(10);
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// The handle to the flusher. It ends when the last handle is dropped and the queue is empty.
#[derive(Clone, Debug)]
pub(crate) struct GroupCommit {
    queue: mpsc::Sender<Pending>,
    budget: Arc<Semaphore>,
    metrics: LogMetrics,
}

#[derive(Debug)]
struct Pending {
    request: AppendRequest,
    /// Where in its trace the request waits.
    place: Option<TraceContext>,
    reply: oneshot::Sender<Result<Outcome, Error>>,
    /// Gives the bytes back to the queue once the request is answered.
    permit: OwnedSemaphorePermit,
}

impl GroupCommit {
    /// Starts the flusher. The position of each committed batch's last event goes to `head`.
    pub(crate) fn start(backend: Arc<dyn AppendBatch>, head: watch::Sender<i64>, metrics: LogMetrics) -> Self {
        let (queue, inbox) = mpsc::channel(QUEUE_REQUESTS);
        let budget = Arc::new(Semaphore::new(QUEUE_BYTES));
        let flusher = Flusher { backend, head, budget: Arc::clone(&budget), metrics: metrics.clone(), batch: 0 };
        tokio::spawn(flusher.run(inbox));
        Self { queue, budget, metrics }
    }

    /// Queues the request and waits for its commit. The request is committed or rejected even when the caller goes away.
    pub(crate) async fn append(&self, request: AppendRequest) -> Result<Outcome, Error> {
        let (events, bytes) = (request.events.len(), request.bytes());
        let span = debug_span!(target: TARGET, "append", events = number(events), bytes = number(bytes));
        let place = runledger_telemetry::of(&span).filter(TraceContext::is_sampled);
        self.wait(request, place).instrument(span).await
    }

    async fn wait(&self, request: AppendRequest, place: Option<TraceContext>) -> Result<Outcome, Error> {
        let overloaded = || Error::Overloaded { retry_after: RETRY_AFTER };
        // A request larger than the whole queue still goes through, alone.
        let bytes = u32::try_from(request.bytes().min(QUEUE_BYTES)).unwrap_or(u32::MAX);
        let permit = Arc::clone(&self.budget).try_acquire_many_owned(bytes).map_err(|_full| overloaded())?;
        let (reply, answer) = oneshot::channel();
        self.queue.try_send(Pending { request, place, reply, permit }).map_err(|_full| overloaded())?;
        self.metrics.queue_bytes(waiting_bytes(&self.budget));
        answer.await.map_err(|source| Error::Unavailable { operation: "append", source: Box::new(source) })?
    }
}

struct Flusher {
    backend: Arc<dyn AppendBatch>,
    head: watch::Sender<i64>,
    budget: Arc<Semaphore>,
    metrics: LogMetrics,
    batch: i64,
}

impl Flusher {
    async fn run(mut self, mut inbox: mpsc::Receiver<Pending>) {
        while let Some(first) = inbox.recv().await {
            let Gathered { requests, places, waiting } = gather(first, &mut inbox);
            let span = commit_span(&requests, &places);
            self.flush(&requests, waiting).instrument(span).await;
            self.metrics.queue_bytes(waiting_bytes(&self.budget));
        }
    }

    async fn flush(&mut self, requests: &[AppendRequest], waiting: Vec<Waiting>) {
        let begun = Instant::now();
        match self.commit(requests).await {
            Ok(outcomes) => {
                self.metrics.flushed(requests, begun.elapsed());
                if let Some(last) = outcomes.iter().filter_map(|outcome| outcome.as_ref().ok()).max() {
                    self.head.send_if_modified(|head| std::mem::replace(head, (*head).max(*last)) < *last);
                }
                for (waiting, outcome) in waiting.into_iter().zip(outcomes) {
                    waiting.answer(Ok(outcome));
                }
            }
            Err(error) if requests.len() > 1 && !matches!(error, Error::Unavailable { .. }) => {
                // One request that the database refuses must not fail its neighbours: each goes alone.
                tracing::warn!(%error, requests = requests.len(), "a batch was refused, appending its requests one by one");
                for (request, waiting) in requests.iter().zip(waiting) {
                    Box::pin(self.flush(std::slice::from_ref(request), vec![waiting])).await;
                }
            }
            Err(error) => {
                tracing::error!(error = &error as &dyn std::error::Error, "a batch could not be appended");
                for waiting in waiting {
                    waiting.answer(Err(error.again()));
                }
            }
        }
    }

    /// Sends the batch until its outcome is known. The number of the batch makes sending it again safe.
    async fn commit(&mut self, requests: &[AppendRequest]) -> Result<Vec<Outcome>, Error> {
        self.batch += 1;
        let deadline = Instant::now() + PATIENCE;
        let mut pause = Duration::from_millis(20);
        loop {
            match self.backend.append_batch(self.batch, requests).await {
                Err(error @ Error::Unavailable { .. }) if Instant::now() < deadline => {
                    tracing::warn!(
                        error = &error as &dyn std::error::Error,
                        "the log is away, sending the batch again"
                    );
                    sleep(pause).await;
                    pause = (pause * 2).min(Duration::from_secs(1));
                }
                outcome => return outcome,
            }
        }
    }
}

fn waiting_bytes(budget: &Semaphore) -> usize {
    QUEUE_BYTES - budget.available_permits()
}

/// A request's way back, held until its outcome is known.
struct Waiting {
    reply: oneshot::Sender<Result<Outcome, Error>>,
    _permit: OwnedSemaphorePermit,
}

impl Waiting {
    fn answer(self, outcome: Result<Outcome, Error>) {
        // A caller that went away does not want the answer; the events stay appended.
        drop(self.reply.send(outcome));
    }
}

/// What is committed together.
#[derive(Default)]
struct Gathered {
    requests: Vec<AppendRequest>,
    /// Of the requests whose traces are recorded.
    places: Vec<TraceContext>,
    waiting: Vec<Waiting>,
}

/// Takes what is waiting, up to the size of a batch.
fn gather(first: Pending, inbox: &mut mpsc::Receiver<Pending>) -> Gathered {
    let (mut gathered, mut bytes) = (Gathered::default(), 0);
    let mut next = Some(first);
    while let Some(Pending { request, place, reply, permit }) = next {
        bytes += request.bytes();
        gathered.requests.push(request);
        gathered.places.extend(place);
        gathered.waiting.push(Waiting { reply, _permit: permit });
        let full = bytes >= BATCH_BYTES || gathered.requests.len() >= BATCH_REQUESTS;
        next = if full { None } else { inbox.try_recv().ok() };
    }
    gathered
}

/// The commit belongs to the trace of the first request that has one, and names the others.
fn commit_span(requests: &[AppendRequest], places: &[TraceContext]) -> Span {
    let Some((first, others)) = places.split_first() else { return Span::none() };
    let span = debug_span!(target: TARGET, "commit", requests = number(requests.len()));
    let span = runledger_telemetry::begin(span, Some(*first));
    runledger_telemetry::links(&span, others.iter().copied());
    span
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::EncodedEvent;
    use async_trait::async_trait;
    use runledger_domain::StreamId;
    use tokio::sync::Notify;

    /// A log that takes nothing until it is let go.
    #[derive(Debug, Default)]
    struct Stuck {
        gate: Notify,
    }

    #[async_trait]
    impl AppendBatch for Stuck {
        async fn append_batch(&self, _batch: i64, requests: &[AppendRequest]) -> Result<Vec<Outcome>, Error> {
            self.gate.notified().await;
            self.gate.notify_one();
            Ok((1..).zip(requests).map(|(position, _)| Ok(position)).collect())
        }
    }

    fn request(bytes: usize) -> AppendRequest {
        let event = EncodedEvent {
            event_id: uuid::Uuid::nil(),
            stream: StreamId::run("r"),
            kind: "TagsSet",
            schema_version: 1,
            payload: "x".repeat(bytes),
            points: None,
            point_count: 0,
            recorded_at: 0,
        };
        AppendRequest {
            events: vec![event],
            guards: vec![],
            actor: String::new(),
            request_id: String::new(),
            trace: None,
        }
    }

    #[tokio::test]
    async fn a_full_queue_refuses_and_takes_again_once_it_is_flushed() {
        let backend = Arc::new(Stuck::default());
        let log: Arc<dyn AppendBatch> = Arc::<Stuck>::clone(&backend);
        let metrics = LogMetrics::register(&prometheus::Registry::new()).unwrap();
        let commit = GroupCommit::start(log, watch::channel(0).0, metrics);
        let mut waiting = Vec::new();
        for _ in 0..8 {
            let commit = commit.clone();
            waiting.push(tokio::spawn(async move { commit.append(request(QUEUE_BYTES / 8 - 256)).await }));
        }
        while commit.budget.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        let refused = commit.append(request(1)).await;
        assert!(matches!(refused, Err(Error::Overloaded { .. })), "{refused:?}");

        backend.gate.notify_one();
        for task in waiting {
            assert!(task.await.unwrap().unwrap().is_ok(), "what was taken is committed");
        }
        assert!(commit.append(request(1)).await.unwrap().is_ok());
    }
}
