//! To a plain MLflow server: everything that MLflow has a request for.
//!
//! MLflow gives ids of its own, so each thing carries its old one in a tag, by which an export that is begun again finds what
//! is there. A run says in another tag that it is whole.

mod files;
mod models;
mod registry;
mod runs;

use futures::{TryStreamExt, stream};
use runledger_artifacts::{ArtifactStore, Spool};
use runledger_domain::points::double_name;
use runledger_domain::{Experiment, KeyValue};
use runledger_storage::ReadModel;
use runledger_storage::search::{ExperimentQuery, ViewType, compile_experiments};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Value, json};
use std::collections::{BTreeSet, HashMap};
use std::future::Future;
use std::sync::Arc;
use tokio::sync::Semaphore;

use crate::mlflow;
use crate::{Mlflow, TransferError, Watcher};

/// Runs or models read at a time.
const PAGE: usize = 500;
/// Where an experiment, run, logged model or version says which one it was.
const EXPERIMENT_TAG: &str = "runledger.experiment_id";
const RUN_TAG: &str = "runledger.run_id";
const MODEL_TAG: &str = "runledger.model_id";
const VERSION_TAG: &str = "runledger.version";
/// Where a run says that it is whole.
const WHOLE_TAG: &str = "runledger.exported";

/// What an export works with.
#[derive(Debug)]
pub struct ExportSettings {
    pub target: Mlflow,
    pub views: ReadModel,
    /// Where artifacts are, if they are to go along.
    pub files: Option<(Spool, ArtifactStore)>,
    /// Runs that are worked on at a time.
    pub at_once: usize,
    pub watcher: Arc<dyn Watcher>,
}

/// An export of everything in the views, which should have caught up.
#[derive(Debug)]
pub struct Export {
    target: Mlflow,
    views: ReadModel,
    files: Option<(Spool, ArtifactStore)>,
    at_once: usize,
    /// Who has it brings data sets.
    datasets_turn: Semaphore,
    watcher: Arc<dyn Watcher>,
}

/// What was given another id there, by the old one.
#[derive(Debug, Default)]
struct Ids {
    runs: HashMap<String, Exported>,
    models: HashMap<String, String>,
}

/// A run or model at the target.
#[derive(Clone, Debug)]
struct Exported {
    id: String,
    artifact_uri: String,
    /// Where its artifacts are here.
    from: String,
    /// It is still to be deleted there.
    deleted: bool,
    /// It is deleted there already.
    gone: bool,
    /// The logged models that it is linked to there: a link that is made twice is refused.
    linked: BTreeSet<String>,
}

/// An experiment at the target.
#[derive(Debug, Deserialize)]
struct Found {
    experiment: mlflow::Experiment,
}

impl Export {
    pub fn new(settings: ExportSettings) -> Self {
        let ExportSettings { target, views, files, at_once, watcher } = settings;
        Self { target, views, files, at_once, datasets_turn: Semaphore::new(1), watcher }
    }

    /// Brings what is not there yet. Returns how many experiments there are.
    pub async fn all(&self) -> Result<usize, TransferError> {
        let experiments = self.experiments().await?;
        let mut ids = Ids::default();
        let mut places = Vec::new();
        for experiment in &experiments {
            let place = self.experiment(experiment).await?;
            self.runs(experiment, place, &mut ids).await?;
            places.push(place);
        }
        for (experiment, place) in experiments.iter().zip(&places) {
            self.logged_models(experiment, *place, &mut ids).await?;
        }
        for experiment in &experiments {
            self.links(experiment, &ids).await?;
        }
        self.registry(&ids).await?;
        // What is deleted takes no more writes, so that comes last.
        self.delete_runs(&ids).await?;
        for (experiment, place) in experiments.iter().zip(places) {
            if experiment.deleted {
                self.done("experiments/delete", &json!({"experiment_id": place.to_string()})).await?;
            }
        }
        Ok(experiments.len())
    }

    async fn experiments(&self) -> Result<Vec<Experiment>, TransferError> {
        let (mut found, mut token) = (Vec::new(), None);
        loop {
            let query = ExperimentQuery {
                filter: "",
                order_by: &[],
                view: ViewType::All,
                max_results: PAGE,
                page_token: token.as_deref(),
            };
            let page = self.views.search_experiments(&compile_experiments(&query)?).await?;
            found.extend(page.items);
            token = page.next_page_token;
            if token.is_none() {
                break;
            }
        }
        found.sort_unstable_by_key(|experiment| experiment.experiment_id);
        Ok(found)
    }

    /// The id of the experiment at the target, where it is active as long as the export goes on.
    async fn experiment(&self, experiment: &Experiment) -> Result<i64, TransferError> {
        let old = experiment.experiment_id.to_string();
        let query = [("experiment_name", experiment.name.as_str())];
        match self.target.get::<Found>("experiments/get-by-name", &query).await {
            Ok(Found { experiment: there }) => {
                let is_this = there.tags.iter().any(|tag| tag.key == EXPERIMENT_TAG && tag.value == old);
                // Every server has one of this id from its first start.
                if !is_this && there.id != 0 {
                    let problem = "the target has another experiment of this name; rename either".to_owned();
                    return Err(TransferError::Conflict { what: "experiment", name: experiment.name.clone(), problem });
                }
                if there.lifecycle_stage == "deleted" {
                    let id = there.id.to_string();
                    self.done("experiments/restore", &json!({"experiment_id": id})).await?;
                }
                Ok(there.id)
            }
            Err(TransferError::Refused { status: 404, .. }) => {
                let mut tags = tags(&experiment.tags);
                tags.push(json!({"key": EXPERIMENT_TAG, "value": old}));
                let mut body = json!({"name": experiment.name, "tags": tags});
                // What is in a place of its own stays there; for what this server keeps, the target finds one.
                if !experiment.artifact_location.starts_with("mlflow-artifacts:") {
                    body["artifact_location"] = experiment.artifact_location.as_str().into();
                }
                let created: Value = self.target.post_once("experiments/create", &body).await?;
                let id = created.get("experiment_id").and_then(Value::as_str).and_then(|id| id.parse().ok());
                id.ok_or_else(|| unexpected("experiments/create"))
            }
            Err(error) => Err(error),
        }
    }

    /// A request whose answer says nothing.
    async fn done(&self, path: &str, body: &Value) -> Result<(), TransferError> {
        self.target.post::<IgnoredAny>(path, body).await.map(drop)
    }

    /// Does the work for all of them, some at a time.
    async fn each<T, F>(&self, all: Vec<T>, work: impl Fn(T) -> F) -> Result<(), TransferError>
    where
        F: Future<Output = Result<(), TransferError>>,
    {
        let all = stream::iter(all.into_iter().map(Ok::<_, TransferError>));
        all.map_ok(work).try_buffer_unordered(self.at_once).try_collect().await
    }
}

fn tags<'a>(tags: impl IntoIterator<Item = (&'a String, &'a String)>) -> Vec<Value> {
    tags.into_iter().map(|(key, value)| json!({"key": key, "value": value})).collect()
}

fn pairs(pairs: &[KeyValue]) -> Vec<Value> {
    pairs.iter().map(|pair| json!({"key": pair.key, "value": pair.value})).collect()
}

/// A double as MLflow reads it.
fn double(value: f64) -> Value {
    double_name(value).map_or_else(|| value.into(), Value::from)
}

fn unexpected(request: &str) -> TransferError {
    TransferError::Answer { request: request.to_owned(), source: serde::de::Error::custom("an id is missing") }
}
