//! The projection of registered models and their versions: their streams fold to whole states.

use runledger_domain::{Event, ModelVersion, RecordedEvent, RegisteredModel, version_of};
use runledger_storage::Error;
use runledger_storage::views::{Changes, Views};
use std::collections::{BTreeMap, BTreeSet};

/// The registered models that a batch of events names, and those of their versions that it names.
#[derive(Clone, Debug, Default)]
pub(crate) struct Registry {
    models: BTreeMap<String, RegisteredModel>,
    versions: BTreeMap<(String, i64), ModelVersion>,
}

impl Registry {
    /// Loads what the events go on from. Nothing is kept from the batch before: the texts of prompts are large, and such events
    /// few.
    pub(crate) async fn load(views: &Views, events: &[RecordedEvent]) -> Result<Self, Error> {
        let (mut ids, mut numbers) = (BTreeSet::new(), BTreeSet::new());
        for recorded in events {
            let Some(id) = recorded.stream.registered_model_id() else { continue };
            ids.insert(id);
            // An event that does not read is set aside when it is folded.
            if let Ok(event) = recorded.decode() {
                numbers.extend(versions_of(&event).map(|version| (id, version)));
            }
        }
        if ids.is_empty() {
            return Ok(Self::default());
        }
        let models = views.registered_models(&ids.into_iter().collect::<Vec<_>>()).await?;
        let versions = views.model_versions(&numbers.into_iter().collect::<Vec<_>>()).await?;
        Ok(Self {
            models: models.into_iter().map(|model| (model.id.clone(), model)).collect(),
            versions: versions.into_iter().map(|(id, version)| ((id, version.version), version)).collect(),
        })
    }

    /// Folds an event of a registered model's stream.
    pub(crate) fn apply(
        &mut self,
        recorded: &RecordedEvent,
        event: &Event,
        changes: &mut Changes,
    ) -> Result<(), String> {
        let (id, at) = (recorded.stream.registered_model_id().unwrap_or_default(), recorded.recorded_at);
        if let Some(begun) = RegisteredModel::begin(event, at) {
            self.models.entry(id.to_owned()).or_insert(begun);
        }
        let model = self.models.get_mut(id).ok_or_else(|| format!("registered model {id} is unknown"))?;
        if let Some(begun) = ModelVersion::begin(event, at) {
            self.versions.entry((id.to_owned(), begun.version)).or_insert(begun);
        }
        let renamed_at = model.renamed_at;
        for number in versions_of(event) {
            let key = (id.to_owned(), number);
            let version =
                self.versions.get_mut(&key).ok_or_else(|| format!("version {number} of model {id} is unknown"))?;
            version.evolve(event, at);
            // So it is read from the views; without this, a row would depend on where batches begin.
            version.last_update_time =
                renamed_at.map_or(version.last_update_time, |at| at.max(version.last_update_time));
            changes.model_versions.insert(key, version.clone());
        }
        model.evolve(event, at);
        changes.registered_models.insert(id.to_owned(), model.clone());
        if model.deleted {
            // Its versions go with it; one that was changed before in this batch must not come back.
            changes.model_versions.retain(|(of, _), _| of != id);
        }
        Ok(())
    }
}

/// The versions that the event changes. A new name changes all of them, which the model's row alone tells.
fn versions_of(event: &Event) -> impl Iterator<Item = i64> {
    let archived = if let Event::ModelVersionStageSet(set) = event { set.archived.as_slice() } else { &[] };
    version_of(event).into_iter().chain(archived.iter().copied())
}
