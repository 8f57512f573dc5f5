//! SQLite behind the traits of `storage`: two files in WAL mode, one writer each.
//!
//! The log and the views are files of their own, so that a projection never holds up an append, and so that deleting the
//! views' file is a way to rebuild them.

mod append;
mod db;
mod error;
mod generations;
mod views;

pub use append::SqliteAppend;
pub use db::SqliteDb;
pub use generations::SqlitePlaces;
pub use views::SqliteViews;

use sqlx::migrate::Migrator;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use runledger_storage::views::Views;
use runledger_storage::{Db, Error, Generation, Statement};

const READERS: u32 = 4;
const BUSY: Duration = Duration::from_secs(10);

impl SqliteDb {
    /// Opens `log.db` in the folder. A commit is on the disk before it is acknowledged.
    pub async fn open_log(folder: &Path) -> Result<Self, Error> {
        Self::open(&folder.join("log.db"), SqliteSynchronous::Full, runledger_migrations::sqlite_log()).await
    }

    /// Opens `views.db` in the folder, the views' first generation. After a power cut the file may be some commits older,
    /// together with its checkpoint, and the projector goes on from there.
    pub async fn open_views(folder: &Path) -> Result<Self, Error> {
        Self::open_generation(folder, Generation::FIRST).await
    }

    /// The same with any generation of the views. A file that is not there is made.
    pub(crate) async fn open_generation(folder: &Path, generation: i64) -> Result<Self, Error> {
        let (file, migrator) = (folder.join(generations::file_of(generation)), runledger_migrations::sqlite_views());
        let db = Self::open(&file, SqliteSynchronous::Normal, migrator).await?;
        // New tables are to say which generation they are. Nothing is written otherwise: the file may be in use.
        let new = "SELECT name FROM projections WHERE position = 0 AND generation > 0 AND generation <> $1";
        if !db.fetch(&Statement::new(new, vec![generation.into()])).await?.is_empty() {
            Views::new(Arc::new(db.clone())).name_generation(generation).await?;
        }
        Ok(db)
    }

    /// Empty views in memory, which go with the last handle. They have one connection, for reads and writes.
    pub async fn views_in_memory() -> Result<Self, Error> {
        let connect = |source| error::from_sqlx("open a database in memory", source);
        let pool = SqlitePoolOptions::new().max_connections(1).idle_timeout(None).max_lifetime(None);
        let pool = pool.connect_with(options().in_memory(true)).await.map_err(connect)?;
        migrate(&runledger_migrations::sqlite_views(), &pool).await?;
        Ok(Self { readers: pool.clone(), writer: pool })
    }

    async fn open(path: &Path, synchronous: SqliteSynchronous, migrator: Migrator) -> Result<Self, Error> {
        let options = file_options(path, synchronous).create_if_missing(true);
        let connect = |source| error::from_sqlx("open the database file", source);
        let writer =
            SqlitePoolOptions::new().max_connections(1).connect_with(options.clone()).await.map_err(connect)?;
        migrate(&migrator, &writer).await?;
        let readers = SqlitePoolOptions::new().max_connections(READERS).connect_with(options.read_only(true));
        Ok(Self { readers: readers.await.map_err(connect)?, writer })
    }
}

pub(crate) fn file_options(path: &Path, synchronous: SqliteSynchronous) -> SqliteConnectOptions {
    options().filename(path).journal_mode(SqliteJournalMode::Wal).synchronous(synchronous).busy_timeout(BUSY)
}

fn options() -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .foreign_keys(false)
        // MLflow's LIKE tells cases apart; ILIKE is spelled with LOWER.
        .pragma("case_sensitive_like", "ON")
        .pragma("temp_store", "MEMORY")
}

async fn migrate(migrator: &Migrator, pool: &SqlitePool) -> Result<(), Error> {
    let done = migrator.run(pool).await;
    done.map_err(|source| Error::Backend { operation: "migrate", source: Box::new(source) })
}
