//! The state of an experiment, as the fold of its stream.

use std::collections::BTreeMap;

use crate::KeyValue;
use crate::event::Event;

/// An experiment as its stream tells it. Folding an event that is already in has no effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Experiment {
    pub experiment_id: i64,
    pub name: String,
    pub artifact_location: String,
    pub deleted: bool,
    /// Milliseconds since the epoch.
    pub creation_time: i64,
    pub last_update_time: i64,
    pub tags: BTreeMap<String, String>,
}

impl Experiment {
    /// The experiment that an `ExperimentCreated` event begins; `None` for any other event.
    pub fn begin(event: &Event, recorded_at: i64) -> Option<Self> {
        let Event::ExperimentCreated(created) = event else { return None };
        Some(Self {
            experiment_id: created.experiment_id,
            name: created.name.clone(),
            artifact_location: created.artifact_location.clone(),
            deleted: false,
            creation_time: recorded_at,
            last_update_time: recorded_at,
            tags: created.tags.iter().map(KeyValue::pair).collect(),
        })
    }

    /// Folds the next event of the stream. Tags do not count as an update, as in MLflow.
    pub fn evolve(&mut self, event: &Event, recorded_at: i64) {
        match event {
            Event::ExperimentRenamed(renamed) => {
                renamed.name.clone_into(&mut self.name);
                self.last_update_time = recorded_at;
            }
            Event::ExperimentDeleted(_) => {
                self.deleted = true;
                self.last_update_time = recorded_at;
            }
            Event::ExperimentRestored(_) => {
                self.deleted = false;
                self.last_update_time = recorded_at;
            }
            Event::Imported(imported) => {
                (self.creation_time, self.last_update_time) = (imported.created_at, imported.updated_at);
            }
            Event::ExperimentTagsSet(set) => {
                self.tags.extend(set.tags.iter().map(KeyValue::pair));
            }
            Event::ExperimentTagDeleted(deleted) => {
                self.tags.remove(&deleted.key);
            }
            _ => {}
        }
    }
}
