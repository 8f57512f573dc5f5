//! Commands on the versions of registered models. They are decided as those on the models are, on what was read.

use crate::command::Decision;
use crate::command::registered_model::{changing, check_description, check_tag};
use crate::event::{
    ModelVersionCreated, ModelVersionDeleted, ModelVersionStageSet, ModelVersionTagDeleted, ModelVersionTagsSet,
    ModelVersionUpdated,
};
use crate::guard::{Expect, Guard, GuardKey, Then};
use crate::{DomainError, ErrorCode, Event, KeyValue, ModelVersion, RegisteredModel, Stage, StreamId, validate};

/// A new version of a registered model. Whether the source may be used is checked before.
#[derive(Clone, Debug, Default)]
pub struct CreateModelVersion {
    pub source: String,
    pub storage_location: Option<String>,
    pub run_id: Option<String>,
    pub run_link: Option<String>,
    pub model_id: Option<String>,
    pub description: String,
    /// Of two with the same key the last one counts.
    pub tags: Vec<KeyValue>,
}

impl CreateModelVersion {
    /// Decides the version with the next number, which is in the event. Numbers of deleted versions are not given again.
    pub fn decide(self, model: &RegisteredModel, guard_version: i64) -> Result<Decision, DomainError> {
        let texts = [("run_id", &self.run_id), ("run_link", &self.run_link), ("model_id", &self.model_id)];
        for (name, text) in texts {
            text.as_ref().map_or(Ok(()), |text| validate::no_nul(name, text))?;
        }
        validate::no_nul("source", &self.source)?;
        check_description(&self.description)?;
        self.tags.iter().try_for_each(check_tag)?;
        let created = ModelVersionCreated {
            version: model.last_version + 1,
            source: self.source,
            storage_location: self.storage_location,
            run_id: self.run_id,
            run_link: self.run_link,
            model_id: self.model_id,
            description: self.description,
            tags: self.tags,
        };
        let stream = StreamId::registered_model(&model.id);
        Ok(Decision::one(stream, Event::ModelVersionCreated(created), vec![changing(model, guard_version)]))
    }
}

/// Sets the description of the version as it was read.
pub fn update_model_version(
    model: &RegisteredModel,
    guard_version: i64,
    version: &ModelVersion,
    description: String,
) -> Result<Decision, DomainError> {
    check_description(&description)?;
    let event = Event::ModelVersionUpdated(ModelVersionUpdated { version: version.version, description });
    Ok(of_unchanged(model, guard_version, event))
}

/// Moves the version to the stage. With `archive_existing`, the other versions there, which `in_stage` names, go to the
/// archive; that makes sense for `Staging` and `Production` only.
pub fn transition_stage(
    model: &RegisteredModel,
    guard_version: i64,
    version: &ModelVersion,
    stage: Stage,
    archive_existing: bool,
    in_stage: &[i64],
) -> Result<Decision, DomainError> {
    if archive_existing && !matches!(stage, Stage::Staging | Stage::Production) {
        return Err(DomainError::new(
            ErrorCode::InternalError,
            format!(
                "Model version transition cannot archive existing model versions because '{}' is not an Active stage. Valid \
                 stages are ['Staging', 'Production']",
                stage.as_str()
            ),
        ));
    }
    let archived = if archive_existing { in_stage } else { &[] };
    let archived = archived.iter().copied().filter(|other| *other != version.version).collect();
    let event = Event::ModelVersionStageSet(ModelVersionStageSet { version: version.version, stage, archived });
    Ok(Decision::one(StreamId::registered_model(&model.id), event, vec![changing(model, guard_version)]))
}

/// Deletes the version with its tags and aliases.
pub fn delete_model_version(model: &RegisteredModel, guard_version: i64, version: &ModelVersion) -> Decision {
    let event = Event::ModelVersionDeleted(ModelVersionDeleted { version: version.version });
    Decision::one(StreamId::registered_model(&model.id), event, vec![changing(model, guard_version)])
}

/// Sets a tag of the version as it was read; a key that was there is overwritten.
pub fn set_model_version_tag(
    model: &RegisteredModel,
    guard_version: i64,
    version: &ModelVersion,
    tag: KeyValue,
) -> Result<Decision, DomainError> {
    check_tag(&tag)?;
    let event = Event::ModelVersionTagsSet(ModelVersionTagsSet { version: version.version, tags: vec![tag] });
    Ok(of_unchanged(model, guard_version, event))
}

/// Deletes a tag of the version as it was read; deleting an absent one is fine, as in MLflow.
pub fn delete_model_version_tag(
    model: &RegisteredModel,
    guard_version: i64,
    version: &ModelVersion,
    key: String,
) -> Decision {
    let event = Event::ModelVersionTagDeleted(ModelVersionTagDeleted { version: version.version, key });
    of_unchanged(model, guard_version, event)
}

/// A write that needs the version to be there still, and that others need not know of.
fn of_unchanged(model: &RegisteredModel, guard_version: i64, event: Event) -> Decision {
    let key = GuardKey::RegisteredModel(model.id.clone());
    let guard = Guard::new(key, Expect::Version(guard_version), Then::Keep);
    Decision::one(StreamId::registered_model(&model.id), event, vec![guard])
}
