//! The fields of a query.

use async_graphql::{Context, Object, SimpleObject};
use runledger_domain::points::Point;
use std::sync::Arc;

use super::answer;
use super::inputs::{
    MlflowGetExperimentInput, MlflowGetMetricHistoryBulkIntervalInput, MlflowGetRunInput, MlflowListArtifactsInput,
    MlflowSearchModelVersionsInput, MlflowSearchRunsInput,
};
use super::models::{MlflowSearchModelVersionsResponse, search_model_versions};
use super::runs::{MlflowExperiment, MlflowRunExtension, MlflowSearchRunsResponse, search_runs};
use super::scalars::{LongString, double};
use crate::{App, Args, artifacts};

#[derive(Debug)]
pub(super) struct Query;

/// What every response has room for. Here, as in MLflow's server, errors are told beside the data instead.
#[derive(Debug, SimpleObject)]
#[graphql(name = "ApiError")]
pub(super) struct Refusal {
    code: Option<String>,
    message: Option<String>,
    help_url: Option<String>,
    trace_id: Option<String>,
    error_details: Option<Vec<ErrorDetail>>,
}

#[derive(Debug, SimpleObject)]
struct ErrorDetail {
    field: Option<String>,
    message: Option<String>,
}

#[derive(Debug, SimpleObject)]
struct MlflowGetExperimentResponse {
    experiment: MlflowExperiment,
    api_error: Option<Refusal>,
}

#[derive(Debug, SimpleObject)]
struct MlflowGetRunResponse {
    run: MlflowRunExtension,
    api_error: Option<Refusal>,
}

#[derive(Debug, SimpleObject)]
struct MlflowGetMetricHistoryBulkIntervalResponse {
    metrics: Vec<MlflowMetricWithRunId>,
    api_error: Option<Refusal>,
}

#[derive(Debug, SimpleObject)]
struct MlflowMetricWithRunId {
    key: String,
    value: Option<f64>,
    timestamp: LongString,
    step: LongString,
    run_id: String,
}

#[derive(Debug, SimpleObject)]
struct MlflowListArtifactsResponse {
    root_uri: String,
    files: Vec<MlflowFileInfo>,
    next_page_token: &'static str,
    api_error: Option<Refusal>,
}

#[derive(Debug, SimpleObject)]
struct MlflowFileInfo {
    path: String,
    is_dir: bool,
    file_size: LongString,
}

/// Says what it was told.
#[derive(Debug, SimpleObject)]
struct Test {
    output: Option<String>,
}

#[Object]
impl Query {
    async fn mlflow_get_experiment(
        &self,
        context: &Context<'_>,
        input: Option<MlflowGetExperimentInput>,
    ) -> Option<MlflowGetExperimentResponse> {
        let get = async |app: &App, args: &Args| {
            let experiment = app.experiment(args.experiment_id()?).await?.into();
            Ok(MlflowGetExperimentResponse { experiment, api_error: None })
        };
        answer(context, input, get).await
    }

    async fn mlflow_get_run(
        &self,
        context: &Context<'_>,
        input: Option<MlflowGetRunInput>,
    ) -> Option<MlflowGetRunResponse> {
        let with_experiment = context.look_ahead().field("run").field("experiment").exists();
        let get = async |app: &App, args: &Args| {
            let run = app.run(args.run_id()?).await?;
            let experiment =
                if with_experiment { Some(Arc::new(app.experiment(run.experiment_id).await?.into())) } else { None };
            Ok(MlflowGetRunResponse { run: MlflowRunExtension::new(run, experiment), api_error: None })
        };
        answer(context, input, get).await
    }

    async fn mlflow_search_runs(
        &self,
        context: &Context<'_>,
        input: Option<MlflowSearchRunsInput>,
    ) -> Option<MlflowSearchRunsResponse> {
        search_runs(context, input).await
    }

    /// As in REST. MLflow's server gives the whole history here, whatever part is asked for.
    async fn mlflow_get_metric_history_bulk_interval(
        &self,
        context: &Context<'_>,
        input: Option<MlflowGetMetricHistoryBulkIntervalInput>,
    ) -> Option<MlflowGetMetricHistoryBulkIntervalResponse> {
        let get = async |app: &App, args: &Args| {
            let (key, samples) = app.metric_samples(args).await?;
            let metric = |run_id: &str, point: Point| MlflowMetricWithRunId {
                key: key.clone(),
                value: double(point.value),
                timestamp: LongString(point.timestamp),
                step: LongString(point.step),
                run_id: run_id.to_owned(),
            };
            let metrics = samples.iter().flat_map(|(run_id, columns)| columns.iter().map(|p| metric(run_id, p)));
            Ok(MlflowGetMetricHistoryBulkIntervalResponse { metrics: metrics.collect(), api_error: None })
        };
        answer(context, input, get).await
    }

    async fn mlflow_list_artifacts(
        &self,
        context: &Context<'_>,
        input: Option<MlflowListArtifactsInput>,
    ) -> Option<MlflowListArtifactsResponse> {
        let list = async |app: &App, args: &Args| {
            let (run, files) = artifacts::files_of_run(app, args).await?;
            let file = |entry: artifacts::Entry| MlflowFileInfo {
                path: entry.path,
                is_dir: entry.is_dir,
                file_size: LongString(i64::try_from(entry.file_size).unwrap_or(i64::MAX)),
            };
            let files = files.into_iter().map(file).collect();
            Ok(MlflowListArtifactsResponse { root_uri: run.artifact_uri, files, next_page_token: "", api_error: None })
        };
        answer(context, input, list).await
    }

    async fn mlflow_search_model_versions(
        &self,
        context: &Context<'_>,
        input: Option<MlflowSearchModelVersionsInput>,
    ) -> Option<MlflowSearchModelVersionsResponse> {
        answer(context, input, search_model_versions).await
    }

    async fn test(&self, input_string: Option<String>) -> Test {
        Test { output: input_string }
    }
}
