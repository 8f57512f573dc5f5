//! The bytes of artifacts: the spool that takes them in, and the object store that keeps them.
//!
//! Invariants: bytes that were acknowledged are durable; memory does not grow with the size of an artifact; no path leaves
//! the root. This crate knows neither the log nor HTTP, and it alone names the library behind the object stores.

mod bytes;
mod local;
mod path;
mod spool;
mod store;

pub use crate::bytes::{ByteStream, Download};
pub use path::{ArtifactPath, PathError};
pub use spool::{Spool, SpoolError, StageError, Staged};
pub use store::{ArtifactStore, StoreError};

/// A failure of the layer below, whose type is nobody's business.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;
