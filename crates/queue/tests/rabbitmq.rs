//! The suite of queues on a real RabbitMQ, and what only a broker has: it goes away, loses queues, and holds what is no job.
//!
//! `RUNLEDGER_TEST_AMQP_URL` names a broker; `scripts/with-services.sh` starts one.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "support/broker.rs"]
mod broker;
#[path = "support/proxy.rs"]
mod proxy;

use broker::{Broker, LIMIT, complaint, open, publish, until, usable};
use lapin::types::{AMQPValue, FieldTable};
use proxy::Mode;
use runledger_queue::conformance::{self, job, letters, soon, store, take};
use runledger_queue::{RabbitMq, RabbitMqSettings, UploadJob};
use std::collections::BTreeSet;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::time::{sleep, timeout};

#[tokio::test(flavor = "multi_thread")]
async fn rabbitmq_shows_the_behaviour_of_a_queue() {
    let shares = Mutex::new(Vec::new());
    conformance::all(|| async {
        let share = Broker::share().await;
        let queue = share.queue();
        usable(&queue).await;
        shares.lock().unwrap().push(share);
        queue
    })
    .await;
    for share in shares.into_inner().unwrap() {
        share.clean().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_comes_late_is_found() {
    let broker = Broker::share_in(Mode::Cut).await;
    let queue = broker.queue();
    let problem = complaint(&queue, "connecting failed").await;
    assert!(problem.starts_with("amqp://") && !problem.contains("guest:guest"), "{problem}");
    let error = queue.publish(vec![job("a", 1)]).await.unwrap_err();
    let reason = error.source.to_string();
    assert!(reason.contains("connecting failed"), "{reason}");
    broker.proxy.set(Mode::Open);
    publish(&*queue, &[job("a", 2)]).await;
    assert_eq!(take(&queue).await.job.position, 2);
    assert_eq!(queue.health(), Ok(()));
    broker.clean().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_is_cut_is_made_anew_and_its_jobs_come_again() {
    let broker = Broker::share().await;
    let queue = broker.queue();
    queue.publish(vec![job("a", 1)]).await.unwrap();
    let delivery = take(&queue).await;
    let waiting = tokio::spawn({
        let queue = Arc::clone(&queue);
        async move { take(&queue).await }
    });
    broker.proxy.set(Mode::Cut);
    complaint(&queue, "").await;
    assert!(delivery.ack().await.is_err(), "the broker cannot know of it");
    broker.proxy.set(Mode::Open);
    let again = waiting.await.unwrap();
    assert_eq!((again.job.position, again.attempt), (1, 1));
    again.ack().await.unwrap();
    broker.clean().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_falls_silent_is_given_up() {
    let broker = Broker::share().await;
    let queue = broker.queue();
    usable(&queue).await;
    broker.proxy.set(Mode::Silent);
    complaint(&queue, "no answer").await;
    broker.proxy.set(Mode::Cut);
    broker.proxy.set(Mode::Open);
    publish(&*queue, &[job("a", 1)]).await;
    take(&queue).await.ack().await.unwrap();
    broker.clean().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_never_speaks_gathers_no_connections() {
    let broker = Broker::share_in(Mode::Silent).await;
    let queue = broker.queue();
    until(|| broker.proxy.connections() > 0, "the first attempt").await;
    complaint(&queue, "no answer to connecting").await;
    until(|| broker.proxy.connections() == 0, "the attempt is ended").await;
    drop(queue);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_connections_end_with_the_last_handle() {
    let broker = Broker::share().await;
    let queue = broker.queue();
    queue.publish(vec![job("a", 1)]).await.unwrap();
    let delivery = take(&queue).await;
    let second = Arc::clone(&queue);
    drop(queue);
    assert_eq!((second.health(), broker.proxy.connections()), (Ok(()), 2));
    drop(second);
    until(|| broker.proxy.connections() == 0, "the connections are closed").await;
    assert!(delivery.ack().await.is_err());
    broker.clean().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_queue_is_made_again_and_every_dispatcher_counts_the_loss() {
    let broker = Broker::share().await;
    let worker = broker.worker();
    let waiting = complaint(&worker, "waits for the queue").await;
    assert!(waiting.contains(&broker.prefix), "{waiting}");
    let dispatchers = [broker.dispatcher(), broker.dispatcher()];
    for dispatcher in &dispatchers {
        usable(dispatcher).await;
    }
    for (suffix, position) in [("", 1), (".retry.100ms", 2), ("", 3)] {
        let mut losses = dispatchers.each_ref().map(|dispatcher| dispatcher.losses());
        broker.delete(suffix).await;
        for losses in &mut losses {
            timeout(LIMIT, losses.changed()).await.expect("the loss is counted").unwrap();
        }
        publish(&*dispatchers[0], &[job("a", position)]).await;
        let delivery = take(&worker).await;
        assert_eq!(delivery.job.position, position);
        delivery.ack().await.unwrap();
    }
    broker.clean().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_on_queues_that_are_there_is_no_loss() {
    let broker = Broker::share().await;
    let first = broker.dispatcher();
    usable(&first).await;
    assert_eq!(*first.losses().borrow(), 1, "the queues were made");
    drop(first);
    let second = broker.dispatcher();
    usable(&second).await;
    broker.proxy.set(Mode::Cut);
    complaint(&second, "").await;
    broker.proxy.set(Mode::Open);
    usable(&second).await;
    assert_eq!(*second.losses().borrow(), 0);
    broker.clean().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_job_is_buried_while_others_flow() {
    let broker = Broker::share().await;
    let queue = broker.queue();
    usable(&queue).await;
    broker.publish(b"\x00 noise").await;
    broker.publish(br#"{"version":7,"job":{},"upload_id":"u7","path":"a/b"}"#).await;
    broker.publish(br#"{"version":1,"path":"a/b","position":1,"task":{"kind":"store","upload_id":"u1"}}"#).await;
    queue.publish(vec![job("c", 1), job("c", 2)]).await.unwrap();
    for position in [1, 2] {
        let delivery = take(&queue).await;
        assert_eq!(delivery.job.position, position);
        delivery.ack().await.unwrap();
    }
    let found = letters(&queue, 3).await;
    let expected =
        [("", "is not JSON"), ("u7", "version 7, this program reads version 1"), ("u1", "missing field `size`")];
    for ((upload, reason), (expected_upload, part)) in found.iter().zip(expected) {
        assert!(upload == expected_upload && reason.contains(part), "{upload}: {reason}");
    }
    assert_eq!(queue.forget_dead_letters("u7").await.unwrap(), 1);
    broker.clean().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_never_comes_to_an_outcome_is_a_dead_letter_in_the_end() {
    let broker = Broker::share().await;
    let queue = broker.queue();
    queue.publish(vec![store("a", "u1")]).await.unwrap();
    while let Some(delivery) = soon(queue.next()).await {
        drop(delivery);
    }
    let found = letters(&queue, 1).await;
    assert!(found[0].0 == "u1" && found[0].1.contains("never came to an outcome"), "{found:?}");
    broker.clean().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn queues_made_otherwise_are_used_and_told_of() {
    let broker = Broker::share().await;
    let text = |value: &str| AMQPValue::LongString(value.into());
    let mut bare = FieldTable::default();
    bare.insert("x-queue-type".into(), text("quorum"));
    broker.make("", bare.clone()).await;
    let mut slow = bare;
    slow.insert("x-message-ttl".into(), AMQPValue::LongLongInt(40));
    slow.insert("x-dead-letter-exchange".into(), text(""));
    slow.insert("x-dead-letter-routing-key".into(), text(&broker.name("")));
    slow.insert("x-dead-letter-strategy".into(), text("at-least-once"));
    slow.insert("x-overflow".into(), text("reject-publish"));
    broker.make(".retry.20ms", slow).await;
    let queue = broker.queue();
    let problem = complaint(&queue, "used as they are").await;
    assert!(problem.contains("x-message-ttl") && problem.contains(&broker.name(".retry.20ms")), "{problem}");
    queue.publish(vec![job("a", 1)]).await.unwrap();
    take(&queue).await.retry_later().await.unwrap();
    let delivery = take(&queue).await;
    assert_eq!(delivery.attempt, 2);
    delivery.ack().await.unwrap();
    broker.clean().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_takes_no_messages_is_waited_for_on_the_same_connections() {
    let broker = Broker::share().await;
    let settings = RabbitMqSettings { consume: Some(16), dispatches: true, ..broker.settings() };
    let (queue, registry) = (open(&settings), settings.registry);
    queue.publish(vec![job("a", 1)]).await.unwrap();
    broker.proxy.inject(&[&[1, 0, 0, 0, 0, 0, 15, 0, 10, 0, 60, 10], &b"low memory"[..], &[0xce]].concat());
    complaint(&queue, "takes no messages").await;
    let error = queue.publish(vec![job("a", 2)]).await.unwrap_err();
    assert!(error.source.to_string().contains("takes no messages"), "{}", error.source);
    take(&queue).await.ack().await.unwrap();
    assert!(text(&registry).contains("runledger_queue_blocked 1"));
    broker.proxy.inject(&[1, 0, 0, 0, 0, 0, 4, 0, 10, 0, 61, 0xce]);
    usable(&queue).await;
    queue.publish(vec![job("a", 3)]).await.unwrap();
    assert_eq!(take(&queue).await.job.position, 3);
    let metrics = text(&registry);
    assert!(metrics.contains("runledger_queue_blocked 0") && metrics.contains("runledger_queue_reconnects_total 0"));
    broker.clean().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_was_published_is_lost_when_connections_are_cut() {
    const JOBS: i64 = 2_000;
    let broker = Broker::share().await;
    let (dispatcher, worker) = (broker.dispatcher(), broker.worker());
    let publishing = tokio::spawn(async move {
        let jobs: Vec<UploadJob> = (0..JOBS).map(|position| job("a", position)).collect();
        for some in jobs.chunks(20) {
            publish(&*dispatcher, some).await;
            sleep(Duration::from_millis(100)).await;
        }
    });
    let working = tokio::spawn(async move {
        let mut seen = BTreeSet::new();
        while seen.len() < usize::try_from(JOBS).unwrap() {
            let delivery = timeout(LIMIT, worker.next()).await.expect("the jobs go on").unwrap();
            let position = delivery.job.position;
            // One of three goes once around the ladder; what the broker did not hear of comes again.
            if position % 3 == 0 && delivery.attempt == 1 {
                drop(delivery.retry_later().await);
            } else if delivery.ack().await.is_ok() {
                seen.insert(position);
            }
        }
    });
    for cut in 0..20 {
        let pause = RandomState::new().hash_one(cut) % 500;
        sleep(Duration::from_millis(pause)).await;
        broker.proxy.set(Mode::Cut);
        sleep(Duration::from_millis(pause / 10)).await;
        broker.proxy.set(Mode::Open);
    }
    publishing.await.unwrap();
    working.await.unwrap();
    broker.clean().await;
}

#[tokio::test]
async fn a_url_that_cannot_be_read_is_refused_at_once() {
    let registry = prometheus::Registry::new();
    let error = RabbitMq::start(&RabbitMqSettings::new("http://me:secret@mq".to_owned(), registry)).unwrap_err();
    assert!(
        error.to_string().contains("amqp://user:password@host:port/vhost") && !error.to_string().contains("secret")
    );
}

fn text(registry: &prometheus::Registry) -> String {
    prometheus::TextEncoder::new().encode_to_string(&registry.gather()).unwrap()
}
