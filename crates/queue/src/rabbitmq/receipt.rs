//! The way of a delivery back to the broker.
//!
//! A job that moves to another queue is there, confirmed, before it is taken from the first: a crash in between doubles it.

use async_trait::async_trait;
use lapin::Acker;
use lapin::options::{BasicAckOptions, BasicNackOptions};
use lapin::types::ShortString;
use std::fmt;
use std::sync::Arc;

use super::fault::{Fault, answer};
use super::message::Message;
use super::session::Session;
use super::shared::Shared;
use crate::{QueueError, Receipt};

/// A delivery without an outcome.
pub(super) struct Unsettled {
    session: Arc<Session>,
    shared: Arc<Shared>,
    /// `None` once the delivery is settled.
    acker: Option<Acker>,
    message: Message,
}

impl Unsettled {
    pub(super) fn new(session: Arc<Session>, shared: Arc<Shared>, acker: Acker, message: Message) -> Self {
        Self { session, shared, acker: Some(acker), message }
    }

    async fn settle(&mut self, operation: &'static str) -> Result<(), QueueError> {
        let Some(acker) = self.acker.take() else { return Ok(()) };
        let settled = match answer("acknowledging", acker.ack(BasicAckOptions::default())).await {
            Ok(true) => return Ok(()),
            // The broker gives the job to somebody again, whatever is said here.
            Ok(false) => Fault::Ended { reason: "the connection on which the job came has ended".to_owned() },
            Err(fault) => fault,
        };
        Err(QueueError { operation, source: settled.into() })
    }

    async fn move_to(
        &mut self,
        operation: &'static str,
        queue: &ShortString,
        message: Message,
    ) -> Result<(), QueueError> {
        let moved = self.session.publish(queue, &[message]).await;
        moved.map_err(|source| QueueError { operation, source: source.into() })?;
        self.settle(operation).await
    }
}

#[async_trait]
impl Receipt for Unsettled {
    async fn ack(mut self: Box<Self>) -> Result<(), QueueError> {
        self.settle("ack").await
    }

    async fn retry_later(mut self: Box<Self>) -> Result<(), QueueError> {
        let queue = self.shared.topology.retry(self.message.attempt).clone();
        let message = self.message.clone().with_attempt(self.message.attempt.saturating_add(1));
        self.move_to("retry_later", &queue, message).await
    }

    async fn defer(mut self: Box<Self>) -> Result<(), QueueError> {
        let (queue, message) = (self.shared.topology.soon().clone(), self.message.clone());
        self.move_to("defer", &queue, message).await
    }

    async fn bury(mut self: Box<Self>, reason: &str) -> Result<(), QueueError> {
        let (queue, message) = (self.shared.topology.dead.name.clone(), self.message.clone().with_reason(reason));
        self.move_to("bury", &queue, message).await
    }
}

impl fmt::Debug for Unsettled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unsettled").field("acker", &self.acker).finish_non_exhaustive()
    }
}

impl Drop for Unsettled {
    fn drop(&mut self) {
        if let Some(acker) = self.acker.take() {
            self.session.runtime.spawn(async move {
                let options = BasicNackOptions { multiple: false, requeue: true };
                // Without a connection the broker does the same by itself.
                drop(answer("handing back", acker.nack(options)).await);
            });
        }
    }
}
