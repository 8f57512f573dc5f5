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
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use std::path::Path;
use std::time::Duration;

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
        // The tables say by themselves which generation they are, unless they were replaced.
        let number = "UPDATE projections SET generation = $1 WHERE position = 0 AND generation > 0";
        db.write(&Statement::new(number, vec![generation.into()])).await?;
        Ok(db)
    }

    async fn open(path: &Path, synchronous: SqliteSynchronous, migrator: Migrator) -> Result<Self, Error> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(synchronous)
            .busy_timeout(BUSY)
            .foreign_keys(false)
            // MLflow's LIKE tells cases apart; ILIKE is spelled with LOWER.
            .pragma("case_sensitive_like", "ON")
            .pragma("temp_store", "MEMORY");
        let connect = |source| error::from_sqlx("open the database file", source);
        let writer =
            SqlitePoolOptions::new().max_connections(1).connect_with(options.clone()).await.map_err(connect)?;
        migrator
            .run(&writer)
            .await
            .map_err(|source| Error::Backend { operation: "migrate", source: Box::new(source) })?;
        let readers = SqlitePoolOptions::new().max_connections(READERS).connect_with(options.read_only(true));
        Ok(Self { readers: readers.await.map_err(connect)?, writer })
    }
}
