//! Bringing the schema to this version, and finding out whether it is there.

use runledger_migrations::{LOG_RECORD, VIEWS_RECORD, postgres_log, postgres_views};
use runledger_storage::{Db, Error, Statement};
use sqlx::migrate::{Migrate, MigrateError, Migrator};
use sqlx::{AssertSqlSafe, Executor, PgConnection};
use std::collections::BTreeMap;

use crate::PostgresDb;
use crate::error::from_sqlx;
use crate::generations::ACTIVE;

impl PostgresDb {
    /// Brings the schema to the newest version. Several processes may try at once.
    pub async fn migrate(&self) -> Result<(), Error> {
        postgres_log().run(self.connections.pool()).await.map_err(failed)?;
        let mut connection = self.connections.pool().acquire().await.map_err(|source| from_sqlx("connect", source))?;
        // A backup may have left the views out.
        let there: bool = sqlx::query_scalar("SELECT to_regnamespace($1) IS NOT NULL")
            .bind(ACTIVE)
            .fetch_one(&mut *connection)
            .await
            .map_err(|source| from_sqlx("look for the views", source))?;
        if !there {
            self.write(&Statement::new(format!("CREATE SCHEMA IF NOT EXISTS {ACTIVE}"), vec![])).await?;
        }
        // Their tables are made among the active views and nowhere else. The connection sees nothing else from now on, so it
        // does not go back to the others.
        connection.close_on_drop();
        let path = format!("SET search_path = {ACTIVE}");
        connection.execute(AssertSqlSafe(path)).await.map_err(|source| from_sqlx("migrate", source))?;
        // `run` would make a future that cannot be sent to another thread.
        postgres_views().run_direct(None, &mut *connection, false).await.map_err(failed)
    }

    /// Brings the views of a connection that sees nothing else to the newest version.
    pub(crate) async fn migrate_views(&self) -> Result<(), Error> {
        postgres_views().run(self.connections.pool()).await.map_err(failed)
    }

    /// Fails unless exactly the migrations of this version were applied. Changes nothing.
    pub async fn check_schema(&self) -> Result<(), Error> {
        let mut connection = self.connections.pool().acquire().await.map_err(|source| from_sqlx("connect", source))?;
        for (migrator, record) in [(postgres_log(), LOG_RECORD), (postgres_views(), VIEWS_RECORD)] {
            check(&mut connection, &migrator, record).await?;
        }
        Ok(())
    }
}

async fn check(connection: &mut PgConnection, migrator: &Migrator, record: &str) -> Result<(), Error> {
    let there: bool = sqlx::query_scalar("SELECT to_regclass($1) IS NOT NULL")
        .bind(record)
        .fetch_one(&mut *connection)
        .await
        .map_err(|source| from_sqlx("look for the schema", source))?;
    let applied = if there { connection.list_applied_migrations(record).await.map_err(failed)? } else { Vec::new() };
    let mut applied: BTreeMap<i64, _> =
        applied.into_iter().map(|migration| (migration.version, migration.checksum)).collect();
    for migration in migrator.iter() {
        let (number, name) = (migration.version, &migration.description);
        match applied.remove(&number) {
            None => return Err(differs(format!("the migration {number} of {record} ({name}) is still to be applied"))),
            Some(checksum) if checksum != migration.checksum => {
                return Err(differs(format!("another migration {number} than ours of {record} ({name}) was applied")));
            }
            Some(_) => {}
        }
    }
    match applied.into_keys().next() {
        Some(newer) => Err(differs(format!("the migration {newer} of {record} is from a later version"))),
        None => Ok(()),
    }
}

fn differs(reason: String) -> Error {
    Error::Backend { operation: "check the schema", source: reason.into() }
}

fn failed(source: MigrateError) -> Error {
    match source {
        MigrateError::Execute(source) => from_sqlx("migrate", source),
        other => Error::Backend { operation: "migrate", source: Box::new(other) },
    }
}
