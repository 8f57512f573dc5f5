//! A compiled search, and how it is run page by page.

use super::error::SearchError;
use super::keys::{KeyKind, SortKey, after, order_by};
use super::token::{Cursor, KeyValue, invalid};
use crate::{Db, Error, Row, Statement};

/// A compiled search for one page.
///
/// The order falls into parts, such as numbers, then NaN, then runs without the metric. Each part is a statement of its
/// own that can walk an index; later parts run only when the earlier ones do not fill the page.
#[derive(Debug)]
pub struct Search {
    parts: Vec<Part>,
    columns: usize,
    max_results: usize,
    digest: String,
}

/// One part of the order, from the cursor on.
#[derive(Debug)]
pub(super) struct Part {
    /// Its place among all parts of the search.
    pub(super) index: usize,
    pub(super) statement: Statement,
    pub(super) keys: Vec<KeyKind>,
}

/// One page of rows.
#[derive(Debug)]
pub struct Page {
    /// Rows with the columns that the search documents.
    pub rows: Vec<Row>,
    /// Present when there is at least one more row.
    pub next_page_token: Option<String>,
}

impl Search {
    pub(super) fn new(parts: Vec<Part>, columns: usize, max_results: usize, digest: String) -> Self {
        Self { parts, columns, max_results, digest }
    }

    /// The statements of the page, in order. Each answers up to `max_results + 1` rows: the documented columns, then
    /// its sort keys.
    pub fn statements(&self) -> impl Iterator<Item = &Statement> {
        self.parts.iter().map(|part| &part.statement)
    }

    /// Runs the search.
    pub async fn fetch(&self, db: &dyn Db) -> Result<Page, Error> {
        let mut rows = Vec::new();
        let mut last_part = None;
        let mut next_page_token = None;
        for part in &self.parts {
            let mut found = db.fetch(&part.statement).await?;
            let room = self.max_results - rows.len();
            let more = found.len() > room;
            found.truncate(room);
            if !found.is_empty() {
                last_part = Some(part);
            }
            rows.append(&mut found);
            if more {
                next_page_token =
                    last_part.zip(rows.last_mut()).map(|(part, row)| self.token(part, row)).transpose()?;
                break;
            }
        }
        for row in &mut rows {
            row.0.truncate(self.columns);
        }
        Ok(Page { rows, next_page_token })
    }

    fn token(&self, part: &Part, row: &mut Row) -> Result<String, Error> {
        let keys = part.keys.iter().enumerate();
        let keys =
            keys.map(|(index, kind)| KeyValue::take(row, self.columns + index, *kind)).collect::<Result<_, _>>()?;
        Ok(Cursor { search: self.digest.clone(), part: part.index, keys }.encode())
    }
}

/// The pieces of a `SELECT`, put together by [`Select::finish`].
#[derive(Debug)]
pub(super) struct Select {
    pub(super) statement: Statement,
    /// What follows `FROM`: the table, then joins.
    pub(super) from: Vec<String>,
    pub(super) conditions: Vec<String>,
    pub(super) keys: Vec<SortKey>,
}

impl Select {
    pub(super) fn new(from: &str) -> Self {
        Self { statement: Statement::default(), from: vec![from.to_owned()], conditions: Vec::new(), keys: Vec::new() }
    }

    /// Leaves only the rows behind the cursor. The keys must be complete by now.
    pub(super) fn resume(&mut self, cursor: &Cursor) -> Result<(), SearchError> {
        let fits = cursor.keys.len() == self.keys.len();
        if !fits || !self.keys.iter().zip(&cursor.keys).all(|(key, value)| value.fits(key.kind)) {
            return Err(invalid(cursor));
        }
        self.conditions.push(after(&mut self.statement, &self.keys, &cursor.keys));
        Ok(())
    }

    /// Writes the statement of part `index` for a page of `max_results` rows.
    pub(super) fn finish(self, columns: &[&str], index: usize, max_results: usize) -> Part {
        let Self { mut statement, from, conditions, keys } = self;
        // Which of the tables is gone through first depends on how much the filter leaves.
        statement.planned_anew = from.len() > 1;
        let selected = columns.iter().copied().chain(keys.iter().map(|key| key.expression.as_str()));
        statement.sql = format!(
            "SELECT {} FROM {}{}{} ORDER BY {} LIMIT {}",
            selected.collect::<Vec<_>>().join(", "),
            from.join(" "),
            if conditions.is_empty() { "" } else { " WHERE " },
            conditions.join(" AND "),
            order_by(&keys),
            max_results.saturating_add(1),
        );
        Part { index, statement, keys: keys.iter().map(|key| key.kind).collect() }
    }
}
