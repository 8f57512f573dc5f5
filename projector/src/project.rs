//! The projection: a pure fold of events to row changes.

use runledger_domain::event::{ArtifactStaged, ArtifactUploaded, RunUpdated};
use runledger_domain::points::{Batch, Columns};
use runledger_domain::{Event, KeyValue, RUN_NAME_TAG, RecordedEvent, StreamId, StreamKind};
use runledger_storage::ArtifactState;
use runledger_storage::views::{
    Changes, DeadLetter, ExperimentRow, LinkedDataset, LinkedModel, MetricChange, RunRow, RunText, Shards, Sweep, Turn,
    UploadRow, UploadTurn,
};
use std::collections::HashSet;
use std::sync::Arc;

use crate::runs::Rows;

/// A batch in the making. Rows are changed in place, so that the next event of the batch sees them.
#[derive(Debug, Default)]
pub(crate) struct Projection {
    shards: Shards,
    pub(crate) rows: Rows,
    pub(crate) changes: Changes,
    /// Metric keys recur in every batch of a run, so each is kept once.
    keys: HashSet<Arc<str>>,
}

/// Folds events to row changes, in views that have nothing yet. `now` is for what cannot be projected, in milliseconds since the
/// epoch. Ends at an event that sweeps over many rows.
pub fn fold(events: &[RecordedEvent], now: i64) -> Changes {
    let mut projection = Projection::new(Shards::ALL, Rows::default());
    projection.fold(events, now);
    projection.changes
}

impl Projection {
    pub(crate) fn new(shards: Shards, rows: Rows) -> Self {
        Self { shards, rows, ..Self::default() }
    }

    /// Folds events that concern the shards from the front until the end, or until one that sweeps over many rows, which ends a batch. Returns how
    /// many were folded.
    pub(crate) fn fold(&mut self, events: &[RecordedEvent], now: i64) -> usize {
        for (index, recorded) in events.iter().enumerate() {
            let applied =
                recorded.decode().map_err(|error| chain(&error)).and_then(|event| self.apply(recorded, event));
            // An event that concerns several shards is set aside by the one that it belongs to.
            if let Err(error) =
                applied.or_else(|error| if self.shards.contains(home(&recorded.stream)) { Err(error) } else { Ok(()) })
            {
                self.dead_letter(recorded, error, now);
            }
            if self.changes.sweep.is_some() {
                return index + 1;
            }
        }
        events.len()
    }

    /// Keeps an event that cannot be projected, with the reason; the others go on.
    pub(crate) fn dead_letter(&mut self, recorded: &RecordedEvent, error: String, now: i64) {
        self.changes.dead_letters.push(DeadLetter {
            position: recorded.position,
            stream_id: recorded.stream.as_str().to_owned(),
            kind: recorded.kind.clone(),
            error,
            failed_at: now,
            retry_asked_at: None,
            retried_in: Shards::NONE,
        });
    }

    fn apply(&mut self, recorded: &RecordedEvent, event: Event) -> Result<(), String> {
        let at = recorded.recorded_at;
        if let Some(model_id) = recorded.stream.logged_model_id() {
            return self.logged_model(model_id, recorded, &event);
        }
        match event {
            event if recorded.stream.kind() == StreamKind::RegisteredModel => {
                self.rows.registry.apply(recorded, &event, &mut self.changes)?;
            }
            Event::ExperimentCreated(created) => {
                let id = created.experiment_id;
                let row = ExperimentRow {
                    experiment_id: id,
                    name: created.name,
                    artifact_location: created.artifact_location,
                    deleted: false,
                    creation_time: at,
                    last_update_time: at,
                };
                self.rows.experiments.insert(id, row.clone());
                self.changes.experiments.insert(id, row);
                self.experiment_tags(id, created.tags);
            }
            Event::ExperimentRenamed(renamed) => self.experiment(recorded, |row| row.name = renamed.name)?,
            Event::Imported(imported) => {
                let id = experiment_id(recorded)?;
                let row = self.rows.experiments.get_mut(&id).ok_or_else(|| format!("experiment {id} is unknown"))?;
                (row.creation_time, row.last_update_time) = (imported.created_at, imported.updated_at);
                self.changes.experiments.insert(id, row.clone());
            }
            Event::ExperimentDeleted(_) => self.experiment_lifecycle(recorded, true)?,
            Event::ExperimentRestored(_) => self.experiment_lifecycle(recorded, false)?,
            Event::ExperimentPurged(_) => {
                let experiment_id = experiment_id(recorded)?;
                self.rows.experiments.remove(&experiment_id);
                self.rows.runs.retain(|_, row| row.experiment_id != experiment_id);
                self.rows.logged_models.retain(|_, model| model.experiment_id != experiment_id);
                self.changes.sweep = Some(Sweep::Experiment { experiment_id });
            }
            Event::ExperimentTagsSet(set) => self.experiment_tags(experiment_id(recorded)?, set.tags),
            Event::ExperimentTagDeleted(deleted) => {
                self.changes.experiment_tags.insert((experiment_id(recorded)?, deleted.key), None);
            }
            Event::RunCreated(created) => {
                let row = RunRow {
                    run_no: recorded.position,
                    run_id: created.run_id,
                    experiment_id: created.experiment_id,
                    name: created.name,
                    user_id: created.user_id,
                    status: runledger_domain::RunStatus::Running,
                    start_time: created.start_time,
                    end_time: None,
                    deleted: false,
                    deleted_time: None,
                    artifact_uri: created.artifact_uri,
                };
                self.rows.runs.insert(row.run_id.clone(), row.clone());
                self.changes.runs.insert(row.run_no, row.clone());
                self.tags(&row, created.tags);
            }
            Event::RunUpdated(update) => self.run_updated(recorded, update)?,
            Event::RunDeleted(_) => self.run(recorded, |row| (row.deleted, row.deleted_time) = (true, Some(at)))?,
            Event::RunRestored(_) => self.run(recorded, |row| (row.deleted, row.deleted_time) = (false, None))?,
            Event::RunPurged(_) => self.run_purged(recorded)?,
            Event::MetricsLogged(batch) => self.metrics(recorded, &batch)?,
            Event::ParamsLogged(logged) => {
                let (run_no, experiment_id) = self.known_run(recorded).map(|row| (row.run_no, row.experiment_id))?;
                let params = logged.params.into_iter().map(|entry| RunText { run_no, experiment_id, entry });
                self.changes.params.extend(params);
            }
            Event::TagsSet(set) => {
                let row = self.known_run(recorded)?.clone();
                if let Some(name) =
                    set.tags.iter().rev().find(|tag| tag.key == RUN_NAME_TAG).map(|tag| tag.value.clone())
                {
                    self.run(recorded, |row| row.name = name)?;
                }
                self.tags(&row, set.tags);
            }
            Event::TagDeleted(deleted) => {
                let (run_no, experiment_id) = self.known_run(recorded).map(|row| (row.run_no, row.experiment_id))?;
                self.changes.tags.insert((run_no, deleted.key), (experiment_id, None));
            }
            Event::InputsLogged(inputs) => {
                let (run_no, experiment_id) = self.known_run(recorded).map(|row| (row.run_no, row.experiment_id))?;
                let position = recorded.position;
                let datasets = inputs.datasets.into_iter();
                let linked = datasets.map(|input| LinkedDataset { position, run_no, experiment_id, input });
                self.changes.datasets.extend(linked);
                let models = inputs.models.into_iter();
                self.link_models(recorded, run_no, "input", models.map(|model_id| model(model_id, 0)));
            }
            Event::OutputsLogged(outputs) => {
                let run_no = self.known_run(recorded)?.run_no;
                self.link_models(recorded, run_no, "output", outputs.models.into_iter());
            }
            Event::ArtifactStaged(staged) => {
                let ArtifactStaged { upload_id, path, size, sha256, .. } = staged;
                let row = UploadRow { upload_id, size, sha256, state: ArtifactState::Staged, at };
                self.changes.uploads.insert(path, row);
            }
            Event::ArtifactUploaded(uploaded) => {
                let ArtifactUploaded { upload_id, path, size } = uploaded;
                let row = UploadRow { upload_id, size, sha256: String::new(), state: ArtifactState::Stored, at };
                self.changes.uploads.insert(path, row);
            }
            Event::ArtifactStored(stored) => self.turn(stored.path, stored.upload_id, Turn::Stored { at }),
            Event::ArtifactUploadFailed(failed) => {
                self.turn(failed.path, failed.upload_id, Turn::Failed { reason: failed.reason });
            }
            Event::ArtifactUploadRetried(retried) => self.turn(retried.path, retried.upload_id, Turn::Retried),
            Event::ArtifactDeleted(deleted) => {
                self.changes.sweep = Some(Sweep::Artifacts { path: deleted.path, deletion: recorded.position });
            }
            Event::ArtifactRemoved(removed) => self.changes.removed.push((removed.path, removed.deletion)),
            event => {
                return Err(format!("{} does not belong to the stream {}", event.kind(), recorded.stream.as_str()));
            }
        }
        Ok(())
    }

    fn experiment(&mut self, recorded: &RecordedEvent, change: impl FnOnce(&mut ExperimentRow)) -> Result<(), String> {
        let id = experiment_id(recorded)?;
        let row = self.rows.experiments.get_mut(&id).ok_or_else(|| format!("experiment {id} is unknown"))?;
        change(row);
        row.last_update_time = recorded.recorded_at;
        self.changes.experiments.insert(id, row.clone());
        Ok(())
    }

    fn experiment_lifecycle(&mut self, recorded: &RecordedEvent, deleted: bool) -> Result<(), String> {
        let (experiment_id, at) = (experiment_id(recorded)?, recorded.recorded_at);
        let turned = |row: &&mut RunRow| row.experiment_id == experiment_id && row.deleted != deleted;
        for row in self.rows.runs.values_mut().filter(turned) {
            (row.deleted, row.deleted_time) = (deleted, deleted.then_some(at));
        }
        self.changes.sweep = Some(Sweep::Runs { experiment_id, deleted, at });
        if self.shards.contains(Shards::COMMON) {
            self.experiment(recorded, |row| row.deleted = deleted)?;
        }
        Ok(())
    }

    fn experiment_tags(&mut self, id: i64, tags: Vec<KeyValue>) {
        self.changes.experiment_tags.extend(tags.into_iter().map(|tag| ((id, tag.key), Some(tag.value))));
    }

    fn known_run(&self, recorded: &RecordedEvent) -> Result<&RunRow, String> {
        let run_id = recorded.stream.run_id().ok_or("the event does not belong to a run")?;
        self.rows.runs.get(run_id).ok_or_else(|| format!("run {run_id} is unknown"))
    }

    fn run(&mut self, recorded: &RecordedEvent, change: impl FnOnce(&mut RunRow)) -> Result<(), String> {
        let run_id = recorded.stream.run_id().ok_or("the event does not belong to a run")?;
        let row = self.rows.runs.get_mut(run_id).ok_or_else(|| format!("run {run_id} is unknown"))?;
        change(row);
        self.changes.runs.insert(row.run_no, row.clone());
        Ok(())
    }

    /// What the run measured of logged models goes with it. Those belong to another shard than the run.
    fn run_purged(&mut self, recorded: &RecordedEvent) -> Result<(), String> {
        let run_id = recorded.stream.run_id().ok_or("the event does not belong to a run")?;
        if self.shards.contains(Shards::COMMON) {
            self.changes.purged_measurers.insert(run_id.to_owned());
        }
        if self.shards.contains_run(run_id) {
            let run_no = self.known_run(recorded)?.run_no;
            self.rows.runs.remove(run_id);
            self.changes.purged_runs.insert(run_no);
        }
        Ok(())
    }

    fn run_updated(&mut self, recorded: &RecordedEvent, update: RunUpdated) -> Result<(), String> {
        let row = self.known_run(recorded)?.clone();
        if let Some(name) = &update.name {
            self.tags(&row, vec![KeyValue { key: RUN_NAME_TAG.to_owned(), value: name.clone() }]);
        }
        self.run(recorded, |row| {
            row.status = update.status.unwrap_or(row.status);
            row.end_time = update.end_time.map_or(row.end_time, |end| (end != 0).then_some(end));
            row.name = update.name.unwrap_or_else(|| std::mem::take(&mut row.name));
        })
    }

    fn tags(&mut self, row: &RunRow, tags: Vec<KeyValue>) {
        let (run_no, experiment_id) = (row.run_no, row.experiment_id);
        let tags = tags.into_iter().map(|tag| ((run_no, tag.key), (experiment_id, Some(tag.value))));
        self.changes.tags.extend(tags);
    }

    /// Works on whole columns: a point is looked at once, for the latest value and the range.
    fn metrics(&mut self, recorded: &RecordedEvent, batch: &Batch) -> Result<(), String> {
        let (run_no, experiment_id) = self.known_run(recorded).map(|row| (row.run_no, row.experiment_id))?;
        for (name, range) in batch.per_key() {
            let key = intern(&mut self.keys, name);
            let points = range.clone().filter_map(|index| batch.columns().get(index));
            let changes = points.map(|point| MetricChange::new(experiment_id, point));
            let Some(change) = changes.reduce(|mut one, other| {
                one.add(&other);
                one
            }) else {
                continue;
            };
            let known = self.changes.metrics.entry((run_no, Arc::clone(&key))).or_insert(change);
            known.add(&change);
            let (_, segment) =
                self.changes.segments.entry((run_no, key)).or_insert_with(|| (recorded.position, Columns::default()));
            segment.append_range(batch.columns(), range);
        }
        Ok(())
    }

    fn link_models(
        &mut self,
        recorded: &RecordedEvent,
        run_no: i64,
        direction: &'static str,
        models: impl Iterator<Item = runledger_domain::event::ModelOutput>,
    ) {
        let position = recorded.position;
        self.changes.models.extend(models.map(|model| LinkedModel { position, run_no, direction, model }));
    }

    fn turn(&mut self, path: String, upload_id: String, turn: Turn) {
        self.changes.turns.push(UploadTurn { path, upload_id, turn });
    }
}

/// Whether the event changes anything in the shards.
pub(crate) fn concerns(shards: Shards, recorded: &RecordedEvent) -> bool {
    !concerned(&recorded.stream, &recorded.kind).intersection(shards).is_empty()
}

/// The shards in which the event changes anything. What sweeps over the runs of an experiment concerns all of them.
pub(crate) fn concerned(stream: &StreamId, kind: &str) -> Shards {
    let own = home(stream);
    match kind {
        "ExperimentDeleted" | "ExperimentRestored" | "ExperimentPurged" => Shards::ALL,
        "RunPurged" => [own, Shards::COMMON].into_iter().collect(),
        _ => [own].into_iter().collect(),
    }
}

/// The shard that the events of the stream belong to.
pub(crate) fn home(stream: &StreamId) -> usize {
    stream.run_id().map_or(Shards::COMMON, Shards::of_run)
}

/// Merges what one statement would insert twice: databases refuse two rows of one key in one upsert.
pub(crate) fn without_repeats(mut changes: Changes) -> Changes {
    let mut params = HashSet::new();
    changes.params.retain(|param| params.insert((param.run_no, param.entry.key.clone())));
    let mut links = HashSet::new();
    changes.models.retain(|link| links.insert((link.run_no, link.direction, link.model.model_id.clone())));
    let mut uses = HashSet::new();
    changes.datasets.retain(|link| {
        let dataset = &link.input.dataset;
        uses.insert((link.run_no, dataset.name.clone(), dataset.digest.clone()))
    });
    changes
}

fn intern(keys: &mut HashSet<Arc<str>>, name: &str) -> Arc<str> {
    if let Some(key) = keys.get(name) {
        return Arc::clone(key);
    }
    let key: Arc<str> = name.into();
    keys.insert(Arc::clone(&key));
    key
}

fn model(model_id: String, step: i64) -> runledger_domain::event::ModelOutput {
    runledger_domain::event::ModelOutput { model_id, step }
}

fn experiment_id(recorded: &RecordedEvent) -> Result<i64, String> {
    recorded.stream.experiment_id().ok_or_else(|| "the event does not belong to an experiment".to_owned())
}

/// The message of an error with those of its causes.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    std::iter::successors(Some(error), |error| error.source()).map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
