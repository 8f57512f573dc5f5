//! The history of a metric: its segments and the tail of the log, merged.

use runledger_domain::points::{Columns, merge};
use runledger_domain::{Event, StreamId};
use std::collections::BTreeMap;

use super::ReadModel;
use crate::views::{PLACE, fetch_moved, read_segment};
use crate::{Error, Statement};

/// A metric of a run in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct MetricSummary {
    pub points: usize,
    pub nans: usize,
    /// Least and greatest value, NaN left out.
    pub range: Option<(f64, f64)>,
}

impl MetricSummary {
    pub(super) fn add(&mut self, columns: &Columns) {
        self.points += columns.len();
        for value in columns.values().iter().copied() {
            if value.is_nan() {
                self.nans += 1;
            } else {
                let (least, greatest) = self.range.unwrap_or((value, value));
                self.range = Some((least.min(value), greatest.max(value)));
            }
        }
    }
}

impl ReadModel {
    /// Every metric of the run in numbers, as far as the views have come. A point that was sent twice may count twice.
    pub async fn metric_summaries(&self, run_id: &str) -> Result<BTreeMap<String, MetricSummary>, Error> {
        let sql = format!(
            "SELECT s.segment, s.columns, s.key, {PLACE} FROM metric_segments s JOIN runs r ON r.run_no = s.run_no \
             WHERE r.run_id = $1 ORDER BY s.key, s.segment"
        );
        let mut rows = self.db.fetch(&Statement::new(sql, vec![run_id.into()])).await?;
        fetch_moved(&mut rows, 3, self.segments()).await?;
        // Decoding all points of a run is work enough to leave the runtime's threads to others.
        let summed = tokio::task::spawn_blocking(move || {
            let mut summaries: BTreeMap<String, MetricSummary> = BTreeMap::new();
            for mut row in rows {
                let key = row.text(2)?;
                let (_, columns) = read_segment(row)?;
                summaries.entry(key).or_default().add(&columns);
            }
            Ok(summaries)
        });
        summed.await.map_err(|source| Error::Backend { operation: "sum up metrics", source: Box::new(source) })?
    }

    /// Every point of the metric, by timestamp, step and value, exact repeats once; empty for an unknown run or key.
    pub async fn history(&self, run_id: &str, key: &str) -> Result<Columns, Error> {
        let checkpoint = self.checkpoint().await?;
        let sql = format!(
            "SELECT s.segment, s.columns, {PLACE} FROM metric_segments s JOIN runs r ON r.run_no = s.run_no \
             WHERE r.run_id = $1 AND s.key = $2 ORDER BY s.segment"
        );
        let mut rows = self.db.fetch(&Statement::new(sql, vec![run_id.into(), key.into()])).await?;
        fetch_moved(&mut rows, 2, self.segments()).await?;
        let mut pieces =
            rows.into_iter().map(|row| read_segment(row).map(|(_, columns)| columns)).collect::<Result<Vec<_>, _>>()?;

        for recorded in self.log.read_streams(&[StreamId::run(run_id)], checkpoint).await? {
            // An event that does not read is the projector's to report.
            match recorded.decode() {
                Ok(Event::MetricsLogged(batch)) => {
                    let ranges = batch.per_key().filter(|(name, _)| *name == key);
                    pieces.extend(ranges.map(|(_, range)| batch.columns().slice(range)));
                }
                Ok(Event::RunPurged(_)) => pieces.clear(),
                _ => {}
            }
        }
        // Merging sorts, which is work enough to leave the runtime's threads to others.
        let merged = tokio::task::spawn_blocking(move || merge(pieces)).await;
        merged.map_err(|source| Error::Backend { operation: "merge history", source: Box::new(source) })
    }
}
