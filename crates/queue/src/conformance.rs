//! What every queue must do, written against the trait. A case fails by panicking.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::missing_panics_doc, reason = "a test fails by panicking")]

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::{Delivery, Task, UploadJob, UploadQueue};

/// A queue under test.
pub type Queue = Arc<dyn UploadQueue>;

/// The delays of the queue under test.
pub const LADDER: [Duration; 2] = [Duration::from_millis(20), Duration::from_millis(100)];

/// How long a test waits for what must come.
const LIMIT: Duration = Duration::from_secs(20);
/// How long it watches that nothing comes.
const WHILE: Duration = Duration::from_millis(300);

/// Runs every case on a queue of its own, which is empty and has the delays of [`LADDER`].
pub async fn all<F: Future<Output = Queue>>(open: impl Fn() -> F) {
    a_job_comes_as_it_was_published(open().await).await;
    a_retried_job_climbs_the_ladder(open().await).await;
    a_deferred_job_keeps_its_attempt(open().await).await;
    a_dropped_delivery_comes_again(open().await).await;
    a_caller_that_stops_waiting_takes_nothing_along(open().await).await;
    many_workers_share_the_work(open().await).await;
    a_buried_job_is_a_dead_letter_until_it_is_forgotten(open().await).await;
}

async fn a_job_comes_as_it_was_published(queue: Queue) {
    queue.publish(vec![]).await.unwrap();
    let task = Task::Store { upload_id: "u1".to_owned(), size: 5, sha256: "2c".to_owned() };
    let traceparent = Some("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".to_owned());
    let first = UploadJob { traceparent, ..UploadJob::new("modèle/ä b.pkl".to_owned(), 1, task) };
    queue.publish(vec![first.clone(), job("b", 2)]).await.unwrap();
    let mut seen = Vec::new();
    for _ in 0..2 {
        let delivery = take(&queue).await;
        assert_eq!((delivery.attempt, delivery.last), (1, false));
        seen.push(delivery.job.clone());
        delivery.ack().await.unwrap();
    }
    seen.sort_by_key(|job| job.position);
    assert_eq!(seen, [first, job("b", 2)]);
    assert!(soon(queue.next()).await.is_none(), "an acknowledged job is gone");
}

async fn a_retried_job_climbs_the_ladder(queue: Queue) {
    queue.publish(vec![job("a", 1)]).await.unwrap();
    let mut delivery = take(&queue).await;
    for expected in [(1, false), (2, false), (3, true), (4, true)] {
        assert_eq!((delivery.job.position, delivery.attempt, delivery.last), (1, expected.0, expected.1));
        delivery.retry_later().await.unwrap();
        queue.publish(vec![job("b", 2)]).await.unwrap();
        let (one, other) = (take(&queue).await, take(&queue).await);
        let (again, new) = if one.job.position == 1 { (one, other) } else { (other, one) };
        assert_eq!(new.job.position, 2, "others do not wait for a delayed job");
        new.ack().await.unwrap();
        delivery = again;
    }
}

async fn a_deferred_job_keeps_its_attempt(queue: Queue) {
    queue.publish(vec![job("a", 1)]).await.unwrap();
    take(&queue).await.retry_later().await.unwrap();
    for _ in 0..3 {
        let delivery = take(&queue).await;
        assert_eq!((delivery.job.position, delivery.attempt, delivery.last), (1, 2, false));
        delivery.defer().await.unwrap();
    }
    take(&queue).await.ack().await.unwrap();
}

async fn a_dropped_delivery_comes_again(queue: Queue) {
    queue.publish(vec![job("a", 1)]).await.unwrap();
    for _ in 0..3 {
        let delivery = take(&queue).await;
        assert_eq!((delivery.job.position, delivery.attempt), (1, 1));
    }
    take(&queue).await.ack().await.unwrap();
    assert!(soon(queue.next()).await.is_none());
}

async fn a_caller_that_stops_waiting_takes_nothing_along(queue: Queue) {
    let jobs: Vec<UploadJob> = (0..20).map(|position| job("a", position)).collect();
    let publisher = Arc::clone(&queue);
    let publishing = tokio::spawn(async move { publisher.publish(jobs).await.unwrap() });
    let mut seen = Vec::new();
    while seen.len() < 20 {
        if let Ok(delivery) = timeout(Duration::from_millis(1), queue.next()).await {
            let delivery = delivery.unwrap();
            seen.push(delivery.job.position);
            delivery.ack().await.unwrap();
        }
    }
    publishing.await.unwrap();
    seen.sort_unstable();
    assert_eq!(seen, (0..20).collect::<Vec<_>>());
}

async fn many_workers_share_the_work(queue: Queue) {
    let mut workers = JoinSet::new();
    for _ in 0..4 {
        let queue = Arc::clone(&queue);
        workers.spawn(async move {
            let mut seen = Vec::new();
            while let Ok(delivery) = timeout(Duration::from_secs(1), queue.next()).await {
                let delivery = delivery.unwrap();
                seen.push(delivery.job.position);
                tokio::task::yield_now().await;
                delivery.ack().await.unwrap();
            }
            seen
        });
    }
    let mut publishers = JoinSet::new();
    for start in [0, 100, 200] {
        let queue = Arc::clone(&queue);
        let jobs = (start..start + 100).map(|position| job("a", position)).collect();
        publishers.spawn(async move { queue.publish(jobs).await.unwrap() });
    }
    publishers.join_all().await;
    let mut seen = workers.join_all().await.concat();
    seen.sort_unstable();
    assert_eq!(seen, (0..300).collect::<Vec<_>>());
}

async fn a_buried_job_is_a_dead_letter_until_it_is_forgotten(queue: Queue) {
    for upload in ["u1", "u2", "u1"] {
        queue.publish(vec![store("a/b", upload)]).await.unwrap();
        take(&queue).await.bury(&format!("no space for {upload}")).await.unwrap();
    }
    for _ in 0..2 {
        let letters = letters(&queue, 3).await;
        assert_eq!(
            letters,
            [("u1", "no space for u1"), ("u2", "no space for u2"), ("u1", "no space for u1")].map(owned)
        );
    }
    let first = queue.dead_letters(1).await.unwrap();
    assert_eq!((first.len(), first[0].path.as_deref()), (1, Some("a/b")));
    assert!(first[0].body.contains(r#""upload_id":"u1""#), "{}", first[0].body);
    assert_eq!(queue.forget_dead_letters("u3").await.unwrap(), 0);
    assert_eq!(queue.forget_dead_letters("u1").await.unwrap(), 2);
    assert_eq!(letters(&queue, 1).await, [owned(("u2", "no space for u2"))]);
    assert!(soon(queue.next()).await.is_none(), "a dead letter is not delivered");
}

/// The uploads and reasons of the dead letters, once there are so many.
pub async fn letters(queue: &Queue, count: usize) -> Vec<(String, String)> {
    let arrived = async {
        loop {
            let letters = queue.dead_letters(100).await.unwrap();
            if letters.len() == count {
                return letters;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let letters = timeout(LIMIT, arrived).await.expect("the dead letters arrive");
    letters.into_iter().map(|letter| (letter.upload_id.unwrap_or_default(), letter.reason)).collect()
}

/// A job that differs from others by its position.
pub fn job(path: &str, position: i64) -> UploadJob {
    UploadJob::new(path.to_owned(), position, Task::Remove)
}

/// The job of an upload.
pub fn store(path: &str, upload_id: &str) -> UploadJob {
    let task = Task::Store { upload_id: upload_id.to_owned(), size: 5, sha256: "2c".to_owned() };
    UploadJob::new(path.to_owned(), 1, task)
}

/// What comes within a short while.
pub async fn soon<F: Future>(future: F) -> Option<F::Output> {
    timeout(WHILE, future).await.ok()
}

/// The next delivery, which must come.
pub async fn take(queue: &Queue) -> Delivery {
    timeout(LIMIT, queue.next()).await.expect("a job is delivered").unwrap()
}

fn owned((upload, reason): (&str, &str)) -> (String, String) {
    (upload.to_owned(), reason.to_owned())
}
