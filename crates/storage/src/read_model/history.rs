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
        blocking(move || {
            let mut summaries: BTreeMap<String, MetricSummary> = BTreeMap::new();
            for mut row in rows {
                let key = row.text(2)?;
                let (_, columns) = read_segment(row)?;
                summaries.entry(key).or_default().add(&columns);
            }
            Ok(summaries)
        })
        .await
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
        let tail = self.tail(run_id, key, checkpoint).await?;
        if tail.purged {
            rows.clear();
        }
        blocking(move || {
            let pieces = rows.into_iter().map(|row| read_segment(row).map(|(_, columns)| columns));
            Ok(merge(pieces.chain(tail.pieces.into_iter().map(Ok)).collect::<Result<Vec<_>, Error>>()?))
        })
        .await
    }

    /// What the log has of the metric behind the checkpoint.
    pub(super) async fn tail(&self, run_id: &str, key: &str, checkpoint: i64) -> Result<Tail, Error> {
        let mut tail = Tail::default();
        for recorded in self.log.read_streams(&[StreamId::run(run_id)], checkpoint).await? {
            // An event that does not read is the projector's to report.
            match recorded.decode() {
                Ok(Event::MetricsLogged(batch)) => {
                    let ranges = batch.per_key().filter(|(name, _)| *name == key);
                    tail.pieces.extend(ranges.map(|(_, range)| batch.columns().slice(range)));
                }
                Ok(Event::RunPurged(_)) => tail = Tail { pieces: Vec::new(), purged: true },
                _ => {}
            }
        }
        Ok(tail)
    }
}

/// Points that the views do not have yet.
#[derive(Default)]
pub(super) struct Tail {
    pub(super) pieces: Vec<Columns>,
    /// What the views still have is gone.
    pub(super) purged: bool,
}

/// Decoding and sorting is work enough to leave the runtime's threads to others.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|source| Error::Backend { operation: "read points", source: Box::new(source) })?
}
