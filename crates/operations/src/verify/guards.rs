//! What the guards have to be by the log.
//!
//! Versions count the changes that were decided on what was read. Not every event of such a kind is one, so the log only says how
//! high a version can be.

use runledger_domain::guard::GuardKey;
use runledger_domain::{Event, RecordedEvent, StreamKind};
use runledger_storage::GuardRow;
use std::collections::HashMap;

use super::Finding;

/// Guards by their keys.
#[derive(Debug, Default)]
pub(super) struct Expected {
    guards: HashMap<String, Guard>,
    /// The names that experiments and registered models have, by the keys of these.
    names: HashMap<String, String>,
}

#[derive(Debug)]
struct Guard {
    parent: Option<String>,
    most: i64,
    deleted: bool,
    seen: bool,
}

/// Beginnings of keys that the log knows. It does not know the keys of repeated requests.
const KNOWN: [&str; 6] =
    ["run/", "experiment/", "experiment-name/", "logged-model/", "registered-model/", "registered-model-name/"];

impl Expected {
    /// Takes the next event of the log.
    pub(super) fn take(&mut self, recorded: &RecordedEvent, event: &Event) {
        let Some(key) = key_of(recorded) else { return };
        match event {
            Event::RunCreated(created) => {
                self.insert(key, Some(GuardKey::Experiment(created.experiment_id).to_string()));
            }
            Event::ExperimentCreated(created) => {
                self.name(&key, GuardKey::ExperimentName(created.name.clone()).to_string());
                self.insert(key, None);
            }
            Event::LoggedModelCreated(_) => self.insert(key, None),
            Event::RegisteredModelCreated(created) => {
                self.name(&key, GuardKey::RegisteredModelName(created.name.clone()).to_string());
                self.insert(key, None);
            }
            Event::RunPurged(_)
            | Event::ExperimentPurged(_)
            | Event::LoggedModelPurged(_)
            | Event::RegisteredModelDeleted(_) => {
                self.guards.remove(&key);
                if let Some(name) = self.names.remove(&key) {
                    self.guards.remove(&name);
                }
            }
            Event::RunDeleted(_) | Event::ExperimentDeleted(_) | Event::LoggedModelDeleted(_) => self.set(&key, true),
            Event::RunRestored(_) | Event::ExperimentRestored(_) => self.set(&key, false),
            event => {
                if let Event::ExperimentRenamed(renamed) = event {
                    self.name(&key, GuardKey::ExperimentName(renamed.name.clone()).to_string());
                }
                if let Event::RegisteredModelRenamed(renamed) = event {
                    self.name(&key, GuardKey::RegisteredModelName(renamed.name.clone()).to_string());
                }
                if let Some(guard) = self.guards.get_mut(&key) {
                    guard.most += 1;
                }
            }
        }
    }

    /// What is wrong with the row.
    pub(super) fn check(&mut self, row: &GuardRow) -> Option<Finding> {
        let known = KNOWN.iter().any(|beginning| row.key.starts_with(beginning));
        let problem = match self.guards.get_mut(&row.key) {
            None if known => "is there, but by the log it is not".to_owned(),
            None => return None,
            Some(guard) => {
                guard.seen = true;
                if row.version < 1 || row.version > guard.most {
                    format!("has version {}, by the log it is {} at most", row.version, guard.most)
                } else if row.deleted != guard.deleted {
                    format!("says deleted {}, by the log it is {}", row.deleted, guard.deleted)
                } else if row.parent != guard.parent {
                    let shown = |parent: &Option<String>| parent.clone().unwrap_or_else(|| "nothing".to_owned());
                    format!("belongs to {}, by the log to {}", shown(&row.parent), shown(&guard.parent))
                } else {
                    return None;
                }
            }
        };
        Some(Finding::new(format!("guard {}", row.key), problem))
    }

    /// Those that no row was seen of.
    pub(super) fn missing(&self) -> impl Iterator<Item = Finding> {
        let missing = self.guards.iter().filter(|(_, guard)| !guard.seen);
        missing.map(|(key, _)| Finding::new(format!("guard {key}"), "is missing"))
    }

    fn insert(&mut self, key: String, parent: Option<String>) {
        self.guards.insert(key, Guard { parent, most: 1, deleted: false, seen: false });
    }

    /// Gives the owner another name.
    fn name(&mut self, owner: &str, name: String) {
        if let Some(old) = self.names.insert(owner.to_owned(), name.clone()) {
            self.guards.remove(&old);
        }
        self.insert(name, Some(owner.to_owned()));
    }

    fn set(&mut self, key: &str, deleted: bool) {
        if let Some(guard) = self.guards.get_mut(key) {
            guard.deleted = deleted;
        }
    }
}

fn key_of(recorded: &RecordedEvent) -> Option<String> {
    let stream = &recorded.stream;
    let key = match stream.kind() {
        StreamKind::Run => GuardKey::Run(stream.run_id()?.to_owned()),
        StreamKind::Experiment => GuardKey::Experiment(stream.experiment_id()?),
        StreamKind::LoggedModel => GuardKey::LoggedModel(stream.logged_model_id()?.to_owned()),
        StreamKind::RegisteredModel => GuardKey::RegisteredModel(stream.registered_model_id()?.to_owned()),
        StreamKind::Artifact => return None,
    };
    Some(key.to_string())
}
