//! Who appends, and when.

use runledger_domain::command::Decision;
use runledger_domain::{Clock, IdGen};
use runledger_storage::{AppendRequest, Error, EventLog, Outcome};
use std::sync::Arc;

/// Appends in the name of one actor and under one request.
#[derive(Clone, Debug)]
pub struct Author {
    pub log: EventLog,
    pub clock: Arc<dyn Clock>,
    pub ids: Arc<dyn IdGen>,
    pub actor: String,
    pub request_id: String,
}

impl Author {
    /// Appends what was decided. The outer error is a failure, the inner one a guard that did not hold.
    pub async fn append(&self, decision: Decision) -> Result<Outcome, Error> {
        let (actor, request_id) = (self.actor.clone(), self.request_id.clone());
        let now = self.clock.now_ms();
        self.log.append(AppendRequest::encode(decision, || self.ids.event_id(), now, actor, request_id)).await
    }
}
