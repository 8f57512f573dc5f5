//! The history of a metric as far as a chart shows it: of a long one the outlines of its segments.

use runledger_domain::points::{Axis, Columns, Drawing, GROUP, merge};

use super::ReadModel;
use super::history::blocking;
use crate::views::{PLACE, decode_segment, fetch_moved, read_segment};
use crate::{Error, Row, Statement};

/// Groups of neighbours in a bucket, on average, from which on their outlines are exact enough: the borders of a bucket are off by at
/// most a quarter of its width.
const GROUPS: usize = 4;

/// A part of a history, or what stands for it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outlined {
    pub points: Columns,
    /// Points of the range that are not in it. What was sent twice may count twice.
    pub omitted: usize,
}

/// A segment that has an outline.
struct Large {
    segment: i64,
    points: usize,
    outline: Columns,
}

impl ReadModel {
    /// The points of the metric that [`series`](runledger_domain::points::series()) draws, or, where there are many for each bucket,
    /// the outlines of its segments; empty for an unknown run or key. An average goes over all points, so it is drawn of all.
    pub async fn outlined(&self, run_id: &str, key: &str, axis: Axis, drawing: &Drawing) -> Result<Outlined, Error> {
        if drawing.smoothing > 0.0 {
            return self.all(run_id, key).await;
        }
        let checkpoint = self.checkpoint().await?;
        let sql = "SELECT s.segment, CASE WHEN s.outline IS NULL THEN s.columns END, \
                   CASE WHEN s.outline IS NULL THEN s.object END, s.object_start, s.object_bytes, s.outline, s.points \
                   FROM metric_segments s JOIN runs r ON r.run_no = s.run_no \
                   WHERE r.run_id = $1 AND s.key = $2 ORDER BY s.segment";
        let mut rows = self.db.fetch(&Statement::new(sql, vec![run_id.into(), key.into()])).await?;
        fetch_moved(&mut rows, 2, self.segments()).await?;
        let tail = self.tail(run_id, key, checkpoint).await?;
        if tail.purged {
            return Ok(Outlined { points: merge(tail.pieces), omitted: 0 });
        }
        let (mut pieces, large) = blocking(move || read(rows)).await?;
        pieces.extend(tail.pieces);

        let shown = shown(large, axis, drawing);
        let enough = drawing.buckets.saturating_mul(GROUP * GROUPS);
        let is_thin = shown.iter().map(|(large, _)| large.points).sum::<usize>() >= enough;
        let (outlines, wholes): (Vec<_>, Vec<_>) = shown.into_iter().partition(|(_, inside)| is_thin && *inside);
        if !wholes.is_empty() {
            match self.segments_whole(run_id, key, wholes.into_iter().map(|(large, _)| large).collect()).await? {
                Some(wholes) => pieces.extend(wholes),
                // Others took their places meanwhile, as when the views of a replay become the active ones.
                None => return self.all(run_id, key).await,
            }
        }
        let omitted = outlines.iter().map(|(large, _)| large.points - large.outline.len()).sum();
        pieces.extend(outlines.into_iter().map(|(large, _)| large.outline));
        blocking(move || Ok(Outlined { points: merge(pieces), omitted })).await
    }

    async fn all(&self, run_id: &str, key: &str) -> Result<Outlined, Error> {
        Ok(Outlined { points: self.history(run_id, key).await?, omitted: 0 })
    }

    /// All points of these segments, `None` if one is not there any more.
    async fn segments_whole(&self, run_id: &str, key: &str, wanted: Vec<Large>) -> Result<Option<Vec<Columns>>, Error> {
        let mut statement = Statement::default();
        let (run_id, key) = (statement.bind(run_id), statement.bind(key));
        let numbers: Vec<String> = wanted.iter().map(|large| statement.bind(large.segment)).collect();
        statement.sql = format!(
            "SELECT s.segment, s.columns, {PLACE} FROM metric_segments s JOIN runs r ON r.run_no = s.run_no \
             WHERE r.run_id = {run_id} AND s.key = {key} AND s.segment IN ({}) ORDER BY s.segment",
            numbers.join(", ")
        );
        let mut rows = self.db.fetch(&statement).await?;
        fetch_moved(&mut rows, 2, self.segments()).await?;
        blocking(move || {
            let found = rows.into_iter().map(read_segment).collect::<Result<Vec<_>, _>>()?;
            let same = found.iter().map(|(segment, columns)| (*segment, columns.len()));
            let is_same = same.eq(wanted.iter().map(|large| (large.segment, large.points)));
            Ok(is_same.then(|| found.into_iter().map(|(_, columns)| columns).collect()))
        })
        .await
    }
}

/// The segments without outlines, and those with them.
fn read(rows: Vec<Row>) -> Result<(Vec<Columns>, Vec<Large>), Error> {
    let (mut small, mut large) = (Vec::new(), Vec::new());
    for mut row in rows {
        let segment = row.int(0)?;
        match row.opt_bytes(5)? {
            Some(outline) => {
                let points = usize::try_from(row.int(6)?).unwrap_or_default();
                large.push(Large { segment, points, outline: decode_segment(segment, &outline)? });
            }
            None => small.push(read_segment(row)?.1),
        }
    }
    Ok((small, large))
}

/// Those of which something lies in the range, and whether all of it does.
fn shown(large: Vec<Large>, axis: Axis, drawing: &Drawing) -> Vec<(Large, bool)> {
    let (from, to) = drawing.range;
    let place = |large: Large| {
        let places = match axis {
            Axis::Step => large.outline.steps(),
            Axis::Time => large.outline.timestamps(),
        };
        // An outline has the first point of its segment and the last one, and both steps and times of it grow.
        let (first, last) = (*places.first()?, *places.last()?);
        (last >= from && first <= to).then_some((large, from <= first && last <= to))
    };
    large.into_iter().filter_map(place).collect()
}
