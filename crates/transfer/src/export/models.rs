//! Logged models with what was measured of them.

use runledger_domain::{Experiment, LoggedModel};
use runledger_storage::search::{LoggedModelQuery, compile_logged_models};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::{Export, Exported, Ids, MODEL_TAG, PAGE, double, tags};
use crate::mlflow::{self, Page};
use crate::{TransferError, What};

/// Measurements of one `log-batch`.
const POINTS: usize = 1_000;

#[derive(Deserialize)]
struct Created {
    model: mlflow::LoggedModel,
}

impl Export {
    pub(super) async fn logged_models(
        &self,
        experiment: &Experiment,
        place: i64,
        ids: &mut Ids,
    ) -> Result<(), TransferError> {
        let mut token = None;
        let mut known = None;
        loop {
            let query = LoggedModelQuery {
                experiment_ids: &[experiment.experiment_id],
                filter: "",
                datasets: &[],
                order_by: &[],
                max_results: PAGE,
                page_token: token.as_deref(),
            };
            let page = self.views.search_logged_models(&compile_logged_models(&query)?).await?;
            self.watcher.found(What::LoggedModels, page.items.len());
            for model in page.items {
                let known = match &known {
                    Some(known) => known,
                    None => known.insert(self.known_models(place).await?),
                };
                let exported = self.logged_model(&model, place, known.get(&model.model_id), ids).await?;
                ids.models.insert(model.model_id, exported);
                self.watcher.done(What::LoggedModels, 1);
            }
            token = page.next_page_token;
            if token.is_none() {
                return Ok(());
            }
        }
    }

    /// What an earlier export left in the experiment, by the old id.
    async fn known_models(&self, place: i64) -> Result<HashMap<String, mlflow::LoggedModelInfo>, TransferError> {
        let mut known = HashMap::new();
        let mut body = json!({"experiment_ids": [place.to_string()], "max_results": PAGE});
        loop {
            let page: Page<mlflow::LoggedModel> = self.target.post("logged-models/search", &body).await?;
            for model in page.items {
                let tag = model.info.tags.iter().find(|tag| tag.key == MODEL_TAG).map(|tag| tag.value.clone());
                known.extend(tag.map(|old| (old, model.info)));
            }
            match page.next_page_token.filter(|token| !token.is_empty()) {
                Some(token) => body["page_token"] = token.into(),
                None => return Ok(known),
            }
        }
    }

    /// Returns the id at the target. All of it may be done again without harm.
    async fn logged_model(
        &self,
        model: &LoggedModel,
        place: i64,
        known: Option<&mlflow::LoggedModelInfo>,
        ids: &Ids,
    ) -> Result<String, TransferError> {
        let (id, artifact_uri) = match known {
            Some(known) => (known.model_id.clone(), known.artifact_uri.clone()),
            None => self.create_model(model, place, ids).await?,
        };
        let mut by_run: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
        for metric in &model.metrics {
            let mut point = json!({
                "key": metric.key,
                "value": double(metric.number()),
                "timestamp": metric.timestamp,
                "step": metric.step,
                "model_id": id,
            });
            for (field, value) in [("dataset_name", &metric.dataset_name), ("dataset_digest", &metric.dataset_digest)] {
                if let Some(value) = value {
                    point[field] = value.as_str().into();
                }
            }
            by_run.entry(&metric.run_id).or_default().push(point);
        }
        for (run_id, points) in by_run {
            // What a purged run measured has nowhere to go.
            let Some(run) = ids.runs.get(run_id).filter(|run| !run.gone) else { continue };
            for points in points.chunks(POINTS) {
                self.done("runs/log-batch", &json!({"run_id": run.id, "metrics": points})).await?;
            }
        }
        let from = model.artifact_uri.clone();
        self.artifacts(&Exported {
            id: id.clone(),
            artifact_uri,
            from,
            deleted: false,
            gone: false,
            linked: BTreeSet::new(),
        })
        .await?;
        let status = json!({"model_id": id, "status": model.status.as_str()});
        self.target.send::<IgnoredAny>(reqwest::Method::PATCH, &format!("logged-models/{id}"), &status).await?;
        Ok(id)
    }

    async fn create_model(
        &self,
        model: &LoggedModel,
        place: i64,
        ids: &Ids,
    ) -> Result<(String, String), TransferError> {
        let mut own = tags(&model.tags);
        own.push(json!({"key": MODEL_TAG, "value": model.model_id}));
        let mut body = json!({
            "experiment_id": place.to_string(),
            "name": model.name,
            "params": tags(&model.params),
            "tags": own,
        });
        if let Some(model_type) = &model.model_type {
            body["model_type"] = model_type.as_str().into();
        }
        if let Some(run) = model.source_run_id.as_ref().and_then(|run_id| ids.runs.get(run_id)) {
            body["source_run_id"] = run.id.as_str().into();
        }
        let created: Created = self.target.post_once("logged-models", &body).await?;
        Ok((created.model.info.model_id, created.model.info.artifact_uri))
    }
}
