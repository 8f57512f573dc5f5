//! A logged model read through the views is the one that its own events tell, however far the projector has come, and nothing of
//! it is left when it is purged.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use runledger_domain::event::{
    LoggedModelCreated, LoggedModelMetricsLogged, LoggedModelStatusSet, ModelMetric, ParamsLogged, TagDeleted, TagsSet,
};
use runledger_domain::{Event, KeyValue, LoggedModel, LoggedModelStatus, StreamId};
use runledger_storage::conformance::snapshot;
use runledger_storage::{Leases, Statement};

use crate::bench::Bench;
use crate::histories::{created, experiment_created, run_id};

const MODELS: usize = 2;
const TABLES: [&str; 4] = ["logged_models", "logged_model_params", "logged_model_tags", "logged_model_metrics"];

fn model_id(model: usize) -> String {
    format!("m-{model}")
}

fn of(model: usize, event: Event) -> (StreamId, Event) {
    (StreamId::logged_model(&model_id(model)), event)
}

fn texts(key: u8, value: u8) -> Vec<KeyValue> {
    vec![KeyValue { key: format!("k{key}"), value: format!("v{value}") }]
}

pub(crate) fn begun(model: usize) -> (StreamId, Event) {
    let event = LoggedModelCreated {
        model_id: model_id(model),
        experiment_id: 1,
        name: "n".to_owned(),
        model_type: None,
        source_run_id: Some(run_id(0)),
        artifact_uri: format!("mlflow-artifacts:/1/models/{}/artifacts", model_id(model)),
        params: texts(0, 0),
        tags: texts(0, 0),
    };
    of(model, Event::LoggedModelCreated(event))
}

fn measured(run: usize, step: i64, value: f64) -> Event {
    let metric = ModelMetric {
        key: "acc".to_owned(),
        value: ModelMetric::text(value),
        timestamp: 3,
        step,
        dataset_name: (step > 0).then(|| "train".to_owned()),
        dataset_digest: None,
    };
    let metrics = vec![metric.clone(), ModelMetric { key: "loss".to_owned(), ..metric }];
    Event::LoggedModelMetricsLogged(LoggedModelMetricsLogged { run_id: run_id(run), metrics })
}

/// Any event of a model but its purge, which the guards let nothing follow.
pub(crate) fn event() -> impl Strategy<Value = (StreamId, Event)> {
    let status = prop_oneof![Just(LoggedModelStatus::Ready), Just(LoggedModelStatus::UploadFailed)];
    let event = prop_oneof![
        1 => status.prop_map(|status| Event::LoggedModelStatusSet(LoggedModelStatusSet { status })),
        3 => (0..3_u8, 0..3_u8).prop_map(|(key, value)| Event::LoggedModelTagsSet(TagsSet { tags: texts(key, value) })),
        1 => (0..3_u8).prop_map(|key| Event::LoggedModelTagDeleted(TagDeleted { key: format!("k{key}") })),
        2 => (1..4_u8).prop_map(|key| Event::LoggedModelParamsLogged(ParamsLogged { params: texts(key, key) })),
        4 => (0..2_usize, 0..3_i64, prop_oneof![Just(f64::NAN), Just(f64::INFINITY), Just(-0.0), -1.0..1.0])
            .prop_map(|(run, step, value)| measured(run, step, value)),
        1 => Just(Event::logged_model_deleted()),
    ];
    (0..MODELS, event).prop_map(|(model, event)| of(model, event))
}

async fn folded(bench: &Bench, model: usize) -> Option<LoggedModel> {
    let mut state: Option<LoggedModel> = None;
    for recorded in bench.log.read_streams(&[StreamId::logged_model(&model_id(model))], 0).await.unwrap() {
        let event = recorded.decode().unwrap();
        match &mut state {
            Some(state) => state.evolve(&event, recorded.recorded_at),
            None => state = LoggedModel::begin(&event, recorded.recorded_at),
        }
    }
    state
}

async fn check(pieces: Vec<(Vec<(StreamId, Event)>, bool)>) {
    let mut bench = Bench::open().await;
    bench.append(vec![experiment_created()]).await;
    for model in 0..MODELS {
        bench.append(vec![begun(model)]).await;
    }
    for (at, (events, project)) in (10..).zip(pieces) {
        bench.append_at(at, events).await;
        if project {
            bench.projector.step().await.unwrap();
        }
        for model in 0..MODELS {
            let read = bench.read_model.logged_model(&model_id(model)).await.unwrap();
            assert_eq!(read, folded(&bench, model).await);
        }
    }
    bench.project().await;
    for model in 0..MODELS {
        assert_eq!(bench.read_model.logged_model(&model_id(model)).await.unwrap(), folded(&bench, model).await);
    }
    assert!(bench.read_model.dead_letters(1).await.unwrap().is_empty());
}

#[test]
fn the_views_equal_the_fold_of_the_log() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let mut runner = TestRunner::new(Config { cases: 16, failure_persistence: None, ..Config::default() });
    let pieces = prop::collection::vec((prop::collection::vec(event(), 1..8), prop::bool::ANY), 1..8);
    runner
        .run(&pieces, |pieces| {
            runtime.block_on(check(pieces));
            Ok(())
        })
        .unwrap();
}

async fn rows(bench: &Bench, table: &str) -> i64 {
    let count = Statement::new(format!("SELECT COUNT(*) FROM {table}"), vec![]);
    bench.views.fetch(&count).await.unwrap()[0].int(0).unwrap()
}

async fn filled() -> Bench {
    let mut bench = Bench::open().await;
    bench.append(vec![experiment_created(), created(0), created(1)]).await;
    for model in 0..MODELS {
        bench.append(vec![begun(model), of(model, measured(0, 1, 0.5)), of(model, measured(1, 1, 0.5))]).await;
    }
    bench.project().await;
    bench
}

#[tokio::test(flavor = "multi_thread")]
async fn a_purged_model_is_gone_at_once_and_leaves_no_rows() {
    let mut bench = filled().await;
    for model in 0..MODELS {
        // What is logged within the same step goes along.
        let purge = vec![of(model, measured(0, 2, 0.1)), of(model, Event::logged_model_purged())];
        bench.append(purge).await;
        assert_eq!(bench.read_model.logged_model(&model_id(model)).await.unwrap(), None, "before it is projected");
        bench.project().await;
        assert_eq!(bench.read_model.logged_model(&model_id(model)).await.unwrap(), None);
        assert_eq!(rows(&bench, "logged_models").await, i64::try_from(MODELS - model - 1).unwrap());
    }
    for table in TABLES {
        assert_eq!(rows(&bench, table).await, 0, "{table}");
    }
    assert!(bench.read_model.dead_letters(1).await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_purged_experiment_takes_its_models_along() {
    let mut bench = filled().await;
    bench.append(vec![(StreamId::experiment(1), Event::experiment_purged())]).await;
    assert_eq!(bench.read_model.logged_model(&model_id(0)).await.unwrap(), None, "before it is projected");
    bench.project().await;
    for table in TABLES {
        assert_eq!(rows(&bench, table).await, 0, "{table}");
    }
}

/// The run belongs to another shard than the models.
#[tokio::test(flavor = "multi_thread")]
async fn a_purged_run_takes_along_what_it_measured() {
    let bench = filled().await;
    let leases = Leases::alone();
    let mut projectors = [bench.projector("0", &leases), bench.projector("1", &leases)];
    let run = StreamId::run(&run_id(1));
    bench.append(vec![of(0, measured(1, 2, 0.7)), (run, Event::run_purged())]).await;
    let head = bench.log.head().await.unwrap();
    while bench.read_model.checkpoint().await.unwrap() < head {
        for projector in &mut projectors {
            projector.rebalance().await.unwrap();
            projector.step().await.unwrap();
        }
    }
    let model = bench.read_model.logged_model(&model_id(0)).await.unwrap().unwrap();
    assert!(model.metrics.iter().all(|metric| metric.run_id == run_id(0)), "{model:?}");
    assert_eq!(model.metrics.len(), 2);
    assert_eq!(snapshot(bench.views.as_ref()).await.unwrap(), bench.projected_by_one().await);
    assert!(bench.read_model.dead_letters(1).await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_in_a_foreign_stream_is_set_aside() {
    let mut bench = filled().await;
    let tags = Event::TagsSet(TagsSet { tags: texts(0, 0) });
    bench.append(vec![of(0, tags), (StreamId::run(&run_id(0)), Event::logged_model_deleted())]).await;
    bench.append(vec![(StreamId::logged_model("m-nobody"), Event::logged_model_deleted())]).await;
    bench.project().await;
    assert_eq!(bench.read_model.dead_letters(10).await.unwrap().len(), 3);
    assert!(!bench.read_model.logged_model(&model_id(0)).await.unwrap().unwrap().deleted);
}
