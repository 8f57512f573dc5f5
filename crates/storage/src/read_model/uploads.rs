//! Uploads as operators and workers see them: what has not reached the object store, and what has to be removed from it.
//!
//! These answer from the views alone. Whoever needs what was acknowledged before calls [`ReadModel::catch_up`] first.

use std::collections::HashSet;

use super::ReadModel;
use super::artifacts::{Artifact, ArtifactState, COLUMNS, read};
use crate::{Error, Row, Statement};

/// A deletion whose objects are not known to be gone from the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Removal {
    /// A file or a folder below the artifact root.
    pub path: String,
    /// The log position of the deletion.
    pub deletion: i64,
}

impl ReadModel {
    /// Uploads in one of the states, the oldest first; with `after`, those that follow it.
    pub async fn uploads(
        &self,
        states: &[ArtifactState],
        after: Option<&Artifact>,
        limit: i64,
    ) -> Result<Vec<Artifact>, Error> {
        let mut statement = Statement::default();
        let mut conditions =
            vec![format!("state IN {}", statement.bind_list(states.iter().map(|state| state.as_str())))];
        if !states.contains(&ArtifactState::Stored) {
            // Says so in the words of the index.
            conditions.push("state <> 'stored'".to_owned());
        }
        if let Some(after) = after {
            let (staged_at, path) = (statement.bind(after.staged_at), statement.bind(&after.path));
            conditions.push(format!("(staged_at, path) > ({staged_at}, {path})"));
        }
        let (conditions, limit) = (conditions.join(" AND "), statement.bind(limit));
        statement.sql =
            format!("SELECT {COLUMNS} FROM artifacts WHERE {conditions} ORDER BY staged_at, path LIMIT {limit}");
        self.db.fetch(&statement).await?.into_iter().map(read).collect()
    }

    /// The artifacts that the views know, in the order of their paths; with `after`, those behind that path.
    pub async fn artifacts_after(&self, after: Option<&str>, limit: i64) -> Result<Vec<Artifact>, Error> {
        let sql = format!("SELECT {COLUMNS} FROM artifacts WHERE path > $1 ORDER BY path LIMIT $2");
        let statement = Statement::new(sql, vec![after.unwrap_or_default().into(), limit.into()]);
        self.db.fetch(&statement).await?.into_iter().map(read).collect()
    }

    /// The upload with the id, as long as no newer one of its path took its place.
    pub async fn upload(&self, upload_id: &str) -> Result<Option<Artifact>, Error> {
        let sql = format!("SELECT {COLUMNS} FROM artifacts WHERE upload_id = $1");
        let rows = self.db.fetch(&Statement::new(sql, vec![upload_id.into()])).await?;
        rows.into_iter().next().map(read).transpose()
    }

    /// Which of the uploads still need their bytes in the spool: the newest of their paths, staged or given up.
    pub async fn unsettled_upload_ids(&self, upload_ids: &[String]) -> Result<HashSet<String>, Error> {
        let mut unsettled = HashSet::new();
        for chunk in upload_ids.chunks(500) {
            let mut statement = Statement::default();
            let ids = statement.bind_list(chunk);
            statement.sql = format!("SELECT upload_id FROM artifacts WHERE state <> 'stored' AND upload_id IN {ids}");
            for mut row in self.db.fetch(&statement).await? {
                unsettled.insert(row.text(0)?);
            }
        }
        Ok(unsettled)
    }

    /// The uploads that were staged before the time, in milliseconds, and are neither stored nor given up; the oldest first.
    pub async fn staged_artifacts(&self, before: i64) -> Result<Vec<Artifact>, Error> {
        let sql = format!(
            "SELECT {COLUMNS} FROM artifacts WHERE state <> 'stored' AND state = 'staged' AND staged_at < $1 \
             ORDER BY staged_at, path"
        );
        self.db.fetch(&Statement::new(sql, vec![before.into()])).await?.into_iter().map(read).collect()
    }

    /// The deletions that a worker has yet to carry out in the object store, the oldest first.
    pub async fn pending_removals(&self) -> Result<Vec<Removal>, Error> {
        let removal = |mut row: Row| Ok(Removal { path: row.text(0)?, deletion: row.int(1)? });
        let sql = "SELECT path, deletion FROM removals ORDER BY deletion";
        self.db.fetch(&Statement::new(sql, vec![])).await?.into_iter().map(removal).collect()
    }
}
