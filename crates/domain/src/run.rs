//! The state of a run, as the fold of its stream.

mod changes;

pub use changes::{FieldChange, FieldValue};

use std::collections::BTreeMap;

use crate::event::{DatasetInput, Event, ModelOutput};
use crate::points::Point;
use crate::{KeyValue, RunStatus};

/// A run as its stream tells it. Folding an event that is already in has no effect, so that a tail may overlap the state.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    pub run_id: String,
    pub experiment_id: i64,
    pub name: String,
    pub user_id: String,
    pub status: RunStatus,
    /// Milliseconds since the epoch; 0 where the client sent none.
    pub start_time: i64,
    pub end_time: Option<i64>,
    pub deleted: bool,
    pub artifact_uri: String,
    pub params: BTreeMap<String, String>,
    pub tags: BTreeMap<String, String>,
    pub metrics: BTreeMap<String, LatestMetric>,
    pub datasets: Vec<DatasetInput>,
    pub model_inputs: Vec<String>,
    pub model_outputs: Vec<ModelOutput>,
}

/// The point that stands for a metric: the greatest by step, then timestamp, then value.
pub type LatestMetric = Point;

impl Run {
    /// The run that a `RunCreated` event begins; `None` for any other event.
    pub fn begin(event: &Event) -> Option<Self> {
        let Event::RunCreated(created) = event else { return None };
        Some(Self {
            run_id: created.run_id.clone(),
            experiment_id: created.experiment_id,
            name: created.name.clone(),
            user_id: created.user_id.clone(),
            status: RunStatus::Running,
            start_time: created.start_time,
            end_time: None,
            deleted: false,
            artifact_uri: created.artifact_uri.clone(),
            params: BTreeMap::new(),
            tags: created.tags.iter().map(KeyValue::pair).collect(),
            metrics: BTreeMap::new(),
            datasets: Vec::new(),
            model_inputs: Vec::new(),
            model_outputs: Vec::new(),
        })
    }

    /// Folds the next event of the run's stream, or of its experiment's, into the state.
    pub fn evolve(&mut self, event: &Event) {
        match event {
            Event::RunUpdated(update) => {
                if let Some(status) = update.status {
                    self.status = status;
                }
                if let Some(end_time) = update.end_time {
                    self.end_time = (end_time != 0).then_some(end_time);
                }
                if let Some(name) = &update.name {
                    self.rename(name);
                    self.tags.insert(RUN_NAME_TAG.to_owned(), name.clone());
                }
            }
            Event::RunDeleted(_) | Event::ExperimentDeleted(_) => self.deleted = true,
            Event::RunRestored(_) | Event::ExperimentRestored(_) => self.deleted = false,
            Event::MetricsLogged(batch) => {
                for (key, range) in batch.per_key() {
                    self.log_points(key, range.filter_map(|i| batch.columns().get(i)));
                }
            }
            Event::ParamsLogged(logged) => self.params.extend(logged.params.iter().map(KeyValue::pair)),
            Event::TagsSet(set) => {
                self.tags.extend(set.tags.iter().map(KeyValue::pair));
                if let Some(tag) = set.tags.iter().rev().find(|tag| tag.key == RUN_NAME_TAG) {
                    self.rename(&tag.value);
                }
            }
            Event::TagDeleted(deleted) => {
                self.tags.remove(&deleted.key);
            }
            Event::InputsLogged(inputs) => {
                for input in &inputs.datasets {
                    let same = |known: &DatasetInput| {
                        known.dataset.name == input.dataset.name && known.dataset.digest == input.dataset.digest
                    };
                    if !self.datasets.iter().any(same) {
                        self.datasets.push(input.clone());
                    }
                }
                for model in &inputs.models {
                    if !self.model_inputs.contains(model) {
                        self.model_inputs.push(model.clone());
                    }
                }
            }
            Event::OutputsLogged(outputs) => {
                for model in &outputs.models {
                    if !self.model_outputs.iter().any(|known| known.model_id == model.model_id) {
                        self.model_outputs.push(model.clone());
                    }
                }
            }
            // The rest is about other things, and what reads a purged run finds no run to fold into.
            _ => {}
        }
    }

    fn rename(&mut self, name: &str) {
        name.clone_into(&mut self.name);
    }

    fn log_points(&mut self, key: &str, points: impl Iterator<Item = Point>) {
        for point in points {
            match self.metrics.get_mut(key) {
                Some(latest) if point.supersedes(latest) => *latest = point,
                Some(_) => {}
                None => {
                    self.metrics.insert(key.to_owned(), point);
                }
            }
        }
    }
}

/// The tag that mirrors a run's name.
pub const RUN_NAME_TAG: &str = "mlflow.runName";
