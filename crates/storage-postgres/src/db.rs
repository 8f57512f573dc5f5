//! Portable statements on PostgreSQL.

use async_trait::async_trait;
use runledger_storage::{BulkInsert, Column, ColumnQuery, ColumnType, Db, Error, Row, Statement, Transaction, Value};
use sqlx::postgres::{PgArguments, PgRow, Postgres};
use sqlx::query::Query;
use sqlx::{AssertSqlSafe, Column as _, Row as _, TypeInfo, ValueRef};

use crate::connections::Connections;
use crate::error::from_sqlx;

/// Connections to one database.
#[derive(Clone, Debug)]
pub struct PostgresDb {
    pub(crate) connections: Connections,
}

#[derive(Debug)]
struct PostgresTransaction(sqlx::Transaction<'static, Postgres>);

impl PostgresDb {
    /// Reads; once more where the connection was lost since it was used last.
    async fn read(&self, statement: &Statement) -> Result<Vec<PgRow>, Error> {
        let failed = |source| from_sqlx("query", source);
        let mut connection = self.connections.take().await.map_err(failed)?;
        let mut rows = query(statement).fetch_all(&mut *connection).await.map_err(failed);
        if let Err(Error::Unavailable { .. }) = rows {
            // First given back: all who have a lost one may be here at once, and wait for each other.
            drop(connection);
            connection = self.connections.proven().await.map_err(failed)?;
            rows = query(statement).fetch_all(&mut *connection).await.map_err(failed);
        }
        let rows = rows?;
        self.connections.keep(connection);
        Ok(rows)
    }

    /// Begins a transaction with this statement.
    pub(crate) async fn begin_with(&self, statement: &'static str) -> Result<Box<dyn Transaction>, Error> {
        let begun = self.connections.pool().begin_with(statement).await;
        Ok(Box::new(PostgresTransaction(begun.map_err(|source| from_sqlx("begin", source))?)))
    }
}

#[async_trait]
impl Db for PostgresDb {
    async fn fetch(&self, statement: &Statement) -> Result<Vec<Row>, Error> {
        self.read(statement).await?.iter().map(row).collect()
    }

    /// One array per column, so that one row holds all answers and one round trip brings them.
    async fn fetch_columns(&self, queries: &[ColumnQuery], params: &[Value]) -> Result<Vec<Vec<Column>>, Error> {
        let arrays = queries.iter().enumerate().map(|(number, query)| {
            let names: Vec<String> = (0..query.columns.len()).map(|index| format!("c{index}")).collect();
            let arrays: Vec<String> = names.iter().map(|name| format!("array_agg({name})")).collect();
            let (names, arrays) = (names.join(", "), arrays.join(", "));
            format!("(SELECT {arrays} FROM ({}) AS answer ({names})) AS answer{number}", query.sql)
        });
        let sql = format!("SELECT * FROM {}", arrays.collect::<Vec<_>>().join(" CROSS JOIN "));
        let rows = self.read(&Statement::new(sql, params.to_vec())).await?;
        let row = rows.first().ok_or_else(|| from_sqlx("query", sqlx::Error::RowNotFound))?;
        let mut index = 0..;
        let mut column = |kind: &ColumnType| array(row, index.next().unwrap_or_default(), *kind);
        let answers = queries.iter().map(|query| query.columns.iter().map(&mut column).collect());
        answers.collect::<Result<_, _>>().map_err(|source| from_sqlx("read columns", source))
    }

    async fn begin(&self) -> Result<Box<dyn Transaction>, Error> {
        let transaction = self.connections.pool().begin().await.map_err(|source| from_sqlx("begin", source))?;
        Ok(Box::new(PostgresTransaction(transaction)))
    }

    async fn begin_derived(&self) -> Result<Box<dyn Transaction>, Error> {
        self.begin_with("BEGIN; SET LOCAL synchronous_commit TO OFF").await
    }

    async fn snapshot(&self) -> Result<Box<dyn Transaction>, Error> {
        self.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await
    }

    /// Autocommit: one round trip.
    async fn write(&self, statement: &Statement) -> Result<Vec<Row>, Error> {
        let failed = |source| from_sqlx("statement", source);
        let mut connection = self.connections.proven().await.map_err(failed)?;
        let rows = query(statement).fetch_all(&mut *connection).await.map_err(failed)?;
        self.connections.keep(connection);
        rows.iter().map(row).collect()
    }

    fn now_ms(&self) -> &'static str {
        "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)"
    }
}

#[async_trait]
impl Transaction for PostgresTransaction {
    async fn fetch(&mut self, statement: &Statement) -> Result<Vec<Row>, Error> {
        let rows = query(statement).fetch_all(&mut *self.0).await.map_err(|source| from_sqlx("query", source))?;
        rows.iter().map(row).collect()
    }

    async fn execute(&mut self, statement: &Statement) -> Result<u64, Error> {
        let done = query(statement).execute(&mut *self.0).await.map_err(|source| from_sqlx("statement", source))?;
        Ok(done.rows_affected())
    }

    /// One array per column, so that one prepared statement takes any number of rows.
    async fn insert(&mut self, bulk: &BulkInsert, rows: Vec<Vec<Value>>) -> Result<(), Error> {
        if rows.is_empty() {
            return Ok(());
        }
        let names: Vec<&str> = bulk.columns.iter().map(|(name, _)| *name).collect();
        let arrays: Vec<String> = bulk
            .columns
            .iter()
            .enumerate()
            .map(|(index, (_, kind))| format!("${}::{}[]", index + 1, array_type(*kind)))
            .collect();
        let (names, arrays) = (names.join(", "), arrays.join(", "));
        let sql = format!("INSERT INTO {} ({names}) SELECT * FROM unnest({arrays}) {}", bulk.table, bulk.suffix);
        let mut query = sqlx::query(AssertSqlSafe(sql));
        let mut columns: Vec<Vec<Value>> = bulk.columns.iter().map(|_| Vec::with_capacity(rows.len())).collect();
        for row in rows {
            for (column, value) in columns.iter_mut().zip(row) {
                column.push(value);
            }
        }
        for ((_, kind), values) in bulk.columns.iter().zip(columns) {
            query = bind_array(query, *kind, values);
        }
        query.execute(&mut *self.0).await.map_err(|source| from_sqlx("bulk insert", source))?;
        Ok(())
    }

    async fn commit(self: Box<Self>) -> Result<(), Error> {
        self.0.commit().await.map_err(|source| from_sqlx("commit", source))
    }
}

type PgQuery<'q> = Query<'q, Postgres, PgArguments>;

/// PostgreSQL keeps one plan for all parameters of a statement that it is to remember, once it was executed five times.
fn query(statement: &Statement) -> PgQuery<'_> {
    let query = sqlx::query(AssertSqlSafe(statement.sql.as_str())).persistent(!statement.planned_anew);
    statement.params.iter().fold(query, |query, value| match value {
        Value::Null => query.bind(None::<String>),
        Value::Bool(value) => query.bind(*value),
        Value::Int(value) => query.bind(*value),
        Value::Float(value) => query.bind(*value),
        Value::Text(value) => query.bind(value.as_str()),
        Value::Bytes(value) => query.bind(value.as_slice()),
    })
}

fn array_type(kind: ColumnType) -> &'static str {
    match kind {
        ColumnType::Bool => "boolean",
        ColumnType::Int => "bigint",
        ColumnType::Float => "float8",
        ColumnType::Text => "text",
        ColumnType::Bytes => "bytea",
    }
}

/// Binds a column. A value of another kind than the column's counts as NULL, which the column then refuses.
fn bind_array(query: PgQuery<'_>, kind: ColumnType, values: Vec<Value>) -> PgQuery<'_> {
    macro_rules! bind {
        ($variant:ident) => {{
            let values = values.into_iter();
            query.bind(
                values
                    .map(|value| if let Value::$variant(value) = value { Some(value) } else { None })
                    .collect::<Vec<_>>(),
            )
        }};
    }
    match kind {
        ColumnType::Bool => bind!(Bool),
        ColumnType::Int => bind!(Int),
        ColumnType::Float => bind!(Float),
        ColumnType::Text => bind!(Text),
        ColumnType::Bytes => bind!(Bytes),
    }
}

/// A column of an answer without NULL; an answer without rows has no arrays either.
fn array(row: &PgRow, index: usize, kind: ColumnType) -> Result<Column, sqlx::Error> {
    Ok(match kind {
        ColumnType::Bool => Column::Bool(row.try_get::<Option<_>, _>(index)?.unwrap_or_default()),
        ColumnType::Int => Column::Int(row.try_get::<Option<_>, _>(index)?.unwrap_or_default()),
        ColumnType::Float => Column::Float(row.try_get::<Option<_>, _>(index)?.unwrap_or_default()),
        ColumnType::Text => Column::Text(row.try_get::<Option<_>, _>(index)?.unwrap_or_default()),
        ColumnType::Bytes => Column::Bytes(row.try_get::<Option<_>, _>(index)?.unwrap_or_default()),
    })
}

fn row(row: &PgRow) -> Result<Row, Error> {
    let value = |index: usize| -> Result<Value, sqlx::Error> {
        let raw = row.try_get_raw(index)?;
        if raw.is_null() {
            return Ok(Value::Null);
        }
        Ok(match row.column(index).type_info().name() {
            "BOOL" => Value::Bool(row.try_get(index)?),
            "INT2" => Value::Int(row.try_get::<i16, _>(index)?.into()),
            "INT4" => Value::Int(row.try_get::<i32, _>(index)?.into()),
            "INT8" => Value::Int(row.try_get(index)?),
            "FLOAT8" => Value::Float(row.try_get(index)?),
            "BYTEA" => Value::Bytes(row.try_get(index)?),
            _ => Value::Text(row.try_get(index)?),
        })
    };
    let values = (0..row.len()).map(value).collect::<Result<_, _>>();
    values.map(Row).map_err(|source| from_sqlx("read row", source))
}
