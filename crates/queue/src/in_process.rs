//! The queue of the embedded mode, in memory. The log publishes again what it held when the process ended.

use async_trait::async_trait;
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::sleep;

use crate::{Delivery, LADDER, QueueError, Receipt, UploadJob, UploadQueue};

/// Jobs held in memory; further ones wait in the log.
const CAPACITY: usize = 16_384;

/// A bounded queue with a lane per path. Clones share it.
#[derive(Clone, Debug)]
pub struct InProcess(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    lanes: Mutex<Lanes>,
    /// One permit for each path in `Lanes::ready`.
    ready: Semaphore,
    room: Arc<Semaphore>,
    ladder: Vec<Duration>,
}

#[derive(Debug, Default)]
struct Lanes {
    by_path: HashMap<String, Lane>,
    ready: VecDeque<String>,
    /// Numbers the delays, so that a timer knows whether its delay is still on.
    delays: u64,
}

/// The jobs of one path; the front one is ready, with a worker, or delayed. A lane without jobs is removed.
#[derive(Debug)]
struct Lane {
    jobs: VecDeque<Waiting>,
    front: Front,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Front {
    Ready,
    Taken,
    Delayed(u64),
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
        let (lanes, ready) = (Mutex::default(), Semaphore::new(0));
        Self(Arc::new(Shared { lanes, ready, room: Arc::new(Semaphore::new(capacity)), ladder: ladder.to_vec() }))
    }
}

#[async_trait]
impl UploadQueue for InProcess {
    async fn publish(&self, job: UploadJob) -> Result<(), QueueError> {
        let room = Arc::clone(&self.0.room).acquire_owned().await.map_err(closed("publish"))?;
        let mut lanes = self.0.lock();
        let path = job.path.clone();
        let waiting = Waiting { job, attempt: 1, _room: room };
        let lane = lanes.by_path.entry(path.clone()).or_insert(Lane { jobs: VecDeque::new(), front: Front::Taken });
        lane.jobs.push_back(waiting);
        // A job of a new path is ready. One that follows a delayed job probably supersedes it, so it need not wait either.
        if lane.jobs.len() == 1 || matches!(lane.front, Front::Delayed(_)) {
            self.0.make_ready(&mut lanes, &path);
        }
        Ok(())
    }

    async fn next(&self) -> Result<Delivery, QueueError> {
        loop {
            self.0.ready.acquire().await.map_err(closed("next"))?.forget();
            if let Some(delivery) = self.take() {
                return Ok(delivery);
            }
        }
    }
}

impl InProcess {
    fn take(&self) -> Option<Delivery> {
        let mut lanes = self.0.lock();
        let path = lanes.ready.pop_front()?;
        let lane = lanes.by_path.get_mut(&path)?;
        lane.front = Front::Taken;
        let front = lane.jobs.front()?;
        let last = front.attempt as usize > self.0.ladder.len();
        let receipt = Box::new(Taken { queue: Arc::clone(&self.0), path: Some(path) });
        Some(Delivery { job: front.job.clone(), attempt: front.attempt, last, receipt })
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Lanes> {
        // Nothing in here can panic half-way through a change.
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn make_ready(&self, lanes: &mut Lanes, path: &str) {
        if let Some(lane) = lanes.by_path.get_mut(path) {
            lane.front = Front::Ready;
            lanes.ready.push_back(path.to_owned());
            self.ready.add_permits(1);
        }
    }

    fn finish(&self, path: &str) {
        let mut lanes = self.lock();
        let Some(lane) = lanes.by_path.get_mut(path) else { return };
        lane.jobs.pop_front();
        if lane.jobs.is_empty() {
            lanes.by_path.remove(path);
        } else {
            self.make_ready(&mut lanes, path);
        }
    }

    fn delay(self: Arc<Self>, path: String) {
        let mut lanes = self.lock();
        lanes.delays += 1;
        let number = lanes.delays;
        let Some(lane) = lanes.by_path.get_mut(&path) else { return };
        let Some(front) = lane.jobs.front_mut() else { return };
        let rung = (front.attempt as usize).min(self.ladder.len()).saturating_sub(1);
        let delay = self.ladder.get(rung).copied().unwrap_or_default();
        front.attempt += 1;
        lane.front = Front::Delayed(number);
        drop(lanes);
        tokio::spawn(async move {
            sleep(delay).await;
            let mut lanes = self.lock();
            if lanes.by_path.get(&path).is_some_and(|lane| lane.front == Front::Delayed(number)) {
                self.make_ready(&mut lanes, &path);
            }
        });
    }
}

/// The receipt of the front job of a path.
#[derive(Debug)]
struct Taken {
    queue: Arc<Shared>,
    /// `None` once the job is settled.
    path: Option<String>,
}

#[async_trait]
impl Receipt for Taken {
    async fn ack(mut self: Box<Self>) -> Result<(), QueueError> {
        if let Some(path) = self.path.take() {
            self.queue.finish(&path);
        }
        Ok(())
    }

    async fn retry_later(mut self: Box<Self>) -> Result<(), QueueError> {
        if let Some(path) = self.path.take() {
            Arc::clone(&self.queue).delay(path);
        }
        Ok(())
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        if let Some(path) = self.path.take() {
            self.queue.make_ready(&mut self.queue.lock(), &path);
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
        InProcess::new(100, &[Duration::from_millis(10), Duration::from_millis(50)])
    }

    #[tokio::test]
    async fn it_conforms() {
        conformance::all(|| async { Arc::new(queue()) as Arc<dyn UploadQueue> }).await;
    }

    #[tokio::test]
    async fn a_full_queue_makes_publishers_wait() {
        let queue = InProcess::new(2, &LADDER);
        queue.publish(job("a", 1)).await.unwrap();
        queue.publish(job("b", 2)).await.unwrap();
        assert!(soon(queue.publish(job("c", 3))).await.is_none());
        queue.next().await.unwrap().ack().await.unwrap();
        soon(queue.publish(job("c", 3))).await.unwrap().unwrap();
    }

    #[tokio::test]
    async fn it_forgets_the_paths_it_is_done_with() {
        let queue = queue();
        for position in 0..10 {
            queue.publish(job("a", position)).await.unwrap();
        }
        for _ in 0..10 {
            queue.next().await.unwrap().ack().await.unwrap();
        }
        assert!(queue.0.lock().by_path.is_empty() && queue.0.lock().ready.is_empty());
        assert_eq!(queue.0.room.available_permits(), 100);
    }
}
