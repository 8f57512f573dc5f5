//! Commands on the versions of registered models. They are decided as those on the models are, on what was read.

use crate::command::Decision;
use crate::command::registered_model::{changing, check_description, check_tag};
use crate::event::{
    ModelVersionCreated, ModelVersionDeleted, ModelVersionStageSet, ModelVersionTagDeleted, ModelVersionTagsSet,
    ModelVersionUpdated, TagsSet,
};
use crate::guard::{Expect, Guard, GuardKey, Then};
use crate::{
    DomainError, ErrorCode, Event, KeyValue, LoggedModel, ModelVersion, RegisteredModel, Stage, StreamId, limits,
    validate,
};

/// The tag of a logged model that lists the versions that it is.
const VERSIONS_TAG: &str = "mlflow.modelVersions";

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
        self.tags.iter().try_for_each(check_version_tag)?;
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

/// Lets the logged model, as it was read with this guard version, tell that it is a version of the registered model: MLflow
/// keeps a list of them in a tag.
pub fn tell_logged_model(
    decision: &mut Decision,
    model: &LoggedModel,
    guard_version: i64,
    registered_name: &str,
    version: i64,
) {
    let listed = model.tags.get(VERSIONS_TAG).and_then(|tag| serde_json::from_str(tag).ok());
    let mut versions: Vec<serde_json::Value> = listed.unwrap_or_default();
    let new = serde_json::json!({ "name": registered_name, "version": version });
    if !versions.contains(&new) {
        versions.push(new);
    }
    let tag = KeyValue { key: VERSIONS_TAG.to_owned(), value: spaced(&versions) };
    let stream = StreamId::logged_model(&model.model_id);
    decision.events.push((stream, Event::LoggedModelTagsSet(TagsSet { tags: vec![tag] })));
    // Two registrations at once would each write a list without the other.
    let key = GuardKey::LoggedModel(model.model_id.clone());
    decision.guards.push(Guard::new(key, Expect::Version(guard_version), Then::Bump));
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

/// Moves the version to the stage of that name. With `archive_existing`, the other versions there, which `in_stage` knows, go
/// to the archive; that makes sense for `Staging` and `Production` only.
pub fn transition_stage(
    model: &RegisteredModel,
    guard_version: i64,
    version: &ModelVersion,
    stage: &str,
    archive_existing: bool,
    in_stage: impl Fn(Stage) -> Vec<i64>,
) -> Result<Decision, DomainError> {
    let (given, stage) = (stage, Stage::parse(stage)?);
    if archive_existing && !matches!(stage, Stage::Staging | Stage::Production) {
        return Err(DomainError::new(
            ErrorCode::InternalError,
            format!(
                "Model version transition cannot archive existing model versions because '{given}' is not an Active stage. \
                 Valid stages are ['Staging', 'Production']"
            ),
        ));
    }
    let archived = if archive_existing { in_stage(stage) } else { Vec::new() };
    let archived = archived.into_iter().filter(|other| *other != version.version).collect();
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
    check_version_tag(&tag)?;
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

/// JSON with the blanks that Python puts in, since clients compare the tag with what they would write.
fn spaced(versions: &[serde_json::Value]) -> String {
    let one = |version: &serde_json::Value| match version {
        serde_json::Value::Object(fields) => {
            let fields: Vec<String> = fields
                .iter()
                .map(|(key, value)| format!("{}: {value}", serde_json::Value::from(key.as_str())))
                .collect();
            format!("{{{}}}", fields.join(", "))
        }
        other => other.to_string(),
    };
    format!("[{}]", versions.iter().map(one).collect::<Vec<_>>().join(", "))
}

/// The text of a prompt is a tag, and has a message of its own.
fn check_version_tag(tag: &KeyValue) -> Result<(), DomainError> {
    if tag.key == "mlflow.prompt.text" && validate::length("value", limits::MODEL_TAG_VALUE, &tag.value).is_err() {
        let limit = limits::MODEL_TAG_VALUE;
        return Err(DomainError::invalid(format!("Prompt text exceeds max length of {limit} characters.")));
    }
    check_tag(tag)
}

/// A write that needs the version to be there still, and that others need not know of.
fn of_unchanged(model: &RegisteredModel, guard_version: i64, event: Event) -> Decision {
    let key = GuardKey::RegisteredModel(model.id.clone());
    let guard = Guard::new(key, Expect::Version(guard_version), Then::Keep);
    Decision::one(StreamId::registered_model(&model.id), event, vec![guard])
}
