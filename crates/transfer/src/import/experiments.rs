//! Experiments, which come before and are deleted after everything that is in them.

use runledger_domain::command::{Decision, delete_experiment};
use runledger_domain::event::{ExperimentCreated, TagsSet};
use runledger_domain::guard::{Expect, Guard, GuardKey, Then};
use runledger_domain::{Event, Experiment as Known, KeyValue, StreamId};

use super::append::{add, add_times, append};
use super::{Import, conflict};
use crate::TransferError;
use crate::mlflow::{Experiment, pairs, text};

impl Import {
    /// Sees to it that the experiment is there, with its id and its tags.
    pub(super) async fn experiment(&self, experiment: &mut Experiment) -> Result<(), TransferError> {
        let tags = pairs(std::mem::take(&mut experiment.tags));
        match self.views.experiment(experiment.id).await? {
            // Every server has one of this id from its first start.
            Some(known) if known.name == experiment.name || known.experiment_id == 0 => {
                self.complete_tags(&known, tags).await
            }
            Some(known) => Err(conflict(
                "experiment",
                &experiment.name,
                format!(
                    "its id {} is taken here by {:?}; import into an empty server",
                    known.experiment_id, known.name
                ),
            )),
            None => self.create_experiment(experiment, tags).await,
        }
    }

    /// Deletes it as the source has it: at the end, so that its runs come along.
    pub(super) async fn delete_experiment(&self, experiment: &Experiment) -> Result<(), TransferError> {
        let mut decision = delete_experiment(experiment.id);
        let stream = StreamId::experiment(experiment.id);
        add_times(&mut decision, &stream, experiment.creation_time, experiment.last_update_time, None);
        // It is deleted already where the guard refuses.
        drop(append(&self.author, decision).await?);
        Ok(())
    }

    async fn create_experiment(&self, experiment: &Experiment, tags: Vec<KeyValue>) -> Result<(), TransferError> {
        let (id, name) = (experiment.id, text(experiment.name.clone()));
        let stream = StreamId::experiment(id);
        let mut decision = Decision::default();
        let artifact_location = if experiment.artifact_location.is_empty() {
            format!("mlflow-artifacts:/{id}")
        } else {
            experiment.artifact_location.clone()
        };
        let event = ExperimentCreated { experiment_id: id, name: name.clone(), artifact_location, tags };
        add(&mut decision, &stream, Event::ExperimentCreated(event));
        add_times(&mut decision, &stream, experiment.creation_time, experiment.last_update_time, None);
        let parent = Some(GuardKey::Experiment(id));
        decision.guards = vec![
            Guard::new(GuardKey::Experiment(id), Expect::Absent, Then::Insert { parent: None }),
            Guard::new(GuardKey::ExperimentName(name), Expect::Absent, Then::Insert { parent }),
        ];
        let taken =
            || conflict("experiment", &experiment.name, "another one has this name here; rename either".to_owned());
        append(&self.author, decision).await?.map_err(|_rejection| taken()).map(drop)
    }

    async fn complete_tags(&self, known: &Known, tags: Vec<KeyValue>) -> Result<(), TransferError> {
        let missing: Vec<KeyValue> =
            tags.into_iter().filter(|tag| known.tags.get(&tag.key) != Some(&tag.value)).collect();
        if missing.is_empty() || known.deleted {
            return Ok(());
        }
        let id = known.experiment_id;
        let mut decision = Decision::default();
        add(&mut decision, &StreamId::experiment(id), Event::ExperimentTagsSet(TagsSet { tags: missing }));
        decision.guards = vec![Guard::new(GuardKey::Experiment(id), Expect::Active, Then::Keep)];
        // Whoever deleted it meanwhile does not miss them.
        drop(append(&self.author, decision).await?);
        Ok(())
    }
}

impl Experiment {
    pub(super) fn is_deleted(&self) -> bool {
        self.lifecycle_stage == "deleted"
    }
}
