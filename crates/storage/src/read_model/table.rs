//! The table of runs: which runs match and in which order, and the cells of some of them.
//!
//! Between the two, time may pass: whoever keeps the numbers can show any part of the same table, however many runs come and go.

use std::collections::HashMap;

use super::ReadModel;
use super::runs::{COLUMNS, RunHead, head};
use crate::search::{Aggregate, RunQuery, SearchError, ViewType, compile_run_numbers};
use crate::{Error, Row, Statement};

/// A column of the table besides those that every run has.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum TableColumn {
    Param(String),
    Metric(String, Aggregate),
    Tag(String),
}

/// What a cell holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// The run has nothing there.
    Empty,
    Text(String),
    Number(f64),
}

/// A run with its cells, one for each column that was asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct TableRow {
    pub head: RunHead,
    pub cells: Vec<Cell>,
}

/// Runs per statement; databases limit how many parameters a statement takes.
const CHUNK: usize = 500;

/// Where the values of a key belong in a row, and which of them.
type Places<'a> = HashMap<&'a str, Vec<(usize, Aggregate)>>;

impl ReadModel {
    /// The numbers of all matching runs in their order, up to `max_results` of the query.
    pub async fn run_numbers(&self, query: &RunQuery<'_>) -> Result<Result<Vec<i64>, SearchError>, Error> {
        let search = match compile_run_numbers(query) {
            Ok(search) => search,
            Err(error) => return Ok(Err(error)),
        };
        let page = search.fetch(self.db.as_ref()).await?;
        page.rows.iter().map(|row| row.int(0)).collect::<Result<_, _>>().map(Ok)
    }

    /// How many runs the experiments have.
    pub async fn count_runs(&self, experiment_ids: &[i64], view: ViewType) -> Result<i64, Error> {
        let mut statement = Statement::default();
        let experiments = statement.bind_list(experiment_ids.iter().copied());
        let view = view.condition("deleted").map(|condition| format!(" AND {condition}")).unwrap_or_default();
        statement.sql = format!("SELECT COUNT(*) FROM runs WHERE experiment_id IN {experiments}{view}");
        self.db.fetch(&statement).await?.first().map_or(Ok(0), |row| row.int(0))
    }

    /// The ids of these runs, in no order. A run that was purged since is left out.
    pub async fn run_ids(&self, numbers: &[i64]) -> Result<Vec<String>, Error> {
        let mut ids = Vec::with_capacity(numbers.len());
        for chunk in numbers.chunks(CHUNK) {
            let mut statement = Statement::default();
            let list = statement.bind_list(chunk.iter().copied());
            statement.sql = format!("SELECT run_id FROM runs WHERE run_no IN {list}");
            for mut row in self.db.fetch(&statement).await? {
                ids.push(row.text(0)?);
            }
        }
        Ok(ids)
    }

    /// The rows of these runs, in this order. A run that was purged since is left out.
    pub async fn table_rows(&self, numbers: &[i64], columns: &[TableColumn]) -> Result<Vec<TableRow>, Error> {
        let mut rows = HashMap::with_capacity(numbers.len());
        for chunk in numbers.chunks(CHUNK) {
            let mut statement = Statement::default();
            let list = statement.bind_list(chunk.iter().copied());
            statement.sql = format!("SELECT {COLUMNS} FROM runs WHERE run_no IN {list}");
            for row in self.db.fetch(&statement).await? {
                let (number, head) = head(row)?;
                rows.insert(number, TableRow { head, cells: vec![Cell::Empty; columns.len()] });
            }
            self.fill_cells(chunk, columns, &mut rows).await?;
        }
        Ok(numbers.iter().filter_map(|number| rows.remove(number)).collect())
    }

    async fn fill_cells(
        &self,
        numbers: &[i64],
        columns: &[TableColumn],
        rows: &mut HashMap<i64, TableRow>,
    ) -> Result<(), Error> {
        let mut tables: HashMap<&str, Places<'_>> = HashMap::new();
        for (place, column) in columns.iter().enumerate() {
            let (table, key, aggregate) = match column {
                TableColumn::Param(key) => ("params", key, Aggregate::Last),
                TableColumn::Metric(key, aggregate) => ("metrics", key, *aggregate),
                TableColumn::Tag(key) => ("tags", key, Aggregate::Last),
            };
            tables.entry(table).or_default().entry(key).or_default().push((place, aggregate));
        }
        for (table, places) in tables {
            let mut statement = Statement::default();
            let list = statement.bind_list(numbers.iter().copied());
            let keys = statement.bind_list(places.keys().copied());
            let values = if table == "metrics" { "value, is_nan, min_value, max_value" } else { "value" };
            statement.sql =
                format!("SELECT run_no, key, {values} FROM {table} WHERE run_no IN {list} AND key IN {keys}");
            for mut row in self.db.fetch(&statement).await? {
                let (number, key) = (row.int(0)?, row.text(1)?);
                let text = if table == "metrics" { None } else { Some(row.text(2)?) };
                let Some(target) = rows.get_mut(&number) else { continue };
                for (place, aggregate) in places.get(key.as_str()).into_iter().flatten() {
                    if let Some(cell) = target.cells.get_mut(*place) {
                        *cell = match &text {
                            Some(text) => Cell::Text(text.clone()),
                            None => metric_cell(&row, *aggregate)?,
                        };
                    }
                }
            }
        }
        Ok(())
    }
}

/// Reads `value, is_nan, min_value, max_value` behind two other columns.
fn metric_cell(row: &Row, aggregate: Aggregate) -> Result<Cell, Error> {
    let extreme = |value: Option<f64>| value.map_or(Cell::Empty, Cell::Number);
    Ok(match aggregate {
        Aggregate::Last if row.bool(3)? => Cell::Number(f64::NAN),
        Aggregate::Last => Cell::Number(row.float(2)?),
        Aggregate::Min => extreme(row.opt_float(4)?),
        Aggregate::Max => extreme(row.opt_float(5)?),
    })
}
