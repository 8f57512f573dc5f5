//! Removing for good what was deleted.
//!
//! A run or logged model is purged by one append together with the deletion of its artifacts, whose objects the ingest workers remove
//! afterwards.

use runledger_artifacts::ArtifactPath;
use runledger_domain::command::{self, Decision};
use runledger_domain::guard::Found;
use runledger_storage::{
    DeletedExperiment, DeletedLoggedModel, DeletedLoggedModels, DeletedRun, DeletedRuns, Error, ReadModel,
};
use std::collections::BTreeMap;

use crate::Author;

/// Runs or models read at a time.
const PAGE: i64 = 1_000;

/// What became of a run, a model or an experiment that was to be purged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purged {
    Done,
    /// Somebody else was faster.
    Gone,
    /// It is not deleted any more, and stays.
    Restored,
}

/// All deleted runs that are asked for, by id. They come from the views, which should have caught up: a run that was restored a
/// moment ago must not look deleted. The guards of the append would keep it all the same.
pub async fn deleted_runs(views: &ReadModel, which: DeletedRuns<'_>) -> Result<BTreeMap<String, DeletedRun>, Error> {
    let mut found = BTreeMap::new();
    loop {
        let after = found.last_key_value().map(|(id, _): (&String, _)| id.clone());
        let page = views.deleted_runs(which, after.as_deref(), PAGE).await?;
        if page.is_empty() {
            return Ok(found);
        }
        found.extend(page.into_iter().map(|run| (run.run_id.clone(), run)));
    }
}

/// Removes a deleted run with its artifacts.
pub async fn purge_run(author: &Author, run_id: &str, artifact_uri: &str) -> Result<Purged, Error> {
    purge(author, command::purge_run(run_id, artifact_root(run_id, artifact_uri))).await
}

/// All logged models that are asked for, by id; see [`deleted_runs`].
pub async fn deleted_logged_models(
    views: &ReadModel,
    which: DeletedLoggedModels<'_>,
) -> Result<BTreeMap<String, DeletedLoggedModel>, Error> {
    let mut found = BTreeMap::new();
    loop {
        let after = found.last_key_value().map(|(id, _): (&String, _)| id.clone());
        let page = views.deleted_logged_models(which, after.as_deref(), PAGE).await?;
        if page.is_empty() {
            return Ok(found);
        }
        found.extend(page.into_iter().map(|model| (model.model_id.clone(), model)));
    }
}

/// Removes a logged model with its artifacts: a deleted one, or one that goes with its deleted experiment.
pub async fn purge_logged_model(
    author: &Author,
    model: &DeletedLoggedModel,
    with_experiment: bool,
) -> Result<Purged, Error> {
    let DeletedLoggedModel { model_id, experiment_id, artifact_uri } = model;
    let experiment = with_experiment.then_some(*experiment_id);
    purge(author, command::purge_logged_model(model_id, experiment, artifact_root(model_id, artifact_uri))).await
}

/// Removes a deleted experiment whose runs and models were purged before.
pub async fn purge_experiment(author: &Author, experiment: DeletedExperiment) -> Result<Purged, Error> {
    purge(author, command::purge_experiment(experiment.experiment_id, experiment.name)).await
}

/// Where the artifacts of the run or model are, if this server keeps them.
fn artifact_root(id: &str, uri: &str) -> Option<String> {
    match ArtifactPath::of_uri(uri) {
        Ok(Some(path)) if !path.is_root() => Some(path.to_string()),
        _ => {
            tracing::warn!(id, uri, "the artifacts are not this server's, and stay");
            None
        }
    }
}

async fn purge(author: &Author, decision: Decision) -> Result<Purged, Error> {
    Ok(match author.append(decision).await?.map_err(|rejection| rejection.found) {
        Ok(_) => Purged::Done,
        Err(Found::Absent) => Purged::Gone,
        Err(_restored) => Purged::Restored,
    })
}
