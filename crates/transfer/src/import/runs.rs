//! Runs with everything that was logged to them.
//!
//! A run comes in one append, or if it has very many points in several, of which the last leaves a mark beside the guards. So a run
//! with the mark is whole and is not looked at again, and one without it goes on: points that come twice count once.

use runledger_domain::command::Decision;
use runledger_domain::event::{
    DatasetInput, InputsLogged, ModelOutput, OutputsLogged, ParamsLogged, RunCreated, RunUpdated,
};
use runledger_domain::guard::{Expect, Guard, GuardKey, Then};
use runledger_domain::points::BatchBuilder;
use runledger_domain::{Event, RUN_NAME_TAG, RunStatus, StreamId};

use super::append::{add, append};
use super::{Import, conflict};
use crate::TransferError;
use crate::mlflow::{Metric, Page, Run, pairs, text};

/// Points of one event.
const POINTS: usize = 50_000;
/// Points of a history that are asked for at a time.
const PAGE: &str = "25000";

impl Import {
    pub(super) async fn run(&self, run: Run) -> Result<(), TransferError> {
        let run_id = run.info.run_id.clone();
        if self.author.log.guard(&mark(&run_id)).await?.is_some() {
            return Ok(());
        }
        let keys: Vec<String> = run.data.metrics.iter().map(|metric| metric.key.clone()).collect();
        let deleted = run.info.lifecycle_stage == "deleted";
        let stream = StreamId::run(&run_id);
        let there = self.author.log.guard(&GuardKey::Run(run_id.clone())).await?.is_some();
        let update = updated(&run);
        let mut decision = if there { going_on(&run_id) } else { beginning(run) };
        let mut points = BatchBuilder::default();
        for key in keys {
            let mut token = None;
            loop {
                let page = self.history(&run_id, &key, token.as_deref()).await?;
                page.items.iter().for_each(|metric| points.push(&text(key.clone()), metric.point()));
                if points.len() >= POINTS {
                    let batch = std::mem::take(&mut points).finish();
                    add(&mut decision, &stream, Event::MetricsLogged(batch));
                    self.append_run(&run_id, std::mem::replace(&mut decision, going_on(&run_id))).await?;
                }
                token = page.next_page_token.filter(|token| !token.is_empty() && !page.items.is_empty());
                if token.is_none() {
                    break;
                }
            }
        }
        if !points.is_empty() {
            add(&mut decision, &stream, Event::MetricsLogged(points.finish()));
        }
        add(&mut decision, &stream, Event::RunUpdated(update));
        if deleted {
            self.append_run(&run_id, std::mem::take(&mut decision)).await?;
            add(&mut decision, &stream, Event::run_deleted());
            decision.guards = vec![Guard::new(GuardKey::Run(run_id.clone()), Expect::Active, Then::Delete)];
        }
        let parent = Some(GuardKey::Run(run_id.clone()));
        decision.guards.push(Guard::new(mark(&run_id), Expect::Absent, Then::Insert { parent }));
        self.append_run(&run_id, decision).await
    }

    async fn history(&self, run_id: &str, key: &str, token: Option<&str>) -> Result<Page<Metric>, TransferError> {
        let mut query = vec![("run_id", run_id), ("metric_key", key), ("max_results", PAGE)];
        query.extend(token.map(|token| ("page_token", token)));
        self.source.get("metrics/get-history", &query).await
    }

    async fn append_run(&self, run_id: &str, decision: Decision) -> Result<(), TransferError> {
        append(&self.author, decision).await?.map(drop).map_err(|rejection| {
            let problem = rejection.guard.violation(rejection.found).map(|error| error.message);
            let problem = problem.unwrap_or_else(|| "another import is at work on it".to_owned());
            conflict("run", run_id, format!("{problem} Import again when nobody else changes it."))
        })
    }
}

/// The key that says that a run is whole.
fn mark(run_id: &str) -> GuardKey {
    GuardKey::Idempotency(format!("import/run/{run_id}"))
}

fn going_on(run_id: &str) -> Decision {
    Decision { events: Vec::new(), guards: vec![Guard::active_run(run_id)] }
}

fn updated(run: &Run) -> RunUpdated {
    RunUpdated { status: RunStatus::parse(&run.info.status), end_time: run.info.end_time, name: None }
}

/// Everything about the run but its points and what became of it.
fn beginning(run: Run) -> Decision {
    let Run { info, data, inputs, outputs } = run;
    let stream = StreamId::run(&info.run_id);
    let (experiment, key) = (GuardKey::Experiment(info.experiment_id), GuardKey::Run(info.run_id.clone()));
    let mut decision = Decision {
        events: Vec::new(),
        guards: vec![
            Guard::new(experiment.clone(), Expect::Active, Then::Keep),
            Guard::new(key, Expect::Absent, Then::Insert { parent: Some(experiment) }),
        ],
    };
    let tags = pairs(data.tags);
    let named = tags.iter().find(|tag| tag.key == RUN_NAME_TAG).map(|tag| tag.value.clone());
    let created = RunCreated {
        run_id: info.run_id,
        experiment_id: info.experiment_id,
        name: if info.run_name.is_empty() { named.unwrap_or_default() } else { text(info.run_name) },
        user_id: text(info.user_id),
        start_time: info.start_time,
        artifact_uri: info.artifact_uri,
        tags,
    };
    add(&mut decision, &stream, Event::RunCreated(created));
    if !data.params.is_empty() {
        add(&mut decision, &stream, Event::ParamsLogged(ParamsLogged { params: pairs(data.params) }));
    }
    if !inputs.dataset_inputs.is_empty() || !inputs.model_inputs.is_empty() {
        let dataset =
            |input: crate::mlflow::DatasetInput| DatasetInput { dataset: input.dataset, tags: pairs(input.tags) };
        let datasets = inputs.dataset_inputs.into_iter().map(dataset).collect();
        let models = inputs.model_inputs.into_iter().map(|model| model.model_id).collect();
        add(&mut decision, &stream, Event::InputsLogged(InputsLogged { datasets, models }));
    }
    if !outputs.model_outputs.is_empty() {
        let models = outputs.model_outputs.into_iter();
        let models = models.map(|model| ModelOutput { model_id: model.model_id, step: model.step }).collect();
        add(&mut decision, &stream, Event::OutputsLogged(OutputsLogged { models }));
    }
    decision
}
