//! What every queue must do, written against the trait. The ladder of the queue under test is 10 ms, 50 ms.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;

use crate::{Delivery, Task, UploadJob, UploadQueue};

type Queue = Arc<dyn UploadQueue>;

pub(crate) async fn all<F: Future<Output = Queue>>(open: impl Fn() -> F) {
    jobs_come_in_order_and_once(open().await).await;
    a_path_is_with_one_worker_at_a_time(open().await).await;
    a_retried_job_keeps_its_place_and_climbs_the_ladder(open().await).await;
    a_newer_job_of_the_path_ends_the_delay(open().await).await;
    a_dropped_delivery_comes_again(open().await).await;
    many_workers_share_the_work(open().await).await;
}

async fn jobs_come_in_order_and_once(queue: Queue) {
    for (path, position) in [("a", 1), ("b", 2), ("c", 3)] {
        queue.publish(job(path, position)).await.unwrap();
    }
    for expected in [1, 2, 3] {
        let delivery = take(&queue).await;
        assert_eq!((delivery.job.position, delivery.attempt, delivery.last), (expected, 1, false));
        delivery.ack().await.unwrap();
    }
    assert!(soon(queue.next()).await.is_none(), "an acknowledged job is gone");
}

async fn a_path_is_with_one_worker_at_a_time(queue: Queue) {
    queue.publish(job("a", 1)).await.unwrap();
    queue.publish(job("a", 2)).await.unwrap();
    queue.publish(job("b", 3)).await.unwrap();
    let first = take(&queue).await;
    let other = take(&queue).await;
    assert_eq!((first.job.position, other.job.position), (1, 3));
    assert!(soon(queue.next()).await.is_none());
    first.ack().await.unwrap();
    assert_eq!(take(&queue).await.job.position, 2);
}

async fn a_retried_job_keeps_its_place_and_climbs_the_ladder(queue: Queue) {
    queue.publish(job("a", 1)).await.unwrap();
    for (attempt, last) in [(1, false), (2, false), (3, true), (4, true)] {
        let delivery = take(&queue).await;
        assert_eq!((delivery.job.position, delivery.attempt, delivery.last), (1, attempt, last));
        delivery.retry_later().await.unwrap();
        queue.publish(job("b", 2)).await.unwrap();
        let other = take(&queue).await;
        assert_eq!(other.job.position, 2, "others do not wait for a delayed job");
        other.ack().await.unwrap();
    }
}

async fn a_newer_job_of_the_path_ends_the_delay(queue: Queue) {
    queue.publish(job("a", 1)).await.unwrap();
    take(&queue).await.retry_later().await.unwrap();
    take(&queue).await.retry_later().await.unwrap();
    queue.publish(job("a", 2)).await.unwrap();
    let delivery = take(&queue).await;
    assert_eq!(delivery.job.position, 1);
    delivery.ack().await.unwrap();
    assert_eq!(take(&queue).await.job.position, 2);
}

async fn a_dropped_delivery_comes_again(queue: Queue) {
    queue.publish(job("a", 1)).await.unwrap();
    drop(take(&queue).await);
    assert_eq!(take(&queue).await.job.position, 1);
}

async fn many_workers_share_the_work(queue: Queue) {
    let mut workers = tokio::task::JoinSet::new();
    for _ in 0..4 {
        let queue = Arc::clone(&queue);
        workers.spawn(async move {
            let mut seen = Vec::new();
            while let Some(delivery) = soon(queue.next()).await {
                let delivery = delivery.unwrap();
                seen.push((delivery.job.path.clone(), delivery.job.position));
                tokio::task::yield_now().await;
                delivery.ack().await.unwrap();
            }
            seen
        });
    }
    for position in 0..300 {
        queue.publish(job(&format!("p{}", position % 7), position)).await.unwrap();
    }
    let mut seen = workers.join_all().await.concat();
    seen.sort_by_key(|(_, position)| *position);
    let positions: Vec<i64> = seen.into_iter().map(|(_, position)| position).collect();
    assert_eq!(positions, (0..300).collect::<Vec<_>>());
}

pub(crate) fn job(path: &str, position: i64) -> UploadJob {
    UploadJob::new(path.to_owned(), position, Task::Remove)
}

/// What comes within a short while.
pub(crate) async fn soon<F: Future>(future: F) -> Option<F::Output> {
    timeout(Duration::from_millis(200), future).await.ok()
}

async fn take(queue: &Queue) -> Delivery {
    soon(queue.next()).await.expect("a job is delivered").unwrap()
}
