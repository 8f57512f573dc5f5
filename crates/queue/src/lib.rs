//! The queue between the log and the workers that bring artifacts to the object store.
//!
//! Guarantees of every queue: a job is delivered until it is settled, perhaps more than once and to several workers, and jobs
//! may overtake each other; a job that is to be retried comes again after the next delay of the [`LADDER`]. The log can
//! publish everything again, so a queue may lose all it holds, as long as [`UploadQueue::losses`] tells.

#[cfg(any(test, feature = "conformance"))]
pub mod conformance;

mod dead_letter;
mod in_process;
mod job;
mod ladder;
mod rabbitmq;

pub use dead_letter::DeadLetter;
pub use in_process::InProcess;
pub use job::{JOB_VERSION, Task, UploadJob};
pub use ladder::LADDER;
pub use rabbitmq::{RabbitMq, RabbitMqError, RabbitMqSettings};

use async_trait::async_trait;
use std::fmt::Debug;
use thiserror::Error;
use tokio::sync::watch;

/// The queue cannot be reached; the same call may succeed later.
#[derive(Debug, Error)]
#[error("the upload queue is not available during {operation}")]
pub struct QueueError {
    pub operation: &'static str,
    pub source: Box<dyn std::error::Error + Send + Sync>,
}

/// A queue of upload jobs.
#[async_trait]
pub trait UploadQueue: Debug + Send + Sync {
    /// Returns when the queue holds all the jobs, durably if it outlives the process. Waits while the queue is full. After an
    /// error some of the jobs may be in the queue. Without jobs it waits until the queue can take some; by then the losses from
    /// before are counted.
    async fn publish(&self, jobs: Vec<UploadJob>) -> Result<(), QueueError>;

    /// Waits for the next job, however long the queue is out of reach. No job is lost when the caller stops waiting.
    async fn next(&self) -> Result<Delivery, QueueError>;

    /// Whether jobs stay in the queue when this process ends.
    fn outlives_process(&self) -> bool;

    /// Counts how often the queue may have lost what it held, such as when it was deleted and made anew. A new number means
    /// that all jobs which are still due have to be published again.
    fn losses(&self) -> watch::Receiver<u64>;

    /// Whether the queue can be used at the moment; the error says what was tried and what is wrong.
    fn health(&self) -> Result<(), String>;

    /// Jobs that were given up or could not be read, oldest first, at most `limit`. They stay where they are.
    async fn dead_letters(&self, limit: usize) -> Result<Vec<DeadLetter>, QueueError>;

    /// Forgets the dead letters of the upload and returns how many there were.
    async fn forget_dead_letters(&self, upload_id: &str) -> Result<usize, QueueError>;
}

/// A job in the hands of a worker. It goes back to the queue when it is dropped.
#[derive(Debug)]
pub struct Delivery {
    pub job: UploadJob,
    /// Counts up from 1.
    pub attempt: u32,
    /// The ladder ends here: if the attempt fails, the job is to be given up.
    pub last: bool,
    receipt: Box<dyn Receipt>,
}

/// The way of a delivery back into its queue.
#[async_trait]
pub trait Receipt: Debug + Send + Sync {
    /// The job is done: the queue forgets it.
    async fn ack(self: Box<Self>) -> Result<(), QueueError>;

    /// The job is to come again after the delay of its attempt, counted as one more attempt.
    async fn retry_later(self: Box<Self>) -> Result<(), QueueError>;

    /// The job is to come again after the shortest delay, as the same attempt.
    async fn defer(self: Box<Self>) -> Result<(), QueueError>;

    /// The job goes to the dead letters.
    async fn bury(self: Box<Self>, reason: &str) -> Result<(), QueueError>;
}

impl Delivery {
    /// The job is done: the queue forgets it.
    pub async fn ack(self) -> Result<(), QueueError> {
        self.receipt.ack().await
    }

    /// The attempt failed: the job comes again after its delay. A last attempt may be retried too, at the longest delay.
    pub async fn retry_later(self) -> Result<(), QueueError> {
        self.receipt.retry_later().await
    }

    /// The job could not be begun yet: it comes again after the shortest delay, and no attempt is counted.
    pub async fn defer(self) -> Result<(), QueueError> {
        self.receipt.defer().await
    }

    /// The job is given up: it goes to the dead letters.
    pub async fn bury(self, reason: &str) -> Result<(), QueueError> {
        self.receipt.bury(reason).await
    }
}
