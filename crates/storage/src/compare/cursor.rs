//! Reading a table in the order of its key, some rows at a time.

use std::cmp::Ordering;
use std::collections::VecDeque;

use super::tables::Compared;
use crate::{Error, Row, Statement, Transaction, Value};

/// Rows per statement.
const PAGE: usize = 4_000;

/// A place in a table.
pub(super) struct Cursor {
    table: &'static Compared,
    rows: VecDeque<Row>,
    last: Option<Vec<Value>>,
    /// The last page was not full.
    ended: bool,
}

impl Cursor {
    pub(super) fn new(table: &'static Compared) -> Self {
        Self { table, rows: VecDeque::new(), last: None, ended: false }
    }

    /// The next row, with booleans as numbers, as SQLite has them.
    pub(super) async fn next(&mut self, transaction: &mut dyn Transaction) -> Result<Option<Vec<Value>>, Error> {
        if self.rows.is_empty() && !self.ended {
            let rows = transaction.fetch(&self.page()).await?;
            self.ended = rows.len() < PAGE;
            self.last = rows.last().map(|row| row.0.iter().take(self.table.key).cloned().collect());
            self.rows = rows.into();
        }
        let same = |value| if let Value::Bool(value) = value { Value::Int(value.into()) } else { value };
        Ok(self.rows.pop_front().map(|row| row.0.into_iter().map(same).collect()))
    }

    fn page(&self) -> Statement {
        let Compared { name, columns, key, .. } = self.table;
        let keys: Vec<&str> = columns.iter().take(*key).copied().collect();
        let mut statement = Statement::default();
        let after = self.last.as_ref().map(|last| {
            let last: Vec<String> = last.iter().map(|value| statement.bind(value.clone())).collect();
            format!("WHERE ({}) > ({})", keys.join(", "), last.join(", "))
        });
        statement.sql = format!(
            "SELECT {} FROM {name} {} ORDER BY {} LIMIT {PAGE}",
            columns.join(", "),
            after.unwrap_or_default(),
            keys.join(", ")
        );
        statement
    }
}

/// Which of two rows comes first by the key; one that is not there comes last.
pub(super) fn order(table: &Compared, one: Option<&Vec<Value>>, other: Option<&Vec<Value>>) -> Ordering {
    match (one, other) {
        (Some(one), Some(other)) => {
            let pairs = one.iter().zip(other).take(table.key);
            pairs.map(|(one, other)| key_order(one, other)).find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
        }
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => Ordering::Equal,
    }
}

/// Keys are numbers and texts; both databases compare these byte by byte.
fn key_order(one: &Value, other: &Value) -> Ordering {
    match (one, other) {
        (Value::Int(one), Value::Int(other)) => one.cmp(other),
        (Value::Text(one), Value::Text(other)) => one.cmp(other),
        _ => Ordering::Equal,
    }
}
