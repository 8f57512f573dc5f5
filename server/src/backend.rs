//! The database that the settings choose, with its schema at this version.

use runledger_archive::ObjectArchive;
use runledger_domain::{IdGen, SystemIds};
use runledger_storage::{AppendBatch, Db, Places};
use runledger_storage_postgres::{PostgresAppend, PostgresDb, PostgresPlaces};
use runledger_storage_sqlite::{SqliteAppend, SqliteDb, SqlitePlaces, SqliteViews};
use std::sync::Arc;
use thiserror::Error;
use tokio::fs;

use crate::Failure;
use crate::config::{Config, masked};

/// The parts of a database that everything else is built on.
#[derive(Debug)]
pub(crate) struct Backend {
    pub(crate) log: Arc<dyn Db>,
    pub(crate) append: Arc<dyn AppendBatch>,
    /// The active generation.
    pub(crate) views: Arc<dyn Db>,
    /// Where other generations of the views are.
    pub(crate) places: Arc<dyn Places>,
    /// Set where other processes may share the database, and must be woken.
    pub(crate) postgres: Option<PostgresDb>,
    /// What was archived.
    pub(crate) archive: Arc<ObjectArchive>,
}

/// The database of the settings cannot be used.
#[derive(Debug, Error)]
#[error("{what}")]
struct Unusable {
    what: String,
    source: runledger_storage::Error,
}

impl Backend {
    /// Opens the database and migrates it.
    pub(crate) async fn open(config: &Config) -> Result<Self, Failure> {
        Self::open_with(config, async |db, shown| {
            let what = || format!("cannot bring the schema of {shown} up to date");
            db.migrate().await.map_err(|source| Unusable { what: what(), source })
        })
        .await
    }

    /// Opens the database, whose schema must be this version's already: roles that run beside others do not change it under
    /// them. SQLite belongs to one process, which migrates it.
    pub(crate) async fn open_migrated(config: &Config) -> Result<Self, Failure> {
        Self::open_with(config, async |db, shown| {
            let what = || format!("the schema of {shown} is not the one of this version; run `runledger migrate`");
            db.check_schema().await.map_err(|source| Unusable { what: what(), source })
        })
        .await
    }

    async fn open_with(
        config: &Config,
        prepare: impl AsyncFnOnce(&PostgresDb, &str) -> Result<(), Unusable>,
    ) -> Result<Self, Failure> {
        let archive = Arc::new(ObjectArchive::new(config.artifact_store.clone(), config.objects.clone()));
        if let Some(url) = &config.database_url {
            let shown = masked(url);
            let db = PostgresDb::connect(url).await.map_err(|source| Unusable {
                what: format!("cannot connect to {shown}; check --database-url"),
                source,
            })?;
            prepare(&db, &shown).await?;
            let append = PostgresAppend::new(&db, SystemIds.random_id());
            let places = Arc::new(PostgresPlaces::new(db.clone(), url));
            let shared: Arc<dyn Db> = Arc::new(db.clone());
            let log = Arc::clone(&shared);
            return Ok(Self { log, append: Arc::new(append), views: shared, places, postgres: Some(db), archive });
        }
        fs::create_dir_all(&config.data_dir)
            .await
            .map_err(|source| format!("the data folder {} cannot be made: {source}", config.data_dir.display()))?;
        let log = SqliteDb::open_log(&config.data_dir).await?;
        let views = Arc::new(SqliteViews::open(&config.data_dir, &log).await?);
        let append = Arc::new(SqliteAppend::new(&log));
        let places = Arc::new(SqlitePlaces::new(&config.data_dir, log.clone()));
        Ok(Self { log: Arc::new(log), append, views, places, postgres: None, archive })
    }
}
