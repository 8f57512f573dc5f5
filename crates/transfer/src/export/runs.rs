//! Runs with what was logged to them.

use runledger_domain::points::Columns;
use runledger_domain::{Experiment, Run};
use runledger_storage::search::{Grammar, RunQuery, ViewType, compile_runs};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::{BTreeSet, HashMap};
use std::sync::Mutex;
use std::sync::PoisonError;

use super::{Export, Exported, Ids, PAGE, RUN_TAG, WHOLE_TAG, double, pairs, tags};
use crate::mlflow::{self, Page};
use crate::{TransferError, What};

/// What one `log-batch` takes.
const PARAMS: usize = 100;
const POINTS: usize = 1_000;

/// A run at the target.
struct Known {
    id: String,
    artifact_uri: String,
    whole: bool,
    deleted: bool,
    linked: BTreeSet<String>,
}

#[derive(Deserialize)]
struct Created {
    run: mlflow::Run,
}

impl Export {
    pub(super) async fn runs(&self, experiment: &Experiment, place: i64, ids: &mut Ids) -> Result<(), TransferError> {
        let known = self.known_runs(place).await?;
        let new = Mutex::new(HashMap::new());
        self.each_page_of_runs(experiment.experiment_id, async |page| {
            self.watcher.found(What::Runs, page.len());
            self.each(page, |run| async {
                let exported = self.run(&run, place, known.get(&run.run_id)).await?;
                new.lock().unwrap_or_else(PoisonError::into_inner).insert(run.run_id, exported);
                self.watcher.done(What::Runs, 1);
                Ok(())
            })
            .await
        })
        .await?;
        ids.runs.extend(new.into_inner().unwrap_or_else(PoisonError::into_inner));
        Ok(())
    }

    /// Links runs to the data sets and logged models that they used and made.
    pub(super) async fn links(&self, experiment: &Experiment, ids: &Ids) -> Result<(), TransferError> {
        self.each_page_of_runs(experiment.experiment_id, async |page| {
            let linked = |run: &Run| !run.model_inputs.is_empty() || !run.model_outputs.is_empty();
            self.each(page.into_iter().filter(linked).collect(), |run| async move {
                let Some(exported) = ids.runs.get(&run.run_id).filter(|exported| !exported.gone) else { return Ok(()) };
                let there = |model: &String| ids.models.get(model).filter(|id| !exported.linked.contains(*id));
                let inputs: Vec<Value> =
                    run.model_inputs.iter().filter_map(there).map(|id| json!({"model_id": id})).collect();
                if !inputs.is_empty() {
                    let body = json!({"run_id": exported.id, "models": inputs});
                    self.done("runs/log-inputs", &body).await?;
                }
                let output = |output: &runledger_domain::event::ModelOutput| {
                    Some(json!({"model_id": there(&output.model_id)?, "step": output.step}))
                };
                let outputs: Vec<Value> = run.model_outputs.iter().filter_map(output).collect();
                if outputs.is_empty() {
                    return Ok(());
                }
                self.done("runs/outputs", &json!({"run_id": exported.id, "models": outputs})).await
            })
            .await
        })
        .await
    }

    pub(super) async fn delete_runs(&self, ids: &Ids) -> Result<(), TransferError> {
        let deleted = ids.runs.values().filter(|run| run.deleted).cloned().collect();
        self.each(deleted, |run| async move { self.done("runs/delete", &json!({"run_id": run.id})).await }).await
    }

    async fn each_page_of_runs(
        &self,
        experiment_id: i64,
        mut work: impl AsyncFnMut(Vec<Run>) -> Result<(), TransferError>,
    ) -> Result<(), TransferError> {
        let mut token = None;
        loop {
            let query = RunQuery {
                experiment_ids: &[experiment_id],
                filter: "",
                order_by: &[],
                view: ViewType::All,
                max_results: PAGE,
                page_token: token.as_deref(),
                grammar: Grammar::Mlflow,
            };
            let page = self.views.search_runs(&compile_runs(&query)?).await?;
            work(page.items).await?;
            token = page.next_page_token;
            if token.is_none() {
                return Ok(());
            }
        }
    }

    /// What an earlier export left in the experiment, by the old id.
    async fn known_runs(&self, place: i64) -> Result<HashMap<String, Known>, TransferError> {
        let mut known = HashMap::new();
        let mut body = json!({"experiment_ids": [place.to_string()], "run_view_type": "ALL", "max_results": 1000});
        loop {
            let page: Page<mlflow::Run> = self.target.post("runs/search", &body).await?;
            for run in page.items {
                let tag = |key: &str| run.data.tags.iter().find(|tag| tag.key == key).map(|tag| tag.value.clone());
                let Some(old) = tag(RUN_TAG) else { continue };
                let (whole, deleted) = (tag(WHOLE_TAG).is_some(), run.info.lifecycle_stage == "deleted");
                let (id, artifact_uri) = (run.info.run_id, run.info.artifact_uri);
                let models = run.inputs.model_inputs.into_iter().chain(run.outputs.model_outputs);
                let linked = models.map(|model| model.model_id).collect();
                known.insert(old, Known { id, artifact_uri, whole, deleted, linked });
            }
            match page.next_page_token.filter(|token| !token.is_empty()) {
                Some(token) => body["page_token"] = token.into(),
                None => return Ok(known),
            }
        }
    }

    async fn run(&self, run: &Run, place: i64, known: Option<&Known>) -> Result<Exported, TransferError> {
        let (id, artifact_uri) = match known {
            Some(known) => (known.id.clone(), known.artifact_uri.clone()),
            None => self.create(run, place).await?,
        };
        let gone = known.is_some_and(|known| known.deleted);
        let deleted = run.deleted && !gone;
        let linked = known.map(|known| known.linked.clone()).unwrap_or_default();
        let exported = Exported { id, artifact_uri, from: run.artifact_uri.clone(), deleted, gone, linked };
        if gone || known.is_some_and(|known| known.whole) {
            return Ok(exported);
        }
        let id = &exported.id;
        let params = tags(&run.params);
        for params in params.chunks(PARAMS) {
            self.done("runs/log-batch", &json!({"run_id": id, "params": params})).await?;
        }
        for key in run.metrics.keys() {
            self.history(id, key, &self.views.history(&run.run_id, key).await?).await?;
        }
        let dataset = |input: &runledger_domain::event::DatasetInput| json!({"tags": pairs(&input.tags), "dataset": input.dataset});
        let datasets: Vec<Value> = run.datasets.iter().map(dataset).collect();
        if !datasets.is_empty() {
            self.datasets(id, &datasets).await?;
        }
        self.artifacts(&exported).await?;
        let mut update = json!({"run_id": id, "status": run.status.as_str()});
        if let Some(end) = run.end_time {
            update["end_time"] = end.into();
        }
        self.done("runs/update", &update).await?;
        self.done("runs/set-tag", &json!({"run_id": id, "key": WHOLE_TAG, "value": "true"})).await?;
        Ok(exported)
    }

    async fn create(&self, run: &Run, place: i64) -> Result<(String, String), TransferError> {
        let mut tags = tags(&run.tags);
        tags.push(json!({"key": RUN_TAG, "value": run.run_id}));
        let body = json!({
            "experiment_id": place.to_string(),
            "user_id": run.user_id,
            "run_name": run.name,
            "start_time": run.start_time,
            "tags": tags,
        });
        let created: Created = self.target.post_once("runs/create", &body).await?;
        Ok((created.run.info.run_id, created.run.info.artifact_uri))
    }

    async fn history(&self, id: &str, key: &str, history: &Columns) -> Result<(), TransferError> {
        let points: Vec<_> = history.iter().collect();
        for points in points.chunks(POINTS) {
            let metric = |point: &runledger_domain::points::Point| json!({"key": key, "value": double(point.value), "timestamp": point.timestamp, "step": point.step});
            let metrics: Vec<Value> = points.iter().map(metric).collect();
            self.done("runs/log-batch", &json!({"run_id": id, "metrics": metrics})).await?;
        }
        Ok(())
    }

    /// MLflow's server looks whether it knows a data set and then adds it, in two steps: of two runs that bring the same one at
    /// once, it refuses one with a violated constraint. So one run brings its data sets at a time.
    async fn datasets(&self, id: &str, datasets: &[Value]) -> Result<(), TransferError> {
        let _turn = self.datasets_turn.acquire().await;
        self.done("runs/log-inputs", &json!({"run_id": id, "datasets": datasets})).await
    }
}
