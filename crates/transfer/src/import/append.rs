//! Appending what happened elsewhere: events with the times that they had there.

use runledger_domain::command::Decision;
use runledger_domain::guard::Guard;
use runledger_domain::{Event, StreamId};
use runledger_operations::Author;
use runledger_storage::{AppendRequest, Error, Outcome};
use std::time::Duration;
use tokio::time::sleep;

/// How long to wait when the log takes no more for the moment.
const PAUSE: Duration = Duration::from_millis(100);

/// What is appended together, all or nothing, under its guards.
#[derive(Clone, Debug, Default)]
pub(super) struct Deed {
    /// Each with the time in milliseconds since the epoch.
    pub(super) events: Vec<(i64, StreamId, Event)>,
    pub(super) guards: Vec<Guard>,
}

impl Deed {
    pub(super) fn add(&mut self, at: i64, stream: &StreamId, event: Event) {
        self.events.push((at, stream.clone(), event));
    }

    /// The inner error is a guard that did not hold.
    pub(super) async fn append(self, author: &Author) -> Result<Outcome, Error> {
        let mut request = AppendRequest {
            events: Vec::new(),
            guards: self.guards,
            actor: author.actor.clone(),
            request_id: author.request_id.clone(),
        };
        for (at, stream, event) in self.events {
            let one = Decision { events: vec![(stream, event)], guards: Vec::new() };
            let encoded = AppendRequest::encode(one, || author.ids.event_id(), at, String::new(), String::new());
            request.events.extend(encoded.events);
        }
        loop {
            match author.log.append(request.clone()).await {
                Err(Error::Overloaded { .. }) => sleep(PAUSE).await,
                outcome => return outcome,
            }
        }
    }
}
