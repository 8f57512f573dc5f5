//! Everything that the views say, as text: two views of one log must give the same.

use runledger_domain::points::{Columns, merge};
use std::collections::BTreeMap;

use super::Failure;
use crate::compare::{Compared, TABLES};
use crate::views::read_segment;
use crate::{Db, Row, Statement, Value};

/// One line per row and one per history, which may be cut into segments in any way.
pub async fn snapshot(db: &dyn Db) -> Result<Vec<String>, Failure> {
    let mut lines = Vec::new();
    for Compared { name, columns, .. } in TABLES {
        let rows = db.fetch(&Statement::new(format!("SELECT {} FROM {name}", columns.join(", ")), vec![])).await?;
        let mut rows: Vec<String> = rows.into_iter().map(|row| format!("{name} {}", text(row))).collect();
        rows.sort();
        lines.extend(rows);
    }
    let mut histories: BTreeMap<(i64, String), Vec<Columns>> = BTreeMap::new();
    let segments = "SELECT segment, columns, run_no, key FROM metric_segments ORDER BY run_no, key, segment";
    for mut row in db.fetch(&Statement::new(segments, vec![])).await? {
        let of = (row.int(2)?, row.text(3)?);
        histories.entry(of).or_default().push(read_segment(row)?.1);
    }
    let history = |(of, pieces)| format!("history {of:?} {:?}", merge(pieces).iter().collect::<Vec<_>>());
    lines.extend(histories.into_iter().map(history));
    Ok(lines)
}

/// SQLite has no booleans.
fn text(row: Row) -> String {
    let same = |value| if let Value::Bool(value) = value { Value::Int(value.into()) } else { value };
    format!("{:?}", row.0.into_iter().map(same).collect::<Vec<_>>())
}
