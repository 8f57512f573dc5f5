//! The views equal the fold of the log: after any history of events, projected in any steps, a run read through the views is
//! the run that its own events tell, also when the projector has not come far.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use runledger_domain::command::Decision;
use runledger_domain::event::{
    ArtifactDeleted, ArtifactStaged, ArtifactStored, ExperimentCreated, RunUpdated, TagDeleted, TagsSet,
};
use runledger_domain::event::{
    Dataset, DatasetInput, InputsLogged, ModelOutput, OutputsLogged, ParamsLogged, RunCreated,
};
use runledger_domain::points::{BatchBuilder, Point};
use runledger_domain::{Event, IdGen, KeyValue, Run, RunStatus, StreamId, SystemClock, SystemIds};
use runledger_projector::{Deps, Projector, ProjectorMetrics};
use runledger_storage::views::Views;
use runledger_storage::{AppendRequest, ArtifactState, EncodedEvent, EventLog, LogMetrics, ReadLimit, ReadModel};
use runledger_storage_sqlite::{SqliteAppend, SqliteDb};
use std::sync::Arc;

const RUNS: usize = 3;
const ALL: ReadLimit = ReadLimit { events: 100_000, bytes: 1 << 30 };

struct Bench {
    log: EventLog,
    read_model: ReadModel,
    projector: Projector,
    _folder: tempfile::TempDir,
}

async fn bench() -> Bench {
    let folder = tempfile::tempdir().unwrap();
    let db = SqliteDb::open_log(folder.path()).await.unwrap();
    let views = Arc::new(SqliteDb::open_views(folder.path()).await.unwrap());
    let registry = prometheus::Registry::new();
    let metrics = LogMetrics::register(&registry).unwrap();
    let log = EventLog::start(Arc::new(db.clone()), Arc::new(SqliteAppend::new(&db)), metrics);
    let read_model = ReadModel::new(Arc::<SqliteDb>::clone(&views), log.clone());
    let deps = Deps {
        log: log.clone(),
        views: Views::new(views),
        read_model: read_model.clone(),
        clock: Arc::new(SystemClock),
        metrics: ProjectorMetrics::register(&registry).unwrap(),
    };
    Bench { log, read_model, projector: Projector::new(deps), _folder: folder }
}

fn run_id(run: usize) -> String {
    format!("run{run}")
}

fn texts(pairs: Vec<(u8, u8)>) -> Vec<KeyValue> {
    pairs.into_iter().map(|(key, value)| KeyValue { key: format!("k{key}"), value: format!("v{value}") }).collect()
}

fn created(run: usize) -> (StreamId, Event) {
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

fn experiment_created() -> (StreamId, Event) {
    let event =
        ExperimentCreated { experiment_id: 1, name: "e".to_owned(), artifact_location: String::new(), tags: vec![] };
    (StreamId::experiment(1), Event::ExperimentCreated(event))
}

fn event() -> impl Strategy<Value = (StreamId, Event)> {
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
        12 => (0..RUNS, of_run).prop_map(|(run, event)| (StreamId::run(&run_id(run)), event)),
        1 => Just((StreamId::experiment(1), Event::experiment_deleted())),
        1 => Just((StreamId::experiment(1), Event::experiment_restored())),
    ]
}

async fn append(log: &EventLog, events: Vec<(StreamId, Event)>) {
    let decision = Decision { events, guards: vec![] };
    let request = AppendRequest::encode(decision, || SystemIds.event_id(), 7, String::new(), String::new());
    log.append(request).await.unwrap().unwrap();
}

/// The run as its own events and its experiment's tell it.
async fn folded(log: &EventLog, run: usize) -> Run {
    let streams = [StreamId::run(&run_id(run)), StreamId::experiment(1)];
    let mut state: Option<Run> = None;
    for recorded in log.read_streams(&streams, 0).await.unwrap() {
        let event = recorded.decode().unwrap();
        match &mut state {
            Some(state) => state.evolve(&event),
            None => state = Run::begin(&event),
        }
    }
    state.unwrap()
}

async fn check(pieces: Vec<(Vec<(StreamId, Event)>, bool)>) {
    let mut bench = bench().await;
    append(&bench.log, vec![experiment_created()]).await;
    append(&bench.log, (0..RUNS).map(created).collect()).await;
    for (events, project) in pieces {
        append(&bench.log, events).await;
        if project {
            bench.projector.step().await.unwrap();
        }
        for run in 0..RUNS {
            let read = bench.read_model.run(&run_id(run)).await.unwrap();
            assert_eq!(read, Some(folded(&bench.log, run).await));
        }
    }
    // Once everything is projected, the rows alone say the same, and the histories hold every point.
    while !bench.projector.step().await.unwrap().caught_up {}
    assert_eq!(bench.read_model.checkpoint().await.unwrap(), bench.log.head().await.unwrap());
    for run in 0..RUNS {
        assert_eq!(bench.read_model.run(&run_id(run)).await.unwrap(), Some(folded(&bench.log, run).await));
        for key in ["m0", "m1", "m2"] {
            let mut expected = runledger_domain::points::Columns::default();
            for recorded in bench.log.read_streams(&[StreamId::run(&run_id(run))], 0).await.unwrap() {
                let Event::MetricsLogged(batch) = recorded.decode().unwrap() else { continue };
                for (_, range) in batch.per_key().filter(|(name, _)| *name == key) {
                    expected.append_range(batch.columns(), range);
                }
            }
            expected.sort_dedup();
            assert_eq!(bench.read_model.history(&run_id(run), key).await.unwrap(), expected);
        }
    }
}

#[test]
fn the_views_equal_the_fold_of_the_log() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let mut runner = TestRunner::new(Config { cases: 24, failure_persistence: None, ..Config::default() });
    let pieces = prop::collection::vec((prop::collection::vec(event(), 1..8), prop::bool::ANY), 1..10);
    runner
        .run(&pieces, |pieces| {
            runtime.block_on(check(pieces));
            Ok(())
        })
        .unwrap();
}

/// A broken event goes to the dead letters with its reason; what follows it is projected.
#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_does_not_read_is_set_aside() {
    let mut bench = bench().await;
    append(&bench.log, vec![experiment_created()]).await;
    let odd = |kind, version, payload: &str, run: &str| EncodedEvent {
        event_id: SystemIds.event_id(),
        stream: StreamId::run(run),
        kind,
        schema_version: version,
        payload: payload.to_owned(),
        points: None,
        recorded_at: 7,
    };
    let events = vec![
        odd("FromTheFuture", 1, "{}", "run0"),
        odd("TagsSet", 99, "{}", "run0"),
        odd("TagsSet", 1, "{\"tags\": 3}", "run0"),
        odd("MetricsLogged", 1, "{\"keys\": [\"a\"], \"counts\": [5]}", "run0"),
        odd("TagsSet", 1, "{\"tags\": []}", "nobody"),
    ];
    let request = AppendRequest { events, guards: vec![], actor: String::new(), request_id: String::new() };
    bench.log.append(request).await.unwrap().unwrap();
    append(&bench.log, vec![created(0)]).await;
    while !bench.projector.step().await.unwrap().caught_up {}

    assert!(bench.read_model.run("run0").await.unwrap().is_some());
    let letters = bench.read_model.dead_letters(10).await.unwrap();
    let reasons: Vec<&str> = letters.iter().map(|letter| letter.error.as_str()).collect();
    assert_eq!(letters.len(), 5, "{reasons:?}");
    assert!(reasons.iter().any(|reason| reason.contains("FromTheFuture")), "{reasons:?}");
    assert!(reasons.iter().any(|reason| reason.contains("run nobody is unknown")), "{reasons:?}");
    assert_eq!(bench.log.read(0, ALL).await.unwrap().len(), 7);
}

/// Artifacts follow their events: staged, stored, overwritten, deleted by file and by folder.
#[tokio::test(flavor = "multi_thread")]
async fn artifacts_follow_their_events() {
    let mut bench = bench().await;
    let staged = |path: &str, upload: &str| {
        let event =
            ArtifactStaged { upload_id: upload.to_owned(), path: path.to_owned(), size: 3, sha256: "00".to_owned() };
        (StreamId::artifact(path), Event::ArtifactStaged(event))
    };
    let stored = |path: &str, upload: &str| {
        let event = ArtifactStored { upload_id: upload.to_owned(), path: path.to_owned() };
        (StreamId::artifact(path), Event::ArtifactStored(event))
    };
    let deleted =
        |path: &str| (StreamId::artifact(path), Event::ArtifactDeleted(ArtifactDeleted { path: path.to_owned() }));
    let story = vec![
        staged("r/a", "1"),
        staged("r/dir/b", "2"),
        stored("r/a", "1"),
        staged("r/a", "3"),
        // It was overtaken by upload 3.
        stored("r/a", "1"),
        staged("r/dir2/c", "4"),
        deleted("r/dir"),
        staged("r/gone", "5"),
        deleted("r/gone"),
    ];
    for (index, event) in story.into_iter().enumerate() {
        append(&bench.log, vec![event]).await;
        if index % 2 == 0 {
            while !bench.projector.step().await.unwrap().caught_up {}
        }
    }
    for projected in [false, true] {
        let state = async |path: &str| {
            bench.read_model.artifact(path).await.unwrap().map(|found| (found.upload_id, found.state))
        };
        assert_eq!(state("r/a").await, Some(("3".to_owned(), ArtifactState::Staged)), "projected: {projected}");
        assert_eq!(state("r/dir/b").await, None);
        assert_eq!(state("r/dir2/c").await, Some(("4".to_owned(), ArtifactState::Staged)));
        assert_eq!(state("r/gone").await, None);
        while !bench.projector.step().await.unwrap().caught_up {}
    }
    let listed = bench.read_model.list_artifacts("r").await.unwrap();
    let names: Vec<(&str, bool)> = listed.iter().map(|entry| (entry.path.as_str(), entry.is_dir)).collect();
    assert_eq!(names, [("r/a", false), ("r/dir2", true)]);
}
