//! The model registry: models by name or id, their versions, and pages of searches.

pub(crate) mod rows;

use runledger_domain::guard::GuardKey;
use runledger_domain::{Event, ModelVersion, RecordedEvent, RegisteredModel, Stage, StreamId};
use std::collections::BTreeMap;

use super::{Page, ReadModel};
use crate::Error;
use crate::search::Search;

/// A version with the name of its model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedVersion {
    pub name: String,
    pub version: ModelVersion,
}

/// A registered model as a search shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedModel {
    pub model: RegisteredModel,
    /// The highest version of each stage that has one.
    pub latest: Vec<ModelVersion>,
}

impl ReadModel {
    /// The id of the model that has the name now. The guards know names as soon as they are taken.
    pub async fn registered_model_id(&self, name: &str) -> Result<Option<String>, Error> {
        let guard = self.log.guard(&GuardKey::RegisteredModelName(name.to_owned())).await?;
        let stream = guard.and_then(|guard| guard.parent).map(StreamId::stored);
        Ok(stream.and_then(|stream| stream.registered_model_id().map(str::to_owned)))
    }

    /// The model of this id, with everything that was acknowledged; `None` when it is deleted.
    pub async fn registered_model(&self, id: &str) -> Result<Option<RegisteredModel>, Error> {
        let checkpoint = self.checkpoint().await?;
        let mut model = rows::models(self.db.as_ref(), &[id]).await?.pop();
        for (event, at) in self.registry_tail(id, checkpoint).await? {
            match &mut model {
                Some(model) => model.evolve(&event, at),
                None => model = RegisteredModel::begin(&event, at),
            }
        }
        Ok(model.filter(|model| !model.deleted))
    }

    /// A version of the model of this id, with everything that was acknowledged; `None` when it is deleted.
    pub async fn model_version(&self, id: &str, version: i64) -> Result<Option<ModelVersion>, Error> {
        Ok(self.model_versions(id, &[version]).await?.pop())
    }

    /// The stage of each version of the model, with everything that was acknowledged.
    pub async fn model_stages(&self, id: &str) -> Result<BTreeMap<i64, Stage>, Error> {
        let checkpoint = self.checkpoint().await?;
        let mut stages = rows::stages(self.db.as_ref(), id).await?;
        for (event, _) in self.registry_tail(id, checkpoint).await? {
            match event {
                Event::ModelVersionCreated(created) => {
                    stages.entry(created.version).or_insert(Stage::None);
                }
                Event::ModelVersionStageSet(set) => {
                    let archived = set.archived.into_iter().map(|version| (version, Stage::Archived));
                    let moved = archived.chain([(set.version, set.stage)]);
                    // One that the rows do not have any more is deleted later in the tail.
                    stages.extend(moved);
                }
                Event::ModelVersionDeleted(deleted) => {
                    stages.remove(&deleted.version);
                }
                Event::RegisteredModelDeleted(_) => stages.clear(),
                _ => {}
            }
        }
        Ok(stages)
    }

    /// The highest version of each of the stages that has one, from the highest on, with everything that was acknowledged.
    pub async fn latest_versions(&self, id: &str, stages: &[Stage]) -> Result<Vec<ModelVersion>, Error> {
        let mut highest = BTreeMap::new();
        for (version, stage) in self.model_stages(id).await? {
            highest.insert(stage, version);
        }
        let numbers: Vec<i64> =
            highest.into_iter().filter(|(stage, _)| stages.contains(stage)).map(|(_, version)| version).collect();
        let mut versions = self.model_versions(id, &numbers).await?;
        versions.sort_by_key(|version| std::cmp::Reverse(version.version));
        Ok(versions)
    }

    /// The versions whose files a run made, the newest first. Versions that were registered since the views were last written are
    /// not among them; [`ReadModel::catch_up`] comes first.
    pub async fn model_versions_of_run(&self, run_id: &str) -> Result<Vec<NamedVersion>, Error> {
        rows::versions_of_run(self.db.as_ref(), run_id).await
    }

    /// A page of a compiled search of registered models.
    pub async fn search_registered_models(&self, search: &Search) -> Result<Page<ListedModel>, Error> {
        let page = search.fetch(self.db.as_ref()).await?;
        let models = rows::read_models(self.db.as_ref(), page.rows).await?;
        let ids: Vec<&str> = models.iter().map(|model| model.id.as_str()).collect();
        let mut latest = rows::latest(self.db.as_ref(), &ids).await?;
        let listed =
            |model: RegisteredModel| ListedModel { latest: latest.remove(&model.id).unwrap_or_default(), model };
        Ok(Page { items: models.into_iter().map(listed).collect(), next_page_token: page.next_page_token })
    }

    /// A page of a compiled search of versions.
    pub async fn search_model_versions(&self, search: &Search) -> Result<Page<NamedVersion>, Error> {
        let page = search.fetch(self.db.as_ref()).await?;
        let versions = rows::read_versions(self.db.as_ref(), page.rows).await?;
        let items = versions.into_iter().map(|(_, named)| named).collect();
        Ok(Page { items, next_page_token: page.next_page_token })
    }

    async fn model_versions(&self, id: &str, numbers: &[i64]) -> Result<Vec<ModelVersion>, Error> {
        let checkpoint = self.checkpoint().await?;
        let asked: Vec<(&str, i64)> = numbers.iter().map(|number| (id, *number)).collect();
        let rows = rows::versions(self.db.as_ref(), &asked).await?;
        let mut versions: BTreeMap<i64, ModelVersion> =
            rows.into_iter().map(|(_, version)| (version.version, version)).collect();
        for (event, at) in self.registry_tail(id, checkpoint).await? {
            if let Some(begun) = ModelVersion::begin(&event, at).filter(|begun| numbers.contains(&begun.version)) {
                versions.entry(begun.version).or_insert(begun);
            }
            for version in versions.values_mut() {
                version.evolve(&event, at);
            }
        }
        Ok(versions.into_values().filter(|version| !version.deleted).collect())
    }

    /// The events of the model that the views may not have, with their times. One that does not read is the projector's to report.
    async fn registry_tail(&self, id: &str, checkpoint: i64) -> Result<Vec<(Event, i64)>, Error> {
        let tail = self.log.read_streams(&[StreamId::registered_model(id)], checkpoint).await?;
        let event = |recorded: &RecordedEvent| recorded.decode().ok().map(|event| (event, recorded.recorded_at));
        Ok(tail.iter().filter_map(event).collect())
    }
}
