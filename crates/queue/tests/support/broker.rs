//! A share of the broker under test: a proxy of its own, and queues under a prefix of their own.

use lapin::options::{BasicPublishOptions, QueueDeclareOptions, QueueDeleteOptions};
use lapin::types::FieldTable;
use lapin::{BasicProperties, Channel, Connection, ConnectionProperties};
use prometheus::Registry;
use runledger_queue::conformance::{LADDER, Queue};
use runledger_queue::{RabbitMq, RabbitMqSettings, UploadQueue};
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::lookup_host;
use tokio::time::{sleep, timeout};

use super::proxy::{Mode, Proxy};

/// How long a test waits for what must come.
pub(crate) const LIMIT: Duration = Duration::from_mins(1);

pub(crate) struct Broker {
    pub(crate) proxy: Proxy,
    pub(crate) prefix: String,
    /// Past the proxy.
    pub(crate) channel: Channel,
    connection: Connection,
    url: String,
}

impl Broker {
    pub(crate) async fn share() -> Self {
        Self::share_in(Mode::Open).await
    }

    /// With a proxy that begins in the mode.
    pub(crate) async fn share_in(mode: Mode) -> Self {
        #[expect(clippy::disallowed_methods, reason = "a test's setting")]
        let direct = std::env::var("RUNLEDGER_TEST_AMQP_URL")
            .expect("RUNLEDGER_TEST_AMQP_URL names no broker: run the tests through scripts/with-services.sh");
        let uri: lapin::uri::AMQPUri = direct.parse().unwrap();
        let (host, port) = (uri.authority.host.clone(), uri.authority.port);
        let address =
            lookup_host((host.as_str(), port)).await.unwrap().next().expect("the broker's host has an address");
        let proxy = Proxy::start(address, mode).await;
        let url = direct.replace(&format!("{host}:{port}"), &proxy.address.to_string());
        assert_ne!(url, direct, "the broker's URL must name host and port");
        let connection = Connection::connect(&direct, ConnectionProperties::default()).await.unwrap();
        let channel = connection.create_channel().await.unwrap();
        let prefix = format!("test-{:016x}", RandomState::new().hash_one(()));
        Self { proxy, prefix, channel, connection, url }
    }

    pub(crate) fn settings(&self) -> RabbitMqSettings {
        let settings = RabbitMqSettings::new(self.url.clone(), Registry::new());
        RabbitMqSettings { prefix: self.prefix.clone(), ladder: LADDER.to_vec(), ..settings }
    }

    /// A process that does everything.
    pub(crate) fn queue(&self) -> Queue {
        open(&RabbitMqSettings { consume: Some(16), dispatches: true, ..self.settings() })
    }

    /// A process that only publishes.
    pub(crate) fn dispatcher(&self) -> Queue {
        open(&RabbitMqSettings { dispatches: true, ..self.settings() })
    }

    /// A process that only takes jobs.
    pub(crate) fn worker(&self) -> Queue {
        open(&RabbitMqSettings { consume: Some(16), ..self.settings() })
    }

    pub(crate) fn name(&self, suffix: &str) -> String {
        format!("{}.uploads{suffix}", self.prefix)
    }

    pub(crate) async fn delete(&self, suffix: &str) {
        self.channel.queue_delete(self.name(suffix).into(), QueueDeleteOptions::default()).await.unwrap();
    }

    pub(crate) async fn make(&self, suffix: &str, arguments: FieldTable) {
        self.channel.queue_declare(self.name(suffix).into(), QueueDeclareOptions::durable(), arguments).await.unwrap();
    }

    /// Puts anything into the main queue.
    pub(crate) async fn publish(&self, body: &[u8]) {
        let (queue, options) = (self.name("").into(), BasicPublishOptions::default());
        let sent = self.channel.basic_publish("".into(), queue, options, body, BasicProperties::default()).await;
        sent.unwrap().await.unwrap();
    }

    /// Removes the queues.
    pub(crate) async fn clean(self) {
        for suffix in ["", ".dead", ".made", ".retry.20ms", ".retry.100ms"] {
            self.delete(suffix).await;
        }
        self.connection.close(200, "OK".into()).await.unwrap();
    }
}

pub(crate) fn open(settings: &RabbitMqSettings) -> Queue {
    Arc::new(RabbitMq::start(settings).unwrap())
}

/// Waits until the queue can be used.
pub(crate) async fn usable(queue: &Queue) {
    until(|| queue.health().is_ok(), "the queue can be used").await;
}

/// Waits until the queue complains of something, and returns how.
pub(crate) async fn complaint(queue: &Queue, of: &str) -> String {
    let complains = async {
        loop {
            match queue.health() {
                Err(problem) if problem.contains(of) => return problem,
                _ => sleep(Duration::from_millis(10)).await,
            }
        }
    };
    timeout(LIMIT, complains).await.unwrap_or_else(|_| panic!("no complaint of {of:?} but {:?}", queue.health()))
}

/// Waits for a state.
pub(crate) async fn until(reached: impl Fn() -> bool + Send + Sync, what: &str) {
    let waiting = async {
        while !reached() {
            sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(LIMIT, waiting).await.unwrap_or_else(|_| panic!("did not come about: {what}"));
}

/// Publishes as a dispatcher does: again and again until it is done.
pub(crate) async fn publish(queue: &dyn UploadQueue, jobs: &[runledger_queue::UploadJob]) {
    let publishing = async {
        while queue.publish(jobs.to_vec()).await.is_err() {
            sleep(Duration::from_millis(50)).await;
        }
    };
    timeout(LIMIT, publishing).await.expect("the queue takes the jobs");
}
