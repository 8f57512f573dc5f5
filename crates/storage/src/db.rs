//! The seam to a SQL database: portable statements run with [`Value`]s and answer [`Row`]s.
//!
//! A statement is written once, in SQL that PostgreSQL and SQLite both take: `$1` parameters, `ON CONFLICT … DO UPDATE`,
//! `RETURNING`, row comparison, window functions, `NULLS LAST`. A back end only knows how to bind, fetch and insert in bulk.

use async_trait::async_trait;
use std::fmt::Debug;

use crate::Error;

/// A value bound to a statement or read from a row.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Value {
    #[default]
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(String),
    Bytes(Vec<u8>),
}

/// A statement with its parameters, in the order of `$1`, `$2`, ….
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Statement {
    pub sql: String,
    pub params: Vec<Value>,
    /// Its plan has to fit these parameters: one that is kept for all there may be is far from the best for some.
    pub planned_anew: bool,
}

impl Statement {
    pub fn new(sql: impl Into<String>, params: Vec<Value>) -> Self {
        Self { sql: sql.into(), params, planned_anew: false }
    }

    /// Adds a parameter and returns its placeholder, such as `$3`.
    pub fn bind(&mut self, value: impl Into<Value>) -> String {
        self.params.push(value.into());
        format!("${}", self.params.len())
    }

    /// Adds the values as parameters and returns `($1, $2, …)`, for use after `IN`. With no value it is `(NULL)`, which nothing is in.
    pub fn bind_list<V: Into<Value>>(&mut self, values: impl IntoIterator<Item = V>) -> String {
        let list: Vec<String> = values.into_iter().map(|value| self.bind(value)).collect();
        if list.is_empty() { "(NULL)".to_owned() } else { format!("({})", list.join(", ")) }
    }
}

/// One row of an answer; columns are taken by index, in the order of the `SELECT`.
#[derive(Clone, Debug, PartialEq)]
pub struct Row(pub Vec<Value>);

/// What a column of a bulk insert holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnType {
    Bool,
    Int,
    Float,
    Text,
    Bytes,
}

/// A query that is answered by columns, each of the given type and without NULL.
#[derive(Debug)]
pub struct ColumnQuery {
    pub sql: String,
    pub columns: &'static [ColumnType],
}

/// A column of an answer, which has no NULL.
#[derive(Clone, Debug, PartialEq)]
pub enum Column {
    Bool(Vec<bool>),
    Int(Vec<i64>),
    Float(Vec<f64>),
    Text(Vec<String>),
    Bytes(Vec<Vec<u8>>),
}

/// An insert of many rows: `INSERT INTO <table> (<columns>) <rows> <suffix>`.
#[derive(Debug)]
pub struct BulkInsert {
    pub table: &'static str,
    pub columns: &'static [(&'static str, ColumnType)],
    /// What follows the rows: the `ON CONFLICT` clause, or nothing. No two rows of one call may conflict with each other.
    pub suffix: &'static str,
}

/// Reads on a pool of connections.
#[async_trait]
pub trait Db: Debug + Send + Sync {
    async fn fetch(&self, statement: &Statement) -> Result<Vec<Row>, Error>;

    /// The answers to several queries with the same parameters, column by column: for many short rows, of which each would cost
    /// more than what is in it.
    async fn fetch_columns(&self, queries: &[ColumnQuery], params: &[Value]) -> Result<Vec<Vec<Column>>, Error> {
        let mut answers = Vec::with_capacity(queries.len());
        for ColumnQuery { sql, columns } in queries {
            let mut answer: Vec<Column> = columns.iter().map(|kind| Column::new(*kind)).collect();
            for mut row in self.fetch(&Statement::new(sql, params.to_vec())).await? {
                for (index, column) in answer.iter_mut().enumerate() {
                    column.push(&mut row, index)?;
                }
            }
            answers.push(answer);
        }
        Ok(answers)
    }

    /// Begins a write transaction. It is rolled back when it is dropped without [`Transaction::commit`].
    async fn begin(&self) -> Result<Box<dyn Transaction>, Error>;

    /// The same for what is derived from the log, which is written again should the last of it be lost when the database goes down.
    /// It may therefore be committed before it is on the disk, and is lost whole and in its order, if at all.
    async fn begin_derived(&self) -> Result<Box<dyn Transaction>, Error> {
        self.begin().await
    }

    /// Begins a transaction that only reads, and in which every statement sees the database as the first one does.
    async fn snapshot(&self) -> Result<Box<dyn Transaction>, Error>;

    /// Runs one writing statement in a transaction of its own, and answers the rows that it returns.
    async fn write(&self, statement: &Statement) -> Result<Vec<Row>, Error> {
        let mut transaction = self.begin().await?;
        let rows = transaction.fetch(statement).await?;
        transaction.commit().await?;
        Ok(rows)
    }

    /// The SQL expression for the present time by the database's own clock, in milliseconds since the epoch.
    fn now_ms(&self) -> &'static str;
}

/// A transaction.
#[async_trait]
pub trait Transaction: Send {
    async fn fetch(&mut self, statement: &Statement) -> Result<Vec<Row>, Error>;

    /// Runs a statement and returns the number of rows it changed.
    async fn execute(&mut self, statement: &Statement) -> Result<u64, Error>;

    /// Inserts the rows, each with a value for every column.
    async fn insert(&mut self, bulk: &BulkInsert, rows: Vec<Vec<Value>>) -> Result<(), Error>;

    async fn commit(self: Box<Self>) -> Result<(), Error>;
}

impl Column {
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Bool(values) => values.is_empty(),
            Self::Int(values) => values.is_empty(),
            Self::Float(values) => values.is_empty(),
            Self::Text(values) => values.is_empty(),
            Self::Bytes(values) => values.is_empty(),
        }
    }

    fn new(kind: ColumnType) -> Self {
        match kind {
            ColumnType::Bool => Self::Bool(Vec::new()),
            ColumnType::Int => Self::Int(Vec::new()),
            ColumnType::Float => Self::Float(Vec::new()),
            ColumnType::Text => Self::Text(Vec::new()),
            ColumnType::Bytes => Self::Bytes(Vec::new()),
        }
    }

    fn push(&mut self, row: &mut Row, index: usize) -> Result<(), Error> {
        match self {
            Self::Bool(values) => values.push(row.bool(index)?),
            Self::Int(values) => values.push(row.int(index)?),
            Self::Float(values) => values.push(row.float(index)?),
            Self::Text(values) => values.push(row.text(index)?),
            Self::Bytes(values) => values.push(row.bytes(index)?),
        }
        Ok(())
    }
}

impl Row {
    /// Takes the integer at `index`.
    pub fn int(&self, index: usize) -> Result<i64, Error> {
        self.opt_int(index)?.ok_or_else(|| unexpected(index, "an integer"))
    }

    /// Takes the integer at `index`, or nothing where the column is NULL.
    pub fn opt_int(&self, index: usize) -> Result<Option<i64>, Error> {
        match self.0.get(index) {
            Some(Value::Int(value)) => Ok(Some(*value)),
            Some(Value::Null) => Ok(None),
            _ => Err(unexpected(index, "an integer")),
        }
    }

    /// Takes the boolean at `index`; SQLite answers 0 or 1.
    pub fn bool(&self, index: usize) -> Result<bool, Error> {
        match self.0.get(index) {
            Some(Value::Bool(value)) => Ok(*value),
            Some(Value::Int(value)) => Ok(*value != 0),
            _ => Err(unexpected(index, "a boolean")),
        }
    }

    /// Takes the number at `index`; SQLite may answer a whole one as an integer.
    #[expect(clippy::cast_precision_loss, reason = "only whole floats that SQLite shortened arrive as integers")]
    pub fn float(&self, index: usize) -> Result<f64, Error> {
        match self.0.get(index) {
            Some(Value::Float(value)) => Ok(*value),
            Some(Value::Int(value)) => Ok(*value as f64),
            _ => Err(unexpected(index, "a number")),
        }
    }

    /// Takes the number at `index`, or nothing where the column is NULL.
    pub fn opt_float(&self, index: usize) -> Result<Option<f64>, Error> {
        if matches!(self.0.get(index), Some(Value::Null)) { Ok(None) } else { self.float(index).map(Some) }
    }

    /// Takes the text at `index` out of the row.
    pub fn text(&mut self, index: usize) -> Result<String, Error> {
        self.opt_text(index)?.ok_or_else(|| unexpected(index, "text"))
    }

    /// Takes the text at `index` out of the row, or nothing where the column is NULL.
    pub fn opt_text(&mut self, index: usize) -> Result<Option<String>, Error> {
        match self.0.get_mut(index).map(std::mem::take) {
            Some(Value::Text(value)) => Ok(Some(value)),
            Some(Value::Null) => Ok(None),
            _ => Err(unexpected(index, "text")),
        }
    }

    /// Takes the bytes at `index` out of the row.
    pub fn bytes(&mut self, index: usize) -> Result<Vec<u8>, Error> {
        self.opt_bytes(index)?.ok_or_else(|| unexpected(index, "bytes"))
    }

    /// Takes the bytes at `index` out of the row, or nothing where the column is NULL.
    pub fn opt_bytes(&mut self, index: usize) -> Result<Option<Vec<u8>>, Error> {
        match self.0.get_mut(index).map(std::mem::take) {
            Some(Value::Bytes(value)) => Ok(Some(value)),
            Some(Value::Null) => Ok(None),
            _ => Err(unexpected(index, "bytes")),
        }
    }
}

fn unexpected(index: usize, expected: &str) -> Error {
    Error::Corrupt { table: "(query)", id: format!("column {index}"), reason: format!("expected {expected}") }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<f64> for Value {
    fn from(value: f64) -> Self {
        Self::Float(value)
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}

impl From<String> for Value {
    fn from(value: String) -> Self {
        Self::Text(value)
    }
}

impl From<&String> for Value {
    fn from(value: &String) -> Self {
        Self::Text(value.clone())
    }
}

impl From<Vec<u8>> for Value {
    fn from(value: Vec<u8>) -> Self {
        Self::Bytes(value)
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}
