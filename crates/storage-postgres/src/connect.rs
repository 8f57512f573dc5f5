//! Connections, and which tables they see: the log's in the schema that the URL, the user or the database names, and the views of
//! one generation.

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use std::str::FromStr;
use std::time::Duration;

use runledger_storage::Error;

use crate::PostgresDb;
use crate::connections::Connections;
use crate::error::from_sqlx;
use crate::generations::ACTIVE;

/// Connections per process. The database works best with a few dozen in all.
const CONNECTIONS: u32 = 12;
/// Connections that build a generation of the views.
const BUILDERS: u32 = 6;

impl PostgresDb {
    /// Connects to `postgres://user:password@host:port/database`. Names lead to the log and to the active views.
    pub async fn connect(url: &str) -> Result<Self, Error> {
        let options = parse(url)?.options([
            // An acknowledged write is on the disk, whatever the server is set to.
            ("synchronous_commit", "on"),
            // A lock that is held too long makes the request fail in a way that it can be retried, instead of piling up.
            ("lock_timeout", "5s"),
            ("statement_timeout", "60s"),
            ("idle_in_transaction_session_timeout", "60s"),
            // Searches are many and short index walks on data that is mostly in memory.
            ("random_page_cost", "1.1"),
            ("max_parallel_workers_per_gather", "0"),
            // To consider merge joins is a third of planning a search, and a hash or an index walk does as well.
            ("enable_mergejoin", "off"),
        ]);
        // The views come last, so that nothing of the log is ever made among them.
        let path = format!("SELECT set_config('search_path', current_setting('search_path') || ', {ACTIVE}', false)");
        Self::open(options, CONNECTIONS, path).await
    }

    /// Connects to one generation of the views alone, to build it. Its commits need not be on the disk.
    pub(crate) async fn connect_to_schema(url: &str, schema: &str) -> Result<Self, Error> {
        let options = parse(url)?.options([
            ("synchronous_commit", "off"),
            ("lock_timeout", "5s"),
            // An index of a large table takes its time.
            ("statement_timeout", "0"),
            ("max_parallel_workers_per_gather", "0"),
        ]);
        Self::open(options, BUILDERS, format!("SET search_path = {schema}")).await
    }

    async fn open(options: PgConnectOptions, connections: u32, path: String) -> Result<Self, Error> {
        // The pool would try until its time is over and then tell only that; one connection tells the reason at once.
        let first = PgConnection::connect_with(&options).await.map_err(|source| from_sqlx("connect", source))?;
        first.close().await.map_err(|source| from_sqlx("connect", source))?;
        let pool = PgPoolOptions::new()
            .max_connections(connections)
            .acquire_timeout(Duration::from_secs(10))
            .after_connect(move |connection, _metadata| {
                let path = path.clone();
                Box::pin(async move { connection.execute(AssertSqlSafe(path)).await.map(drop) })
            })
            .connect_with(options)
            .await
            .map_err(|source| from_sqlx("connect", source))?;
        Ok(Self { connections: Connections::new(pool) })
    }
}

fn parse(url: &str) -> Result<PgConnectOptions, Error> {
    PgConnectOptions::from_str(url).map_err(|source| from_sqlx("connect", source))
}
