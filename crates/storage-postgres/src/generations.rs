//! Generations of the views as schemas of one database. Whoever reads finds the active one by its name in the search path; so the
//! switch is two names that change in one transaction, and prepared statements follow, because PostgreSQL plans them anew when
//! a name in the search path means another schema.

use async_trait::async_trait;
use runledger_storage::compare::TABLES;
use runledger_storage::views::Views;
use runledger_storage::{Db, Error, Places, Statement, Transaction};
use std::sync::Arc;

use crate::PostgresDb;

/// The schema of the active generation.
pub(crate) const ACTIVE: &str = "runledger_views";

/// The schemas of one database.
#[derive(Debug)]
pub struct PostgresPlaces {
    db: PostgresDb,
    url: String,
}

impl PostgresPlaces {
    /// `url` is the one that `db` was connected to.
    pub fn new(db: PostgresDb, url: impl Into<String>) -> Self {
        Self { db, url: url.into() }
    }
}

#[async_trait]
impl Places for PostgresPlaces {
    async fn open(&self, generation: i64) -> Result<Arc<dyn Db>, Error> {
        let schema = schema_of(generation);
        self.db.write(&plain(format!("CREATE SCHEMA IF NOT EXISTS {schema}"))).await?;
        let db = PostgresDb::connect_to_schema(&self.url, &schema).await?;
        db.migrate_views().await?;
        let new = "SELECT name FROM projections WHERE position = 0 AND generation > 0 AND generation <> $1";
        if !db.fetch(&Statement::new(new, vec![generation.into()])).await?.is_empty() {
            Views::new(Arc::new(db.clone())).name_generation(generation).await?;
        }
        Ok(Arc::new(db))
    }

    async fn begin_beside_active(&self, generation: i64) -> Result<(Box<dyn Transaction>, &'static str), Error> {
        let db = PostgresDb::connect_to_schema(&self.url, &schema_of(generation)).await?;
        let mut transaction = db.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ").await?;
        // What a process that was killed had begun is given up soon, where the operating system tells of it.
        let watch = "DO $$ BEGIN PERFORM set_config('client_connection_check_interval', '1000', true); \
                     EXCEPTION WHEN OTHERS THEN NULL; END $$";
        transaction.execute(&plain(watch.to_owned())).await?;
        Ok((transaction, "runledger_views."))
    }

    async fn remove(&self, generation: i64) -> Result<(), Error> {
        self.db.write(&plain(format!("DROP SCHEMA IF EXISTS {} CASCADE", schema_of(generation)))).await.map(drop)
    }

    /// Without statistics the planner would guess until the next automatic analysis.
    async fn settle(&self, generation: i64) -> Result<(), Error> {
        let schema = schema_of(generation);
        let tables: Vec<String> = TABLES
            .iter()
            .map(|table| table.name)
            .chain(["metric_segments"])
            .map(|name| format!("{schema}.{name}"))
            .collect();
        self.db.write(&plain(format!("ANALYZE {}", tables.join(", ")))).await.map(drop)
    }

    /// A projector begins with this table. It waits for the lock, and then finds the table of that name anew.
    async fn hold(&self, active: &dyn Db) -> Result<Box<dyn Transaction>, Error> {
        let mut transaction = active.begin().await?;
        transaction.execute(&plain("LOCK TABLE projections IN SHARE ROW EXCLUSIVE MODE".to_owned())).await?;
        Ok(transaction)
    }

    async fn exchange(
        &self,
        held: Box<dyn Transaction>,
        active: i64,
        next: i64,
        registry: Vec<Statement>,
    ) -> Result<(), Error> {
        let mut held = held;
        for statement in registry {
            held.execute(&statement).await?;
        }
        held.execute(&plain(format!("ALTER SCHEMA {ACTIVE} RENAME TO {}", schema_of(active)))).await?;
        held.execute(&plain(format!("ALTER SCHEMA {} RENAME TO {ACTIVE}", schema_of(next)))).await?;
        held.commit().await
    }

    fn tell(&self, generation: i64) -> String {
        format!("the schema {0}: in psql, SET search_path = {0}", schema_of(generation))
    }
}

fn schema_of(generation: i64) -> String {
    format!("{ACTIVE}_{generation}")
}

fn plain(sql: String) -> Statement {
    Statement::new(sql, vec![])
}
