//! From an MLflow server: everything, with its ids and times.

mod append;
mod experiments;
mod files;
mod models;
mod runs;

use futures::{StreamExt, TryStreamExt, stream};
use runledger_artifacts::Spool;
use runledger_operations::Author;
use runledger_storage::ReadModel;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::sync::Arc;

use crate::mlflow::{Experiment, LoggedModel, Page, RegisteredModel, Run};
use crate::{Mlflow, TransferError, Watcher, What};

/// Runs or models of one answer.
const PAGE: usize = 1_000;

/// What an import works with.
#[derive(Debug)]
pub struct ImportSettings {
    pub source: Mlflow,
    pub author: Author,
    pub views: ReadModel,
    /// Where artifacts go, if they are to be taken in.
    pub spool: Option<Spool>,
    /// Runs and models that are worked on at a time.
    pub at_once: usize,
    pub watcher: Arc<dyn Watcher>,
}

/// An import of everything that a server has. It is for a source to which nobody writes any more: what was taken in is not looked
/// at again.
#[derive(Debug)]
pub struct Import {
    source: Mlflow,
    author: Author,
    views: ReadModel,
    spool: Option<Spool>,
    at_once: usize,
    watcher: Arc<dyn Watcher>,
}

/// What came of it, where there is something to say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    pub experiments: usize,
    /// Registered models whose names were there already.
    pub known_models: usize,
}

impl Import {
    pub fn new(settings: ImportSettings) -> Self {
        let ImportSettings { source, author, views, spool, at_once, watcher } = settings;
        Self { source, author, views, spool, at_once, watcher }
    }

    /// Takes in what is not there yet.
    pub async fn all(&self) -> Result<Imported, TransferError> {
        let mut experiments: Vec<Experiment> = Vec::new();
        self.each_page("experiments/search", json!({"view_type": "ALL"}), async |page: Vec<Experiment>| {
            experiments.extend(page);
            Ok(())
        })
        .await?;
        // From the first: what refers to another one comes later.
        experiments.sort_unstable_by_key(|experiment| experiment.id);
        let highest = experiments.iter().map(|experiment| experiment.id).max().unwrap_or_default();
        self.author.log.reserve_experiment_ids(highest).await?;
        for experiment in &mut experiments {
            self.experiment(experiment).await?;
        }
        for experiment in &experiments {
            self.contents(experiment).await?;
        }
        let known_models = self.registry().await?;
        for experiment in experiments.iter().filter(|experiment| experiment.is_deleted()) {
            self.delete_experiment(experiment).await?;
        }
        Ok(Imported { experiments: experiments.len(), known_models })
    }

    /// The runs and logged models of the experiment.
    async fn contents(&self, experiment: &Experiment) -> Result<(), TransferError> {
        let ids = [experiment.id.to_string()];
        let runs = json!({"experiment_ids": ids, "run_view_type": "ALL"});
        self.each_page("runs/search", runs, async |page: Vec<Run>| {
            self.watcher.found(What::Runs, page.len());
            let all = stream::iter(page.into_iter().map(Ok::<_, TransferError>));
            all.try_for_each_concurrent(self.at_once, |run| async move {
                let artifacts = run.info.artifact_uri.clone();
                self.run(run).await?;
                self.artifacts(&artifacts).await?;
                self.watcher.done(What::Runs, 1);
                Ok(())
            })
            .await
        })
        .await?;
        let models = json!({"experiment_ids": ids});
        let outcome = self
            .each_page("logged-models/search", models, async |page: Vec<LoggedModel>| {
                self.watcher.found(What::LoggedModels, page.len());
                let all = stream::iter(page.into_iter().map(Ok::<_, TransferError>));
                all.try_for_each_concurrent(self.at_once, |model| async move {
                    let artifacts = model.info.artifact_uri.clone();
                    self.logged_model(model).await?;
                    self.artifacts(&artifacts).await?;
                    self.watcher.done(What::LoggedModels, 1);
                    Ok(())
                })
                .await
            })
            .await;
        match outcome {
            // MLflow 2 and its files know no logged models.
            Err(TransferError::Refused { status: 404 | 501, .. }) => Ok(()),
            outcome => outcome,
        }
    }

    /// Registered models and prompts; returns how many were there already.
    async fn registry(&self) -> Result<usize, TransferError> {
        let mut known = 0;
        for prompts in [false, true] {
            let mut token = String::new();
            loop {
                let most = PAGE.to_string();
                let mut query = vec![("max_results", most.as_str())];
                query.extend(prompts.then_some(("filter", models::PROMPTS)));
                query.extend((!token.is_empty()).then_some(("page_token", token.as_str())));
                let page: Page<RegisteredModel> = match self.source.get("registered-models/search", &query).await {
                    Ok(page) => page,
                    // Older servers know no prompts, and some know no registry.
                    Err(TransferError::Refused { status: 400 | 404 | 501, .. }) => break,
                    Err(error) => return Err(error),
                };
                self.watcher.found(What::RegisteredModels, page.items.len());
                let outcomes: Vec<bool> = stream::iter(page.items)
                    .map(|model| async move {
                        let is_new = self.registered_model(model, prompts).await?;
                        self.watcher.done(What::RegisteredModels, 1);
                        Ok::<_, TransferError>(is_new)
                    })
                    .buffer_unordered(self.at_once)
                    .try_collect()
                    .await?;
                known += outcomes.iter().filter(|is_new| !**is_new).count();
                match page.next_page_token.filter(|next| !next.is_empty()) {
                    Some(next) => token = next,
                    None => break,
                }
            }
        }
        Ok(known)
    }

    /// Asks for page after page of a search.
    async fn each_page<T: DeserializeOwned>(
        &self,
        path: &str,
        mut body: Value,
        mut work: impl AsyncFnMut(Vec<T>) -> Result<(), TransferError>,
    ) -> Result<(), TransferError> {
        body["max_results"] = PAGE.into();
        loop {
            let page: Page<T> = self.source.post(path, &body).await?;
            work(page.items).await?;
            match page.next_page_token.filter(|token| !token.is_empty()) {
                Some(token) => body["page_token"] = token.into(),
                None => return Ok(()),
            }
        }
    }
}

fn conflict(what: &'static str, name: &str, problem: String) -> TransferError {
    TransferError::Conflict { what, name: name.to_owned(), problem }
}
