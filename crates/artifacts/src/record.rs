//! The record of multipart uploads that were opened and not ended.
//!
//! Object stores are not asked for it, as not all of them can list such uploads: each is written down in the spool, which
//! outlives the process, before its first part is sent.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::hex;

/// A multipart upload that must be completed or aborted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Record {
    /// The object that it would become, below the root of its place.
    pub(crate) path: String,
    /// The store's name for it.
    pub(crate) multipart_id: String,
    /// The spooled upload that it brings, if it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) upload_id: Option<String>,
    /// Milliseconds since 1970. Absent where the age of the record itself counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) opened_at: Option<i64>,
    pub(crate) purpose: Purpose,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Purpose {
    /// Brings a spooled upload to the store.
    Worker,
    /// A client sends its parts to the store itself.
    Client,
    /// Brings an upload into a spool that is a bucket.
    Spool,
}

impl Record {
    /// Its name in the spool. Records of one upload begin with the same [`owner`].
    pub(crate) fn name(&self) -> String {
        name(self.upload_id.as_deref(), &self.multipart_id)
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        serde_json::json!(self).to_string().into_bytes()
    }
}

pub(crate) fn name(upload_id: Option<&str>, multipart_id: &str) -> String {
    // Ids of multipart uploads are of any length, and may differ in the case of their letters alone.
    format!("{}{}", owner(upload_id), hex(&Sha256::digest(multipart_id)))
}

/// What the names of the records of an upload begin with.
pub(crate) fn owner(upload_id: Option<&str>) -> String {
    format!("{}.", upload_id.unwrap_or("client"))
}
