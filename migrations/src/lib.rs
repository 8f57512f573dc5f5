//! The schema of both databases, applied by `runledger migrate`, and at start by the embedded default.
//!
//! The log and the views are migrated apart: on SQLite they are two files, so that a projection never holds up an append.
//! Migrations only go forward. Each has the same number and name on both databases.

use sqlx::migrate::Migrator;

/// Where the record is kept of what was applied to the log.
pub const LOG_RECORD: &str = "migrations_log";
/// Where the record is kept of what was applied to the views.
pub const VIEWS_RECORD: &str = "migrations_views";

/// The event log and its guards.
pub fn postgres_log() -> Migrator {
    named(sqlx::migrate!("postgres/log"), LOG_RECORD)
}

/// The read model.
pub fn postgres_views() -> Migrator {
    named(sqlx::migrate!("postgres/views"), VIEWS_RECORD)
}

/// The event log and its guards.
pub fn sqlite_log() -> Migrator {
    named(sqlx::migrate!("sqlite/log"), LOG_RECORD)
}

/// The read model.
pub fn sqlite_views() -> Migrator {
    named(sqlx::migrate!("sqlite/views"), VIEWS_RECORD)
}

/// On PostgreSQL both sets live in one database, each with its own record of what was applied.
fn named(mut migrator: Migrator, table: &'static str) -> Migrator {
    migrator.dangerous_set_table_name(table);
    migrator
}
