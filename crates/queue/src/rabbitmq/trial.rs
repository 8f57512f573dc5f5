//! Whether a broker can be worked with: one message, there and back.

use lapin::BasicProperties;
use lapin::Confirmation;
use lapin::options::{BasicGetOptions, BasicPublishOptions, ConfirmSelectOptions, QueueDeclareOptions};
use lapin::types::{FieldTable, ShortString};

use super::address::Address;
use super::fault::{Fault, answer};
use super::link::Link;

const MESSAGE: &[u8] = b"runledger";

/// Connects, makes a queue that only this connection sees, and sends and receives a message with the guarantees that jobs have.
pub(super) async fn run(address: &Address) -> Result<(), Fault> {
    let link = Link::open(address, "runledger doctor").await?;
    let outcome = exchange(&link).await;
    link.close().await;
    outcome
}

async fn exchange(link: &Link) -> Result<(), Fault> {
    let channel = link.channel().await?;
    let options = QueueDeclareOptions { exclusive: true, auto_delete: true, ..QueueDeclareOptions::default() };
    let declared = channel.queue_declare(ShortString::default(), options, FieldTable::default());
    let queue = answer("making a queue", declared).await?.name().clone();
    answer("asking for confirmations", channel.confirm_select(ConfirmSelectOptions::default())).await?;
    let options = BasicPublishOptions { mandatory: true, immediate: false };
    let (exchange, properties) = (ShortString::default(), BasicProperties::default());
    let publishing =
        async { channel.basic_publish(exchange, queue.clone(), options, MESSAGE, properties).await?.await };
    match answer("publishing", publishing).await? {
        Confirmation::Ack(None) => {}
        _ => return Err(Fault::Refused { queue: queue.to_string() }),
    }
    let options = BasicGetOptions { no_ack: true };
    match answer("receiving", channel.basic_get(queue.clone(), options)).await? {
        Some(message) if message.data == MESSAGE => Ok(()),
        _ => Err(Fault::Missing { queue: queue.to_string() }),
    }
}
