//! What SQLite and its driver report, by result code and never by message text.

use runledger_storage::Error;

/// Primary result codes after which the same call may succeed: busy, locked, disk full.
const TRANSIENT: &[i32] = &[5, 6, 13];

pub(crate) fn from_sqlx(operation: &'static str, source: sqlx::Error) -> Error {
    let transient = match &source {
        sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed => true,
        // The low byte of an extended result code is the primary one.
        sqlx::Error::Database(database) => database
            .code()
            .and_then(|code| code.parse::<i32>().ok())
            .is_some_and(|code| TRANSIENT.contains(&(code & 0xff))),
        _ => false,
    };
    let source = Box::new(source);
    if transient { Error::Unavailable { operation, source } } else { Error::Backend { operation, source } }
}
