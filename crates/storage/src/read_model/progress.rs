//! How far the views and the uploads have come, for those who look after them.

use super::ReadModel;
use super::artifacts::ArtifactState;
use crate::{Error, Row, Statement};

/// One projection, or a shard of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Projection {
    pub name: String,
    /// Every event up to it is in the tables.
    pub position: i64,
}

/// Uploads that the artifact store does not have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UploadCounts {
    pub staged: i64,
    pub failed: i64,
    /// When the oldest staged one was taken, in milliseconds since the epoch.
    pub oldest_staged_at: Option<i64>,
}

impl ReadModel {
    pub async fn projections(&self) -> Result<Vec<Projection>, Error> {
        let sql = "SELECT name, position FROM projections ORDER BY name";
        let projection = |mut row: Row| Ok(Projection { name: row.text(0)?, position: row.int(1)? });
        self.db.fetch(&Statement::new(sql, vec![])).await?.into_iter().map(projection).collect()
    }

    pub async fn upload_counts(&self) -> Result<UploadCounts, Error> {
        let sql = "SELECT state, COUNT(*), MIN(staged_at) FROM artifacts WHERE state <> 'stored' GROUP BY state";
        let mut counts = UploadCounts::default();
        for mut row in self.db.fetch(&Statement::new(sql, vec![])).await? {
            let (state, number) = (row.text(0)?, row.int(1)?);
            if state == ArtifactState::Failed.as_str() {
                counts.failed = number;
            } else {
                counts.staged += number;
                counts.oldest_staged_at = row.opt_int(2)?;
            }
        }
        Ok(counts)
    }

    /// Artifacts, wherever their bytes are.
    pub async fn count_artifacts(&self) -> Result<i64, Error> {
        let rows = self.db.fetch(&Statement::new("SELECT COUNT(*) FROM artifacts", vec![])).await?;
        rows.first().map_or(Ok(0), |row| row.int(0))
    }
}
