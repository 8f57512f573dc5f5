//! Portable statements on SQLite.

use async_trait::async_trait;
use runledger_storage::{BulkInsert, Db, Error, Row, Statement, Transaction, Value};
use sqlx::query::Query;
use sqlx::sqlite::{Sqlite, SqliteArguments, SqlitePool, SqlitePoolOptions, SqliteRow, SqliteSynchronous};
use sqlx::{AssertSqlSafe, Row as _, TypeInfo, ValueRef};
use std::path::Path;

use crate::error::from_sqlx;
use crate::file_options;

/// One database file: several readers, one writer.
#[derive(Clone, Debug)]
pub struct SqliteDb {
    pub(crate) readers: SqlitePool,
    pub(crate) writer: SqlitePool,
}

#[derive(Debug)]
struct SqliteTransaction(sqlx::Transaction<'static, Sqlite>);

/// Rows per insert: large enough to save round trips, and with the columns we have far below SQLite's limit of parameters. Only
/// this number and 1 occur, so that the statements stay prepared.
const BULK_ROWS: usize = 32;

/// Begins a transaction on the file that sees another one, too, as the schema `active`.
pub(crate) async fn begin_beside(file: &Path, active: &Path) -> Result<Box<dyn Transaction>, Error> {
    let active = active.to_string_lossy().into_owned();
    let pool = SqlitePoolOptions::new().max_connections(1).after_connect(move |connection, _metadata| {
        let attach = sqlx::query("ATTACH DATABASE $1 AS active").bind(active.clone());
        Box::pin(async move { attach.execute(connection).await.map(drop) })
    });
    let pool = pool.connect_with(file_options(file, SqliteSynchronous::Normal)).await;
    let pool = pool.map_err(|source| from_sqlx("open two generations of the views", source))?;
    // IMMEDIATE would take the write lock of both.
    let transaction = pool.begin().await.map_err(|source| from_sqlx("begin", source))?;
    Ok(Box::new(SqliteTransaction(transaction)))
}

impl SqliteDb {
    /// Moves what is in the write-ahead log into the file, and both to the disk.
    pub(crate) async fn checkpoint(&self) -> Result<(), Error> {
        let done = sqlx::query("PRAGMA wal_checkpoint(FULL)").execute(&self.writer).await;
        done.map(drop).map_err(|source| from_sqlx("checkpoint", source))
    }
}

#[async_trait]
impl Db for SqliteDb {
    async fn fetch(&self, statement: &Statement) -> Result<Vec<Row>, Error> {
        let rows = query(&statement.sql, &statement.params).fetch_all(&self.readers).await;
        rows.map_err(|source| from_sqlx("query", source))?.iter().map(row).collect()
    }

    async fn begin(&self) -> Result<Box<dyn Transaction>, Error> {
        let transaction =
            self.writer.begin_with("BEGIN IMMEDIATE").await.map_err(|source| from_sqlx("begin", source))?;
        Ok(Box::new(SqliteTransaction(transaction)))
    }

    async fn snapshot(&self) -> Result<Box<dyn Transaction>, Error> {
        let transaction = self.readers.begin().await.map_err(|source| from_sqlx("begin", source))?;
        Ok(Box::new(SqliteTransaction(transaction)))
    }

    fn now_ms(&self) -> &'static str {
        "CAST(unixepoch('subsec') * 1000 AS INTEGER)"
    }
}

#[async_trait]
impl Transaction for SqliteTransaction {
    async fn fetch(&mut self, statement: &Statement) -> Result<Vec<Row>, Error> {
        let rows = query(&statement.sql, &statement.params).fetch_all(&mut *self.0).await;
        rows.map_err(|source| from_sqlx("query", source))?.iter().map(row).collect()
    }

    async fn execute(&mut self, statement: &Statement) -> Result<u64, Error> {
        let done = query(&statement.sql, &statement.params).execute(&mut *self.0).await;
        Ok(done.map_err(|source| from_sqlx("statement", source))?.rows_affected())
    }

    async fn insert(&mut self, bulk: &BulkInsert, rows: Vec<Vec<Value>>) -> Result<(), Error> {
        let mut rows = rows.into_iter().peekable();
        while rows.peek().is_some() {
            let count = if rows.len() >= BULK_ROWS { BULK_ROWS } else { 1 };
            let sql = insert_sql(bulk, count);
            let values: Vec<Value> = rows.by_ref().take(count).flatten().collect();
            let inserted = query(&sql, &values).execute(&mut *self.0).await;
            inserted.map_err(|source| from_sqlx("bulk insert", source))?;
        }
        Ok(())
    }

    async fn commit(self: Box<Self>) -> Result<(), Error> {
        self.0.commit().await.map_err(|source| from_sqlx("commit", source))
    }
}

fn insert_sql(bulk: &BulkInsert, rows: usize) -> String {
    let width = bulk.columns.len();
    let names: Vec<&str> = bulk.columns.iter().map(|(name, _)| *name).collect();
    let tuples: Vec<String> = (0..rows)
        .map(|row| {
            let marks: Vec<String> = (1..=width).map(|column| format!("${}", row * width + column)).collect();
            format!("({})", marks.join(", "))
        })
        .collect();
    // Without WHERE, SQLite would read the ON of the suffix as part of a join only after SELECT; VALUES has no such doubt.
    format!("INSERT INTO {} ({}) VALUES {} {}", bulk.table, names.join(", "), tuples.join(", "), bulk.suffix)
}

pub(crate) fn query<'q>(sql: &str, params: &'q [Value]) -> Query<'q, Sqlite, SqliteArguments> {
    params.iter().fold(sqlx::query(AssertSqlSafe(sql.to_owned())), |query, value| match value {
        Value::Null => query.bind(None::<String>),
        Value::Bool(value) => query.bind(*value),
        Value::Int(value) => query.bind(*value),
        Value::Float(value) => query.bind(*value),
        Value::Text(value) => query.bind(value.as_str()),
        Value::Bytes(value) => query.bind(value.as_slice()),
    })
}

fn row(row: &SqliteRow) -> Result<Row, Error> {
    let value = |index: usize| -> Result<Value, sqlx::Error> {
        let raw = row.try_get_raw(index)?;
        if raw.is_null() {
            return Ok(Value::Null);
        }
        // The type of the value, not of the column: SQLite decides it row by row.
        let kind = raw.type_info().name().to_owned();
        Ok(match kind.as_str() {
            "INTEGER" | "BOOLEAN" => Value::Int(row.try_get_unchecked(index)?),
            "REAL" => Value::Float(row.try_get_unchecked(index)?),
            "BLOB" => Value::Bytes(row.try_get_unchecked(index)?),
            _ => Value::Text(row.try_get_unchecked(index)?),
        })
    };
    let values = (0..row.len()).map(value).collect::<Result<_, _>>();
    values.map(Row).map_err(|source| from_sqlx("read row", source))
}
