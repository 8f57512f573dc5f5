//! The active generation of the views, wherever it is: the file that the log's database names. Another process may name another
//! one at any time, and from then on nothing is read from or written to the old one.
//!
//! Guarantee: reads and writes of this process move to another file at the same moment. A write looks which file is active once
//! it has the write lock of its own; whoever names another one holds that lock meanwhile. So nothing is written to a file that
//! was replaced, and until this process notices, its reads see all that there is.

use async_trait::async_trait;
use runledger_storage::{Db, Error, Generation, Row, Statement, Transaction};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::SqliteDb;

/// How long reads go on without looking which file is active.
const GLANCE: Duration = Duration::from_millis(100);

/// The active views of one data folder. Clones share it.
#[derive(Clone, Debug)]
pub struct SqliteViews {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    folder: PathBuf,
    log: SqliteDb,
    open: RwLock<Open>,
    /// Lets one task open another file for all.
    opening: Mutex<()>,
}

#[derive(Clone, Debug)]
struct Open {
    generation: i64,
    db: SqliteDb,
    looked_at: Instant,
}

impl SqliteViews {
    /// Opens the generation that `log`, which is in the same folder, says is active.
    pub async fn open(folder: &Path, log: &SqliteDb) -> Result<Self, Error> {
        let looked_at = Instant::now();
        let generation = active(log).await?;
        let db = SqliteDb::open_generation(folder, generation).await?;
        let open = RwLock::new(Open { generation, db, looked_at });
        let shared = Shared { folder: folder.to_owned(), log: log.clone(), open, opening: Mutex::default() };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// The file that is active, as of a moment ago.
    async fn current(&self) -> Result<SqliteDb, Error> {
        let open = self.shared.open.read().unwrap_or_else(PoisonError::into_inner).clone();
        if open.looked_at.elapsed() < GLANCE { Ok(open.db) } else { self.look().await.map(|open| open.db) }
    }

    /// Looks which file is active, and opens it if it is another one.
    async fn look(&self) -> Result<Open, Error> {
        let looked_at = Instant::now();
        let generation = active(&self.shared.log).await?;
        if let Some(open) = self.note(generation, looked_at) {
            return Ok(open);
        }
        let _turn = self.shared.opening.lock().await;
        if let Some(open) = self.note(generation, looked_at) {
            return Ok(open);
        }
        let db = SqliteDb::open_generation(&self.shared.folder, generation).await?;
        let open = Open { generation, db, looked_at };
        *self.shared.open.write().unwrap_or_else(PoisonError::into_inner) = open.clone();
        tracing::info!(generation, "another generation of the views is active, reading and writing that one");
        Ok(open)
    }

    /// What is open, if it is that generation, with the time at which that was seen.
    fn note(&self, generation: i64, looked_at: Instant) -> Option<Open> {
        let mut open = self.shared.open.write().unwrap_or_else(PoisonError::into_inner);
        if open.generation != generation {
            return None;
        }
        open.looked_at = open.looked_at.max(looked_at);
        Some(open.clone())
    }
}

#[async_trait]
impl Db for SqliteViews {
    async fn fetch(&self, statement: &Statement) -> Result<Vec<Row>, Error> {
        self.current().await?.fetch(statement).await
    }

    async fn begin(&self) -> Result<Box<dyn Transaction>, Error> {
        let open = self.shared.open.read().unwrap_or_else(PoisonError::into_inner).clone();
        let transaction = open.db.begin().await?;
        if self.look().await?.generation == open.generation {
            Ok(transaction)
        } else {
            Err(Error::Conflict { what: "which generation of the views is active" })
        }
    }

    async fn snapshot(&self) -> Result<Box<dyn Transaction>, Error> {
        self.look().await?.db.snapshot().await
    }

    fn now_ms(&self) -> &'static str {
        self.shared.log.now_ms()
    }
}

/// The generation that the log's database says is active.
pub(crate) async fn active(log: &SqliteDb) -> Result<i64, Error> {
    let sql = "SELECT generation FROM view_generations WHERE state = 'active'";
    let rows = log.fetch(&Statement::new(sql, vec![])).await?;
    rows.first().map_or(Ok(Generation::FIRST), |row| row.int(0))
}
