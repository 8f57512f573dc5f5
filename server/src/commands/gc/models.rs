//! Logged models: those that were deleted, and all of experiments that go.

use runledger_operations::{Purged, deleted_logged_models, purge_logged_model};
use runledger_storage::{DeletedExperiment, DeletedLoggedModel, DeletedLoggedModels};
use std::collections::BTreeMap;
use std::io::{self, Write};

use super::Collector;
use crate::Failure;
use crate::cli::GcArgs;

/// A model to purge, and whether its experiment goes, too.
pub(super) struct Model {
    found: DeletedLoggedModel,
    with_experiment: bool,
}

impl Collector {
    /// The models to purge, by id.
    pub(super) async fn models(
        &self,
        args: &GcArgs,
        experiments: &[DeletedExperiment],
    ) -> Result<BTreeMap<String, Model>, Failure> {
        let mut models = BTreeMap::new();
        if !args.names_something() {
            self.add(&mut models, DeletedLoggedModels::Before(self.before, None)).await?;
        }
        for ids in args.logged_model_ids.chunks(500) {
            self.add(&mut models, DeletedLoggedModels::Before(self.before, Some(ids))).await?;
            if let Some(missing) = ids.iter().find(|id| !models.contains_key(*id)) {
                return Err(format!(
                    "Logged model {missing} is not in `deleted` lifecycle stage, or not older than the required age. Only such \
                     logged models can be deleted."
                )
                .into());
            }
        }
        for experiment in experiments {
            self.add(&mut models, DeletedLoggedModels::OfExperiment(experiment.experiment_id)).await?;
        }
        Ok(models)
    }

    async fn add(&self, models: &mut BTreeMap<String, Model>, which: DeletedLoggedModels<'_>) -> Result<(), Failure> {
        let with_experiment = matches!(which, DeletedLoggedModels::OfExperiment(_));
        let found = deleted_logged_models(&self.parts.read_model, which).await?;
        models.extend(found.into_iter().map(|(id, found)| (id, Model { found, with_experiment })));
        Ok(())
    }

    pub(super) async fn purge_model(&self, model: Model) -> Result<(), Failure> {
        let model_id = &model.found.model_id;
        match purge_logged_model(&self.author, &model.found, model.with_experiment).await? {
            Purged::Done => {
                writeln!(io::stdout().lock(), "Logged model with ID {model_id} has been permanently deleted.")?;
            }
            Purged::Gone => {}
            Purged::Restored => tracing::warn!(model_id, "its experiment was restored meanwhile, and it stays"),
        }
        Ok(())
    }
}
