//! The fields of a mutation. None of them changes anything: MLflow has searches with long inputs here.

use async_graphql::{Context, Object, SimpleObject};

use super::answer;
use super::inputs::{MlflowSearchDatasetsInput, MlflowSearchRunsInput};
use super::query::Refusal;
use super::runs::{MlflowSearchRunsResponse, search_runs};
use crate::{App, Args};

#[derive(Debug)]
pub(super) struct Mutation;

#[derive(Debug, SimpleObject)]
struct MlflowSearchDatasetsResponse {
    dataset_summaries: Vec<MlflowDatasetSummary>,
    api_error: Option<Refusal>,
}

#[derive(Debug, SimpleObject)]
struct MlflowDatasetSummary {
    experiment_id: String,
    name: String,
    digest: String,
    context: String,
}

/// Says what it was told.
#[derive(Debug, SimpleObject)]
struct TestMutation {
    output: Option<String>,
}

#[Object]
impl Mutation {
    async fn mlflow_search_datasets(
        &self,
        context: &Context<'_>,
        input: Option<MlflowSearchDatasetsInput>,
    ) -> Option<MlflowSearchDatasetsResponse> {
        let search = async |app: &App, args: &Args| {
            let summaries = app.dataset_summaries(args).await?.into_iter().map(|summary| MlflowDatasetSummary {
                experiment_id: summary.experiment_id.to_string(),
                name: summary.name,
                digest: summary.digest,
                context: summary.context.unwrap_or_default(),
            });
            Ok(MlflowSearchDatasetsResponse { dataset_summaries: summaries.collect(), api_error: None })
        };
        answer(context, input, search).await
    }

    async fn mlflow_search_runs(
        &self,
        context: &Context<'_>,
        input: Option<MlflowSearchRunsInput>,
    ) -> Option<MlflowSearchRunsResponse> {
        search_runs(context, input).await
    }

    #[graphql(name = "testMutation")]
    async fn test(&self, input_string: Option<String>) -> TestMutation {
        TestMutation { output: input_string }
    }
}
