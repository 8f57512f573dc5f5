//! Upcasters: pure steps that turn the payload of an old schema version into the next one.

use serde_json::Value;
use thiserror::Error;

use crate::points::{BatchError, CodecError};

/// An event that cannot be read.
#[derive(Debug, Error)]
pub enum DecodeError {
    #[error("unknown event kind {kind:?}; it was written by a newer version of Runledger")]
    UnknownKind { kind: String },
    #[error("{kind} has schema version {version}, and this version of Runledger reads up to {newest}")]
    UnknownVersion { kind: String, version: i16, newest: i16 },
    #[error("the payload of {kind} version {version} does not read")]
    Payload { kind: String, version: i16, source: serde_json::Error },
    #[error("the points of a metrics event do not read")]
    Points { source: CodecError },
    #[error("the keys of a metrics event do not fit its points")]
    Batch { source: BatchError },
}

/// Lifts the payload of a kind from one version to the next.
type Upcaster = (&'static str, i16, fn(Value) -> Value);

/// Every step ever needed. A new schema version adds its step here and its golden file to `tests/golden/events`.
const UPCASTERS: &[Upcaster] = &[];

/// Brings a payload from `version` to `newest`, step by step.
pub(super) fn upcast(kind: &str, version: i16, newest: i16, payload: Value) -> Result<Value, DecodeError> {
    climb(UPCASTERS, kind, version, newest, payload)
}

fn climb(steps: &[Upcaster], kind: &str, version: i16, newest: i16, payload: Value) -> Result<Value, DecodeError> {
    (version..newest.max(version + 1)).try_fold(payload, |payload, from| {
        let step = steps.iter().find(|(of, at, _)| *of == kind && *at == from && from < newest);
        let (_, _, lift) =
            step.ok_or_else(|| DecodeError::UnknownVersion { kind: kind.to_owned(), version, newest })?;
        Ok(lift(payload))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const STEPS: &[Upcaster] = &[
        ("Sample", 1, |_| json!({"two": true})),
        ("Sample", 2, |mut payload| {
            payload["three"] = json!(true);
            payload
        }),
    ];

    #[test]
    fn each_step_is_taken_in_turn() {
        let lifted = climb(STEPS, "Sample", 1, 3, json!({})).unwrap();
        assert_eq!(lifted, json!({"two": true, "three": true}));
    }

    #[test]
    fn a_version_from_the_future_is_refused() {
        let error = climb(STEPS, "Sample", 4, 3, json!({})).unwrap_err();
        assert!(matches!(error, DecodeError::UnknownVersion { version: 4, newest: 3, .. }));
    }
}
