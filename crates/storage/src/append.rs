//! Appending to the log: requests, outcomes, and the seam to the back end that writes a batch of them.

use async_trait::async_trait;
use runledger_domain::command::Decision;
use runledger_domain::guard::{Found, Guard};
use runledger_domain::{Event, StreamId, TraceContext};
use std::fmt::Debug;
use uuid::Uuid;

use crate::Error;

/// An event as it goes into its row. It is encoded by the request that brings it, not by the one flusher.
#[derive(Clone, Debug)]
pub struct EncodedEvent {
    pub event_id: Uuid,
    pub stream: StreamId,
    pub kind: &'static str,
    pub schema_version: i16,
    pub payload: String,
    pub points: Option<Vec<u8>>,
    /// How many points those are.
    pub point_count: usize,
    pub recorded_at: i64,
}

/// One request to append: taken whole or rejected whole.
#[derive(Clone, Debug)]
pub struct AppendRequest {
    pub events: Vec<EncodedEvent>,
    pub guards: Vec<Guard>,
    pub actor: String,
    pub request_id: String,
    /// The trace that the events belong to, where one is recorded.
    pub trace: Option<TraceContext>,
}

/// A guard that did not hold, and what it found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    pub guard: Guard,
    pub found: Found,
}

/// The position of the request's last event, or why it was rejected.
pub type Outcome = Result<i64, Rejection>;

/// Writes batches into the log.
#[async_trait]
pub trait AppendBatch: Debug + Send + Sync {
    /// Appends the requests in their order, in one transaction, and answers one outcome for each after the commit.
    ///
    /// `batch` counts up from 1 in one writer. A batch whose answer was lost may be sent again with its number: it is then
    /// either appended once or answered from what the first attempt left.
    async fn append_batch(&self, batch: i64, requests: &[AppendRequest]) -> Result<Vec<Outcome>, Error>;
}

impl AppendRequest {
    /// Encodes a decision. `event_id` is asked once per event. The events belong to the trace in which this is called.
    pub fn encode(
        decision: Decision,
        event_id: impl Fn() -> Uuid,
        recorded_at: i64,
        actor: String,
        request_id: String,
    ) -> Self {
        let encode = |(stream, event): (StreamId, Event)| {
            let (payload, points) = event.encode();
            let point_count = if let Event::MetricsLogged(batch) = &event { batch.columns().len() } else { 0 };
            let (kind, schema_version) = (event.kind(), event.schema_version());
            let event_id = event_id();
            EncodedEvent { event_id, stream, kind, schema_version, payload, points, point_count, recorded_at }
        };
        let events = decision.events.into_iter().map(encode).collect();
        let trace = runledger_telemetry::current().filter(TraceContext::is_sampled);
        Self { events, guards: decision.guards, actor, request_id, trace }
    }

    /// About how much memory the request holds, in bytes.
    pub fn bytes(&self) -> usize {
        let events: usize = self.events.iter().map(|event| event.bytes() + 256).sum();
        events + self.guards.len() * 128
    }

    /// What the rows of its events keep of the trace; empty without one.
    pub fn stored_trace(&self) -> Vec<u8> {
        self.trace.map(|trace| trace.encode().to_vec()).unwrap_or_default()
    }
}

impl EncodedEvent {
    /// The size of payload and points, in bytes.
    pub fn bytes(&self) -> usize {
        self.payload.len() + self.points.as_ref().map_or(0, Vec::len)
    }
}
