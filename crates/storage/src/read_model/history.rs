//! The history of a metric: its segments and the tail of the log, merged.

use runledger_domain::points::{Columns, merge};
use runledger_domain::{Event, StreamId};

use super::ReadModel;
use crate::views::read_segment;
use crate::{Error, Statement};

impl ReadModel {
    /// Every point of the metric, by timestamp, step and value, exact repeats once; empty for an unknown run or key.
    pub async fn history(&self, run_id: &str, key: &str) -> Result<Columns, Error> {
        let checkpoint = self.checkpoint().await?;
        let sql = "SELECT s.segment, s.columns FROM metric_segments s JOIN runs r ON r.run_no = s.run_no \
                   WHERE r.run_id = $1 AND s.key = $2 ORDER BY s.segment";
        let rows = self.db.fetch(&Statement::new(sql, vec![run_id.into(), key.into()])).await?;
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
