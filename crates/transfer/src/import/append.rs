//! Appending what is taken in.

use runledger_domain::command::Decision;
use runledger_domain::event::Imported;
use runledger_domain::{Event, StreamId};
use runledger_operations::Author;
use runledger_storage::{Error, Outcome};
use std::time::Duration;
use tokio::time::sleep;

/// How long to wait when the log takes no more for the moment.
const PAUSE: Duration = Duration::from_millis(100);

/// Appends all of it or nothing, waiting for a log that takes no more for the moment. The inner error is a guard that did not hold.
pub(super) async fn append(author: &Author, decision: Decision) -> Result<Outcome, Error> {
    loop {
        match author.append(decision.clone()).await {
            Err(Error::Overloaded { .. }) => sleep(PAUSE).await,
            outcome => return outcome,
        }
    }
}

pub(super) fn add(decision: &mut Decision, stream: &StreamId, event: Event) {
    decision.events.push((stream.clone(), event));
}

/// Adds the times at the source, where it knows them: 0 stands for one that it does not.
pub(super) fn add_times(
    decision: &mut Decision,
    stream: &StreamId,
    created_at: i64,
    updated_at: i64,
    version: Option<i64>,
) {
    if created_at > 0 {
        let updated_at = updated_at.max(created_at);
        add(decision, stream, Event::Imported(Imported { created_at, updated_at, version }));
    }
}
