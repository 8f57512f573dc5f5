//! Jobs on the wire: JSON in the body; the attempt, the trace and a reason in the headers.

use lapin::BasicProperties;
use lapin::message::Delivery;
use lapin::types::{AMQPValue, FieldTable, LongString, ShortString};
use serde_json::Value;

use crate::{JOB_VERSION, Task, UploadJob};

const ATTEMPT: &str = "x-attempt";
const REASON: &str = "x-reason";
const TRACEPARENT: &str = "traceparent";
/// Longer reasons are cut, in bytes.
const REASON_LIMIT: usize = 1_000;
/// Written to disk by the broker.
const PERSISTENT: u8 = 2;

/// What is sent, and what has come. The body is handed on as it came, with fields that this program does not know.
#[derive(Clone, Debug)]
pub(super) struct Message {
    pub(super) body: Vec<u8>,
    /// Counts up from 1.
    pub(super) attempt: u32,
    id: Option<ShortString>,
    traceparent: Option<LongString>,
    reason: Option<String>,
}

impl Message {
    /// The message for the first attempt.
    pub(super) fn first(job: &UploadJob) -> Result<Self, serde_json::Error> {
        let id = match &job.task {
            Task::Store { upload_id, .. } => upload_id.clone(),
            Task::Remove => format!("remove@{}", job.position),
        };
        Ok(Self {
            body: serde_json::to_vec(job)?,
            attempt: 1,
            // The id is there to be read by people; one that AMQP cannot carry is left out.
            id: ShortString::try_new(id).ok(),
            traceparent: job.traceparent.as_deref().map(LongString::from),
            reason: None,
        })
    }

    /// A message that is only counted.
    pub(super) fn mark() -> Self {
        Self { body: b"{}".to_vec(), attempt: 1, id: None, traceparent: None, reason: None }
    }

    pub(super) fn with_attempt(self, attempt: u32) -> Self {
        Self { attempt, ..self }
    }

    pub(super) fn with_reason(self, reason: &str) -> Self {
        let end = reason.floor_char_boundary(REASON_LIMIT);
        Self { reason: Some(reason.get(..end).unwrap_or_default().to_owned()), ..self }
    }

    /// What the broker gets beside the body.
    pub(super) fn properties(&self) -> BasicProperties {
        let mut headers = FieldTable::default();
        headers.insert(ATTEMPT.into(), AMQPValue::LongLongInt(self.attempt.into()));
        if let Some(traceparent) = &self.traceparent {
            headers.insert(TRACEPARENT.into(), AMQPValue::LongString(traceparent.clone()));
        }
        if let Some(reason) = &self.reason {
            headers.insert(REASON.into(), AMQPValue::LongString(reason.as_str().into()));
        }
        let properties = BasicProperties::default()
            .with_content_type("application/json".into())
            .with_delivery_mode(PERSISTENT)
            .with_headers(headers);
        match &self.id {
            Some(id) => properties.with_message_id(id.clone()),
            None => properties,
        }
    }
}

/// The message, and the job in it or why there is none.
pub(super) fn read(properties: &BasicProperties, body: Vec<u8>) -> (Message, Result<UploadJob, String>) {
    let headers = properties.headers().as_ref().map(FieldTable::inner);
    let header = |name| headers.and_then(|headers| headers.get(name));
    let attempt = header(ATTEMPT).and_then(number).and_then(|attempt| u32::try_from(attempt).ok());
    let traceparent = match header(TRACEPARENT) {
        Some(AMQPValue::LongString(text)) => Some(text.clone()),
        _ => None,
    };
    let (attempt, id) = (attempt.unwrap_or(1).max(1), properties.message_id().clone());
    let job = job(&body);
    (Message { body, attempt, id, traceparent, reason: None }, job)
}

/// Why the message is among the dead letters.
pub(super) fn reason(delivery: &Delivery) -> String {
    let headers = delivery.properties.headers().clone().unwrap_or_default();
    if let Some(AMQPValue::LongString(reason)) = headers.inner().get(REASON) {
        return reason.to_string();
    }
    match broker_reason(&headers).as_deref() {
        Some("delivery_limit") => {
            "it was handed out again and again and never came to an outcome: a worker that takes it crashes or loses its \
             connection"
                .to_owned()
        }
        Some(other) => format!("the broker put it here, its reason is: {other}"),
        None => "it came without a reason".to_owned(),
    }
}

/// The reason in the newest entry of the broker's own record.
fn broker_reason(headers: &FieldTable) -> Option<String> {
    let Some(AMQPValue::FieldArray(deaths)) = headers.inner().get("x-death") else { return None };
    let Some(AMQPValue::FieldTable(newest)) = deaths.as_slice().first() else { return None };
    let Some(AMQPValue::LongString(reason)) = newest.inner().get("reason") else { return None };
    Some(reason.to_string())
}

fn job(body: &[u8]) -> Result<UploadJob, String> {
    let value: Value = serde_json::from_slice(body)
        .map_err(|error| format!("the message is not JSON ({error}): something else publishes to this queue"))?;
    match value.get("version").and_then(Value::as_u64) {
        Some(version) if version == u64::from(JOB_VERSION) => {}
        Some(version) => {
            let id = value.pointer("/task/upload_id").and_then(Value::as_str).unwrap_or("<upload id>");
            return Err(format!(
                "the job has version {version}, this program reads version {JOB_VERSION}: upgrade the workers, then run \
                 `runledger uploads retry {id}`"
            ));
        }
        None => return Err("the message has no version: something else publishes to this queue".to_owned()),
    }
    serde_json::from_value(value).map_err(|error| format!("the job cannot be read: {error}"))
}

fn number(value: &AMQPValue) -> Option<i64> {
    match *value {
        AMQPValue::ShortShortInt(n) => Some(n.into()),
        AMQPValue::ShortShortUInt(n) => Some(n.into()),
        AMQPValue::ShortInt(n) => Some(n.into()),
        AMQPValue::ShortUInt(n) => Some(n.into()),
        AMQPValue::LongInt(n) => Some(n.into()),
        AMQPValue::LongUInt(n) => Some(n.into()),
        AMQPValue::LongLongInt(n) => Some(n),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_job_says_why() {
        let why = |body: &str| job(body.as_bytes()).unwrap_err();
        assert!(why("\u{1}").contains("is not JSON"));
        assert!(why("[]").contains("has no version"));
        let newer = why(r#"{"version":7,"task":{"upload_id":"u1"}}"#);
        assert!(newer.contains("version 7") && newer.contains("version 1"), "{newer}");
        assert!(newer.contains("`runledger uploads retry u1`"), "{newer}");
        assert!(why(r#"{"version":1,"position":1,"task":{"kind":"remove"}}"#).contains("missing field `path`"));
        assert!(
            why(r#"{"version":1,"path":"a","position":1,"task":{"kind":"copy"}}"#).contains("unknown variant `copy`")
        );
    }

    #[test]
    fn a_long_reason_is_cut_between_characters() {
        let remove = UploadJob::new("a".to_owned(), 1, Task::Remove);
        let message = Message::first(&remove).unwrap().with_reason(&"ä".repeat(501));
        assert_eq!(message.reason.unwrap().len(), 1_000);
        let message = Message::first(&remove).unwrap().with_reason(&format!("x{}", "ä".repeat(501)));
        assert_eq!(message.reason.unwrap().len(), 999);
    }
}
