//! The queue of the embedded mode, in memory. The log publishes again what it held when the process ended.

use async_trait::async_trait;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::sleep;

use crate::ladder::{is_last, rung};
use crate::{DeadLetter, Delivery, LADDER, QueueError, Receipt, UploadJob, UploadQueue};

/// Jobs held in memory; further ones wait in the log.
const CAPACITY: usize = 16_384;
/// Dead letters held in memory; older ones are forgotten.
const DEAD_LETTERS: usize = 1_000;

/// A bounded queue, first in, first out. Clones share it.
#[derive(Clone, Debug)]
pub struct InProcess(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    held: Mutex<Held>,
    /// One permit for each job in `Held::ready`.
    ready: Semaphore,
    room: Arc<Semaphore>,
    ladder: Vec<Duration>,
    losses: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct Held {
    ready: VecDeque<Waiting>,
    dead: VecDeque<DeadLetter>,
}

#[derive(Debug)]
struct Waiting {
    job: UploadJob,
    attempt: u32,
    _room: OwnedSemaphorePermit,
}

impl Default for InProcess {
    fn default() -> Self {
        Self::new(CAPACITY, &LADDER)
    }
}

impl InProcess {
    /// A queue of at most `capacity` jobs, with its own delays between attempts.
    pub fn new(capacity: usize, ladder: &[Duration]) -> Self {
        Self(Arc::new(Shared {
            held: Mutex::default(),
            ready: Semaphore::new(0),
            room: Arc::new(Semaphore::new(capacity)),
            ladder: ladder.to_vec(),
            losses: watch::Sender::default(),
        }))
    }
}

#[async_trait]
impl UploadQueue for InProcess {
    async fn publish(&self, jobs: Vec<UploadJob>) -> Result<(), QueueError> {
        for job in jobs {
            let room = Arc::clone(&self.0.room).acquire_owned().await.map_err(closed("publish"))?;
            self.0.lock().ready.push_back(Waiting { job, attempt: 1, _room: room });
            self.0.ready.add_permits(1);
        }
        Ok(())
    }

    async fn next(&self) -> Result<Delivery, QueueError> {
        loop {
            self.0.ready.acquire().await.map_err(closed("next"))?.forget();
            // Bound first, so that the lock is free again when the delivery is made.
            let waiting = self.0.lock().ready.pop_front();
            if let Some(waiting) = waiting {
                let (job, attempt) = (waiting.job.clone(), waiting.attempt);
                let receipt = Box::new(Taken { queue: Arc::clone(&self.0), waiting: Some(waiting) });
                return Ok(Delivery { job, attempt, last: is_last(attempt, self.0.ladder.len()), receipt });
            }
        }
    }

    fn outlives_process(&self) -> bool {
        false
    }

    /// Never counts: while the process lives nothing is lost, and afterwards there is nobody to count.
    fn losses(&self) -> watch::Receiver<u64> {
        self.0.losses.subscribe()
    }

    fn health(&self) -> Result<(), String> {
        Ok(())
    }

    async fn dead_letters(&self, limit: usize) -> Result<Vec<DeadLetter>, QueueError> {
        Ok(self.0.lock().dead.iter().take(limit).cloned().collect())
    }

    async fn forget_dead_letters(&self, upload_id: &str) -> Result<usize, QueueError> {
        let mut held = self.0.lock();
        let before = held.dead.len();
        held.dead.retain(|letter| letter.upload_id.as_deref() != Some(upload_id));
        Ok(before - held.dead.len())
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Held> {
        // Nothing in here can panic half-way through a change.
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn delay(self: &Arc<Self>, waiting: Waiting, rung: usize) {
        let delay = self.ladder.get(rung).copied().unwrap_or_default();
        // A queue that nobody holds any more is not kept for the sake of its delayed jobs.
        let queue = Arc::downgrade(self);
        tokio::spawn(async move {
            sleep(delay).await;
            if let Some(queue) = queue.upgrade() {
                queue.lock().ready.push_back(waiting);
                queue.ready.add_permits(1);
            }
        });
    }
}

#[derive(Debug)]
struct Taken {
    queue: Arc<Shared>,
    /// `None` once the job is settled.
    waiting: Option<Waiting>,
}

#[async_trait]
impl Receipt for Taken {
    async fn ack(mut self: Box<Self>) -> Result<(), QueueError> {
        self.waiting = None;
        Ok(())
    }

    async fn retry_later(mut self: Box<Self>) -> Result<(), QueueError> {
        if let Some(mut waiting) = self.waiting.take() {
            let rung = rung(waiting.attempt, self.queue.ladder.len());
            waiting.attempt = waiting.attempt.saturating_add(1);
            self.queue.delay(waiting, rung);
        }
        Ok(())
    }

    async fn defer(mut self: Box<Self>) -> Result<(), QueueError> {
        if let Some(waiting) = self.waiting.take() {
            self.queue.delay(waiting, 0);
        }
        Ok(())
    }

    async fn bury(mut self: Box<Self>, reason: &str) -> Result<(), QueueError> {
        if let Some(waiting) = self.waiting.take() {
            let body = serde_json::to_vec(&waiting.job).unwrap_or_default();
            let mut held = self.queue.lock();
            held.dead.push_back(DeadLetter::read(&body, reason.to_owned()));
            let surplus = held.dead.len().saturating_sub(DEAD_LETTERS);
            held.dead.drain(..surplus);
        }
        Ok(())
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        if let Some(waiting) = self.waiting.take() {
            self.queue.lock().ready.push_front(waiting);
            self.queue.ready.add_permits(1);
        }
    }
}

fn closed(operation: &'static str) -> impl FnOnce(tokio::sync::AcquireError) -> QueueError {
    move |source| QueueError { operation, source: source.into() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance;
    use crate::conformance::{job, soon};

    fn queue() -> InProcess {
        InProcess::new(1_000, &conformance::LADDER)
    }

    #[tokio::test]
    async fn it_conforms() {
        conformance::all(|| async { Arc::new(queue()) as Arc<dyn UploadQueue> }).await;
    }

    #[tokio::test]
    async fn a_full_queue_makes_publishers_wait() {
        let queue = InProcess::new(2, &LADDER);
        queue.publish(vec![job("a", 1), job("b", 2)]).await.unwrap();
        assert!(soon(queue.publish(vec![job("c", 3)])).await.is_none());
        queue.next().await.unwrap().ack().await.unwrap();
        soon(queue.publish(vec![job("c", 3)])).await.unwrap().unwrap();
    }

    #[tokio::test]
    async fn a_job_takes_room_until_it_is_settled_for_good() {
        let queue = queue();
        queue.publish((0..10).map(|position| job("a", position)).collect()).await.unwrap();
        for position in 0..10 {
            let delivery = queue.next().await.unwrap();
            if position % 2 == 0 {
                delivery.ack().await.unwrap();
            } else {
                delivery.bury("given up").await.unwrap();
            }
        }
        assert_eq!(queue.0.room.available_permits(), 1_000);
    }

    #[tokio::test]
    async fn the_oldest_dead_letters_are_forgotten() {
        let queue = queue();
        for position in 0..1_005 {
            queue.publish(vec![job(&position.to_string(), position)]).await.unwrap();
            queue.next().await.unwrap().bury("given up").await.unwrap();
        }
        let letters = queue.dead_letters(usize::MAX).await.unwrap();
        assert_eq!((letters.len(), letters[0].path.as_deref()), (1_000, Some("5")));
    }
}
