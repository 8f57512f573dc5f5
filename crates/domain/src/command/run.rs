//! Commands on runs.

use std::collections::BTreeMap;

use crate::command::Decision;
use crate::event::{
    ArtifactDeleted, DatasetInput, InputsLogged, LoggedModelMetricsLogged, ModelMetric, ModelOutput, OutputsLogged,
    ParamsLogged, RunCreated, RunUpdated, TagDeleted, TagsSet,
};
use crate::guard::{Expect, Guard, GuardKey, Then};
use crate::names::random_name;
use crate::points::Batch;
use crate::{DomainError, Event, IdGen, KeyValue, RUN_NAME_TAG, Run, StreamId, limits, validate};

/// A new run in the experiment.
#[derive(Clone, Debug, Default)]
pub struct CreateRun {
    pub experiment_id: i64,
    pub user_id: String,
    /// Empty for the name in the tags, else for a random one.
    pub run_name: String,
    /// Milliseconds since the epoch; MLflow stores 0 where none was sent.
    pub start_time: i64,
    pub tags: Vec<KeyValue>,
    /// A key that the client chose, so that a repeat of the request finds the run instead of making another.
    pub idempotency_key: Option<String>,
}

impl CreateRun {
    /// Decides the run with a new id. `artifact_location` is the experiment's.
    pub fn decide(mut self, artifact_location: &str, ids: &dyn IdGen) -> Result<Decision, DomainError> {
        let name = self.name(ids)?;
        for (i, tag) in self.tags.iter().enumerate() {
            validate::no_nul(&format!("tags[{i}].key"), &tag.key)?;
            validate::no_nul(&format!("tags[{i}].value"), &tag.value)?;
            if self.tags.iter().skip(i + 1).any(|other| other.key == tag.key) {
                return Err(DomainError::new(
                    crate::ErrorCode::BadRequest,
                    format!("The tag '{}' is given twice. Send each tag key once.", validate::cut(&tag.key, 250)),
                ));
            }
        }
        validate::no_nul("user_id", &self.user_id)?;
        validate::no_nul("run_name", &name)?;
        if !self.tags.iter().any(|tag| tag.key == RUN_NAME_TAG) {
            self.tags.push(KeyValue { key: RUN_NAME_TAG.to_owned(), value: name.clone() });
        }
        let run_id = ids.random_id().simple().to_string();
        let experiment = GuardKey::Experiment(self.experiment_id);
        let run = GuardKey::Run(run_id.clone());
        let mut guards = vec![
            Guard::new(experiment.clone(), Expect::Active, Then::Keep),
            Guard::new(run.clone(), Expect::Absent, Then::Insert { parent: Some(experiment) }),
        ];
        if let Some(key) = self.idempotency_key {
            let then = Then::Insert { parent: Some(run) };
            guards.push(Guard::new(GuardKey::Idempotency(key), Expect::Absent, then));
        }
        let created = RunCreated {
            artifact_uri: format!("{}/{run_id}/artifacts", artifact_location.trim_end_matches('/')),
            run_id: run_id.clone(),
            experiment_id: self.experiment_id,
            name,
            user_id: self.user_id,
            start_time: self.start_time,
            tags: self.tags,
        };
        Ok(Decision::one(StreamId::run(&run_id), Event::RunCreated(created), guards))
    }

    fn name(&self, ids: &dyn IdGen) -> Result<String, DomainError> {
        let tag = self.tags.iter().find(|tag| tag.key == RUN_NAME_TAG).map_or("", |tag| tag.value.as_str());
        match (self.run_name.as_str(), tag) {
            ("", "") => Ok(random_name(ids)),
            ("", name) | (name, "") => Ok(name.to_owned()),
            (name, tag) if name == tag => Ok(name.to_owned()),
            (name, tag) => Err(DomainError::invalid(format!(
                "Both 'run_name' argument and 'mlflow.runName' tag are specified, but with different values \
                 (run_name='{name}', mlflow.runName='{tag}')."
            ))),
        }
    }
}

/// What one `log-batch` brings; it lands whole or not at all.
#[derive(Clone, Debug, Default)]
pub struct LogBatch {
    pub run_id: String,
    pub metrics: Batch,
    /// Only those that the run does not have yet: see [`new_params`].
    pub params: Vec<KeyValue>,
    pub tags: Vec<KeyValue>,
    /// Those of the metrics that say something of a logged model, each model once.
    pub measured: Vec<Measured>,
}

/// What a run measured of a logged model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Measured {
    pub model_id: String,
    pub metrics: Vec<ModelMetric>,
}

/// Decides a batch whose elements were checked. With params, `version` is the guard version that the run had before its
/// params were read, so that two writers cannot both give one key a value.
pub fn log_batch(batch: LogBatch, version: Option<i64>) -> Decision {
    let stream = StreamId::run(&batch.run_id);
    let (of_models, model_guards) = measured(&batch.run_id, batch.measured);
    let guard = match version {
        Some(version) if !batch.params.is_empty() => {
            Guard::new(GuardKey::Run(batch.run_id), Expect::Version(version), Then::Bump)
        }
        _ => Guard::active_run(&batch.run_id),
    };
    let mut events = Vec::new();
    if !batch.params.is_empty() {
        events.push((stream.clone(), Event::ParamsLogged(ParamsLogged { params: batch.params })));
    }
    if !batch.metrics.columns().is_empty() {
        events.push((stream.clone(), Event::MetricsLogged(batch.metrics)));
    }
    if !batch.tags.is_empty() {
        events.push((stream, Event::TagsSet(TagsSet { tags: batch.tags })));
    }
    events.extend(of_models);
    let mut guards = vec![guard];
    guards.extend(model_guards);
    Decision { events, guards }
}

fn measured(run_id: &str, measured: Vec<Measured>) -> (Vec<(StreamId, Event)>, Vec<Guard>) {
    let of_model = |Measured { model_id, metrics }| {
        let logged = LoggedModelMetricsLogged { run_id: run_id.to_owned(), metrics };
        let event = (StreamId::logged_model(&model_id), Event::LoggedModelMetricsLogged(logged));
        // A model that was deleted while a job measures it is no reason to fail the job.
        (event, Guard::new(GuardKey::LoggedModel(model_id), Expect::Present, Then::Keep))
    };
    measured.into_iter().map(of_model).unzip()
}

/// The params that are new to a run. A param keeps its value: the same one again is fine, another one is refused.
/// `batch` chooses between MLflow's two wordings.
pub fn new_params(
    run_id: &str,
    known: &BTreeMap<String, String>,
    params: &[KeyValue],
    batch: bool,
) -> Result<Vec<KeyValue>, DomainError> {
    let changed: Vec<(&KeyValue, &String)> = params
        .iter()
        .filter_map(|param| known.get(&param.key).map(|old| (param, old)))
        .filter(|(param, old)| param.value != **old)
        .collect();
    if let Some((param, old)) = changed.first() {
        let message = if batch {
            let list: Vec<String> = changed
                .iter()
                .map(|(param, old)| {
                    let (old, new) = (validate::cut(old, 500), validate::cut(&param.value, 500));
                    format!("{{'key': '{}', 'old_value': '{old}', 'new_value': '{new}'}}", param.key)
                })
                .collect();
            format!(
                "Changing param values is not allowed. Params were already logged='[{}]' for run ID='{run_id}'.",
                list.join(", ")
            )
        } else {
            format!(
                "Changing param values is not allowed. Param with key='{}' was already logged with value='{old}' for run \
                 ID='{run_id}'. Attempted logging new value '{}'.",
                param.key, param.value
            )
        };
        return Err(DomainError::invalid(message));
    }
    Ok(params.iter().filter(|param| !known.contains_key(&param.key)).cloned().collect())
}

/// Sets tags whose elements were checked.
pub fn set_run_tags(run_id: String, tags: Vec<KeyValue>) -> Decision {
    log_batch(LogBatch { run_id, tags, ..LogBatch::default() }, None)
}

/// Deletes a tag that the run, as it was read, must have.
pub fn delete_run_tag(run: &Run, key: String) -> Result<Decision, DomainError> {
    let run_id = &run.run_id;
    let guard = Guard::active_run(run_id);
    if run.deleted {
        return Err(guard.violation(crate::guard::Found::Deleted).unwrap_or_else(|| DomainError::missing("run_id")));
    }
    if !run.tags.contains_key(&key) {
        return Err(DomainError::not_found(format!("No tag with name: {key} in run with id {run_id}")));
    }
    Ok(Decision::one(StreamId::run(run_id), Event::TagDeleted(TagDeleted { key }), vec![guard]))
}

/// Changes status, end time or name; an empty name counts as absent.
pub fn update_run(run_id: &str, mut update: RunUpdated) -> Result<Decision, DomainError> {
    update.name = update.name.filter(|name| !name.is_empty());
    if let Some(name) = &update.name {
        validate::no_nul("run_name", name)?;
    }
    let guards = vec![Guard::active_run(run_id)];
    Ok(Decision::one(StreamId::run(run_id), Event::RunUpdated(update), guards))
}

/// Deletes the run; deleting it again is fine.
pub fn delete_run(run_id: &str) -> Decision {
    let guard = Guard::new(GuardKey::Run(run_id.to_owned()), Expect::Present, Then::Delete);
    Decision::one(StreamId::run(run_id), Event::run_deleted(), vec![guard])
}

/// Restores the run; restoring an active one is fine.
pub fn restore_run(run_id: &str) -> Decision {
    let guard = Guard::new(GuardKey::Run(run_id.to_owned()), Expect::Present, Then::Restore);
    Decision::one(StreamId::run(run_id), Event::run_restored(), vec![guard])
}

/// Removes a deleted run for good, with the artifacts below `artifact_root` where this server keeps them.
pub fn purge_run(run_id: &str, artifact_root: Option<String>) -> Decision {
    let guard = Guard::new(GuardKey::Run(run_id.to_owned()), Expect::Deleted, Then::Release);
    let purged = (StreamId::run(run_id), Event::run_purged());
    let artifacts = artifact_root
        .map(|path| (StreamId::artifact(&path), Event::ArtifactDeleted(ArtifactDeleted { path })))
        .into_iter();
    Decision { events: artifacts.chain([purged]).collect(), guards: vec![guard] }
}

/// Links data sets and consumed models to the run.
pub fn log_inputs(run_id: &str, datasets: Vec<DatasetInput>, models: Vec<String>) -> Result<Decision, DomainError> {
    if datasets.len() > limits::DATASETS {
        return Err(DomainError::invalid(format!(
            "A request can log at most {} datasets. Got {} datasets. Please split up datasets across multiple requests and try \
             again.",
            limits::DATASETS,
            datasets.len()
        )));
    }
    for input in &datasets {
        check_dataset(input)?;
    }
    let guards = vec![Guard::active_run(run_id)];
    let event = Event::InputsLogged(InputsLogged { datasets, models });
    Ok(Decision::one(StreamId::run(run_id), event, guards))
}

/// Links produced models to the run.
pub fn log_outputs(run_id: &str, models: Vec<ModelOutput>) -> Decision {
    let guards = vec![Guard::active_run(run_id)];
    Decision::one(StreamId::run(run_id), Event::OutputsLogged(OutputsLogged { models }), guards)
}

fn check_dataset(input: &DatasetInput) -> Result<(), DomainError> {
    let dataset = &input.dataset;
    let texts = [
        ("name", limits::DATASET_NAME, Some(&dataset.name)),
        ("digest", limits::DATASET_DIGEST, Some(&dataset.digest)),
        ("source_type", limits::DATASET_NAME, Some(&dataset.source_type)),
        ("source", limits::DATASET_SOURCE, Some(&dataset.source)),
        ("schema", limits::DATASET_SCHEMA, dataset.schema.as_ref()),
        ("profile", limits::DATASET_PROFILE, dataset.profile.as_ref()),
    ];
    let tags = input.tags.iter().flat_map(|tag| {
        [("key", limits::INPUT_TAG_KEY, Some(&tag.key)), ("value", limits::INPUT_TAG_VALUE, Some(&tag.value))]
    });
    for (name, limit, value) in texts.into_iter().chain(tags) {
        if let Some(value) = value {
            validate::no_nul(name, value)?;
            validate::length(name, limit, value)?;
        }
    }
    Ok(())
}
