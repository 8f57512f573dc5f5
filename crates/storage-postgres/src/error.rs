//! What PostgreSQL and its driver report, by SQLSTATE and never by message text.

use runledger_storage::Error;

/// SQLSTATE classes and codes after which the same call may succeed: connection trouble (08), out of resources (53), shutdown
/// (57), lock not available, serialisation failure, deadlock.
const TRANSIENT: &[&str] = &["08", "53", "57", "55P03", "40001", "40P01"];

pub(crate) fn from_sqlx(operation: &'static str, source: sqlx::Error) -> Error {
    let transient = match &source {
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::Protocol(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed => true,
        sqlx::Error::Database(database) => {
            database.code().is_some_and(|code| TRANSIENT.iter().any(|prefix| code.starts_with(prefix)))
        }
        _ => false,
    };
    let source = Box::new(source);
    if transient { Error::Unavailable { operation, source } } else { Error::Backend { operation, source } }
}
