//! What a projection changes: rows by their keys, and what touches rows that it does not name one by one.

use runledger_domain::event::{DatasetInput, ModelMetric, ModelOutput};
use runledger_domain::points::{Columns, Point};
use runledger_domain::{KeyValue, LoggedModel, ModelVersion, RegisteredModel, RunStatus};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::{DeadLetter, Settled, ViewGroup, ViewGroups};
use crate::ArtifactState;

/// A row of `runs`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunRow {
    /// The log position of the run's creation.
    pub run_no: i64,
    pub run_id: String,
    pub experiment_id: i64,
    pub name: String,
    pub user_id: String,
    pub status: RunStatus,
    pub start_time: i64,
    pub end_time: Option<i64>,
    pub deleted: bool,
    pub deleted_time: Option<i64>,
    pub artifact_uri: String,
}

/// A row of `experiments`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExperimentRow {
    pub experiment_id: i64,
    pub name: String,
    pub artifact_location: String,
    pub deleted: bool,
    pub creation_time: i64,
    pub last_update_time: i64,
}

/// Something that touches rows which the projection does not name one by one. It is carried out after all other changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sweep {
    /// Every run of the experiment is deleted or restored.
    Runs { experiment_id: i64, deleted: bool, at: i64 },
    /// The experiment is gone for good, with whatever is left of its runs.
    Experiment { experiment_id: i64 },
    /// The artifact, or every artifact below the folder, is gone. The objects are yet to be removed from the store; `deletion`
    /// is the event's position.
    Artifacts { path: String, deletion: i64 },
}

/// What a batch of events changes. Each key occurs once, with its final value. Runs are named by `run_no`.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    pub experiments: BTreeMap<i64, ExperimentRow>,
    /// `None` deletes the tag.
    pub experiment_tags: BTreeMap<(i64, String), Option<String>>,
    pub runs: BTreeMap<i64, RunRow>,
    pub params: Vec<RunText>,
    /// `None` deletes the tag.
    pub tags: BTreeMap<(i64, String), (i64, Option<String>)>,
    /// What the batch says of a metric, by run and key.
    pub metrics: HashMap<(i64, Arc<str>), MetricChange>,
    /// New history by run and key, with the log position of its first event.
    pub segments: BTreeMap<(i64, Arc<str>), (i64, Columns)>,
    pub datasets: Vec<LinkedDataset>,
    pub models: Vec<LinkedModel>,
    /// Logged models as they are now, without what was measured of them; `None` for one that is gone for good.
    pub logged_models: BTreeMap<String, Option<LoggedModel>>,
    pub measured: Vec<MeasuredRow>,
    /// Runs that are gone for good, with what they measured of logged models.
    pub purged_measurers: BTreeSet<String>,
    /// The newest upload by path.
    pub uploads: BTreeMap<String, UploadRow>,
    /// What became of uploads, in the order of the log.
    pub turns: Vec<UploadTurn>,
    /// Paths whose objects are gone from the store, with the position of their deletion.
    pub removed: Vec<(String, i64)>,
    /// The whole states of registered models, by their ids. A deleted one goes with all that hangs on it.
    pub registered_models: BTreeMap<String, RegisteredModel>,
    /// The whole states of versions, by the ids of their models and their numbers.
    pub model_versions: BTreeMap<(String, i64), ModelVersion>,
    /// Runs that are gone for good, with all that hangs on them.
    pub purged_runs: BTreeSet<i64>,
    pub dead_letters: Vec<DeadLetter>,
    /// Dead letters whose events are applied now, by position.
    pub settled_letters: BTreeMap<i64, Settled>,
    pub sweep: Option<Sweep>,
}

impl Changes {
    /// Drops what is of other groups. What is gone for good is still removed from the tables of these.
    pub(super) fn keep(&mut self, groups: ViewGroups) {
        // Every field is named, so that none is forgotten when one is added.
        let Self {
            experiments: _,
            experiment_tags: _,
            runs: _,
            params,
            tags,
            metrics,
            segments,
            datasets,
            models,
            logged_models,
            measured,
            purged_measurers,
            uploads,
            turns,
            removed,
            registered_models,
            model_versions,
            purged_runs: _,
            dead_letters: _,
            settled_letters: _,
            sweep,
        } = self;
        let others = |group| !groups.contains(group);
        if others(ViewGroup::Params) {
            params.clear();
        }
        if others(ViewGroup::Tags) {
            tags.clear();
        }
        if others(ViewGroup::Metrics) {
            metrics.clear();
            segments.clear();
        }
        if others(ViewGroup::Inputs) {
            datasets.clear();
            models.clear();
        }
        if others(ViewGroup::Models) {
            logged_models.clear();
            measured.clear();
            purged_measurers.clear();
        }
        if others(ViewGroup::Registry) {
            registered_models.clear();
            model_versions.clear();
        }
        if others(ViewGroup::Artifacts) {
            uploads.clear();
            turns.clear();
            removed.clear();
            sweep.take_if(|sweep| matches!(sweep, Sweep::Artifacts { .. }));
        }
    }
}

/// A metric of a run in a batch.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MetricChange {
    pub experiment_id: i64,
    /// The greatest point by MLflow's rule.
    pub latest: Point,
    /// Least and greatest value. NaN is neither.
    pub range: Option<(f64, f64)>,
}

impl MetricChange {
    /// What one point says.
    pub fn new(experiment_id: i64, point: Point) -> Self {
        // Adding zero turns -0.0 into 0.0, which is the same number, so that the order of the two does not matter.
        let range = (!point.value.is_nan()).then_some((point.value + 0.0, point.value + 0.0));
        Self { experiment_id, latest: point, range }
    }

    /// Takes what was said later. Points that come twice change nothing.
    pub fn add(&mut self, later: &Self) {
        if later.latest.supersedes(&self.latest) {
            self.latest = later.latest;
        }
        self.range = match (self.range, later.range) {
            (Some((min, max)), Some((least, greatest))) => Some((min.min(least), max.max(greatest))),
            (range, other) => range.or(other),
        };
    }
}

/// A param of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunText {
    pub run_no: i64,
    pub experiment_id: i64,
    pub entry: KeyValue,
}

/// A data set that a run used; `position` is the event's.
#[derive(Clone, Debug)]
pub struct LinkedDataset {
    pub position: i64,
    pub run_no: i64,
    pub experiment_id: i64,
    pub input: DatasetInput,
}

/// A model that a run consumed or produced; `position` is the event's.
#[derive(Clone, Debug)]
pub struct LinkedModel {
    pub position: i64,
    pub run_no: i64,
    /// `input` or `output`.
    pub direction: &'static str,
    pub model: ModelOutput,
}

/// What a run measured of a logged model; `position` is the event's, `number` the place in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MeasuredRow {
    pub model_id: String,
    pub position: i64,
    pub number: i64,
    pub run_id: String,
    pub metric: ModelMetric,
}

/// A new upload to a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UploadRow {
    pub upload_id: String,
    /// Bytes.
    pub size: u64,
    /// Lower-case hex; empty when it is not known.
    pub sha256: String,
    pub state: ArtifactState,
    /// Milliseconds since the epoch.
    pub at: i64,
}

/// What became of an upload. It counts only for the newest upload of the path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UploadTurn {
    pub path: String,
    pub upload_id: String,
    pub turn: Turn,
}

/// How an upload goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Turn {
    /// The store has its bytes since this time, in milliseconds since the epoch.
    Stored { at: i64 },
    /// It was given up.
    Failed { reason: String },
    /// What was given up is tried again.
    Retried,
}
