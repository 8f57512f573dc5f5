//! Commands on registered models and their aliases.
//!
//! What depends on the state is decided on the model as it was read, and on the guard version that it had then: the append
//! refuses a decision on a state that somebody changed meanwhile, and the caller reads again.

use crate::command::Decision;
use crate::event::{
    RegisteredModelAliasDeleted, RegisteredModelAliasSet, RegisteredModelCreated, RegisteredModelRenamed,
    RegisteredModelUpdated, TagDeleted, TagsSet,
};
use crate::guard::{Expect, Guard, GuardKey, Then};
use crate::{DomainError, Event, IdGen, KeyValue, ModelVersion, RegisteredModel, StreamId, limits, validate};

/// A new registered model.
#[derive(Clone, Debug, Default)]
pub struct CreateRegisteredModel {
    pub name: String,
    pub description: Option<String>,
    /// Of two with the same key the last one counts.
    pub tags: Vec<KeyValue>,
}

impl CreateRegisteredModel {
    pub fn decide(self, ids: &dyn IdGen) -> Result<Decision, DomainError> {
        check_model_name(&self.name)?;
        let description = self.description.as_ref();
        description.map_or(Ok(()), |text| check_description(text))?;
        self.tags.iter().try_for_each(check_tag)?;
        let id = ids.random_id().simple().to_string();
        let model = GuardKey::RegisteredModel(id.clone());
        let guards =
            vec![Guard::new(model, Expect::Absent, Then::Insert { parent: None }), name_guard(&self.name, &id)];
        let created =
            RegisteredModelCreated { id: id.clone(), name: self.name, description: self.description, tags: self.tags };
        Ok(Decision::one(StreamId::registered_model(&id), Event::RegisteredModelCreated(created), guards))
    }
}

/// Gives the model another name, with which its versions, tags and aliases go.
pub fn rename_registered_model(model: &RegisteredModel, version: i64, name: String) -> Result<Decision, DomainError> {
    check_model_name(&name)?;
    let mut guards = vec![changing(model, version)];
    if name != model.name {
        guards.push(name_guard(&name, &model.id));
        guards.push(Guard::new(GuardKey::RegisteredModelName(model.name.clone()), Expect::Present, Then::Release));
    }
    let event = Event::RegisteredModelRenamed(RegisteredModelRenamed { name });
    Ok(Decision::one(StreamId::registered_model(&model.id), event, guards))
}

/// Sets the description.
pub fn update_registered_model(id: &str, description: String) -> Result<Decision, DomainError> {
    check_description(&description)?;
    Ok(of_active(id, Event::RegisteredModelUpdated(RegisteredModelUpdated { description })))
}

/// Deletes the model with its versions, tags and aliases. Its name is free again.
pub fn delete_registered_model(model: &RegisteredModel, version: i64) -> Decision {
    let key = GuardKey::RegisteredModel(model.id.clone());
    let guards = vec![
        Guard::new(key, Expect::Version(version), Then::Release),
        Guard::new(GuardKey::RegisteredModelName(model.name.clone()), Expect::Present, Then::Release),
    ];
    Decision::one(StreamId::registered_model(&model.id), Event::registered_model_deleted(), guards)
}

/// Sets a tag; a key that was there is overwritten.
pub fn set_registered_model_tag(id: &str, tag: KeyValue) -> Result<Decision, DomainError> {
    check_tag(&tag)?;
    Ok(of_active(id, Event::RegisteredModelTagsSet(TagsSet { tags: vec![tag] })))
}

/// Deletes a tag; deleting an absent one is fine, as in MLflow.
pub fn delete_registered_model_tag(id: &str, key: String) -> Decision {
    of_active(id, Event::RegisteredModelTagDeleted(TagDeleted { key }))
}

/// Lets the alias name the version, which was read with the model.
pub fn set_alias(
    model: &RegisteredModel,
    guard_version: i64,
    target: &ModelVersion,
    alias: String,
) -> Result<Decision, DomainError> {
    check_alias(&alias)?;
    check_not_reserved(&alias)?;
    let event = Event::RegisteredModelAliasSet(RegisteredModelAliasSet { alias, version: target.version });
    Ok(Decision::one(StreamId::registered_model(&model.id), event, vec![changing(model, guard_version)]))
}

/// Deletes an alias; deleting an absent one is fine, as in MLflow.
pub fn delete_alias(id: &str, alias: String) -> Decision {
    of_active(id, Event::RegisteredModelAliasDeleted(RegisteredModelAliasDeleted { alias }))
}

/// MLflow's rule for aliases: word characters and dashes.
pub fn check_alias(alias: &str) -> Result<(), DomainError> {
    if !alias.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-')) {
        return Err(DomainError::invalid(format!(
            "Invalid alias name: '{}'. Names may only contain alphanumerics, underscores (_), and dashes (-).",
            validate::cut(alias, 250)
        )));
    }
    validate::length("Registered model alias name", limits::ALIAS, alias)
}

/// MLflow's rule for the names of registered models.
pub fn check_model_name(name: &str) -> Result<(), DomainError> {
    if name.is_empty() {
        return Err(DomainError::missing("name"));
    }
    // MLflow's store checks again, in fewer words.
    if name.trim().is_empty() {
        return Err(DomainError::invalid("Missing value for required parameter 'name'."));
    }
    if name.contains(['/', ':']) {
        let name = validate::cut(name, 500);
        return Err(DomainError::invalid(format!("Invalid model name '{name}'. Names cannot contain '/' or ':'.")));
    }
    validate::own_path("name", name)?;
    validate::no_nul("name", name)?;
    validate::length("name", limits::MODEL_NAME, name)
}

/// A write that is decided on the model as it was read, and after which other such writes have to read again.
pub(super) fn changing(model: &RegisteredModel, version: i64) -> Guard {
    Guard::new(GuardKey::RegisteredModel(model.id.clone()), Expect::Version(version), Then::Bump)
}

pub(super) fn check_tag(tag: &KeyValue) -> Result<(), DomainError> {
    validate::key("key", &tag.key)?;
    validate::length("key", limits::KEY, &tag.key)?;
    validate::no_nul("value", &tag.value)?;
    validate::length("value", limits::MODEL_TAG_VALUE, &tag.value)
}

pub(super) fn check_description(description: &str) -> Result<(), DomainError> {
    validate::no_nul("description", description)
}

fn of_active(id: &str, event: Event) -> Decision {
    let guard = Guard::new(GuardKey::RegisteredModel(id.to_owned()), Expect::Active, Then::Keep);
    Decision::one(StreamId::registered_model(id), event, vec![guard])
}

fn name_guard(name: &str, id: &str) -> Guard {
    let parent = Some(GuardKey::RegisteredModel(id.to_owned()));
    Guard::new(GuardKey::RegisteredModelName(name.to_owned()), Expect::Absent, Then::Insert { parent })
}

/// A set alias is none that a version or `latest` could be meant by.
fn check_not_reserved(alias: &str) -> Result<(), DomainError> {
    if alias.eq_ignore_ascii_case("latest") {
        return Err(DomainError::invalid("'latest' alias name (case insensitive) is reserved."));
    }
    let number = alias.strip_prefix(['v', 'V']);
    if number.is_some_and(|digits| !digits.is_empty() && digits.chars().all(|c| c.is_ascii_digit())) {
        return Err(DomainError::invalid(format!("Version alias name '{alias}' is reserved.")));
    }
    Ok(())
}
