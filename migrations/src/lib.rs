//! The schema of both databases, applied by `runledger migrate`, and at start by the embedded default.
//!
//! The log and the views are migrated apart: on SQLite they are two files, so that a projection never holds up an append.
//! Migrations only go forward. Each has the same number and name on both databases.

use sqlx::migrate::Migrator;

/// The event log and its guards.
pub fn postgres_log() -> Migrator {
    named(sqlx::migrate!("postgres/log"), "migrations_log")
}

/// The read model.
pub fn postgres_views() -> Migrator {
    named(sqlx::migrate!("postgres/views"), "migrations_views")
}

/// The event log and its guards.
pub fn sqlite_log() -> Migrator {
    named(sqlx::migrate!("sqlite/log"), "migrations_log")
}

/// The read model.
pub fn sqlite_views() -> Migrator {
    named(sqlx::migrate!("sqlite/views"), "migrations_views")
}

/// On PostgreSQL both sets live in one database, each with its own record of what was applied.
fn named(mut migrator: Migrator, table: &'static str) -> Migrator {
    migrator.dangerous_set_table_name(table);
    migrator
}
