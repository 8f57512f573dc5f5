//! The queue between the log and the workers that bring artifacts to the object store.
//!
//! Guarantees of every queue: a job is delivered until it is acknowledged, perhaps more than once; jobs of one path are
//! delivered in the order in which they were published, one at a time; a job that is to be retried comes again after the next
//! delay of the [`LADDER`]. The log can publish everything again, so a queue may forget all on a restart.

mod in_process;
mod job;

#[cfg(test)]
mod conformance;

pub use in_process::InProcess;
pub use job::{JOB_VERSION, Task, UploadJob};

use async_trait::async_trait;
use std::fmt::Debug;
use std::time::Duration;
use thiserror::Error;

/// How long a job waits after its first, second, … failed attempt. After one more it is given up.
pub const LADDER: [Duration; 5] = [
    Duration::from_secs(1),
    Duration::from_secs(5),
    Duration::from_secs(30),
    Duration::from_mins(5),
    Duration::from_mins(30),
];

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
    /// Returns when the queue holds the job. Waits while the queue is full.
    async fn publish(&self, job: UploadJob) -> Result<(), QueueError>;

    /// Waits for the next job. No job is lost when the caller stops waiting.
    async fn next(&self) -> Result<Delivery, QueueError>;
}

/// A job in the hands of a worker. It goes back to the queue when it is dropped.
#[derive(Debug)]
pub struct Delivery {
    pub job: UploadJob,
    /// Counts up from 1.
    pub attempt: u32,
    /// The ladder ends here: if the attempt fails, the job is to be given up and acknowledged.
    pub last: bool,
    receipt: Box<dyn Receipt>,
}

/// The way of a delivery back into its queue.
#[async_trait]
pub trait Receipt: Debug + Send + Sync {
    /// The job is done: the queue forgets it.
    async fn ack(self: Box<Self>) -> Result<(), QueueError>;

    /// The job is to come again after its delay.
    async fn retry_later(self: Box<Self>) -> Result<(), QueueError>;
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
}
