//! The limits of MLflow's server. Lengths count characters, not bytes.

/// Metric, param and tag keys.
pub const KEY: usize = 250;
/// A longer param value is cut, as MLflow does by default.
pub const PARAM_VALUE: usize = 6_000;
/// A longer tag value of a run is cut, as MLflow does by default.
pub const RUN_TAG_VALUE: usize = 8_000;
/// A longer tag value of an experiment is refused.
pub const EXPERIMENT_TAG_VALUE: usize = 20_000;
pub const EXPERIMENT_NAME: usize = 500;
pub const ARTIFACT_LOCATION: usize = 2_048;
pub const BATCH_METRICS: usize = 1_000;
pub const BATCH_PARAMS: usize = 100;
pub const BATCH_TAGS: usize = 100;
pub const BATCH_TOTAL: usize = 1_000;
pub const DATASETS: usize = 1_000;
pub const DATASET_NAME: usize = 500;
pub const DATASET_DIGEST: usize = 36;
pub const DATASET_SOURCE: usize = 65_535;
pub const DATASET_SCHEMA: usize = 1_048_575;
pub const DATASET_PROFILE: usize = 16_777_215;
pub const INPUT_TAG_KEY: usize = 255;
pub const INPUT_TAG_VALUE: usize = 500;
pub const MODEL_NAME: usize = 256;
/// A longer tag value of a registered model or of a version is refused.
pub const MODEL_TAG_VALUE: usize = 100_000;
/// Aliases of registered models.
pub const ALIAS: usize = 255;
/// Tags of an experiment that hold saved views of MLflow's page.
pub const CUSTOM_VIEWS: usize = 50;
