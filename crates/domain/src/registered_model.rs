//! The state of a registered model and of its versions, as folds of one stream.
//!
//! A model is known by an id of its own: its name changes, and can be used again after it was deleted. The header and each
//! version are folded apart, so that whoever needs one version of a thousand need not hold them all.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

use crate::event::Event;
use crate::{DomainError, KeyValue, validate};

/// The stage of a version, by MLflow's names. MLflow deprecates stages; aliases took their place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Stage {
    None,
    Staging,
    Production,
    Archived,
}

/// A registered model without its versions. Folding an event that is already in has no effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegisteredModel {
    pub id: String,
    pub name: String,
    /// Milliseconds since the epoch.
    pub creation_time: i64,
    pub last_update_time: i64,
    /// When it got its present name, if it had another; that counts as an update of every version.
    pub renamed_at: Option<i64>,
    pub description: Option<String>,
    pub tags: BTreeMap<String, String>,
    /// The versions that aliases name.
    pub aliases: BTreeMap<String, i64>,
    /// The highest version number that was ever given; 0 before the first.
    pub last_version: i64,
    pub deleted: bool,
}

/// A version of a registered model. Folding an event that is already in has no effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelVersion {
    pub version: i64,
    /// Milliseconds since the epoch.
    pub creation_time: i64,
    pub last_update_time: i64,
    pub stage: Stage,
    pub description: String,
    pub source: String,
    /// Where the files are, when that is another place than `source`.
    pub storage_location: Option<String>,
    pub run_id: Option<String>,
    pub run_link: Option<String>,
    pub model_id: Option<String>,
    pub tags: BTreeMap<String, String>,
    pub deleted: bool,
}

/// The tag that makes a registered model, or a version, a prompt.
pub const PROMPT_TAG: &str = "mlflow.prompt.is_prompt";

impl RegisteredModel {
    /// The model that a `RegisteredModelCreated` event begins; `None` for any other event.
    pub fn begin(event: &Event, recorded_at: i64) -> Option<Self> {
        let Event::RegisteredModelCreated(created) = event else { return None };
        Some(Self {
            id: created.id.clone(),
            name: created.name.clone(),
            creation_time: recorded_at,
            last_update_time: recorded_at,
            renamed_at: None,
            description: created.description.clone(),
            tags: created.tags.iter().map(KeyValue::pair).collect(),
            aliases: BTreeMap::new(),
            last_version: 0,
            deleted: false,
        })
    }

    /// Folds the next event of the stream. Tags and aliases do not count as an update, as in MLflow.
    pub fn evolve(&mut self, event: &Event, recorded_at: i64) {
        match event {
            Event::RegisteredModelRenamed(renamed) => {
                renamed.name.clone_into(&mut self.name);
                self.renamed_at = self.renamed_at.max(Some(recorded_at));
                touch(&mut self.last_update_time, recorded_at);
            }
            Event::RegisteredModelUpdated(updated) => {
                self.description = Some(updated.description.clone());
                touch(&mut self.last_update_time, recorded_at);
            }
            Event::Imported(imported) if imported.version.is_none() => {
                (self.creation_time, self.last_update_time) = (imported.created_at, imported.updated_at);
            }
            Event::RegisteredModelTagsSet(set) => self.tags.extend(set.tags.iter().map(KeyValue::pair)),
            Event::RegisteredModelTagDeleted(deleted) => {
                self.tags.remove(&deleted.key);
            }
            Event::RegisteredModelAliasSet(set) => {
                self.aliases.insert(set.alias.clone(), set.version);
            }
            Event::RegisteredModelAliasDeleted(deleted) => {
                self.aliases.remove(&deleted.alias);
            }
            Event::ModelVersionCreated(created) => {
                self.last_version = self.last_version.max(created.version);
                touch(&mut self.last_update_time, recorded_at);
            }
            Event::ModelVersionStageSet(_) => touch(&mut self.last_update_time, recorded_at),
            Event::ModelVersionDeleted(deleted) => {
                self.aliases.retain(|_, version| *version != deleted.version);
                touch(&mut self.last_update_time, recorded_at);
            }
            Event::RegisteredModelDeleted(_) => self.deleted = true,
            _ => {}
        }
    }

    /// Whether it is a prompt: prompts live in the registry beside models.
    pub fn is_prompt(&self) -> bool {
        is_prompt(&self.tags)
    }

    /// The aliases of the version, in order.
    pub fn aliases_of(&self, version: i64) -> impl Iterator<Item = &str> {
        self.aliases.iter().filter(move |(_, named)| **named == version).map(|(alias, _)| alias.as_str())
    }
}

impl ModelVersion {
    /// The version that a `ModelVersionCreated` event begins; `None` for any other event.
    pub fn begin(event: &Event, recorded_at: i64) -> Option<Self> {
        let Event::ModelVersionCreated(created) = event else { return None };
        Some(Self {
            version: created.version,
            creation_time: recorded_at,
            last_update_time: recorded_at,
            stage: Stage::None,
            description: created.description.clone(),
            source: created.source.clone(),
            storage_location: created.storage_location.clone(),
            run_id: created.run_id.clone(),
            run_link: created.run_link.clone(),
            model_id: created.model_id.clone(),
            tags: created.tags.iter().map(KeyValue::pair).collect(),
            deleted: false,
        })
    }

    /// Folds the next event of the model's stream; what is about other versions changes nothing. Tags and aliases do not count
    /// as an update, as in MLflow.
    pub fn evolve(&mut self, event: &Event, recorded_at: i64) {
        match event {
            Event::RegisteredModelRenamed(_) => touch(&mut self.last_update_time, recorded_at),
            Event::RegisteredModelDeleted(_) => self.deleted = true,
            Event::ModelVersionUpdated(updated) if updated.version == self.version => {
                updated.description.clone_into(&mut self.description);
                touch(&mut self.last_update_time, recorded_at);
            }
            Event::ModelVersionStageSet(set) if set.version == self.version => {
                self.stage = set.stage;
                touch(&mut self.last_update_time, recorded_at);
            }
            Event::ModelVersionStageSet(set) if set.archived.contains(&self.version) => {
                self.stage = Stage::Archived;
                touch(&mut self.last_update_time, recorded_at);
            }
            Event::Imported(imported) if imported.version == Some(self.version) => {
                (self.creation_time, self.last_update_time) = (imported.created_at, imported.updated_at);
            }
            Event::ModelVersionTagsSet(set) if set.version == self.version => {
                self.tags.extend(set.tags.iter().map(KeyValue::pair));
            }
            Event::ModelVersionTagDeleted(deleted) if deleted.version == self.version => {
                self.tags.remove(&deleted.key);
            }
            Event::ModelVersionDeleted(deleted) if deleted.version == self.version => self.deleted = true,
            _ => {}
        }
    }

    /// Whether it is a version of a prompt.
    pub fn is_prompt(&self) -> bool {
        is_prompt(&self.tags)
    }

    /// Where the files of the version are.
    pub fn location(&self) -> &str {
        self.storage_location.as_deref().unwrap_or(&self.source)
    }
}

/// The version that an event of a registered model's stream is about, if it is about one. A stage concerns the archived
/// versions, too.
pub fn version_of(event: &Event) -> Option<i64> {
    match event {
        Event::ModelVersionCreated(created) => Some(created.version),
        Event::ModelVersionUpdated(updated) => Some(updated.version),
        Event::ModelVersionStageSet(set) => Some(set.version),
        Event::ModelVersionTagsSet(set) => Some(set.version),
        Event::ModelVersionTagDeleted(deleted) => Some(deleted.version),
        Event::ModelVersionDeleted(deleted) => Some(deleted.version),
        Event::Imported(imported) => imported.version,
        _ => None,
    }
}

impl Stage {
    pub const ALL: [Self; 4] = [Self::None, Self::Staging, Self::Production, Self::Archived];

    /// The name on the wire and in the read model.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "None",
            Self::Staging => "Staging",
            Self::Production => "Production",
            Self::Archived => "Archived",
        }
    }

    /// Reads the name in any case, as MLflow does.
    pub fn parse(text: &str) -> Result<Self, DomainError> {
        let stage = Self::ALL.into_iter().find(|stage| stage.as_str().eq_ignore_ascii_case(text));
        stage.ok_or_else(|| {
            let (text, all) = (validate::cut(text, 200), Self::ALL.map(Self::as_str).join(", "));
            DomainError::invalid(format!("Invalid Model Version stage: {text}. Value must be one of {all}."))
        })
    }
}

/// Whether these tags make a model, or a version, a prompt. Of two with one key the last one counts.
pub fn tells_prompt(tags: &[KeyValue]) -> bool {
    let tag = tags.iter().rev().find(|tag| tag.key == PROMPT_TAG);
    tag.is_some_and(|tag| is_true(&tag.value))
}

fn is_prompt(tags: &BTreeMap<String, String>) -> bool {
    tags.get(PROMPT_TAG).is_some_and(|value| is_true(value))
}

fn is_true(value: &str) -> bool {
    value.eq_ignore_ascii_case("true")
}

/// Clocks of several servers differ; the time of the last update does not go back.
fn touch(last_update_time: &mut i64, recorded_at: i64) {
    *last_update_time = recorded_at.max(*last_update_time);
}
