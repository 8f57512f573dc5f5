//! Generations of the views as files of one folder. Which one is active is a row of the log's database, so the switch is one
//! commit there; [`crate::SqliteViews`] follows it.

use async_trait::async_trait;
use runledger_storage::{Db, Error, Generation, Places, Statement, Transaction};
use std::io::ErrorKind;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::fs;

use crate::SqliteDb;
use crate::db::begin_beside;
use crate::views::active;

/// The files of one data folder.
#[derive(Debug)]
pub struct SqlitePlaces {
    folder: PathBuf,
    log: SqliteDb,
}

impl SqlitePlaces {
    /// `log` is in the same folder.
    pub fn new(folder: impl Into<PathBuf>, log: SqliteDb) -> Self {
        Self { folder: folder.into(), log }
    }
}

#[async_trait]
impl Places for SqlitePlaces {
    async fn open(&self, generation: i64) -> Result<Arc<dyn Db>, Error> {
        Ok(Arc::new(SqliteDb::open_generation(&self.folder, generation).await?))
    }

    async fn begin_beside_active(&self, generation: i64) -> Result<(Box<dyn Transaction>, &'static str), Error> {
        let active = file_of(active(&self.log).await?);
        let transaction = begin_beside(&self.folder.join(file_of(generation)), &self.folder.join(active)).await?;
        Ok((transaction, "active."))
    }

    /// Whoever still reads the file, before it notices that another one is active, keeps it open.
    async fn remove(&self, generation: i64) -> Result<(), Error> {
        for suffix in ["", "-wal", "-shm"] {
            match fs::remove_file(self.folder.join(format!("{}{suffix}", file_of(generation)))).await {
                Err(source) if source.kind() != ErrorKind::NotFound => {
                    return Err(Error::Backend {
                        operation: "remove a generation of the views",
                        source: Box::new(source),
                    });
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// SQLite plans as well without statistics, which the active generation has not either. But what is not in the file itself may
    /// be lost in a power cut.
    async fn settle(&self, generation: i64) -> Result<(), Error> {
        SqliteDb::open_generation(&self.folder, generation).await?.checkpoint().await
    }

    async fn hold(&self, active: &dyn Db) -> Result<Box<dyn Transaction>, Error> {
        match active.begin().await {
            // Another generation became active a moment ago, which was noticed now.
            Err(Error::Conflict { .. }) => active.begin().await,
            begun => begun,
        }
    }

    /// The commit of the registry is the moment of the switch. Whatever happens between the two commits, a projector that gets
    /// the old file's write lock sees first that it is not active any more.
    async fn exchange(
        &self,
        held: Box<dyn Transaction>,
        _active: i64,
        _next: i64,
        registry: Vec<Statement>,
    ) -> Result<(), Error> {
        let mut switch = self.log.begin().await?;
        for statement in registry {
            switch.execute(&statement).await?;
        }
        switch.commit().await?;
        held.commit().await
    }

    fn tell(&self, generation: i64) -> String {
        format!("the SQLite file {}", self.folder.join(file_of(generation)).display())
    }
}

pub(crate) fn file_of(generation: i64) -> String {
    if generation == Generation::FIRST { "views.db".to_owned() } else { format!("views-{generation}.db") }
}
