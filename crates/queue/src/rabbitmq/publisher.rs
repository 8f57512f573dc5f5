//! Publishes with confirms.
//!
//! A group of messages has a channel to itself until all are confirmed: a message that found no queue comes back ahead of
//! some confirmation on its channel, not necessarily its own, so the groups of two callers on one channel could not be told
//! apart. A channel with anything left open is dropped and not used again.

use lapin::options::{BasicPublishOptions, ConfirmSelectOptions};
use lapin::types::ShortString;
use lapin::{Channel, Confirmation};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{Semaphore, watch};

use super::fault::{Fault, answer, within};
use super::link::Link;
use super::message::Message;
use super::metrics::QueueMetrics;

/// Groups on their way at the same time.
const CHANNELS: usize = 16;
/// How long a broker that takes no messages is waited for.
const BLOCKED: Duration = Duration::from_secs(5);
/// How long the confirmations of a group may take.
const CONFIRMED: Duration = Duration::from_secs(30);

pub(super) struct Publisher {
    link: Arc<Link>,
    idle: Mutex<Vec<Channel>>,
    free: Semaphore,
    /// Why the broker takes no messages.
    blocked: watch::Sender<Option<String>>,
    metrics: QueueMetrics,
}

impl Publisher {
    pub(super) fn new(link: Arc<Link>, metrics: QueueMetrics) -> Self {
        let (idle, free, blocked) = (Mutex::default(), Semaphore::new(CHANNELS), watch::Sender::default());
        Self { link, idle, free, blocked, metrics }
    }

    /// Returns when the broker has confirmed every message.
    pub(super) async fn publish(&self, queue: &ShortString, messages: &[Message]) -> Result<(), Fault> {
        // Nothing is handed to a connection that does not send: it would keep all of it in memory.
        self.unblocked().await?;
        let timer = self.metrics.publish_seconds.start_timer();
        let outcome = within(CONFIRMED, "publishing", self.publish_group(queue, messages)).await;
        timer.observe_duration();
        match (outcome, self.blocked()) {
            (Err(Fault::Silence { .. }), Some(reason)) => Err(Fault::Blocked { reason }),
            (outcome, _) => outcome,
        }
    }

    /// Why the broker takes no messages, if it does not.
    pub(super) fn blocked(&self) -> Option<String> {
        self.blocked.borrow().clone()
    }

    pub(super) fn set_blocked(&self, reason: Option<String>) {
        self.metrics.blocked.set(reason.is_some().into());
        self.blocked.send_replace(reason);
    }

    async fn unblocked(&self) -> Result<(), Fault> {
        let mut blocked = self.blocked.subscribe();
        let waited = tokio::time::timeout(BLOCKED, blocked.wait_for(Option::is_none)).await.is_ok();
        match self.blocked() {
            Some(reason) if !waited => Err(Fault::Blocked { reason }),
            _ => Ok(()),
        }
    }

    async fn publish_group(&self, queue: &ShortString, messages: &[Message]) -> Result<(), Fault> {
        let closed = |_| Fault::Ended { reason: "publishing has ended".to_owned() };
        let _permit = self.free.acquire().await.map_err(closed)?;
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let channel = match idle {
            Some(channel) => channel,
            None => self.confirming_channel().await?,
        };
        let failed = |source| Fault::Broker { operation: "publishing", source };
        let options = BasicPublishOptions { mandatory: true, immediate: false };
        let mut confirmations = Vec::with_capacity(messages.len());
        for message in messages {
            let (exchange, properties) = (ShortString::default(), message.properties());
            let sent = channel.basic_publish(exchange, queue.clone(), options, &message.body, properties);
            confirmations.push(sent.await.map_err(failed)?);
        }
        for confirmation in confirmations {
            match confirmation.await.map_err(failed)? {
                Confirmation::Ack(None) => {}
                Confirmation::Ack(Some(_)) | Confirmation::Nack(Some(_)) => {
                    self.metrics.returned.inc();
                    return Err(Fault::Missing { queue: queue.to_string() });
                }
                Confirmation::Nack(None) | Confirmation::NotRequested => {
                    return Err(Fault::Refused { queue: queue.to_string() });
                }
            }
        }
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(channel);
        Ok(())
    }

    async fn confirming_channel(&self) -> Result<Channel, Fault> {
        let channel = self.link.channel().await?;
        answer("asking for confirmations", channel.confirm_select(ConfirmSelectOptions::default())).await?;
        Ok(channel)
    }
}
