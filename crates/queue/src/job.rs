//! What a job says: which path is to be brought in line with the log, never the bytes.

use serde::{Deserialize, Serialize};

/// The version of [`UploadJob`] that this program writes. Another one is refused.
pub const JOB_VERSION: u16 = 1;

/// A claim check for a worker, some hundred bytes of JSON. The worker decides from the log what is left to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UploadJob {
    pub version: u16,
    /// Below the artifact root, such as `0/4f…/artifacts/model.pkl`.
    pub path: String,
    /// The log position of the event behind the job. 0: not known, some position before the event.
    pub position: i64,
    /// The W3C trace context of the request behind the job.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub traceparent: Option<String>,
    pub task: Task,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Task {
    /// Bring the spooled upload to the object store.
    Store {
        upload_id: String,
        /// Bytes.
        size: u64,
        /// Lower-case hex.
        sha256: String,
    },
    /// Remove a deleted artifact, or everything below a deleted folder, from the object store.
    Remove,
}

impl UploadJob {
    pub fn new(path: String, position: i64, task: Task) -> Self {
        Self { version: JOB_VERSION, path, position, traceparent: None, task }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wire_form_is_stable() {
        let task = Task::Store { upload_id: "u1".to_owned(), size: 5, sha256: "2c".to_owned() };
        let job = UploadJob::new("a/b".to_owned(), 7, task);
        let wire = r#"{"version":1,"path":"a/b","position":7,"task":{"kind":"store","upload_id":"u1","size":5,"sha256":"2c"}}"#;
        assert_eq!(serde_json::to_string(&job).unwrap(), wire);
        assert_eq!(serde_json::from_str::<UploadJob>(wire).unwrap(), job);
    }
}
