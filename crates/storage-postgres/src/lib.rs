//! PostgreSQL behind the traits of `storage`: connections, the one-round-trip append, bulk inserts and wake-ups.

mod append;
mod db;
mod error;
mod schema;
mod wake;

pub use append::PostgresAppend;
pub use db::PostgresDb;
pub use wake::relay_wake_ups;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{Connection, PgConnection};
use std::str::FromStr;
use std::time::Duration;

use runledger_storage::Error;

/// Connections per process. The database works best with a few dozen in all.
const CONNECTIONS: u32 = 12;

impl PostgresDb {
    /// Connects to `postgres://user:password@host:port/database`.
    pub async fn connect(url: &str) -> Result<Self, Error> {
        let options = PgConnectOptions::from_str(url).map_err(|source| error::from_sqlx("connect", source))?.options([
            // An acknowledged write is on the disk, whatever the server is set to.
            ("synchronous_commit", "on"),
            // A lock that is held too long makes the request fail in a way that it can be retried, instead of piling up.
            ("lock_timeout", "5s"),
            ("statement_timeout", "60s"),
            ("idle_in_transaction_session_timeout", "60s"),
            // Searches are many and short index walks on data that is mostly in memory.
            ("random_page_cost", "1.1"),
            ("max_parallel_workers_per_gather", "0"),
        ]);
        // The pool would try until its time is over and then tell only that; one connection tells the reason at once.
        let first = PgConnection::connect_with(&options).await.map_err(|source| error::from_sqlx("connect", source))?;
        first.close().await.map_err(|source| error::from_sqlx("connect", source))?;
        let pool = PgPoolOptions::new()
            .max_connections(CONNECTIONS)
            .acquire_timeout(Duration::from_secs(10))
            .connect_with(options)
            .await
            .map_err(|source| error::from_sqlx("connect", source))?;
        Ok(Self { pool })
    }
}
