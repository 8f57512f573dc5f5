//! The queue between processes, on RabbitMQ.
//!
//! Guarantees: a job that was published is on the disks of a quorum of brokers. Nothing here fails because the broker is away:
//! a supervisor keeps connecting, and no call but [`UploadQueue::next`] waits longer than its time limits. The supervisor and
//! its connections end with the last handle.
//!
//! Does not: order jobs, keep a job from coming twice, or take over what a deleted queue held. For that it counts losses.

mod address;
mod dead;
mod fault;
mod link;
mod message;
mod metrics;
mod publisher;
mod random;
mod receipt;
mod session;
mod shared;
mod supervisor;
mod topology;
mod trial;
mod upkeep;

use async_trait::async_trait;
use prometheus::Registry;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use thiserror::Error;
use tokio::sync::watch;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::ladder::is_last;
use crate::{DeadLetter, Delivery, LADDER, QueueError, Receipt, UploadJob, UploadQueue};
use address::Address;
use message::Message;
use receipt::Unsettled;
use shared::Shared;
use topology::Topology;

/// Which broker, and what to do with it.
#[derive(Clone)]
pub struct RabbitMqSettings {
    /// `amqp://user:password@host:port/vhost`; `amqps://` for TLS.
    pub url: String,
    /// What the names of the queues begin with, at most 200 bytes.
    pub prefix: String,
    /// Takes jobs, at most so many without an outcome. `None`: takes none.
    pub consume: Option<u16>,
    /// Makes the queues that are missing and counts what was lost with them. Others wait until they are there.
    pub dispatches: bool,
    /// The delays between attempts.
    pub ladder: Vec<Duration>,
    /// Where the metrics are registered. One registry takes one queue.
    pub registry: Registry,
}

/// Why the queue cannot be started: a setting is wrong.
#[derive(Debug, Error)]
pub enum RabbitMqError {
    #[error("the URL of the broker is not of the form amqp://user:password@host:port/vhost: {reason}")]
    Url { reason: String },
    #[error("the prefix of the queues has {bytes} bytes, but may have {limit}")]
    Prefix { bytes: usize, limit: usize },
    #[error("the metrics of the queue cannot be registered")]
    Metrics(#[source] prometheus::Error),
}

/// A handle on the queue. Clones share it.
#[derive(Clone, Debug)]
pub struct RabbitMq(Arc<Handle>);

#[derive(Debug)]
struct Handle {
    shared: Arc<Shared>,
    /// Ends the supervisor with the last handle.
    _end: DropGuard,
}

impl RabbitMqSettings {
    /// The queues `runledger.…` with the delays of [`LADDER`], only to publish to.
    pub fn new(url: String, registry: Registry) -> Self {
        let (prefix, ladder) = ("runledger".to_owned(), LADDER.to_vec());
        Self { url, prefix, consume: None, dispatches: false, ladder, registry }
    }
}

/// Without the URL, which holds a password.
impl fmt::Debug for RabbitMqSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { url: _, prefix, consume, dispatches, ladder, registry: _ } = self;
        f.debug_struct("RabbitMqSettings")
            .field("prefix", prefix)
            .field("consume", consume)
            .field("dispatches", dispatches)
            .field("ladder", ladder)
            .finish_non_exhaustive()
    }
}

impl RabbitMq {
    /// Returns at once, on a runtime of tokio; whether the broker is there shows in [`UploadQueue::health`].
    pub fn start(settings: &RabbitMqSettings) -> Result<Self, RabbitMqError> {
        let address = Address::parse(&settings.url)?;
        let topology = Topology::new(&settings.prefix, &settings.ladder)?;
        let metrics = metrics::QueueMetrics::register(&settings.registry).map_err(RabbitMqError::Metrics)?;
        let shared = Arc::new(Shared::new(address, topology, settings.consume, settings.dispatches, metrics));
        let end = CancellationToken::new();
        tokio::spawn(end.clone().run_until_cancelled_owned(supervisor::run(Arc::clone(&shared))));
        Ok(Self(Arc::new(Handle { shared, _end: end.drop_guard() })))
    }

    /// Sends a message through a queue of its own, which ends with this, and touches no queue of jobs.
    pub async fn try_out(url: &str) -> Result<(), QueueError> {
        let operation = "try out";
        let address = Address::parse(url).map_err(|source| QueueError { operation, source: source.into() })?;
        trial::run(&address).await.map_err(|source| QueueError { operation, source: source.into() })
    }
}

#[async_trait]
impl UploadQueue for RabbitMq {
    async fn publish(&self, jobs: Vec<UploadJob>) -> Result<(), QueueError> {
        let (operation, shared) = ("publish", &self.0.shared);
        let messages: Result<Vec<Message>, _> = jobs.iter().map(Message::first).collect();
        let messages = messages.map_err(|source| QueueError { operation, source: source.into() })?;
        let session = shared.session(operation).await?;
        let published = session.publish(&shared.topology.main.name, &messages).await;
        published.map_err(|source| QueueError { operation, source: source.into() })
    }

    async fn next(&self) -> Result<Delivery, QueueError> {
        let shared = &self.0.shared;
        loop {
            let session = shared.next_session().await?;
            // The session says itself why it ended; the supervisor makes another.
            let Some(delivery) = session.next().await else { continue };
            let (message, job) = message::read(&delivery.properties, delivery.data);
            let attempt = message.attempt;
            let receipt = Box::new(Unsettled::new(session, Arc::clone(shared), delivery.acker, message));
            match job {
                Ok(job) => {
                    let last = is_last(attempt, shared.topology.retry.len());
                    return Ok(Delivery { job, attempt, last, receipt });
                }
                Err(reason) => {
                    tracing::warn!(reason, "a message in the queue is no job, it goes to the dead letters");
                    shared.metrics.poison.inc();
                    // A message that could not be moved goes back to the queue, and the broker limits how often.
                    if let Err(error) = receipt.bury(&reason).await {
                        tracing::warn!(error = fault::chain(&error), "a message that is no job could not be moved");
                    }
                }
            }
        }
    }

    fn outlives_process(&self) -> bool {
        true
    }

    fn losses(&self) -> watch::Receiver<u64> {
        self.0.shared.losses.subscribe()
    }

    /// Also tells of queues which were made with other arguments than ours, although they are used.
    fn health(&self) -> Result<(), String> {
        self.0.shared.health()
    }

    /// The dead letters are not there for anybody else while they are being read.
    async fn dead_letters(&self, limit: usize) -> Result<Vec<DeadLetter>, QueueError> {
        let operation = "dead_letters";
        let session = self.0.shared.session(operation).await?;
        let letters = dead::read(&session.control, &self.0.shared.topology.dead.name, limit).await;
        letters.map_err(|source| QueueError { operation, source: source.into() })
    }

    async fn forget_dead_letters(&self, upload_id: &str) -> Result<usize, QueueError> {
        let operation = "forget_dead_letters";
        let session = self.0.shared.session(operation).await?;
        let forgotten = dead::forget(&session.control, &self.0.shared.topology.dead.name, upload_id).await;
        forgotten.map_err(|source| QueueError { operation, source: source.into() })
    }
}
