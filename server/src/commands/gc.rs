//! `runledger gc`: removes deleted runs, logged models and experiments for good, with their artifacts.
//!
//! As `mlflow gc` does, with two differences: what is named takes nothing else along, and an experiment takes the artifacts of
//! its logged models along. A run or model is purged by one append together with the deletion of its artifacts, whose objects
//! the ingest workers remove afterwards; so whatever interrupts this can be run again.

mod models;

use futures::{TryStreamExt, stream};
use runledger_operations::{Author, Purged, deleted_runs, purge_experiment, purge_run};
use runledger_storage::{DeletedExperiment, DeletedRun, DeletedRuns};
use std::collections::BTreeMap;
use std::io::{self, Write};

use super::age;
use super::progress::Progress;
use crate::Failure;
use crate::backend::Backend;
use crate::cli::GcArgs;
use crate::config::Config;
use crate::parts::Parts;

/// Appends on their way at a time.
const AT_ONCE: usize = 64;

pub(crate) async fn run(config: &Config, args: GcArgs) -> Result<(), Failure> {
    let parts = Parts::new(Backend::open_migrated(config).await?)?;
    let before = deleted_before(&parts, args.older_than.as_deref())?;
    let collector = Collector { before, author: parts.author("gc"), parts };
    // A run that was restored a moment ago must not look deleted. The guards of the append would keep it all the same.
    collector.parts.await_views().await?;
    let experiments = collector.experiments(&args).await?;
    let runs = collector.runs(&args, &experiments).await?;
    let models = collector.models(&args, &experiments).await?;
    let progress = Progress::new("runs", runs.len());
    stream::iter(runs.into_values().map(Ok::<_, Failure>))
        .try_for_each_concurrent(AT_ONCE, |run| {
            let (collector, progress) = (&collector, &progress);
            async move {
                collector.purge_run(run).await?;
                progress.done(1);
                Ok(())
            }
        })
        .await?;
    for model in models.into_values() {
        collector.purge_model(model).await?;
    }
    for experiment in experiments {
        collector.purge_experiment(experiment).await?;
    }
    Ok(())
}

/// The time before which something must have been deleted; any time without `--older-than`.
fn deleted_before(parts: &Parts, older_than: Option<&str>) -> Result<i64, Failure> {
    let Some(text) = older_than else { return Ok(i64::MAX) };
    Ok(parts.clock.now_ms() - age::milliseconds(text)?)
}

struct Collector {
    parts: Parts,
    author: Author,
    before: i64,
}

impl Collector {
    async fn experiments(&self, args: &GcArgs) -> Result<Vec<DeletedExperiment>, Failure> {
        if args.experiment_ids.is_empty() && args.names_something() {
            return Ok(Vec::new());
        }
        let ids = args.experiment_ids.iter().map(|id| {
            id.trim()
                .parse::<i64>()
                .map_err(|_not_a_number| format!("{id:?} is no id of an experiment, which is a number"))
        });
        let ids: Vec<i64> = ids.collect::<Result<_, _>>()?;
        let chosen = (!ids.is_empty()).then_some(ids.as_slice());
        let found = self.parts.read_model.deleted_experiments(self.before, chosen).await?;
        let missing: Vec<String> = ids
            .iter()
            .filter(|id| found.iter().all(|experiment| experiment.experiment_id != **id))
            .map(ToString::to_string)
            .collect();
        if missing.is_empty() {
            return Ok(found);
        }
        Err(format!(
            "Experiments [{}] are not in the deleted lifecycle stage, or not older than the required age. Only such \
             experiments can be hard-deleted.",
            missing.join(", ")
        )
        .into())
    }

    /// The runs to purge, by id.
    async fn runs(
        &self,
        args: &GcArgs,
        experiments: &[DeletedExperiment],
    ) -> Result<BTreeMap<String, DeletedRun>, Failure> {
        let mut runs = BTreeMap::new();
        if !args.names_something() {
            runs.extend(self.deleted(None, None, self.before).await?);
        }
        for ids in args.run_ids.chunks(500) {
            let found = self.deleted(Some(ids), None, self.before).await?;
            if let Some(missing) = ids.iter().find(|id| !found.contains_key(*id)) {
                return Err(format!(
                    "Run {missing} is not in `deleted` lifecycle stage, or not older than the required age. Only such runs \
                     can be deleted."
                )
                .into());
            }
            runs.extend(found);
        }
        let ids: Vec<i64> = experiments.iter().map(|experiment| experiment.experiment_id).collect();
        for ids in ids.chunks(500) {
            runs.extend(self.deleted(None, Some(ids), i64::MAX).await?);
        }
        Ok(runs)
    }

    async fn deleted(
        &self,
        run_ids: Option<&[String]>,
        experiment_ids: Option<&[i64]>,
        before: i64,
    ) -> Result<BTreeMap<String, DeletedRun>, Failure> {
        let which = DeletedRuns { before, run_ids, experiment_ids };
        Ok(deleted_runs(&self.parts.read_model, which).await?)
    }

    async fn purge_run(&self, run: DeletedRun) -> Result<(), Failure> {
        match purge_run(&self.author, &run.run_id, &run.artifact_uri).await? {
            Purged::Done => writeln!(io::stdout().lock(), "Run with ID {} has been permanently deleted.", run.run_id)?,
            Purged::Gone => {}
            Purged::Restored => tracing::warn!(run = run.run_id, "the run was restored meanwhile, and stays"),
        }
        Ok(())
    }

    async fn purge_experiment(&self, experiment: DeletedExperiment) -> Result<(), Failure> {
        let id = experiment.experiment_id;
        match purge_experiment(&self.author, experiment).await? {
            Purged::Done => writeln!(io::stdout().lock(), "Experiment with ID {id} has been permanently deleted.")?,
            Purged::Gone => {}
            Purged::Restored => tracing::warn!(experiment = id, "the experiment was restored meanwhile, and stays"),
        }
        Ok(())
    }
}
