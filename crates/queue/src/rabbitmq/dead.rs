//! Reads and forgets dead letters, on a channel of its own: what it does not acknowledge goes back when the channel closes.

use lapin::Channel;
use lapin::message::BasicGetMessage;
use lapin::options::{BasicAckOptions, BasicGetOptions};
use lapin::types::ShortString;

use super::fault::{Fault, answer};
use super::link::Link;
use super::message::reason;
use crate::DeadLetter;

/// The oldest letters, which stay in the queue.
pub(super) async fn read(link: &Link, queue: &ShortString, limit: usize) -> Result<Vec<DeadLetter>, Fault> {
    let channel = link.channel().await?;
    let mut letters = Vec::new();
    while letters.len() < limit {
        let Some(message) = get(&channel, queue).await? else { break };
        letters.push(DeadLetter::read(&message.data, reason(&message)));
    }
    close(&channel).await?;
    Ok(letters)
}

/// Takes the letters of the upload out of the queue and returns how many there were.
pub(super) async fn forget(link: &Link, queue: &ShortString, upload_id: &str) -> Result<usize, Fault> {
    let channel = link.channel().await?;
    let mut forgotten = 0;
    while let Some(message) = get(&channel, queue).await? {
        let letter = DeadLetter::read(&message.data, String::new());
        if letter.upload_id.as_deref() == Some(upload_id) {
            answer("forgetting a dead letter", message.acker.ack(BasicAckOptions::default())).await?;
            forgotten += 1;
        }
    }
    close(&channel).await?;
    Ok(forgotten)
}

/// A letter that comes back while this goes on is behind the others, and not seen twice: it is held until the channel closes.
async fn get(channel: &Channel, queue: &ShortString) -> Result<Option<BasicGetMessage>, Fault> {
    answer("reading a dead letter", channel.basic_get(queue.clone(), BasicGetOptions::default())).await
}

async fn close(channel: &Channel) -> Result<(), Fault> {
    answer("closing a channel", channel.close(200, "OK".into())).await
}
