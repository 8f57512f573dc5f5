//! Logged models, and registered models with their versions: each in one append.

use runledger_domain::command::Decision;
use runledger_domain::event::{
    LoggedModelCreated, LoggedModelMetricsLogged, LoggedModelStatusSet, ModelMetric, ModelVersionCreated,
    ModelVersionStageSet, RegisteredModelAliasSet, RegisteredModelCreated,
};
use runledger_domain::guard::{Expect, Guard, GuardKey, Then};
use runledger_domain::{Event, LoggedModelStatus, Stage, StreamId};
use std::collections::BTreeMap;

use super::Import;
use super::append::{add, add_times, append};
use crate::TransferError;
use crate::mlflow::{DownloadUri, LoggedModel, Metric, ModelVersion, Page, RegisteredModel, filled, pairs, text};

/// How the source is asked for prompts, which its registry otherwise hides.
pub(super) const PROMPTS: &str = "tags.`mlflow.prompt.is_prompt` = 'true'";

impl Import {
    /// A model that is there already is left as it is.
    pub(super) async fn logged_model(&self, model: LoggedModel) -> Result<(), TransferError> {
        let key = GuardKey::LoggedModel(model.info.model_id.clone());
        if self.author.log.guard(&key).await?.is_some() {
            return Ok(());
        }
        // Where somebody else was faster, the guard refuses, and all is well.
        drop(append(&self.author, logged_model(model)).await?);
        Ok(())
    }

    /// Whether the model was taken in; where a model of its name is there already, that one stays as it is.
    pub(super) async fn registered_model(&self, model: RegisteredModel, prompt: bool) -> Result<bool, TransferError> {
        let name = text(model.name.clone());
        if self.author.log.guard(&GuardKey::RegisteredModelName(name)).await?.is_some() {
            return Ok(false);
        }
        let mut versions = self.versions(&model.name, prompt).await?;
        versions.sort_unstable_by_key(|version| version.version);
        let mut whole = Vec::new();
        for version in versions {
            let query = [("name", model.name.as_str()), ("version", &version.version.to_string())];
            // A prompt has no files.
            let place = if prompt {
                None
            } else {
                let place: DownloadUri = self.source.get("model-versions/get-download-uri", &query).await?;
                filled(place.artifact_uri).filter(|place| *place != version.source)
            };
            whole.push((version, place));
        }
        let id = self.author.ids.random_id().simple().to_string();
        Ok(append(&self.author, registered_model(id, model, whole)).await?.is_ok())
    }

    async fn versions(&self, name: &str, prompt: bool) -> Result<Vec<ModelVersion>, TransferError> {
        // MLflow's grammar has two quotes, and no way to write both.
        let quote = if name.contains('\'') { '"' } else { '\'' };
        let of_prompts = if prompt { format!(" AND {PROMPTS}") } else { String::new() };
        let filter = format!("name = {quote}{name}{quote}{of_prompts}");
        let (mut versions, mut token) = (Vec::new(), String::new());
        loop {
            let mut query = vec![("filter", filter.as_str()), ("max_results", "1000")];
            query.extend((!token.is_empty()).then_some(("page_token", token.as_str())));
            let page: Page<ModelVersion> = self.source.get("model-versions/search", &query).await?;
            versions.extend(page.items);
            match page.next_page_token.filter(|next| !next.is_empty()) {
                Some(next) => token = next,
                None => return Ok(versions),
            }
        }
    }
}

fn logged_model(model: LoggedModel) -> Decision {
    let LoggedModel { info, data } = model;
    let stream = StreamId::logged_model(&info.model_id);
    let mut decision = Decision {
        events: Vec::new(),
        guards: vec![
            Guard::new(GuardKey::Experiment(info.experiment_id), Expect::Present, Then::Keep),
            Guard::new(GuardKey::LoggedModel(info.model_id.clone()), Expect::Absent, Then::Insert { parent: None }),
        ],
    };
    let event = LoggedModelCreated {
        model_id: info.model_id,
        experiment_id: info.experiment_id,
        name: text(info.name),
        model_type: filled(info.model_type),
        source_run_id: filled(info.source_run_id),
        artifact_uri: info.artifact_uri,
        params: pairs(data.params),
        tags: pairs(info.tags),
    };
    add(&mut decision, &stream, Event::LoggedModelCreated(event));
    let mut measured: BTreeMap<String, Vec<ModelMetric>> = BTreeMap::new();
    for metric in data.metrics {
        let Metric { key, value, timestamp, step, run_id, dataset_name, dataset_digest } = metric;
        measured.entry(run_id).or_default().push(ModelMetric {
            key: text(key),
            value: ModelMetric::text(value),
            timestamp,
            step,
            dataset_name: dataset_name.and_then(filled),
            dataset_digest: dataset_digest.and_then(filled),
        });
    }
    for (run_id, metrics) in measured {
        let event = LoggedModelMetricsLogged { run_id, metrics };
        add(&mut decision, &stream, Event::LoggedModelMetricsLogged(event));
    }
    let status = LoggedModelStatus::parse(&info.status).unwrap_or(LoggedModelStatus::Unspecified);
    add(&mut decision, &stream, Event::LoggedModelStatusSet(LoggedModelStatusSet { status }));
    add_times(&mut decision, &stream, info.creation_timestamp_ms, info.last_updated_timestamp_ms, None);
    decision
}

/// `versions` ascend, each with the place of its files where that is another than its source.
fn registered_model(id: String, model: RegisteredModel, versions: Vec<(ModelVersion, Option<String>)>) -> Decision {
    let stream = StreamId::registered_model(&id);
    let (key, name) = (GuardKey::RegisteredModel(id.clone()), text(model.name));
    let mut decision = Decision {
        events: Vec::new(),
        guards: vec![
            Guard::new(key.clone(), Expect::Absent, Then::Insert { parent: None }),
            Guard::new(GuardKey::RegisteredModelName(name.clone()), Expect::Absent, Then::Insert { parent: Some(key) }),
        ],
    };
    let description = model.description.map(text);
    let event = RegisteredModelCreated { id, name, description, tags: pairs(model.tags) };
    add(&mut decision, &stream, Event::RegisteredModelCreated(event));
    for (version, place) in versions {
        add_version(&mut decision, &stream, version, place);
    }
    for alias in model.aliases {
        let event = RegisteredModelAliasSet { alias: text(alias.alias), version: alias.version };
        add(&mut decision, &stream, Event::RegisteredModelAliasSet(event));
    }
    add_times(&mut decision, &stream, model.creation_timestamp, model.last_updated_timestamp, None);
    decision
}

fn add_version(decision: &mut Decision, stream: &StreamId, version: ModelVersion, place: Option<String>) {
    let number = version.version;
    let model_id = version.source.strip_prefix("models:/").filter(|id| id.starts_with("m-")).map(str::to_owned);
    let event = ModelVersionCreated {
        version: number,
        source: version.source,
        storage_location: place,
        run_id: filled(version.run_id),
        run_link: filled(version.run_link),
        model_id,
        description: text(version.description),
        tags: pairs(version.tags),
    };
    add(decision, stream, Event::ModelVersionCreated(event));
    let stage = Stage::parse(&version.current_stage).unwrap_or(Stage::None);
    if stage != Stage::None {
        let event = ModelVersionStageSet { version: number, stage, archived: Vec::new() };
        add(decision, stream, Event::ModelVersionStageSet(event));
    }
    add_times(decision, stream, version.creation_timestamp, version.last_updated_timestamp, Some(number));
}
