//! The runs of a search in groups: those with the same params, tags, status or user, with their metrics in numbers.

use super::ReadModel;
use crate::search::{RunQuery, SearchError, compile_run_numbers};
use crate::{Error, Row, Statement};

/// What the runs of a group have in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GroupColumn {
    Param(String),
    Tag(String),
    Status,
    User,
}

/// Runs that have the same values.
#[derive(Clone, Debug, PartialEq)]
pub struct RunGroup {
    /// One for each column, in their order; `None` where the runs have none.
    pub values: Vec<Option<String>>,
    pub runs: i64,
    /// The latest start, in milliseconds since the epoch.
    pub last_start: i64,
    /// One for each metric that was asked for.
    pub metrics: Vec<MetricSpread>,
}

/// The latest values of a metric over a group. NaN is left out, as are runs without the metric.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct MetricSpread {
    /// Runs with a value.
    pub runs: i64,
    pub min: Option<f64>,
    /// `None` also where the sum of infinities is no number.
    pub mean: Option<f64>,
    pub max: Option<f64>,
}

/// Values are made this much smaller before they are added up, because PostgreSQL refuses a sum that is too large for a double.
/// A power of two changes no digit, and a table has no more runs than this.
const SCALE: f64 = 1_048_576.0;

impl ReadModel {
    /// The groups of the runs that match, the largest first, at most `limit` of them. The order of the query has no effect.
    pub async fn run_groups(
        &self,
        query: &RunQuery<'_>,
        columns: &[GroupColumn],
        metrics: &[String],
        limit: i64,
    ) -> Result<Result<Vec<RunGroup>, SearchError>, Error> {
        let search = match compile_run_numbers(&RunQuery { order_by: &[], page_token: None, ..*query }) {
            Ok(search) => search,
            Err(error) => return Ok(Err(error)),
        };
        // Without an order there is one statement.
        let Some(matching) = search.statements().next() else { return Ok(Ok(Vec::new())) };
        let statement = statement(matching.clone(), columns, metrics, limit);
        let group = |row| group(row, columns.len(), metrics.len());
        self.db.fetch(&statement).await?.into_iter().map(group).collect::<Result<_, _>>().map(Ok)
    }
}

fn statement(mut statement: Statement, columns: &[GroupColumn], metrics: &[String], limit: i64) -> Statement {
    let mut from = vec![format!("({}) AS matching JOIN runs r ON r.run_no = matching.run_no", statement.sql)];
    let mut values = Vec::new();
    for (index, column) in columns.iter().enumerate() {
        let (table, key) = match column {
            GroupColumn::Param(key) => ("params", key),
            GroupColumn::Tag(key) => ("tags", key),
            GroupColumn::Status => {
                values.push("r.status".to_owned());
                continue;
            }
            GroupColumn::User => {
                values.push("r.user_id".to_owned());
                continue;
            }
        };
        let key = statement.bind(key);
        from.push(format!("LEFT JOIN {table} g{index} ON g{index}.run_no = r.run_no AND g{index}.key = {key}"));
        values.push(format!("g{index}.value"));
    }
    let (groups, order) = (values.join(", "), values.join(" NULLS LAST, "));
    let mut selected = values;
    selected.extend(["COUNT(*)".to_owned(), "MAX(r.start_time)".to_owned()]);
    for (index, key) in metrics.iter().enumerate() {
        let key = statement.bind(key);
        from.push(format!(
            "LEFT JOIN metrics m{index} ON m{index}.run_no = r.run_no AND m{index}.key = {key} AND m{index}.is_nan = FALSE"
        ));
        let value = format!("m{index}.value");
        selected.push(format!("COUNT({value}), MIN({value}), SUM({value} / {SCALE:.1}), MAX({value})"));
    }
    let limit = statement.bind(limit);
    statement.sql = format!(
        "SELECT {} FROM {} GROUP BY {groups} \
         ORDER BY COUNT(*) DESC, MAX(r.start_time) DESC, {order} NULLS LAST LIMIT {limit}",
        selected.join(", "),
        from.join(" "),
    );
    statement
}

#[expect(clippy::cast_precision_loss, reason = "a table has far fewer runs than a double has whole numbers")]
fn group(mut row: Row, columns: usize, metrics: usize) -> Result<RunGroup, Error> {
    let values = (0..columns).map(|index| row.opt_text(index)).collect::<Result<_, _>>()?;
    let spread = |metric: usize| {
        let at = columns + 2 + metric * 4;
        let runs = row.int(at)?;
        // A sum of infinities that is no number is NaN in PostgreSQL and NULL in SQLite.
        let sum = row.opt_float(at + 2)?.filter(|sum| !sum.is_nan());
        let mean = sum.map(|sum| sum / runs as f64 * SCALE);
        Ok::<_, Error>(MetricSpread { runs, min: row.opt_float(at + 1)?, mean, max: row.opt_float(at + 3)? })
    };
    let metrics = (0..metrics).map(spread).collect::<Result<_, _>>()?;
    Ok(RunGroup { values, runs: row.int(columns)?, last_start: row.int(columns + 1)?, metrics })
}
