//! What is purged leaves nothing behind.

use runledger_domain::event::{Dataset, DatasetInput, InputsLogged, ParamsLogged, TagsSet};
use runledger_domain::points::{BatchBuilder, Point};
use runledger_domain::{Event, KeyValue, StreamId};
use runledger_storage::{DeletedRuns, Statement};

use crate::bench::Bench;
use crate::histories::{RUNS, created, experiment_created, run_id};

fn pair() -> Vec<KeyValue> {
    vec![KeyValue { key: "k".to_owned(), value: "v".to_owned() }]
}

/// An event of each kind that leaves rows behind.
fn everything(run: usize) -> Vec<(StreamId, Event)> {
    let mut batch = BatchBuilder::with_capacity(1);
    batch.push("m", Point { step: 1, timestamp: 2, value: 3.0 });
    let dataset = Dataset {
        name: "d".to_owned(),
        digest: "x".to_owned(),
        source_type: "code".to_owned(),
        source: "s".to_owned(),
        schema: None,
        profile: None,
    };
    let datasets = vec![DatasetInput { dataset, tags: pair() }];
    let events = [
        Event::ParamsLogged(ParamsLogged { params: pair() }),
        Event::TagsSet(TagsSet { tags: pair() }),
        Event::MetricsLogged(batch.finish()),
        Event::InputsLogged(InputsLogged { datasets, models: vec!["model".to_owned()] }),
    ];
    events.map(|event| (StreamId::run(&run_id(run)), event)).into()
}

async fn rows(bench: &Bench, table: &str) -> i64 {
    let count = Statement::new(format!("SELECT COUNT(*) FROM {table}"), vec![]);
    bench.views.fetch(&count).await.unwrap()[0].int(0).unwrap()
}

async fn filled() -> Bench {
    let mut bench = Bench::open().await;
    let tags = Event::ExperimentTagsSet(TagsSet { tags: pair() });
    bench.append(vec![experiment_created(), (StreamId::experiment(1), tags)]).await;
    for run in 0..RUNS {
        bench.append(vec![created(run)]).await;
        bench.append(everything(run)).await;
    }
    bench.project().await;
    bench
}

const OF_RUNS: [&str; 7] = ["runs", "params", "tags", "metrics", "metric_segments", "dataset_inputs", "run_models"];
const OF_EXPERIMENTS: [&str; 3] = ["experiments", "experiment_tags", "datasets"];

#[tokio::test(flavor = "multi_thread")]
async fn a_purged_run_is_gone_at_once_and_leaves_no_rows() {
    let mut bench = filled().await;
    let purge = |run: usize| (StreamId::run(&run_id(run)), Event::run_purged());
    for run in 0..RUNS {
        bench.append(vec![purge(run)]).await;
        assert_eq!(bench.read_model.run(&run_id(run)).await.unwrap(), None, "before it is projected");
        assert!(bench.read_model.history(&run_id(run), "m").await.unwrap().is_empty());
        bench.project().await;
        assert_eq!(bench.read_model.run(&run_id(run)).await.unwrap(), None);
        assert_eq!(rows(&bench, "runs").await, i64::try_from(RUNS - run - 1).unwrap());
    }
    for table in OF_RUNS {
        assert_eq!(rows(&bench, table).await, 0, "{table}");
    }
    // Created, filled and purged within one step.
    bench.append([vec![created(3)], everything(3), vec![purge(3)]].concat()).await;
    bench.project().await;
    for table in OF_RUNS {
        assert_eq!(rows(&bench, table).await, 0, "{table}");
    }
    assert!(bench.read_model.dead_letters(1).await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_purged_experiment_is_gone_at_once_and_leaves_no_rows() {
    let mut bench = filled().await;
    bench.append(vec![(StreamId::experiment(1), Event::experiment_purged())]).await;
    for _projected in [false, true] {
        assert_eq!(bench.read_model.experiment(1).await.unwrap(), None);
        // A run that was not purged before goes with its experiment.
        assert_eq!(bench.read_model.run(&run_id(0)).await.unwrap(), None);
        bench.project().await;
    }
    for table in OF_RUNS.into_iter().chain(OF_EXPERIMENTS) {
        assert_eq!(rows(&bench, table).await, 0, "{table}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_deleted_is_found_by_its_time() {
    let mut bench = filled().await;
    let of_run = |run: usize, event| vec![(StreamId::run(&run_id(run)), event)];
    bench.append_at(100, of_run(0, Event::run_deleted())).await;
    bench.append_at(200, vec![(StreamId::experiment(1), Event::experiment_deleted())]).await;
    bench.project().await;
    let views = &bench.read_model;
    let found = async |before, run_ids: Option<&[String]>, experiment_ids: Option<&[i64]>, after: Option<&str>| {
        let which = DeletedRuns { before, run_ids, experiment_ids };
        let runs = views.deleted_runs(which, after, 10).await.unwrap();
        runs.into_iter().map(|run| (run.run_id, run.deleted_time)).collect::<Vec<_>>()
    };
    let expected = [(run_id(0), 100), (run_id(1), 200), (run_id(2), 200)];
    assert_eq!(found(200, None, None, None).await, expected);
    assert_eq!(found(100, None, Some(&[1]), None).await, expected[..1]);
    assert_eq!(found(99, None, None, None).await, []);
    assert_eq!(found(200, None, None, Some(&run_id(0))).await, expected[1..]);
    assert_eq!(found(200, Some(&[run_id(2)]), None, None).await, expected[2..]);
    assert_eq!(found(200, Some(&[]), None, None).await, []);
    assert_eq!(found(200, None, Some(&[2]), None).await, []);

    let experiments = views.deleted_experiments(200, None).await.unwrap();
    assert_eq!(
        experiments.iter().map(|found| (found.experiment_id, found.deleted_time)).collect::<Vec<_>>(),
        [(1, 200)]
    );
    assert!(views.deleted_experiments(199, None).await.unwrap().is_empty());
    assert!(views.deleted_experiments(200, Some(&[2])).await.unwrap().is_empty());
}
