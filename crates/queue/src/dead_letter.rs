//! What becomes of a job that was given up, and of a message that is no job.

use serde_json::Value;

/// The most of a message that is shown, in bytes.
const SHOWN: usize = 1_000;

/// A message that no worker is going to get any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadLetter {
    /// The upload, if the message could be read that far.
    pub upload_id: Option<String>,
    pub path: Option<String>,
    /// Why it is here.
    pub reason: String,
    /// The message, cut to 1 kB.
    pub body: String,
}

impl DeadLetter {
    /// Reads what it can: the message may be of a version that this program does not know, or no job at all.
    pub(crate) fn read(body: &[u8], reason: String) -> Self {
        let job: Value = serde_json::from_slice(body).unwrap_or_default();
        let text = |pointer| job.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
        let shown = body.get(..SHOWN).unwrap_or(body);
        Self {
            upload_id: text("/task/upload_id").or_else(|| text("/upload_id")),
            path: text("/path"),
            reason,
            body: String::from_utf8_lossy(shown).into_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_read_is_read() {
        let read = |body: &[u8]| DeadLetter::read(body, String::new());
        let known = read(br#"{"version":1,"path":"a","task":{"kind":"store","upload_id":"u1"}}"#);
        assert_eq!((known.upload_id.as_deref(), known.path.as_deref()), (Some("u1"), Some("a")));
        let newer = read(br#"{"version":9,"upload_id":"u2","path":7}"#);
        assert_eq!((newer.upload_id.as_deref(), newer.path), (Some("u2"), None));
        let noise = read(&[0xff; 3_000]);
        assert_eq!((noise.upload_id, noise.path), (None, None));
        assert!(noise.body.chars().count() <= SHOWN);
    }
}
