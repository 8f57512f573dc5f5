//! What was deleted and can be purged. These answer from the views alone.

use super::ReadModel;
use crate::{Error, Row, Statement};

/// A deleted run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeletedRun {
    pub run_id: String,
    pub experiment_id: i64,
    pub artifact_uri: String,
    /// Milliseconds since the epoch.
    pub deleted_time: i64,
}

/// A deleted experiment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeletedExperiment {
    pub experiment_id: i64,
    pub name: String,
    pub artifact_location: String,
    /// Milliseconds since the epoch: its last update, as nothing but a restoration can follow a deletion.
    pub deleted_time: i64,
}

/// Which of the deleted runs are asked for.
#[derive(Clone, Copy, Debug)]
pub struct DeletedRuns<'a> {
    /// Deleted at this time or before, in milliseconds since the epoch.
    pub before: i64,
    /// `None` for any run; an empty list for none.
    pub run_ids: Option<&'a [String]>,
    /// `None` for any experiment; an empty list for none.
    pub experiment_ids: Option<&'a [i64]>,
}

impl ReadModel {
    /// A page of deleted runs in the order of their ids; with `after`, those that follow this id. Each list of ids has at most
    /// some hundreds.
    pub async fn deleted_runs(
        &self,
        which: DeletedRuns<'_>,
        after: Option<&str>,
        limit: i64,
    ) -> Result<Vec<DeletedRun>, Error> {
        let mut statement = Statement::default();
        let mut conditions = vec![format!("deleted_time <= {}", statement.bind(which.before))];
        if let Some(ids) = which.run_ids {
            conditions.push(format!("run_id IN {}", statement.bind_list(ids)));
        }
        if let Some(ids) = which.experiment_ids {
            conditions.push(format!("experiment_id IN {}", statement.bind_list(ids.iter().copied())));
        }
        if let Some(after) = after {
            conditions.push(format!("run_id > {}", statement.bind(after)));
        }
        let (conditions, limit) = (conditions.join(" AND "), statement.bind(limit));
        statement.sql = format!(
            "SELECT run_id, experiment_id, artifact_uri, deleted_time FROM runs \
             WHERE deleted = TRUE AND {conditions} ORDER BY run_id LIMIT {limit}"
        );
        let run = |mut row: Row| {
            Ok(DeletedRun {
                run_id: row.text(0)?,
                experiment_id: row.int(1)?,
                artifact_uri: row.text(2)?,
                deleted_time: row.int(3)?,
            })
        };
        self.db.fetch(&statement).await?.into_iter().map(run).collect()
    }

    /// The experiments that were deleted at the time or before, in milliseconds since the epoch, in the order of their ids.
    /// `None` asks for any, an empty list for none.
    pub async fn deleted_experiments(
        &self,
        before: i64,
        experiment_ids: Option<&[i64]>,
    ) -> Result<Vec<DeletedExperiment>, Error> {
        let mut statement = Statement::default();
        let before = statement.bind(before);
        let chosen = experiment_ids
            .map(|ids| format!(" AND experiment_id IN {}", statement.bind_list(ids.iter().copied())))
            .unwrap_or_default();
        statement.sql = format!(
            "SELECT experiment_id, name, artifact_location, last_update_time FROM experiments \
             WHERE deleted = TRUE AND last_update_time <= {before}{chosen} ORDER BY experiment_id"
        );
        let experiment = |mut row: Row| {
            Ok(DeletedExperiment {
                experiment_id: row.int(0)?,
                name: row.text(1)?,
                artifact_location: row.text(2)?,
                deleted_time: row.int(3)?,
            })
        };
        self.db.fetch(&statement).await?.into_iter().map(experiment).collect()
    }
}
