//! The closed set of ways in which storage fails.

use std::time::Duration;
use thiserror::Error;

type Source = Box<dyn std::error::Error + Send + Sync>;

/// A failure of the database. A row that is not there is no failure: look-ups answer `Option`.
#[derive(Debug, Error)]
pub enum Error {
    /// The append queue is full: nothing was taken, try again after the delay.
    #[error("the append queue is full")]
    Overloaded { retry_after: Duration },
    /// The database cannot be reached or refuses work for now; the same call may succeed later.
    #[error("the database is not available during {operation}")]
    Unavailable { operation: &'static str, source: Source },
    /// Another writer moved first; read again and retry.
    #[error("another writer changed {what}")]
    Conflict { what: &'static str },
    /// A stored row does not read as what was written.
    #[error("table {table}, row {id}: {reason}")]
    Corrupt { table: &'static str, id: String, reason: String },
    /// What was archived cannot be read. The source says why, and what to do.
    #[error("{what} are in the object {object:?} of the artifact store, which cannot be read")]
    Archive { what: String, object: String, source: Source },
    /// Anything else that the database reports.
    #[error("the database failed during {operation}")]
    Backend { operation: &'static str, source: Source },
}

impl Error {
    /// The same failure once more, for another of the requests that shared a batch. The source stays with the first.
    pub(crate) fn again(&self) -> Self {
        let source = || -> Source { self.to_string().into() };
        match self {
            Self::Overloaded { retry_after } => Self::Overloaded { retry_after: *retry_after },
            Self::Unavailable { operation, .. } => Self::Unavailable { operation, source: source() },
            Self::Conflict { what } => Self::Conflict { what },
            Self::Corrupt { table, id, reason } => Self::Corrupt { table, id: id.clone(), reason: reason.clone() },
            Self::Archive { what, object, .. } => {
                Self::Archive { what: what.clone(), object: object.clone(), source: source() }
            }
            Self::Backend { operation, .. } => Self::Backend { operation, source: source() },
        }
    }
}
