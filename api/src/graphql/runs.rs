//! Runs and experiments as objects of GraphQL. Unset texts are empty and unset numbers 0.

use async_graphql::{ComplexObject, Context, Enum, SimpleObject};
use runledger_domain::event::{Dataset, DatasetInput, ModelOutput};
use runledger_domain::points::Point;
use runledger_domain::{Experiment, KeyValue, Run, RunStatus};
use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::answer;
use super::inputs::{MlflowSearchModelVersionsInput, MlflowSearchRunsInput};
use super::models::{MlflowModelVersion, search_model_versions};
use super::query::Refusal;
use super::scalars::{LongString, double};
use crate::wire::stage;
use crate::{App, Args};

#[derive(Debug, SimpleObject)]
pub(super) struct MlflowSearchRunsResponse {
    runs: Vec<MlflowRunExtension>,
    next_page_token: String,
    api_error: Option<Refusal>,
}

#[derive(Debug, SimpleObject)]
pub(super) struct MlflowExperiment {
    experiment_id: String,
    name: String,
    artifact_location: String,
    lifecycle_stage: &'static str,
    last_update_time: LongString,
    creation_time: LongString,
    tags: Vec<MlflowExperimentTag>,
    effective_trace_archival_retention: &'static str,
    workspace: &'static str,
}

#[derive(Debug, SimpleObject)]
#[graphql(complex)]
pub(super) struct MlflowRunExtension {
    info: MlflowRunInfo,
    data: MlflowRunData,
    inputs: MlflowRunInputs,
    outputs: MlflowRunOutputs,
    /// Read only where the document asks for it.
    experiment: Option<Arc<MlflowExperiment>>,
}

#[derive(Debug, SimpleObject)]
struct MlflowRunInfo {
    run_id: String,
    run_uuid: String,
    run_name: String,
    experiment_id: String,
    user_id: String,
    status: MlflowRunStatus,
    start_time: LongString,
    end_time: LongString,
    artifact_uri: String,
    lifecycle_stage: &'static str,
}

#[derive(Clone, Copy, Debug, Enum, PartialEq, Eq)]
#[graphql(remote = "RunStatus")]
enum MlflowRunStatus {
    Running,
    Scheduled,
    Finished,
    Failed,
    Killed,
}

#[derive(Debug, SimpleObject)]
struct MlflowRunData {
    metrics: Vec<MlflowMetricExtension>,
    params: Vec<MlflowParam>,
    tags: Vec<MlflowRunTag>,
}

/// The last four fields are of the metrics of logged models.
#[derive(Debug, SimpleObject)]
struct MlflowMetricExtension {
    key: String,
    value: Option<f64>,
    timestamp: LongString,
    step: LongString,
    dataset_name: &'static str,
    dataset_digest: &'static str,
    model_id: &'static str,
    run_id: &'static str,
}

#[derive(Debug, SimpleObject)]
struct MlflowRunInputs {
    dataset_inputs: Vec<MlflowDatasetInput>,
    model_inputs: Vec<MlflowModelInput>,
}

#[derive(Debug, SimpleObject)]
struct MlflowDatasetInput {
    tags: Vec<MlflowInputTag>,
    dataset: MlflowDataset,
}

#[derive(Debug, SimpleObject)]
struct MlflowDataset {
    name: String,
    digest: String,
    source_type: String,
    source: String,
    schema: String,
    profile: String,
}

#[derive(Debug, SimpleObject)]
struct MlflowModelInput {
    model_id: String,
}

#[derive(Debug, SimpleObject)]
struct MlflowRunOutputs {
    model_outputs: Vec<MlflowModelOutput>,
}

#[derive(Debug, SimpleObject)]
struct MlflowModelOutput {
    model_id: String,
    step: LongString,
}

/// Objects of a key and a value, which MLflow gives a name each.
macro_rules! pairs {
    ($($name:ident),*) => {$(
        #[derive(Debug, SimpleObject)]
        struct $name {
            key: String,
            value: String,
        }

        impl $name {
            fn of(pairs: impl IntoIterator<Item = (String, String)>) -> Vec<Self> {
                pairs.into_iter().map(|(key, value)| Self { key, value }).collect()
            }
        }
    )*};
}

pairs!(MlflowExperimentTag, MlflowRunTag, MlflowParam, MlflowInputTag);

/// A page of runs, with their experiments where the document asks for them.
pub(super) async fn search_runs(
    context: &Context<'_>,
    input: Option<MlflowSearchRunsInput>,
) -> Option<MlflowSearchRunsResponse> {
    let with_experiments = context.look_ahead().field("runs").field("experiment").exists();
    let search = async |app: &App, args: &Args| {
        let (page, _lag) = app.runs_page(args).await?;
        let mut experiments = HashMap::new();
        if with_experiments {
            for run in &page.items {
                if let Entry::Vacant(place) = experiments.entry(run.experiment_id) {
                    place.insert(Arc::new(app.experiment(run.experiment_id).await?.into()));
                }
            }
        }
        let runs = page.items.into_iter().map(|run| {
            let experiment = experiments.get(&run.experiment_id).cloned();
            MlflowRunExtension::new(run, experiment)
        });
        let next_page_token = page.next_page_token.unwrap_or_default();
        Ok(MlflowSearchRunsResponse { runs: runs.collect(), next_page_token, api_error: None })
    };
    answer(context, input, search).await
}

#[ComplexObject]
impl MlflowRunExtension {
    async fn model_versions(&self, context: &Context<'_>) -> Option<Vec<MlflowModelVersion>> {
        let of_run = MlflowSearchModelVersionsInput::of_run(&self.info.run_id);
        Some(answer(context, Some(of_run), search_model_versions).await?.model_versions)
    }
}

impl MlflowRunExtension {
    pub(super) fn new(run: Run, experiment: Option<Arc<MlflowExperiment>>) -> Self {
        let model = |model_id| MlflowModelInput { model_id };
        let output =
            |output: ModelOutput| MlflowModelOutput { model_id: output.model_id, step: LongString(output.step) };
        Self {
            info: MlflowRunInfo {
                run_uuid: run.run_id.clone(),
                run_id: run.run_id,
                run_name: run.name,
                experiment_id: run.experiment_id.to_string(),
                user_id: run.user_id,
                status: run.status.into(),
                start_time: LongString(run.start_time),
                end_time: LongString(run.end_time.unwrap_or(0)),
                artifact_uri: run.artifact_uri,
                lifecycle_stage: stage(run.deleted),
            },
            data: MlflowRunData {
                metrics: metrics(run.metrics),
                params: MlflowParam::of(run.params),
                tags: MlflowRunTag::of(run.tags),
            },
            inputs: MlflowRunInputs {
                dataset_inputs: run.datasets.into_iter().map(Into::into).collect(),
                model_inputs: run.model_inputs.into_iter().map(model).collect(),
            },
            outputs: MlflowRunOutputs { model_outputs: run.model_outputs.into_iter().map(output).collect() },
            experiment,
        }
    }
}

fn metrics(latest: BTreeMap<String, Point>) -> Vec<MlflowMetricExtension> {
    let metric = |(key, point): (String, Point)| MlflowMetricExtension {
        key,
        value: double(point.value),
        timestamp: LongString(point.timestamp),
        step: LongString(point.step),
        dataset_name: "",
        dataset_digest: "",
        model_id: "",
        run_id: "",
    };
    latest.into_iter().map(metric).collect()
}

impl From<Experiment> for MlflowExperiment {
    fn from(experiment: Experiment) -> Self {
        Self {
            experiment_id: experiment.experiment_id.to_string(),
            name: experiment.name,
            artifact_location: experiment.artifact_location,
            lifecycle_stage: stage(experiment.deleted),
            last_update_time: LongString(experiment.last_update_time),
            creation_time: LongString(experiment.creation_time),
            tags: MlflowExperimentTag::of(experiment.tags),
            effective_trace_archival_retention: "",
            workspace: "default",
        }
    }
}

impl From<DatasetInput> for MlflowDatasetInput {
    fn from(input: DatasetInput) -> Self {
        let Dataset { name, digest, source_type, source, schema, profile } = input.dataset;
        let (schema, profile) = (schema.unwrap_or_default(), profile.unwrap_or_default());
        let tags = input.tags.into_iter().map(|KeyValue { key, value }| (key, value));
        Self {
            tags: MlflowInputTag::of(tags),
            dataset: MlflowDataset { name, digest, source_type, source, schema, profile },
        }
    }
}
