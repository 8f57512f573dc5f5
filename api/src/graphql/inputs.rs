//! The inputs of fields. Each becomes the arguments of the REST request that asks the same.

use async_graphql::{Enum, InputObject};
use serde::Serialize;

use super::scalars::LongString;

#[derive(Debug, Default, InputObject, Serialize)]
pub(super) struct MlflowGetExperimentInput {
    experiment_id: Option<String>,
}

#[derive(Debug, Default, InputObject, Serialize)]
pub(super) struct MlflowGetRunInput {
    run_id: Option<String>,
    run_uuid: Option<String>,
}

#[derive(Debug, Default, InputObject, Serialize)]
pub(super) struct MlflowSearchRunsInput {
    experiment_ids: Option<Vec<Option<String>>>,
    filter: Option<String>,
    run_view_type: Option<MlflowViewType>,
    max_results: Option<i32>,
    order_by: Option<Vec<Option<String>>>,
    page_token: Option<String>,
}

#[derive(Debug, Default, InputObject, Serialize)]
pub(super) struct MlflowSearchDatasetsInput {
    experiment_ids: Option<Vec<Option<String>>>,
}

#[derive(Debug, Default, InputObject, Serialize)]
pub(super) struct MlflowGetMetricHistoryBulkIntervalInput {
    run_ids: Option<Vec<Option<String>>>,
    metric_key: Option<String>,
    start_step: Option<i32>,
    end_step: Option<i32>,
    max_results: Option<i32>,
}

#[derive(Debug, Default, InputObject, Serialize)]
pub(super) struct MlflowListArtifactsInput {
    run_id: Option<String>,
    run_uuid: Option<String>,
    path: Option<String>,
    page_token: Option<String>,
}

#[derive(Debug, Default, InputObject, Serialize)]
pub(super) struct MlflowSearchModelVersionsInput {
    filter: Option<String>,
    max_results: Option<LongString>,
    order_by: Option<Vec<Option<String>>>,
    page_token: Option<String>,
}

#[derive(Clone, Copy, Debug, Enum, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum MlflowViewType {
    ActiveOnly,
    DeletedOnly,
    All,
}

impl MlflowSearchModelVersionsInput {
    /// The versions that the run made.
    pub(super) fn of_run(run_id: &str) -> Self {
        Self { filter: Some(format!("run_id='{run_id}'")), ..Self::default() }
    }
}
