//! Logged models: those that were deleted, and all of experiments that go.

use runledger_domain::command::purge_logged_model;
use runledger_domain::guard::Found;
use runledger_storage::{DeletedExperiment, DeletedLoggedModel, DeletedLoggedModels};
use std::collections::BTreeMap;
use std::io::{self, Write};

use super::{Collector, PAGE, artifact_root};
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
        let mut after: Option<String> = None;
        loop {
            let page = self.parts.read_model.deleted_logged_models(which, after.as_deref(), PAGE).await?;
            let Some(last) = page.last() else { return Ok(()) };
            after = Some(last.model_id.clone());
            let with_experiment = matches!(which, DeletedLoggedModels::OfExperiment(_));
            models.extend(page.into_iter().map(|found| (found.model_id.clone(), Model { found, with_experiment })));
        }
    }

    pub(super) async fn purge_model(&self, model: Model) -> Result<(), Failure> {
        let Model { found: DeletedLoggedModel { model_id, experiment_id, artifact_uri }, with_experiment } = model;
        let root = artifact_root(&model_id, &artifact_uri);
        let decision = purge_logged_model(&model_id, with_experiment.then_some(experiment_id), root);
        match self.append(decision).await? {
            Ok(_) => writeln!(io::stdout().lock(), "Logged model with ID {model_id} has been permanently deleted.")?,
            Err(Found::Absent) => {}
            Err(_restored) => tracing::warn!(model = model_id, "its experiment was restored meanwhile, and it stays"),
        }
        Ok(())
    }
}
