//! Random histories of a few runs in one experiment, such as the guards of the log let through.

use proptest::prelude::*;
use runledger_domain::event::{
    Dataset, DatasetInput, ExperimentCreated, InputsLogged, ModelOutput, OutputsLogged, ParamsLogged, RunCreated,
    RunUpdated, TagDeleted, TagsSet,
};
use runledger_domain::points::{BatchBuilder, Point};
use runledger_domain::{Event, KeyValue, RunStatus, StreamId};
use std::collections::HashSet;

pub(crate) const RUNS: usize = 3;

/// Leaves out what the guards would refuse: events of a run or an experiment that is gone, and what such a run measures.
///
/// And what no server says of uploads: each has an id of its own, so it is staged once, and stored after that.
#[derive(Debug, Default)]
pub(crate) struct Guards {
    gone: HashSet<StreamId>,
    staged: HashSet<String>,
}

impl Guards {
    pub(crate) fn let_through(&mut self, events: Vec<(StreamId, Event)>) -> Vec<(StreamId, Event)> {
        let holds = |(stream, event): &(StreamId, Event)| {
            let by =
                if let Event::LoggedModelMetricsLogged(by) = event { Some(StreamId::run(&by.run_id)) } else { None };
            let mut needed = [Some(stream.clone()), by, Some(StreamId::experiment(1))].into_iter().flatten();
            let holds = needed.all(|stream| !self.gone.contains(&stream));
            if holds && matches!(event, Event::RunPurged(_) | Event::ExperimentPurged(_)) {
                self.gone.insert(stream.clone());
            }
            holds
                && match event {
                    Event::ArtifactStaged(staged) => self.staged.insert(staged.upload_id.clone()),
                    Event::ArtifactStored(stored) => self.staged.contains(&stored.upload_id),
                    _ => true,
                }
        };
        events.into_iter().filter(holds).collect()
    }
}

/// Each run is of another shard.
pub(crate) fn run_id(run: usize) -> String {
    format!("run{}", run * 3)
}

fn texts(pairs: Vec<(u8, u8)>) -> Vec<KeyValue> {
    pairs.into_iter().map(|(key, value)| KeyValue { key: format!("k{key}"), value: format!("v{value}") }).collect()
}

pub(crate) fn created(run: usize) -> (StreamId, Event) {
    let event = RunCreated {
        run_id: run_id(run),
        experiment_id: 1,
        name: "first".to_owned(),
        user_id: "me".to_owned(),
        start_time: 5,
        artifact_uri: "mlflow-artifacts:/1".to_owned(),
        tags: texts(vec![(0, 0)]),
    };
    (StreamId::run(&run_id(run)), Event::RunCreated(event))
}

pub(crate) fn experiment_created() -> (StreamId, Event) {
    let event =
        ExperimentCreated { experiment_id: 1, name: "e".to_owned(), artifact_location: String::new(), tags: vec![] };
    (StreamId::experiment(1), Event::ExperimentCreated(event))
}

/// Any event of the runs or their experiment.
pub(crate) fn event() -> impl Strategy<Value = (StreamId, Event)> {
    let pairs = || prop::collection::vec((0..4_u8, 0..3_u8), 1..4);
    let points =
        prop::collection::vec((0..3_u8, -2..3_i64, 0..3_i64, prop_oneof![Just(f64::NAN), -2.0..2.0, Just(0.0)]), 1..12);
    let of_run = prop_oneof![
        6 => points.prop_map(|points| {
            let mut batch = BatchBuilder::with_capacity(points.len());
            for (key, step, timestamp, value) in points {
                batch.push(&format!("m{key}"), Point { step, timestamp, value });
            }
            Event::MetricsLogged(batch.finish())
        }),
        2 => (0..4_u8).prop_map(|key| Event::ParamsLogged(ParamsLogged { params: texts(vec![(key, key)]) })),
        3 => pairs().prop_map(|tags| Event::TagsSet(TagsSet { tags: texts(tags) })),
        1 => (0..4_u8).prop_map(|key| Event::TagDeleted(TagDeleted { key: format!("k{key}") })),
        1 => (0..2_u8).prop_map(|name| Event::TagsSet(TagsSet {
            tags: vec![KeyValue { key: "mlflow.runName".to_owned(), value: format!("tag{name}") }],
        })),
        2 => (prop::option::of(0..3_i64), prop::bool::ANY, prop::option::of("[ab]")).prop_map(|(end_time, finish, name)| {
            Event::RunUpdated(RunUpdated { status: finish.then_some(RunStatus::Finished), end_time, name })
        }),
        1 => Just(Event::run_deleted()),
        1 => Just(Event::run_restored()),
        1 => Just(Event::run_purged()),
        1 => (0..3_u8).prop_map(|number| {
            let dataset = Dataset {
                name: format!("d{number}"),
                digest: "x".to_owned(),
                source_type: "code".to_owned(),
                source: "s".to_owned(),
                schema: None,
                profile: Some("p".to_owned()),
            };
            let datasets = vec![DatasetInput { dataset, tags: texts(vec![(number, number)]) }];
            Event::InputsLogged(InputsLogged { datasets, models: vec![format!("m-{number}")] })
        }),
        1 => (0..3_u8).prop_map(|number| {
            let models = vec![ModelOutput { model_id: format!("m-{number}"), step: number.into() }];
            Event::OutputsLogged(OutputsLogged { models })
        }),
    ];
    prop_oneof![
        40 => (0..RUNS, of_run).prop_map(|(run, event)| (StreamId::run(&run_id(run)), event)),
        3 => Just((StreamId::experiment(1), Event::experiment_deleted())),
        3 => Just((StreamId::experiment(1), Event::experiment_restored())),
        1 => Just((StreamId::experiment(1), Event::experiment_purged())),
    ]
}
