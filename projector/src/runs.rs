//! The rows of runs, experiments and models that a batch of events touches, kept from batch to batch.

use runledger_domain::{LoggedModel, RecordedEvent};
use runledger_storage::Error;
use runledger_storage::views::{ExperimentRow, RunRow, Shards, Views};
use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::registry::Registry;

/// Rows in memory; more than this are forgotten before the next batch.
const CAPACITY: usize = 50_000;
/// The same for logged models, each of which comes with its params and tags.
const MODELS: usize = 5_000;

/// What the projector knows about existing rows. It is right only as long as nobody else moves the checkpoints, so it is
/// cleared on every conflict, and whenever the shards are others.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rows {
    pub(crate) runs: HashMap<String, RunRow>,
    pub(crate) experiments: BTreeMap<i64, ExperimentRow>,
    /// Without what was measured of them.
    pub(crate) logged_models: HashMap<String, LoggedModel>,
    pub(crate) registry: Registry,
}

impl Rows {
    /// Loads the rows that the events name and that are not known yet.
    pub(crate) async fn load(&mut self, views: &Views, shards: Shards, events: &[RecordedEvent]) -> Result<(), Error> {
        if self.runs.len() > CAPACITY {
            self.runs.clear();
        }
        let run_ids: BTreeSet<&str> = events.iter().filter_map(|event| event.stream.run_id()).collect();
        let unknown: Vec<&str> = run_ids.into_iter().filter(|id| !self.runs.contains_key(*id)).collect();
        if !unknown.is_empty() {
            let found = views.runs(&unknown).await?;
            self.runs.extend(found.into_iter().map(|row| (row.run_id.clone(), row)));
        }
        if !shards.contains(Shards::COMMON) {
            return Ok(());
        }
        let ids: BTreeSet<i64> = events.iter().filter_map(|event| event.stream.experiment_id()).collect();
        let unknown: Vec<i64> = ids.into_iter().filter(|id| !self.experiments.contains_key(id)).collect();
        if !unknown.is_empty() {
            let found = views.experiments(&unknown).await?;
            self.experiments.extend(found.into_iter().map(|row| (row.experiment_id, row)));
        }
        if self.logged_models.len() > MODELS {
            self.logged_models.clear();
        }
        let ids: BTreeSet<&str> = events.iter().filter_map(|event| event.stream.logged_model_id()).collect();
        let unknown: Vec<&str> = ids.into_iter().filter(|id| !self.logged_models.contains_key(*id)).collect();
        if !unknown.is_empty() {
            let found = views.logged_models(&unknown).await?;
            self.logged_models.extend(found.into_iter().map(|model| (model.model_id.clone(), model)));
        }
        self.registry = Registry::load(views, events).await?;
        Ok(())
    }
}
