//! Page tokens: where a page ended, as base64 of JSON. Clients treat them as opaque.
//!
//! A token holds the sort keys of the last row, so the next page starts behind that row however many rows were added
//! or removed before it. It also holds a digest of the search, because its keys mean nothing in another order.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::error::{SearchError, cut};
use super::keys::KeyKind;
use crate::{Error, Row, Value};

/// A place between two rows of an ordered search.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Cursor {
    /// The digest of the search it belongs to.
    #[serde(rename = "q")]
    pub(super) search: String,
    /// Which part of the order the row was in.
    #[serde(rename = "p")]
    pub(super) part: usize,
    /// The row's sort keys.
    #[serde(rename = "k")]
    pub(super) keys: Vec<KeyValue>,
}

/// A sort key. A float is kept as its bits: decimal text would have to be parsed exactly to find the row again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum KeyValue {
    #[serde(rename = "i")]
    Int(i64),
    #[serde(rename = "f")]
    Float(u64),
    #[serde(rename = "t")]
    Text(String),
}

impl KeyValue {
    /// Takes the sort key out of a row.
    pub(super) fn take(row: &mut Row, index: usize, kind: KeyKind) -> Result<Self, Error> {
        Ok(match kind {
            KeyKind::Int => Self::Int(row.int(index)?),
            KeyKind::Float => Self::Float(row.float(index)?.to_bits()),
            KeyKind::Text => Self::Text(row.text(index)?),
        })
    }

    pub(super) fn fits(&self, kind: KeyKind) -> bool {
        match self {
            Self::Int(_) => kind == KeyKind::Int,
            Self::Float(bits) => kind == KeyKind::Float && !f64::from_bits(*bits).is_nan(),
            Self::Text(text) => kind == KeyKind::Text && !text.contains('\0'),
        }
    }

    pub(super) fn value(&self) -> Value {
        match self {
            Self::Int(value) => Value::Int(*value),
            Self::Float(bits) => Value::Float(f64::from_bits(*bits)),
            Self::Text(text) => Value::Text(text.clone()),
        }
    }
}

impl Cursor {
    pub(super) fn encode(&self) -> String {
        // A struct of strings and numbers always serialises; an empty token would only start from the first page.
        STANDARD.encode(serde_json::to_vec(self).unwrap_or_default())
    }

    /// Reads a token that was made for the search with this digest. The empty token is no token.
    pub(super) fn decode(token: &str, search: &str) -> Result<Option<Self>, SearchError> {
        if token.is_empty() {
            return Ok(None);
        }
        let bytes = STANDARD
            .decode(token)
            .map_err(|_not_base64| SearchError::new("Invalid page token, could not base64-decode"))?;
        let json: Json = serde_json::from_slice(&bytes).map_err(|_not_json| {
            let decoded = cut(&bytes.escape_ascii().to_string());
            SearchError::new(format!("Invalid page token, decoded value=b'{decoded}'"))
        })?;
        let cursor = Self::deserialize(&json).map_err(|_not_ours| invalid(&json))?;
        if cursor.search != search {
            return Err(SearchError::new(
                "Invalid page token, it belongs to a search with another filter, order_by, experiment_ids or view type. \
                 Repeat the search without page_token.",
            ));
        }
        Ok(Some(cursor))
    }
}

/// Refuses a token that reads well but holds what no page of this search ends with.
pub(super) fn invalid(json: &impl Serialize) -> SearchError {
    let parsed = cut(&serde_json::to_string(json).unwrap_or_default());
    SearchError::new(format!("Invalid page token, parsed value={parsed}"))
}

/// A short digest (FNV-1a, 64 bits) of what makes two searches the same. It guards against mistakes, not attacks: a
/// forged token can only name another place in what the client may read anyway.
pub(super) fn digest(parts: &[&str]) -> String {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for part in parts {
        // 0xff is in no UTF-8 text, so it separates the parts.
        for byte in part.bytes().chain([0xff]) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
    format!("{hash:016x}")
}
