//! The queues and what they are made with.
//!
//! Jobs wait in the main queue. A job to be retried waits in the queue of its delay, where it expires back to the main queue.
//! All are quorum queues that dead-letter at least once, so a crash of a broker repeats a job rather than losing it.
//!
//! One more queue is a counter: it gets a message each time that a queue with jobs has to be made, and every process that
//! publishes compares their number. So each of them learns of a loss, whoever was first to repair it.

use lapin::types::{AMQPValue, FieldTable, LongString, ShortString};
use std::time::Duration;

use super::RabbitMqError;
use crate::ladder::rung;

/// Leaves room for what comes after the prefix.
const PREFIX_LIMIT: usize = 200;
/// Deliveries that end without an outcome before the broker takes a job for the cause of crashes.
const DELIVERY_LIMIT: i64 = 100;
/// Looking at dead letters counts as a delivery, and must never be the end of one.
const NO_DELIVERY_LIMIT: i64 = i32::MAX as i64;

/// A queue and the arguments it is made with.
#[derive(Clone, Debug)]
pub(super) struct Queue {
    pub(super) name: ShortString,
    pub(super) arguments: FieldTable,
}

#[derive(Debug)]
pub(super) struct Topology {
    pub(super) main: Queue,
    /// One for each delay, shortest first.
    pub(super) retry: Vec<Queue>,
    pub(super) dead: Queue,
    /// Grows whenever a queue with jobs is made.
    pub(super) made: Queue,
}

impl Topology {
    pub(super) fn new(prefix: &str, ladder: &[Duration]) -> Result<Self, RabbitMqError> {
        if prefix.len() > PREFIX_LIMIT {
            return Err(RabbitMqError::Prefix { bytes: prefix.len(), limit: PREFIX_LIMIT });
        }
        let main = ShortString::from(format!("{prefix}.uploads"));
        let dead = ShortString::from(format!("{main}.dead"));
        let retry = |delay: &Duration| {
            let millis = i64::try_from(delay.as_millis()).unwrap_or(i64::MAX);
            let name = format!("{main}.retry.{}", label(*delay));
            dead_lettering(name.into(), &main, ("x-message-ttl", millis))
        };
        Ok(Self {
            retry: ladder.iter().map(retry).collect(),
            made: quorum(format!("{main}.made").into(), None),
            main: dead_lettering(main, &dead, ("x-delivery-limit", DELIVERY_LIMIT)),
            dead: quorum(dead, Some(("x-delivery-limit", NO_DELIVERY_LIMIT))),
        })
    }

    /// The queue in which a job waits after the failed attempt.
    pub(super) fn retry(&self, attempt: u32) -> &ShortString {
        let queue = self.retry.get(rung(attempt, self.retry.len()));
        &queue.unwrap_or(&self.main).name
    }

    /// The queue of the shortest delay.
    pub(super) fn soon(&self) -> &ShortString {
        self.retry(1)
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Queue> {
        self.retry.iter().chain([&self.dead, &self.made, &self.main])
    }

    /// Whether jobs are lost with the queue.
    pub(super) fn holds_jobs(&self, queue: &Queue) -> bool {
        ![&self.dead.name, &self.made.name].contains(&&queue.name)
    }
}

fn quorum(name: ShortString, limit: Option<(&str, i64)>) -> Queue {
    let mut arguments = FieldTable::default();
    arguments.insert("x-queue-type".into(), text("quorum"));
    if let Some((argument, value)) = limit {
        arguments.insert(argument.into(), AMQPValue::LongLongInt(value));
    }
    Queue { name, arguments }
}

/// What leaves the queue in any way but an acknowledgement goes to the target.
fn dead_lettering(name: ShortString, target: &ShortString, limit: (&str, i64)) -> Queue {
    let mut queue = quorum(name, Some(limit));
    queue.arguments.insert("x-dead-letter-exchange".into(), text(""));
    queue.arguments.insert("x-dead-letter-routing-key".into(), text(target.as_str()));
    queue.arguments.insert("x-dead-letter-strategy".into(), text("at-least-once"));
    // Without it the broker falls back to dead-lettering at most once.
    queue.arguments.insert("x-overflow".into(), text("reject-publish"));
    queue
}

fn text(value: &str) -> AMQPValue {
    AMQPValue::LongString(LongString::from(value))
}

/// The delay in its largest whole unit: `30s`, `5m`.
fn label(delay: Duration) -> String {
    let millis = delay.as_millis();
    match (millis % 60_000, millis % 1_000) {
        (0, _) => format!("{}m", millis / 60_000),
        (_, 0) => format!("{}s", millis / 1_000),
        _ => format!("{millis}ms"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::LADDER;

    #[test]
    fn each_delay_has_its_queue() {
        let topology = Topology::new("runledger", &LADDER).unwrap();
        let names: Vec<&str> = topology.retry.iter().map(|queue| queue.name.as_str()).collect();
        let expected = ["1s", "5s", "30s", "5m", "30m"].map(|delay| format!("runledger.uploads.retry.{delay}"));
        assert_eq!(names, expected);
        assert_eq!(
            [1, 2, 5, 6, u32::MAX].map(|attempt| topology.retry(attempt).as_str().rsplit('.').next().unwrap()),
            ["1s", "5s", "30m", "30m", "30m"]
        );
    }

    #[test]
    fn a_ladder_without_rungs_leads_back_at_once() {
        let topology = Topology::new("runledger", &[]).unwrap();
        assert_eq!(topology.retry(3), &topology.main.name);
    }

    #[test]
    fn a_prefix_must_leave_room() {
        assert!(Topology::new(&"p".repeat(201), &LADDER).is_err());
    }
}
