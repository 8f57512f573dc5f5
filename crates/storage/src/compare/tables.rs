//! What the views say, table by table, except for checkpoints, times that come from no event, and the segments of histories.

/// A table with what is compared of it.
#[derive(Debug)]
pub struct Compared {
    pub name: &'static str,
    /// In the order of the row. The key comes first.
    pub columns: &'static [&'static str],
    /// How many columns are the key.
    pub key: usize,
    /// What the first column of the key names.
    pub(super) owner: Owner,
}

/// Whose a row is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Owner {
    Event,
    Experiment,
    /// By its number; the table of the runs knows the id.
    Run,
    LoggedModel,
    RegisteredModel,
    Artifact,
}

const fn table(name: &'static str, owner: Owner, key: usize, columns: &'static [&'static str]) -> Compared {
    Compared { name, columns, key, owner }
}

/// Every table. A new column of the views is added here as well.
pub const TABLES: &[Compared] = &[
    table("dead_letters", Owner::Event, 2, &["projection", "position", "stream_id", "kind"]),
    table(
        "experiments",
        Owner::Experiment,
        1,
        &["experiment_id", "name", "artifact_location", "deleted", "creation_time", "last_update_time"],
    ),
    table("experiment_tags", Owner::Experiment, 2, &["experiment_id", "key", "value"]),
    table(
        "runs",
        Owner::Run,
        1,
        &[
            "run_no",
            "run_id",
            "experiment_id",
            "name",
            "user_id",
            "status",
            "start_time",
            "end_time",
            "deleted",
            "deleted_time",
            "artifact_uri",
        ],
    ),
    table("params", Owner::Run, 2, &["run_no", "key", "value", "experiment_id"]),
    table("tags", Owner::Run, 2, &["run_no", "key", "value", "experiment_id"]),
    table(
        "metrics",
        Owner::Run,
        2,
        &["run_no", "key", "value", "is_nan", "timestamp", "step", "experiment_id", "min_value", "max_value"],
    ),
    table(
        "datasets",
        Owner::Experiment,
        3,
        &["experiment_id", "name", "digest", "source_type", "source", "schema", "profile", "described_at"],
    ),
    table(
        "dataset_inputs",
        Owner::Run,
        3,
        &["run_no", "name", "digest", "experiment_id", "tags", "context", "linked_at"],
    ),
    table("run_models", Owner::Run, 3, &["run_no", "direction", "model_id", "step", "linked_at"]),
    table(
        "logged_models",
        Owner::LoggedModel,
        1,
        &[
            "model_id",
            "experiment_id",
            "name",
            "model_type",
            "source_run_id",
            "artifact_uri",
            "status",
            "creation_time",
            "last_update_time",
            "deleted",
        ],
    ),
    table("logged_model_params", Owner::LoggedModel, 2, &["model_id", "key", "value"]),
    table("logged_model_tags", Owner::LoggedModel, 2, &["model_id", "key", "value"]),
    table(
        "logged_model_metrics",
        Owner::LoggedModel,
        3,
        &[
            "model_id",
            "position",
            "number",
            "run_id",
            "key",
            "value",
            "is_nan",
            "timestamp",
            "step",
            "dataset_name",
            "dataset_digest",
        ],
    ),
    table(
        "artifacts",
        Owner::Artifact,
        1,
        &["path", "upload_id", "size", "sha256", "state", "error", "staged_at", "stored_at"],
    ),
    table("removals", Owner::Artifact, 2, &["path", "deletion"]),
    table(
        "registered_models",
        Owner::RegisteredModel,
        1,
        &["id", "name", "creation_time", "last_update_time", "renamed_at", "description", "last_version"],
    ),
    table("registered_model_tags", Owner::RegisteredModel, 2, &["registered_model", "key", "value"]),
    table("registered_model_aliases", Owner::RegisteredModel, 2, &["registered_model", "alias", "version"]),
    table(
        "model_versions",
        Owner::RegisteredModel,
        2,
        &[
            "registered_model",
            "version",
            "creation_time",
            "last_update_time",
            "stage",
            "description",
            "source",
            "storage_location",
            "run_id",
            "run_link",
            "model_id",
        ],
    ),
    table("model_version_tags", Owner::RegisteredModel, 3, &["registered_model", "version", "key", "value"]),
];
