//! The suite of `storage` on a real PostgreSQL, and what only PostgreSQL has: several processes on one log.
//!
//! `RUNLEDGER_TEST_POSTGRES_URL` names a server on which databases may be created; `scripts/with-services.sh` starts one.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

#[path = "support/database.rs"]
#[expect(dead_code, reason = "each test binary uses its part of the helper")]
mod database;

use database::Database;
use runledger_domain::{IdGen, SystemIds};
use runledger_storage::conformance::{self, Fixture};
use runledger_storage_postgres::{PostgresAppend, PostgresDb};
use std::sync::Arc;

const COLUMNS: &str = "SELECT CAST(table_name AS TEXT), CAST(column_name AS TEXT) FROM information_schema.columns \
                       WHERE table_schema = 'runledger_views' AND is_generated = 'NEVER'";

#[tokio::test(flavor = "multi_thread")]
async fn postgres_shows_the_behaviour_of_a_back_end() {
    let database = Database::create().await;
    let db = PostgresDb::connect(&database.url).await.unwrap();
    db.migrate().await.unwrap();
    // Another process may migrate at the same time, or later again.
    PostgresDb::connect(&database.url).await.unwrap().migrate().await.unwrap();
    let fixture = Fixture {
        log: Arc::new(db.clone()),
        views: Arc::new(db.clone()),
        views_columns: COLUMNS,
        writer: Box::new(move || Arc::new(PostgresAppend::new(&db, SystemIds.random_id()))),
    };
    conformance::all(&fixture).await.unwrap();
}
