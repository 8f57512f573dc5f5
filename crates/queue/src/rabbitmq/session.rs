//! All that is needed to work with the broker, from connecting until the first thing that breaks. Nothing in it is repaired:
//! the supervisor makes another.
//!
//! There are two connections, because a broker short of memory or disk stops reading from those that publish. The other one
//! must go on acknowledging, or the queues would never get shorter.

use futures::{Stream, StreamExt};
use lapin::message::Delivery;
use lapin::options::{BasicConsumeOptions, BasicQosOptions};
use lapin::types::{FieldTable, ShortString};
use lapin::{Channel, Consumer, Event};
use prometheus::IntCounter;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval, sleep};

use super::fault::{Fault, answer, chain};
use super::link::Link;
use super::message::Message;
use super::publisher::Publisher;
use super::random;
use super::shared::Shared;
use super::upkeep::Upkeep;

/// How often the queues are looked at.
const LOOK: Duration = Duration::from_secs(5);
/// How often a process that makes no queues looks whether they are there now.
const WAIT: Duration = Duration::from_secs(1);
/// The count of made queues begins with a random number up to this one.
const FIRST_MARKS: u32 = 256;

pub(super) struct Session {
    /// The connection on which nothing is published.
    pub(super) control: Arc<Link>,
    publishing: Arc<Link>,
    publisher: Publisher,
    confirmed: IntCounter,
    consuming: Option<Consuming>,
    /// How queues differ from what we would make.
    differences: Vec<String>,
    /// Why this is over.
    ended: watch::Sender<Option<String>>,
    /// For what is to be done after the last caller has gone.
    pub(super) runtime: Handle,
}

struct Consuming {
    consumer: Consumer,
    channel: Channel,
}

impl Session {
    /// Connects, sees to the queues and begins to consume.
    pub(super) async fn open(shared: &Shared) -> Result<Self, Fault> {
        let control = Arc::new(Link::open(&shared.address, "runledger").await?);
        let publishing = Arc::new(Link::open(&shared.address, "runledger publisher").await?);
        let publisher = Publisher::new(Arc::clone(&publishing), shared.metrics.clone());
        let mut upkeep = Upkeep::open(&control).await?;
        let differences = if shared.dispatches {
            provide(shared, &mut upkeep, &publisher).await?
        } else {
            wait(shared, &mut upkeep).await?
        };
        let consuming = match shared.consume {
            Some(prefetch) => Some(consume(shared, &control, prefetch).await?),
            None => None,
        };
        let (confirmed, ended, runtime) =
            (shared.metrics.published.clone(), watch::Sender::default(), Handle::current());
        Ok(Self { control, publishing, publisher, confirmed, consuming, differences, ended, runtime })
    }

    /// Watches over the session and returns why it ended.
    pub(super) async fn watch(&self, shared: &Shared) -> String {
        match self.watch_all(shared).await {
            Ok(reason) => reason,
            Err(fault) => chain(&fault),
        }
    }

    /// Publishes to the queue. A failure that a new session can cure ends this one.
    pub(super) async fn publish(&self, queue: &ShortString, messages: &[Message]) -> Result<(), Fault> {
        let ended = self.ended.borrow().clone();
        if let Some(reason) = ended {
            return Err(Fault::Ended { reason });
        }
        let outcome = self.publisher.publish(queue, messages).await;
        match &outcome {
            Ok(()) => self.confirmed.inc_by(messages.len() as u64),
            Err(Fault::Blocked { .. } | Fault::Refused { .. }) => {}
            Err(
                fault @ (Fault::Silence { .. } | Fault::Broker { .. } | Fault::Missing { .. } | Fault::Ended { .. }),
            ) => {
                self.end(chain(fault));
            }
        }
        outcome
    }

    /// The next delivery, or `None` when the session is over.
    pub(super) async fn next(&self) -> Option<Delivery> {
        let Some(consuming) = &self.consuming else {
            self.over().await;
            return None;
        };
        let mut consumer = consuming.consumer.clone();
        let delivery = tokio::select! {
            delivery = consumer.next() => delivery,
            _reason = self.over() => return None,
        };
        let reason = match delivery {
            Some(Ok(delivery)) => return Some(delivery),
            Some(Err(source)) => chain(&Fault::Broker { operation: "consuming", source }),
            None => "the broker has ended the delivery of jobs, as it does when a queue is deleted".to_owned(),
        };
        self.end(reason);
        None
    }

    pub(super) fn has_ended(&self) -> bool {
        self.ended.borrow().is_some()
    }

    /// Ends the session; the first reason counts.
    pub(super) fn end(&self, reason: String) {
        self.ended.send_if_modified(|ended| {
            let first = ended.is_none();
            ended.get_or_insert(reason);
            first
        });
    }

    /// Ends the session and, in the background, its connections.
    pub(super) fn close(&self) {
        self.end("the connection was closed".to_owned());
        for link in [&self.control, &self.publishing].map(Arc::clone) {
            self.runtime.spawn(async move { link.close().await });
        }
    }

    /// What an operator should know although the session is there.
    pub(super) fn problem(&self) -> Option<String> {
        if let Some(reason) = self.ended.borrow().as_ref() {
            return Some(reason.clone());
        }
        if let Some(reason) = self.publisher.blocked() {
            return Some(format!("the broker takes no messages until it has memory and disk again: {reason}"));
        }
        let differences = self.differences.join("; ");
        (!differences.is_empty()).then(|| {
            format!(
                "queues are used as they are, but were made with other arguments than this program's: {differences}"
            )
        })
    }

    async fn over(&self) -> String {
        let mut ended = self.ended.subscribe();
        let reason = ended.wait_for(Option::is_some).await.ok().and_then(|reason| reason.clone());
        reason.unwrap_or_default()
    }

    async fn watch_all(&self, shared: &Shared) -> Result<String, Fault> {
        let mut control = pin!(self.control.events());
        let mut publishing = pin!(self.publishing.events());
        // What happened before anybody listened is only seen by looking; the first look at the links comes at once.
        if self.publishing.is_blocked() {
            self.publisher.set_blocked(Some("no reason was given".to_owned()));
        }
        let mut upkeep = Upkeep::open(&self.control).await?;
        let mut look = interval(LOOK);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                reason = self.over() => return Ok(reason),
                event = next(&mut control) => self.judge(event)?,
                event = next(&mut publishing) => {
                    match &event {
                        Event::ConnectionBlocked(reason) => self.publisher.set_blocked(Some(reason.clone())),
                        Event::ConnectionUnblocked => self.publisher.set_blocked(None),
                        _ => {}
                    }
                    self.judge(event)?;
                }
                _tick = look.tick() => {
                    self.check_links()?;
                    let survey = upkeep.survey(&shared.topology).await?;
                    if let Some(queue) = survey.missing {
                        return Err(Fault::Missing { queue });
                    }
                    shared.note(&survey, false);
                }
            }
        }
    }

    /// Fails if the event was the end of something. That of a channel for questions about queues is harmless.
    fn judge(&self, event: Event) -> Result<(), Fault> {
        match (self.check_links(), event) {
            (Err(_), Event::Error(source)) => Err(Fault::Broker { operation: "holding the connection", source }),
            (links, _) => links,
        }
    }

    fn check_links(&self) -> Result<(), Fault> {
        let consuming = self.consuming.as_ref().is_none_or(|consuming| consuming.channel.status().connected());
        if self.control.is_connected() && self.publishing.is_connected() && consuming {
            return Ok(());
        }
        Err(Fault::Ended { reason: "the connection was lost".to_owned() })
    }
}

/// Makes the queues that are missing, and returns how others differ.
async fn provide(shared: &Shared, upkeep: &mut Upkeep, publisher: &Publisher) -> Result<Vec<String>, Fault> {
    let topology = &shared.topology;
    let found = upkeep.survey(topology).await?;
    let mut differences = Vec::new();
    if found.lost {
        // Counted before the queue is there: whoever finds it there finds the new number too.
        differences.extend(upkeep.make(&topology.made).await?);
        // A broker that has lost everything hardly ever begins with the number that others remember.
        let marks = if found.made == 0 { random::below(FIRST_MARKS) + 1 } else { 1 };
        publisher.publish(&topology.made.name, &vec![Message::mark(); marks as usize]).await?;
    }
    for queue in topology.all() {
        differences.extend(upkeep.make(queue).await?);
    }
    for difference in &differences {
        tracing::warn!(difference, "a queue was made with other arguments than this program's, it is used as it is");
    }
    shared.note(&upkeep.survey(topology).await?, found.lost);
    Ok(differences)
}

/// Waits until somebody has made the queues.
async fn wait(shared: &Shared, upkeep: &mut Upkeep) -> Result<Vec<String>, Fault> {
    loop {
        let survey = upkeep.survey(&shared.topology).await?;
        let Some(queue) = survey.missing else { return Ok(Vec::new()) };
        let waiting = format!("waits for the queue {queue}, which a process that takes uploads makes");
        if shared.set_problem(waiting.clone()) {
            tracing::info!("{waiting}");
        }
        sleep(WAIT).await;
    }
}

async fn consume(shared: &Shared, control: &Link, prefetch: u16) -> Result<Consuming, Fault> {
    let channel = control.channel().await?;
    // To the broker 0 means no limit.
    answer("limiting deliveries", channel.basic_qos(prefetch.max(1), BasicQosOptions::default())).await?;
    let (queue, tag) = (shared.topology.main.name.clone(), ShortString::default());
    let consumer = channel.basic_consume(queue, tag, BasicConsumeOptions::default(), FieldTable::default());
    Ok(Consuming { consumer: answer("consuming", consumer).await?, channel })
}

/// The next event. A connection whose events have ended tells nothing more.
async fn next(events: &mut (impl Stream<Item = Event> + Unpin)) -> Event {
    match events.next().await {
        Some(event) => event,
        None => std::future::pending().await,
    }
}
