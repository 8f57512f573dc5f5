//! Looks whether the queues are there, and makes those that are not. Never deletes or empties one.

use lapin::Channel;
use lapin::options::QueueDeclareOptions;
use lapin::types::FieldTable;
use std::sync::Arc;

use super::fault::{Fault, answer};
use super::link::Link;
use super::topology::{Queue, Topology};

const NOT_FOUND: u16 = 404;
const PRECONDITION_FAILED: u16 = 406;

/// Asks the broker about queues, on a channel of its own: the broker closes it with some of its answers.
pub(super) struct Upkeep {
    link: Arc<Link>,
    channel: Channel,
}

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Survey {
    /// The first queue that is not there.
    pub(super) missing: Option<String>,
    /// A queue with jobs is not there.
    pub(super) lost: bool,
    pub(super) ready: u32,
    pub(super) retry: u32,
    pub(super) dead: u32,
    /// Grows whenever a queue with jobs is made. 0: not known, as a broker answers that cannot reach the queue's leader.
    pub(super) made: u32,
}

impl Upkeep {
    pub(super) async fn open(link: &Arc<Link>) -> Result<Self, Fault> {
        Ok(Self { channel: link.channel().await?, link: Arc::clone(link) })
    }

    /// Looks at each queue.
    pub(super) async fn survey(&mut self, topology: &Topology) -> Result<Survey, Fault> {
        let mut survey = Survey::default();
        for queue in topology.all() {
            match self.count(queue).await? {
                Some(messages) if queue.name == topology.main.name => survey.ready = messages,
                Some(messages) if queue.name == topology.dead.name => survey.dead = messages,
                Some(messages) if queue.name == topology.made.name => survey.made = messages,
                Some(messages) => survey.retry += messages,
                None => {
                    survey.lost |= topology.holds_jobs(queue);
                    survey.missing.get_or_insert_with(|| queue.name.to_string());
                }
            }
        }
        Ok(survey)
    }

    /// Makes the queue unless it is there, and returns what is different about one that is.
    pub(super) async fn make(&mut self, queue: &Queue) -> Result<Option<String>, Fault> {
        let options = QueueDeclareOptions::durable();
        let made = self.channel.queue_declare(queue.name.clone(), options, queue.arguments.clone());
        match answer("making a queue", made).await {
            Ok(_) => Ok(None),
            Err(fault) if fault.code() == Some(PRECONDITION_FAILED) => {
                self.channel = self.link.channel().await?;
                Ok(Some(fault.words()))
            }
            Err(fault) => Err(fault),
        }
    }

    /// The messages in the queue, if it is there.
    async fn count(&mut self, queue: &Queue) -> Result<Option<u32>, Fault> {
        let options = QueueDeclareOptions { passive: true, ..QueueDeclareOptions::durable() };
        let asked = self.channel.queue_declare(queue.name.clone(), options, FieldTable::default());
        match answer("looking at a queue", asked).await {
            Ok(found) => Ok(Some(found.message_count())),
            Err(fault) if fault.code() == Some(NOT_FOUND) => {
                self.channel = self.link.channel().await?;
                Ok(None)
            }
            Err(fault) => Err(fault),
        }
    }
}
