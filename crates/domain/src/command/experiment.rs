//! Commands on experiments.

use crate::command::Decision;
use crate::event::{ExperimentCreated, ExperimentRenamed, TagDeleted, TagsSet};
use crate::guard::{Expect, Guard, GuardKey, Then};
use crate::{DomainError, Event, Experiment, KeyValue, StreamId, limits, validate};

/// A new experiment. The id is given by the caller, who takes it from the log's counter.
#[derive(Clone, Debug)]
pub struct CreateExperiment {
    pub experiment_id: i64,
    pub name: String,
    /// Where its runs put their artifacts; empty for a folder below `artifact_root`.
    pub artifact_location: String,
    pub tags: Vec<KeyValue>,
}

impl CreateExperiment {
    pub fn decide(self, artifact_root: &str) -> Result<Decision, DomainError> {
        check_name(&self.name)?;
        for tag in &self.tags {
            validate::experiment_tag(tag)?;
        }
        check_custom_views(self.tags.iter().map(|tag| tag.key.as_str()))?;
        let id = self.experiment_id;
        let artifact_location = if self.artifact_location.is_empty() {
            format!("{}/{id}", artifact_root.trim_end_matches('/'))
        } else {
            check_location(&self.artifact_location)?;
            self.artifact_location
        };
        let guards = vec![
            Guard::new(GuardKey::Experiment(id), Expect::Absent, Then::Insert { parent: None }),
            name_guard(&self.name, id),
        ];
        let created = ExperimentCreated { experiment_id: id, name: self.name, artifact_location, tags: self.tags };
        Ok(Decision::one(StreamId::experiment(id), Event::ExperimentCreated(created), guards))
    }
}

/// Renames the experiment as it was read, together with the guard version that it had then.
pub fn rename_experiment(experiment: &Experiment, version: i64, new_name: String) -> Result<Decision, DomainError> {
    let id = experiment.experiment_id;
    check_name(&new_name)?;
    let mut guards = vec![Guard::new(GuardKey::Experiment(id), Expect::Version(version), Then::Bump)];
    if new_name != experiment.name {
        let old = GuardKey::ExperimentName(experiment.name.clone());
        guards.push(name_guard(&new_name, id));
        guards.push(Guard::new(old, Expect::Present, Then::Release));
    }
    let event = Event::ExperimentRenamed(ExperimentRenamed { name: new_name });
    Ok(Decision::one(StreamId::experiment(id), event, guards))
}

/// Deletes the experiment and with it all its runs.
pub fn delete_experiment(id: i64) -> Decision {
    let guard = Guard::new(GuardKey::Experiment(id), Expect::Active, Then::Delete);
    Decision::one(StreamId::experiment(id), Event::experiment_deleted(), vec![guard])
}

/// Restores the experiment and all its runs, also those that were deleted one by one before.
pub fn restore_experiment(id: i64) -> Decision {
    let guard = Guard::new(GuardKey::Experiment(id), Expect::Deleted, Then::Restore);
    Decision::one(StreamId::experiment(id), Event::experiment_restored(), vec![guard])
}

/// Removes a deleted experiment for good, whose runs were purged before. Its name is free again.
pub fn purge_experiment(id: i64, name: String) -> Decision {
    let guards = vec![
        Guard::new(GuardKey::ExperimentName(name), Expect::Deleted, Then::Release),
        Guard::new(GuardKey::Experiment(id), Expect::Deleted, Then::Release),
    ];
    Decision::one(StreamId::experiment(id), Event::experiment_purged(), guards)
}

/// Sets a tag on the experiment as it was read.
pub fn set_experiment_tag(experiment: &Experiment, tag: KeyValue) -> Result<Decision, DomainError> {
    validate::experiment_tag(&tag)?;
    let keys = experiment.tags.keys().map(String::as_str).filter(|key| *key != tag.key);
    check_custom_views(keys.chain([tag.key.as_str()]))?;
    let id = experiment.experiment_id;
    let event = Event::ExperimentTagsSet(TagsSet { tags: vec![tag] });
    Ok(Decision::one(StreamId::experiment(id), event, vec![active(id)]))
}

/// Deletes a tag that the experiment must have.
pub fn delete_experiment_tag(experiment: &Experiment, key: String) -> Result<Decision, DomainError> {
    let id = experiment.experiment_id;
    if !experiment.tags.contains_key(&key) {
        return Err(DomainError::not_found(format!("No tag with name: {key} in experiment with id {id}")));
    }
    let event = Event::ExperimentTagDeleted(TagDeleted { key });
    Ok(Decision::one(StreamId::experiment(id), event, vec![active(id)]))
}

fn active(id: i64) -> Guard {
    Guard::new(GuardKey::Experiment(id), Expect::Active, Then::Keep)
}

fn name_guard(name: &str, id: i64) -> Guard {
    let parent = Some(GuardKey::Experiment(id));
    Guard::new(GuardKey::ExperimentName(name.to_owned()), Expect::Absent, Then::Insert { parent })
}

fn check_name(name: &str) -> Result<(), DomainError> {
    if name.trim().is_empty() {
        return Err(DomainError::invalid(format!("Invalid experiment name: '{name}'")));
    }
    validate::no_nul("name", name)?;
    validate::length("name", limits::EXPERIMENT_NAME, name)
}

/// MLflow's page keeps its saved views in tags, and MLflow's server bounds how many there are.
fn check_custom_views<'a>(keys: impl Iterator<Item = &'a str>) -> Result<(), DomainError> {
    let views = keys.filter(|key| key.starts_with("mlflow.customView.view")).count();
    if views > limits::CUSTOM_VIEWS {
        return Err(DomainError::invalid(format!(
            "An experiment can have at most {} custom views. Delete one before you save another.",
            limits::CUSTOM_VIEWS
        )));
    }
    Ok(())
}

/// Schemes that would let an experiment point the server or its clients at a foreign host.
const FOREIGN_SCHEMES: &[&str] = &["ftp", "sftp", "hdfs", "viewfs", "http", "https", "r2", "b2", "abfss"];

fn check_location(location: &str) -> Result<(), DomainError> {
    validate::no_nul("artifact_location", location)?;
    if location.contains('#') || location.contains(';') {
        return Err(DomainError::invalid("'artifact_location' URL can't include fragments or params."));
    }
    if location.split_once('?').is_some_and(|(_, query)| query.contains("..")) {
        return Err(DomainError::invalid("Invalid query string"));
    }
    if location.starts_with("runs:") {
        return Err(DomainError::invalid(format!("Artifact location cannot be a runs:/ URI. Given: '{location}'")));
    }
    let scheme = location.split_once(':').map(|(scheme, _)| scheme.to_ascii_lowercase()).unwrap_or_default();
    if FOREIGN_SCHEMES.contains(&scheme.as_str()) || location.starts_with("mlflow-artifacts://") {
        return Err(DomainError::invalid(format!(
            "'artifact_location' cannot use the '{scheme}' scheme: it names a host of its own. Use a folder of the server's \
             artifact store (mlflow-artifacts:/…), a bucket (s3://, gs://) or a local folder."
        )));
    }
    validate::length("artifact_location", limits::ARTIFACT_LOCATION, location)
}
