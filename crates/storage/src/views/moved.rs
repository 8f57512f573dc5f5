//! Segments that lie in objects: which can be moved there, moving them, and fetching them from there.
//!
//! Invariant: a segment is in its row or in its object, whoever looks; and only in the generation of the views whose segments were
//! written to the object does a row name it.

use async_trait::async_trait;
use futures::{StreamExt, TryStreamExt, stream};
use std::fmt::Debug;
use std::sync::atomic::Ordering;

use super::{Shards, Views};
use crate::{Error, Row, Statement, Value};

/// Reads segments out of objects. What it cannot read is an [`Error::Archive`].
#[async_trait]
pub trait SegmentObjects: Debug + Send + Sync {
    /// The bytes of the object from `start` on, as many as `bytes`.
    async fn read(&self, object: &str, start: u64, bytes: u64) -> Result<Vec<u8>, Error>;

    /// What is wrong with the object, if anything. Reads all of it.
    async fn check(&self, object: &str) -> Result<Option<String>, Error>;
}

/// A run that has ended, with segments that are in the database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MovableRun {
    pub run_no: i64,
    pub run_id: String,
    pub segments: i64,
    /// Of all these segments.
    pub bytes: i64,
}

/// A segment that is in the database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MovableSegment {
    pub key: String,
    pub segment: i64,
    pub level: i64,
    pub columns: Vec<u8>,
}

/// Ranges of objects that are fetched at a time, and how large each is made of neighbours.
const AT_ONCE: usize = 8;
const RANGE: u64 = 8 << 20;

/// What [`fetch`] needs of a segment, behind its other columns.
pub(crate) const PLACE: &str = "object, object_start, object_bytes";

/// Neighbouring segments of one object.
struct Range {
    object: String,
    start: u64,
    end: u64,
    /// The places of their rows, and where each of them ends.
    rows: Vec<(usize, u64)>,
}

/// Fetches the bytes of the segments that lie in objects, and puts them where the others have them: in column 1. The columns
/// [`PLACE`] begin at `place`.
pub(crate) async fn fetch(rows: &mut [Row], place: usize, objects: Option<&dyn SegmentObjects>) -> Result<(), Error> {
    let ranges = ranges(rows, place)?;
    if ranges.is_empty() {
        return Ok(());
    }
    let objects = objects.ok_or_else(|| Error::Corrupt {
        table: "metric_segments",
        id: ranges.first().map(|range| range.object.clone()).unwrap_or_default(),
        reason: "points are in objects, and nothing is here to read them".to_owned(),
    })?;
    let read = |range: Range| async move {
        let bytes = objects.read(&range.object, range.start, range.end - range.start).await?;
        Ok::<_, Error>((range, bytes))
    };
    let mut read = stream::iter(ranges.into_iter().map(read)).buffered(AT_ONCE).boxed();
    while let Some((range, mut bytes)) = read.try_next().await? {
        // From the end on, so that each is cut off.
        for (row, end) in range.rows.into_iter().rev() {
            let own = usize::try_from(end - range.start).unwrap_or_default().min(bytes.len());
            let before = rows.get(row).map_or(Ok(0), |row| row.int(place + 2))?;
            let begin = own.saturating_sub(usize::try_from(before).unwrap_or_default());
            if let Some(columns) = rows.get_mut(row).and_then(|row| row.0.get_mut(1)) {
                *columns = Value::Bytes(bytes.split_off(begin));
            }
        }
    }
    Ok(())
}

fn ranges(rows: &[Row], place: usize) -> Result<Vec<Range>, Error> {
    let mut ranges: Vec<Range> = Vec::new();
    for (number, row) in rows.iter().enumerate() {
        let Some(Value::Text(object)) = row.0.get(place) else { continue };
        let (start, bytes) = (row.int(place + 1)?, row.int(place + 2)?);
        let start = u64::try_from(start).unwrap_or_default();
        let end = start + u64::try_from(bytes).unwrap_or_default();
        match ranges.last_mut() {
            Some(range) if range.object == *object && range.end == start && end - range.start <= RANGE => {
                range.end = end;
                range.rows.push((number, end));
            }
            _ => ranges.push(Range { object: object.clone(), start, end, rows: vec![(number, end)] }),
        }
    }
    Ok(ranges)
}

impl Views {
    /// Runs that ended at that time or before, in milliseconds since the epoch, with segments of at least so many bytes in the
    /// database; those behind the number, in its order.
    pub async fn movable_runs(
        &self,
        behind: i64,
        ended: i64,
        least: i64,
        limit: i64,
    ) -> Result<Vec<MovableRun>, Error> {
        let sql = "SELECT r.run_no, r.run_id, COUNT(*), CAST(SUM(LENGTH(s.columns)) AS BIGINT) \
                   FROM runs r JOIN metric_segments s ON s.run_no = r.run_no \
                   WHERE r.run_no > $1 AND r.status IN ('FINISHED', 'FAILED', 'KILLED') AND r.end_time <= $2 \
                   AND s.object IS NULL GROUP BY r.run_no, r.run_id HAVING SUM(LENGTH(s.columns)) >= $3 \
                   ORDER BY r.run_no LIMIT $4";
        let params = vec![behind.into(), ended.into(), least.into(), limit.into()];
        let run = |mut row: Row| {
            let (run_no, segments, bytes) = (row.int(0)?, row.int(2)?, row.int(3)?);
            Ok(MovableRun { run_no, run_id: row.text(1)?, segments, bytes })
        };
        self.db.fetch(&Statement::new(sql, params)).await?.into_iter().map(run).collect()
    }

    /// Segments of the run that are in the database, in the order of metric and time, behind this one.
    pub async fn movable_segments(
        &self,
        run_no: i64,
        behind: Option<&MovableSegment>,
        limit: i64,
    ) -> Result<Vec<MovableSegment>, Error> {
        let mut statement = Statement::default();
        let run_no = statement.bind(run_no);
        let after = behind.map(|last| {
            let (key, segment) = (statement.bind(&last.key), statement.bind(last.segment));
            format!("AND (key, segment) > ({key}, {segment})")
        });
        let limit = statement.bind(limit);
        statement.sql = format!(
            "SELECT key, segment, level, columns FROM metric_segments WHERE run_no = {run_no} AND object IS NULL {} \
             ORDER BY key, segment LIMIT {limit}",
            after.unwrap_or_default()
        );
        let segment = |mut row: Row| {
            let (segment, level) = (row.int(1)?, row.int(2)?);
            Ok(MovableSegment { key: row.text(0)?, segment, level, columns: row.bytes(3)? })
        };
        self.db.fetch(&statement).await?.into_iter().map(segment).collect()
    }

    /// Lets the rows of these segments name the object, which holds them one after the other, and returns how many there still
    /// were.
    ///
    /// [`Error::Conflict`]: the views are of another generation than the one whose checkpoints were looked at.
    pub async fn move_segments(
        &self,
        run: &MovableRun,
        object: &str,
        segments: &[MovableSegment],
    ) -> Result<u64, Error> {
        let mut transaction = self.db.begin().await?;
        // Goes first: the projector of the shard waits here, so that nothing is merged meanwhile.
        let generation = self.generation.load(Ordering::Relaxed);
        let name = Shards::checkpoint(Shards::of_run(&run.run_id));
        let sql = "UPDATE projections SET position = position WHERE name = $1 AND generation = $2";
        if transaction.execute(&Statement::new(sql, vec![name.into(), generation.into()])).await? != 1 {
            return Err(Error::Conflict { what: "the generation of the views" });
        }
        let sql = "UPDATE metric_segments SET columns = $1, object = $2, object_start = $3, object_bytes = $4 \
                   WHERE run_no = $5 AND key = $6 AND segment = $7 AND level = $8 AND object IS NULL";
        let (mut start, mut moved) = (0, 0);
        for segment in segments {
            let bytes = i64::try_from(segment.columns.len()).unwrap_or(i64::MAX);
            let params = vec![
                Value::Bytes(Vec::new()),
                object.into(),
                start.into(),
                bytes.into(),
                run.run_no.into(),
                (&segment.key).into(),
                segment.segment.into(),
                segment.level.into(),
            ];
            moved += transaction.execute(&Statement::new(sql, params)).await?;
            start += bytes;
        }
        transaction.commit().await?;
        Ok(moved)
    }

    /// Objects that these views name, behind this one, in order.
    pub async fn segment_objects(&self, behind: &str, limit: i64) -> Result<Vec<String>, Error> {
        let sql = "SELECT DISTINCT object FROM metric_segments WHERE object IS NOT NULL AND object > $1 \
                   ORDER BY object LIMIT $2";
        let rows = self.db.fetch(&Statement::new(sql, vec![behind.into(), limit.into()])).await?;
        rows.into_iter().map(|mut row| row.text(0)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Counting;

    #[async_trait]
    impl SegmentObjects for Counting {
        /// Each byte is its place.
        async fn read(&self, object: &str, start: u64, bytes: u64) -> Result<Vec<u8>, Error> {
            assert!(["a", "b"].contains(&object));
            Ok((start..start + bytes).filter_map(|byte| byte.try_into().ok()).collect())
        }

        async fn check(&self, _object: &str) -> Result<Option<String>, Error> {
            Ok(None)
        }
    }

    fn row(object: Option<&str>, start: i64, bytes: i64) -> Row {
        let columns = if object.is_some() { Value::Bytes(vec![]) } else { Value::Bytes(vec![99]) };
        Row(vec![1.into(), columns, object.into(), start.into(), bytes.into()])
    }

    #[tokio::test]
    async fn neighbours_are_fetched_together_and_each_gets_its_own() {
        let place = [
            (Some("a"), 5, 3),
            (Some("a"), 8, 1),
            (None, 0, 0),
            (Some("a"), 9, 2),
            (Some("b"), 11, 2),
            (Some("b"), 20, 0),
        ];
        let mut rows = place.map(|(object, start, bytes)| row(object, start, bytes));
        let found: Vec<_> = ranges(&rows, 2).unwrap().into_iter().map(|range| (range.start, range.end)).collect();
        assert_eq!(found, [(5, 11), (11, 13), (20, 20)]);
        fetch(&mut rows, 2, Some(&Counting)).await.unwrap();
        let columns: Vec<_> = rows.iter_mut().map(|row| row.bytes(1).unwrap()).collect();
        assert_eq!(columns, [vec![5, 6, 7], vec![8], vec![99], vec![9, 10], vec![11, 12], vec![]]);
    }
}
