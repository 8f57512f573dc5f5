//! The event log, the read model and the search over it, for any SQL database behind [`Db`].
//!
//! Invariant: nothing here names a database. What must differ between them lives in `storage-postgres` and
//! `storage-sqlite`; `conformance` owns the behaviour that both must show.

mod db;
mod error;
pub mod search;

pub use db::{BulkInsert, ColumnType, Db, Row, Statement, Transaction, Value};
pub use error::Error;
