//! Commands on logged models.

use crate::command::Decision;
use crate::event::{ArtifactDeleted, LoggedModelCreated, LoggedModelStatusSet, ParamsLogged, TagDeleted, TagsSet};
use crate::guard::{Expect, Guard, GuardKey, Then};
use crate::names::random_name;
use crate::{
    DomainError, ErrorCode, Event, IdGen, KeyValue, LoggedModel, LoggedModelStatus, StreamId, limits, validate,
};

/// A new logged model in the experiment.
#[derive(Clone, Debug, Default)]
pub struct CreateLoggedModel {
    pub experiment_id: i64,
    /// `None` for a random one.
    pub name: Option<String>,
    pub model_type: Option<String>,
    pub source_run_id: Option<String>,
    pub params: Vec<KeyValue>,
    pub tags: Vec<KeyValue>,
}

impl CreateLoggedModel {
    /// Decides the model with a new id, which is in the event. `artifact_location` is the experiment's.
    pub fn decide(self, artifact_location: &str, ids: &dyn IdGen) -> Result<Decision, DomainError> {
        let name = self.name.unwrap_or_else(|| random_name(ids));
        check_name(&name)?;
        for (name, text) in [("model_type", &self.model_type), ("source_run_id", &self.source_run_id)] {
            text.as_ref().map_or(Ok(()), |text| validate::no_nul(name, text))?;
        }
        check_params(&self.params)?;
        check_tags(&self.tags)?;
        let model_id = format!("m-{}", ids.random_id().simple());
        let experiment = GuardKey::Experiment(self.experiment_id);
        let guards = vec![
            Guard::new(experiment, Expect::Active, Then::Keep),
            Guard::new(GuardKey::LoggedModel(model_id.clone()), Expect::Absent, Then::Insert { parent: None }),
        ];
        let created = LoggedModelCreated {
            artifact_uri: format!("{}/models/{model_id}/artifacts", artifact_location.trim_end_matches('/')),
            model_id: model_id.clone(),
            experiment_id: self.experiment_id,
            name,
            model_type: self.model_type,
            source_run_id: self.source_run_id,
            params: self.params,
            tags: self.tags,
        };
        Ok(Decision::one(StreamId::logged_model(&model_id), Event::LoggedModelCreated(created), guards))
    }
}

/// Sets whether the model's files are there.
pub fn set_logged_model_status(model_id: &str, status: LoggedModelStatus) -> Decision {
    of_active(model_id, Event::LoggedModelStatusSet(LoggedModelStatusSet { status }))
}

/// Sets tags; a key that was there is overwritten.
pub fn set_logged_model_tags(model_id: &str, tags: Vec<KeyValue>) -> Result<Decision, DomainError> {
    check_tags(&tags)?;
    Ok(of_active(model_id, Event::LoggedModelTagsSet(TagsSet { tags })))
}

/// Deletes a tag that the model, as it was read, must have.
pub fn delete_logged_model_tag(model: &LoggedModel, key: String) -> Result<Decision, DomainError> {
    if !model.tags.contains_key(&key) {
        let (key, model_id) = (quoted(validate::cut(&key, limits::INPUT_TAG_KEY)), quoted(&model.model_id));
        return Err(DomainError::not_found(format!("No tag with key {key} found for model with ID {model_id}.")));
    }
    Ok(of_active(&model.model_id, Event::LoggedModelTagDeleted(TagDeleted { key })))
}

/// Adds params to the model as it was read with this guard version. A param keeps its value: the same one again is fine, so
/// that a repeated request is, another one is refused. MLflow refuses both.
pub fn log_logged_model_params(
    model: &LoggedModel,
    version: i64,
    params: Vec<KeyValue>,
) -> Result<Decision, DomainError> {
    check_params(&params)?;
    let changed = params.iter().find(|param| model.params.get(&param.key).is_some_and(|old| *old != param.value));
    if let Some(param) = changed {
        let message = format!(
            "The param '{}' of the model {} has another value already, and params keep their value. Log it under another key.",
            validate::cut(&param.key, 250),
            model.model_id
        );
        return Err(DomainError::new(ErrorCode::BadRequest, message));
    }
    let guard = Guard::new(GuardKey::LoggedModel(model.model_id.clone()), Expect::Version(version), Then::Bump);
    let event = Event::LoggedModelParamsLogged(ParamsLogged { params });
    Ok(Decision::one(StreamId::logged_model(&model.model_id), event, vec![guard]))
}

/// Deletes the model; deleting it again is fine.
pub fn delete_logged_model(model_id: &str) -> Decision {
    let guard = Guard::new(GuardKey::LoggedModel(model_id.to_owned()), Expect::Present, Then::Delete);
    Decision::one(StreamId::logged_model(model_id), Event::logged_model_deleted(), vec![guard])
}

/// Removes a deleted model for good, with the artifacts below `artifact_root` where this server keeps them. With the deleted
/// experiment that it belongs to, it goes whatever its own state is.
pub fn purge_logged_model(model_id: &str, experiment_id: Option<i64>, artifact_root: Option<String>) -> Decision {
    let expect = if experiment_id.is_some() { Expect::Present } else { Expect::Deleted };
    let model = Guard::new(GuardKey::LoggedModel(model_id.to_owned()), expect, Then::Release);
    let experiment = experiment_id.map(|id| Guard::new(GuardKey::Experiment(id), Expect::Deleted, Then::Keep));
    let purged = (StreamId::logged_model(model_id), Event::logged_model_purged());
    let artifacts =
        artifact_root.map(|path| (StreamId::artifact(&path), Event::ArtifactDeleted(ArtifactDeleted { path })));
    Decision {
        events: artifacts.into_iter().chain([purged]).collect(),
        guards: experiment.into_iter().chain([model]).collect(),
    }
}

fn of_active(model_id: &str, event: Event) -> Decision {
    let guard = Guard::new(GuardKey::LoggedModel(model_id.to_owned()), Expect::Active, Then::Keep);
    Decision::one(StreamId::logged_model(model_id), event, vec![guard])
}

/// MLflow's rule for the names of logged models.
fn check_name(name: &str) -> Result<(), DomainError> {
    if name.is_empty() || name.contains(['/', ':', '.', '%', '"', '\'']) {
        return Err(DomainError::invalid(format!(
            "Invalid model name ({}) provided. Model name must be a non-empty string and cannot contain the following \
             characters: ('/', ':', '.', '%', '\"', \"'\")",
            quoted(validate::cut(name, 500))
        )));
    }
    validate::no_nul("name", name)
}

/// As Python shows a text: in the quotes that it does not contain.
fn quoted(text: &str) -> String {
    if text.contains('\'') && !text.contains('"') { format!("\"{text}\"") } else { format!("'{text}'") }
}

fn check_params(params: &[KeyValue]) -> Result<(), DomainError> {
    for (i, param) in params.iter().enumerate() {
        validate::no_nul(&format!("params[{i}].key"), &param.key)?;
        validate::no_nul(&format!("params[{i}].value"), &param.value)?;
        validate::length(&format!("params[{i}].key"), limits::INPUT_TAG_KEY, &param.key)?;
        if params.iter().skip(i + 1).any(|other| other.key == param.key && other.value != param.value) {
            let key = validate::cut(&param.key, 250);
            let message = format!("The param '{key}' is given twice with two values. Send each param key once.");
            return Err(DomainError::new(ErrorCode::BadRequest, message));
        }
    }
    Ok(())
}

fn check_tags(tags: &[KeyValue]) -> Result<(), DomainError> {
    for (i, tag) in tags.iter().enumerate() {
        validate::no_nul(&format!("tags[{i}].key"), &tag.key)?;
        validate::no_nul(&format!("tags[{i}].value"), &tag.value)?;
        validate::length(&format!("tags[{i}].key"), limits::INPUT_TAG_KEY, &tag.key)?;
    }
    Ok(())
}
