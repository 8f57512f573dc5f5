//! The bytes of artifacts: the spool that takes them in, and the object store that keeps them.
//!
//! Either is a folder or a bucket of an object store. Invariants: bytes that were acknowledged are durable; memory does not
//! grow with the size of an artifact; no path leaves the root. This crate knows neither the log nor HTTP, reads no environment,
//! and alone names the library behind the object stores.

mod bucket;
mod bytes;
#[cfg(any(test, feature = "conformance"))]
pub mod conformance;
mod memory;
mod path;
mod place;
mod record;
mod source;
mod spool;
mod store;

pub use crate::bytes::{ByteStream, Download};
pub use path::{ArtifactPath, PathError};
pub use place::{PlaceError, StoreSettings};
pub use spool::{Spool, SpoolError, Spooled, StageError, Staged};
pub use store::{ArtifactStore, StoreError};

/// A failure of the layer below, whose type is nobody's business.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Lower-case hex.
fn hex(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16).unwrap_or_default();
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}
