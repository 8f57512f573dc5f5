//! Experiments, one by id or name, or a page of a search.

use runledger_domain::guard::GuardKey;
use runledger_domain::{Event, Experiment, StreamId};
use std::collections::{BTreeMap, HashMap};

use super::{Page, ReadModel};
use crate::search::Search;
use crate::{Error, Row, Statement};

impl ReadModel {
    /// The experiment with everything that was acknowledged, also when it is deleted.
    pub async fn experiment(&self, experiment_id: i64) -> Result<Option<Experiment>, Error> {
        let checkpoint = self.checkpoint().await?;
        let sql = format!("SELECT {COLUMNS} FROM experiments WHERE experiment_id = $1");
        let rows = self.db.fetch(&Statement::new(sql, vec![experiment_id.into()])).await?;
        let mut found = rows.into_iter().map(experiment).collect::<Result<Vec<_>, _>>()?;
        self.fill_tags(&mut found).await?;
        let mut experiment = found.pop();

        for recorded in self.log.read_streams(&[StreamId::experiment(experiment_id)], checkpoint).await? {
            // An event that does not read is the projector's to report.
            let Ok(event) = recorded.decode() else { continue };
            match &mut experiment {
                _ if matches!(event, Event::ExperimentPurged(_)) => experiment = None,
                Some(experiment) => experiment.evolve(&event, recorded.recorded_at),
                None => experiment = Experiment::begin(&event, recorded.recorded_at),
            }
        }
        Ok(experiment)
    }

    /// The experiment that has the name now, also when it is deleted. The guards know names as soon as they are taken.
    pub async fn experiment_by_name(&self, name: &str) -> Result<Option<Experiment>, Error> {
        let guard = self.log.guard(&GuardKey::ExperimentName(name.to_owned())).await?;
        let stream = guard.and_then(|guard| guard.parent).map(StreamId::stored);
        match stream.and_then(|stream| stream.experiment_id()) {
            Some(experiment_id) => self.experiment(experiment_id).await,
            None => Ok(None),
        }
    }

    /// A page of a compiled search of experiments.
    pub async fn search_experiments(&self, search: &Search) -> Result<Page<Experiment>, Error> {
        let page = search.fetch(self.db.as_ref()).await?;
        let mut items = page.rows.into_iter().map(experiment).collect::<Result<Vec<_>, _>>()?;
        self.fill_tags(&mut items).await?;
        Ok(Page { items, next_page_token: page.next_page_token })
    }

    pub(super) async fn fill_tags(&self, experiments: &mut [Experiment]) -> Result<(), Error> {
        for chunk in experiments.chunks_mut(500) {
            let mut statement = Statement::default();
            let ids = statement.bind_list(chunk.iter().map(|experiment| experiment.experiment_id));
            statement.sql =
                format!("SELECT experiment_id, key, value FROM experiment_tags WHERE experiment_id IN {ids}");
            let mut by_id: HashMap<i64, &mut Experiment> =
                chunk.iter_mut().map(|experiment| (experiment.experiment_id, experiment)).collect();
            for mut row in self.db.fetch(&statement).await? {
                if let Some(experiment) = by_id.get_mut(&row.int(0)?) {
                    experiment.tags.insert(row.text(1)?, row.text(2)?);
                }
            }
        }
        Ok(())
    }
}

pub(super) const COLUMNS: &str = "experiment_id, name, artifact_location, deleted, creation_time, last_update_time";

/// Reads [`COLUMNS`].
pub(super) fn experiment(mut row: Row) -> Result<Experiment, Error> {
    Ok(Experiment {
        experiment_id: row.int(0)?,
        name: row.text(1)?,
        artifact_location: row.text(2)?,
        deleted: row.bool(3)?,
        creation_time: row.int(4)?,
        last_update_time: row.int(5)?,
        tags: BTreeMap::new(),
    })
}
