//! Registered models and prompts with their versions.
//!
//! MLflow numbers versions by itself. Where versions are missing here, those behind them get other numbers there; each has its old
//! one in a tag, and aliases follow.

use runledger_domain::{ModelVersion, RegisteredModel, Stage};
use runledger_storage::search::{RegistryQuery, compile_registered_models};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;

use super::{Export, Ids, PAGE, VERSION_TAG, tags};
use crate::mlflow::{self, Page};
use crate::{TransferError, What};

const PROMPTS: &str = "tags.`mlflow.prompt.is_prompt` = 'true'";

#[derive(Deserialize)]
struct Created {
    model_version: mlflow::ModelVersion,
}

impl Export {
    pub(super) async fn registry(&self, ids: &Ids) -> Result<(), TransferError> {
        for filter in ["", PROMPTS] {
            let mut token = None;
            loop {
                let query = RegistryQuery { filter, order_by: &[], max_results: PAGE, page_token: token.as_deref() };
                let page = self.views.search_registered_models(&compile_registered_models(&query)?).await?;
                self.watcher.found(What::RegisteredModels, page.items.len());
                for listed in page.items {
                    self.registered_model(&listed.model, ids).await?;
                    self.watcher.done(What::RegisteredModels, 1);
                }
                token = page.next_page_token;
                if token.is_none() {
                    break;
                }
            }
        }
        Ok(())
    }

    async fn registered_model(&self, model: &RegisteredModel, ids: &Ids) -> Result<(), TransferError> {
        let mut body = json!({"name": model.name, "tags": tags(&model.tags)});
        if let Some(description) = &model.description {
            body["description"] = description.as_str().into();
        }
        match self.target.post_once::<Value>("registered-models/create", &body).await {
            // An earlier export made it, or one of this name was there, which gets the versions as well.
            Ok(_) | Err(TransferError::Refused { status: 400, .. }) => {}
            Err(error) => return Err(error),
        }
        let mut numbers = self.known_versions(model).await?;
        for number in self.views.model_stages(&model.id).await?.into_keys() {
            let Some(version) = self.views.model_version(&model.id, number).await? else { continue };
            let there = match numbers.get(&number) {
                Some(there) => there.clone(),
                None => self.create_version(&model.name, &version, ids).await?,
            };
            if version.stage != Stage::None {
                let body = json!({
                    "name": model.name, "version": there, "stage": version.stage.as_str(), "archive_existing_versions": false,
                });
                self.done("model-versions/transition-stage", &body).await?;
            }
            numbers.insert(number, there);
        }
        for (alias, version) in &model.aliases {
            if let Some(there) = numbers.get(version) {
                let body = json!({"name": model.name, "alias": alias, "version": there});
                self.done("registered-models/alias", &body).await?;
            }
        }
        Ok(())
    }

    /// The versions at the target by their old numbers.
    async fn known_versions(&self, model: &RegisteredModel) -> Result<BTreeMap<i64, String>, TransferError> {
        let quote = if model.name.contains('\'') { '"' } else { '\'' };
        let of_prompts = if model.is_prompt() { format!(" AND {PROMPTS}") } else { String::new() };
        let filter = format!("name = {quote}{}{quote}{of_prompts}", model.name);
        let (mut known, mut token) = (BTreeMap::new(), String::new());
        loop {
            let mut query = vec![("filter", filter.as_str()), ("max_results", "1000")];
            query.extend((!token.is_empty()).then_some(("page_token", token.as_str())));
            let page: Page<mlflow::ModelVersion> = self.target.get("model-versions/search", &query).await?;
            for version in page.items {
                let tag = version.tags.iter().find(|tag| tag.key == VERSION_TAG);
                let old = tag.and_then(|tag| tag.value.parse().ok());
                known.extend(old.map(|old: i64| (old, version.version.to_string())));
            }
            match page.next_page_token.filter(|next| !next.is_empty()) {
                Some(next) => token = next,
                None => return Ok(known),
            }
        }
    }

    async fn create_version(&self, name: &str, version: &ModelVersion, ids: &Ids) -> Result<String, TransferError> {
        let mut own = tags(&version.tags);
        own.push(json!({"key": VERSION_TAG, "value": version.version.to_string()}));
        let mut body = json!({
            "name": name,
            "source": version.source,
            "description": version.description,
            "tags": own,
        });
        if let Some(link) = &version.run_link {
            body["run_link"] = link.as_str().into();
        }
        if let Some(run) = version.run_id.as_ref().and_then(|run_id| ids.runs.get(run_id)) {
            body["run_id"] = run.id.as_str().into();
            // What is below the run's artifacts is there below the new run's.
            if let Some(rest) = version.source.strip_prefix(&run.from) {
                body["source"] = format!("{}{rest}", run.artifact_uri).into();
            }
            if let Some(rest) =
                version.run_id.as_ref().and_then(|old| version.source.strip_prefix(&format!("runs:/{old}")))
            {
                body["source"] = format!("runs:/{}{rest}", run.id).into();
            }
        }
        if let Some(id) = version.model_id.as_ref().and_then(|model_id| ids.models.get(model_id)) {
            body["model_id"] = id.as_str().into();
            if version.source.starts_with("models:/m-") {
                body["source"] = format!("models:/{id}").into();
            }
        }
        let created: Created = self.target.post_once("model-versions/create", &body).await?;
        Ok(created.model_version.version.to_string())
    }
}
