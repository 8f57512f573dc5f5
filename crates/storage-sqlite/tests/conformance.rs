//! The suite of `storage` on SQLite files.

use runledger_storage::conformance::{self, Fixture};
use runledger_storage_sqlite::{SqliteAppend, SqliteDb};
use std::sync::Arc;

const COLUMNS: &str = "SELECT t.name, c.name FROM sqlite_master t, pragma_table_info(t.name) c WHERE t.type = 'table'";

#[tokio::test(flavor = "multi_thread")]
async fn sqlite_shows_the_behaviour_of_a_back_end() {
    let folder = tempfile::tempdir().unwrap();
    let log = SqliteDb::open_log(folder.path()).await.unwrap();
    let views = SqliteDb::open_views(folder.path()).await.unwrap();
    let fixture = Fixture {
        log: Arc::new(log.clone()),
        views: Arc::new(views),
        views_columns: COLUMNS,
        writer: Box::new(move || Arc::new(SqliteAppend::new(&log))),
    };
    conformance::all(&fixture).await.unwrap();
}
