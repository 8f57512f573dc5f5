//! What goes on in experiments, counted over their active runs.

use std::collections::BTreeMap;

use super::ReadModel;
use crate::{Error, Statement};

/// What went on in an experiment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExperimentActivity {
    /// Runs begun, by the number of the span of time, which counts from 0. Spans without any are left out.
    pub began: BTreeMap<i64, i64>,
    /// The user with the most runs; of several, the first in the order of names.
    pub owner: Option<String>,
}

impl ReadModel {
    /// What went on in the experiments that have active runs: those begun from `from` to before `until`, in spans of this length,
    /// all in milliseconds. An experiment without such runs and without users is left out.
    pub async fn experiment_activity(
        &self,
        from: i64,
        until: i64,
        span: i64,
    ) -> Result<BTreeMap<i64, ExperimentActivity>, Error> {
        let mut found: BTreeMap<i64, ExperimentActivity> = BTreeMap::new();
        let owners = "SELECT experiment_id, user_id, COUNT(*) FROM runs WHERE deleted = FALSE AND user_id <> '' \
                      GROUP BY experiment_id, user_id ORDER BY experiment_id, COUNT(*) DESC, user_id";
        for mut row in self.db.fetch(&Statement::new(owners, vec![])).await? {
            found.entry(row.int(0)?).or_default().owner.get_or_insert(row.text(1)?);
        }
        let mut statement = Statement::default();
        let (first, length) = (statement.bind(from), statement.bind(span.max(1)));
        let (from, until) = (statement.bind(from), statement.bind(until));
        statement.sql = format!(
            "SELECT experiment_id, number, COUNT(*) \
             FROM (SELECT experiment_id, (start_time - {first}) / {length} AS number FROM runs \
                   WHERE deleted = FALSE AND start_time >= {from} AND start_time < {until}) AS begun \
             GROUP BY experiment_id, number"
        );
        for row in self.db.fetch(&statement).await? {
            found.entry(row.int(0)?).or_default().began.insert(row.int(1)?, row.int(2)?);
        }
        Ok(found)
    }
}
