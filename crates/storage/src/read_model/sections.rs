//! The sections of a history: large segments, of which the outline is read at first, and all that is small.

use runledger_domain::points::Columns;

use super::ReadModel;
use super::history::blocking;
use crate::views::{PLACE, decode_segment, fetch_moved, read_segment};
use crate::{Error, Row, Statement};

/// A history, of which what is large is told by its outline.
#[derive(Default)]
pub(super) struct Sections {
    /// In the order of their numbers.
    pub(super) large: Vec<Large>,
    /// Segments that have no outline, and the tail of the log.
    pub(super) small: Vec<Columns>,
}

/// A segment that has an outline.
pub(super) struct Large {
    pub(super) segment: i64,
    /// Of the segment.
    pub(super) points: usize,
    /// Never empty; it begins and ends where the segment does.
    pub(super) outline: Columns,
}

impl ReadModel {
    pub(super) async fn sections(&self, run_id: &str, key: &str) -> Result<Sections, Error> {
        let checkpoint = self.checkpoint().await?;
        let sql = "SELECT s.segment, CASE WHEN s.outline IS NULL THEN s.columns END, \
                   CASE WHEN s.outline IS NULL THEN s.object END, s.object_start, s.object_bytes, s.outline, s.points \
                   FROM metric_segments s JOIN runs r ON r.run_no = s.run_no \
                   WHERE r.run_id = $1 AND s.key = $2 ORDER BY s.segment";
        let mut rows = self.db.fetch(&Statement::new(sql, vec![run_id.into(), key.into()])).await?;
        fetch_moved(&mut rows, 2, self.segments()).await?;
        let tail = self.tail(run_id, key, checkpoint).await?;
        if tail.purged {
            return Ok(Sections { large: Vec::new(), small: tail.pieces });
        }
        let mut sections = blocking(move || read(rows)).await?;
        sections.small.extend(tail.pieces);
        Ok(sections)
    }

    /// All points of these segments, in their order; `None` where others took their places meanwhile, as when the views of a replay
    /// become the active ones.
    pub(super) async fn segments_whole(
        &self,
        run_id: &str,
        key: &str,
        wanted: Vec<Large>,
    ) -> Result<Option<Vec<Columns>>, Error> {
        if wanted.is_empty() {
            return Ok(Some(Vec::new()));
        }
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

fn read(rows: Vec<Row>) -> Result<Sections, Error> {
    let mut sections = Sections::default();
    for mut row in rows {
        let segment = row.int(0)?;
        match row.opt_bytes(5)? {
            Some(outline) => {
                let points = usize::try_from(row.int(6)?).unwrap_or_default();
                sections.large.push(Large { segment, points, outline: decode_segment(segment, &outline)? });
            }
            None => sections.small.push(read_segment(row)?.1),
        }
    }
    Ok(sections)
}
