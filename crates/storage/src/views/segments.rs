//! The history of metrics: segments that come in small and are merged, level by level.
//!
//! A projector inserts one segment of level 0 per batch, run and key. Whenever a level holds [`FANOUT`] of them they become one
//! of the next level, so that a point is rewritten once per level and a history of any length has few segments. Segments that
//! have grown to [`SEALED`] points stay as they are, and have an outline for charts beside them.

use runledger_domain::points::{Columns, merge, outline};
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::ColumnType::{Bytes, Int, Text};
use crate::{BulkInsert, Error, Row, Statement, Transaction, Value};

/// Segments of one level that are merged into one of the next.
const FANOUT: u32 = 16;
/// A segment with this many points is not merged any further.
const SEALED: i64 = 8_192;
/// A merged segment is cut into pieces of at most this many points.
const PIECE: usize = 16_384;

/// The segments of one level of a metric's history.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SegmentKey {
    pub run_no: i64,
    pub key: Arc<str>,
    pub level: i64,
}

const SEGMENTS: BulkInsert = BulkInsert {
    table: "metric_segments",
    columns: &[
        ("run_no", Int),
        ("key", Text),
        ("segment", Int),
        ("level", Int),
        ("points", Int),
        ("columns", Bytes),
        ("outline", Bytes),
    ],
    suffix: "",
};

impl SegmentKey {
    /// How many segments of a level make one of the next.
    pub const FANOUT: u32 = FANOUT;
}

pub(super) async fn insert(
    transaction: &mut dyn Transaction,
    segments: BTreeMap<(i64, Arc<str>), (i64, Columns)>,
) -> Result<(), Error> {
    let rows = segments
        .into_iter()
        .map(|((run_no, key), (segment, columns))| row(run_no, &key, segment, 0, &columns))
        .collect();
    transaction.insert(&SEGMENTS, rows).await
}

/// Merges the open segments of the level into one of the next level.
pub(super) async fn merge_level(transaction: &mut dyn Transaction, key: &SegmentKey) -> Result<(), Error> {
    let open = "run_no = $1 AND key = $2 AND level = $3 AND points < $4 AND object IS NULL";
    let params = || vec![key.run_no.into(), (&*key.key).into(), key.level.into(), SEALED.into()];
    let select = format!("SELECT segment, columns FROM metric_segments WHERE {open} ORDER BY segment");
    let rows = transaction.fetch(&Statement::new(select, params())).await?;
    if rows.len() < 2 {
        return Ok(());
    }
    let mut numbers = Vec::with_capacity(rows.len());
    let mut pieces = Vec::with_capacity(rows.len());
    for row in rows {
        let (segment, columns) = read_segment(row)?;
        pieces.push(columns);
        numbers.push(segment);
    }
    transaction.execute(&Statement::new(format!("DELETE FROM metric_segments WHERE {open}"), params())).await?;
    let merged = merge(pieces);
    // Of one size, so that none of several is small enough to be merged again, with points of another time. Each open segment was
    // smaller than half a piece, so there are more old numbers than pieces.
    let pieces = merged.len().div_ceil(PIECE).max(1);
    let size = merged.len().div_ceil(pieces);
    let rows = numbers.into_iter().enumerate().map_while(|(index, segment)| {
        let start = index * size;
        let end = (start + size).min(merged.len());
        (start < end).then(|| row(key.run_no, &key.key, segment, key.level + 1, &merged.slice(start..end)))
    });
    transaction.insert(&SEGMENTS, rows.collect()).await
}

/// Reads the columns `segment, columns`.
pub(crate) fn read_segment(mut row: Row) -> Result<(i64, Columns), Error> {
    let segment = row.int(0)?;
    Ok((segment, decode_segment(segment, &row.bytes(1)?)?))
}

/// Decodes the columns or the outline of the segment.
pub(crate) fn decode_segment(segment: i64, bytes: &[u8]) -> Result<Columns, Error> {
    Columns::decode(bytes).map_err(|source| Error::Corrupt {
        table: "metric_segments",
        id: segment.to_string(),
        reason: source.to_string(),
    })
}

fn row(run_no: i64, key: &str, segment: i64, level: i64, columns: &Columns) -> Vec<Value> {
    let points = i64::try_from(columns.len()).unwrap_or(i64::MAX);
    // A small one is soon merged into another, and quickly read.
    let outline = if points < SEALED { None } else { outline(columns) };
    let outline = outline.map_or(Value::Null, |outline| outline.encode().into());
    vec![run_no.into(), key.into(), segment.into(), level.into(), points.into(), columns.encode().into(), outline]
}
