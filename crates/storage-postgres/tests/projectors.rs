//! Several projectors on one PostgreSQL: they never wait for each other in a circle, and one takes over from another that died.
//! What they make together is what one projector makes of the same log.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

#[path = "support/database.rs"]
#[expect(dead_code, reason = "each test binary uses its part of the helper")]
mod database;

use database::Database;
use prometheus::Registry;
use runledger_domain::command::Decision;
use runledger_domain::event::{
    Dataset, DatasetInput, ExperimentCreated, InputsLogged, ParamsLogged, RunCreated, TagsSet,
};
use runledger_domain::points::{BatchBuilder, Point};
use runledger_domain::{Event, IdGen, KeyValue, StreamId, SystemClock, SystemIds};
use runledger_projector::{Deps, Projector, ProjectorMetrics, run};
use runledger_storage::conformance::snapshot;
use runledger_storage::views::Views;
use runledger_storage::{AppendRequest, Db, Error, EventLog, Leases, LogMetrics, ReadModel, Statement};
use runledger_storage_postgres::{PostgresAppend, PostgresDb};
use runledger_storage_sqlite::SqliteDb;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

const LIMIT: Duration = Duration::from_mins(1);
const WRITERS: u64 = 4;
const DATASETS: u64 = 30;

/// What one process has open.
struct Process {
    db: Arc<dyn Db>,
    log: EventLog,
    read_model: ReadModel,
    name: &'static str,
}

impl Process {
    async fn start(url: &str, name: &'static str) -> Self {
        let db = PostgresDb::connect(url).await.unwrap();
        db.migrate().await.unwrap();
        let append = Arc::new(PostgresAppend::new(&db, SystemIds.random_id()));
        let db: Arc<dyn Db> = Arc::new(db);
        let metrics = LogMetrics::register(&Registry::new()).unwrap();
        let log = EventLog::start(Arc::clone(&db), append, metrics);
        let read_model = ReadModel::new(Arc::clone(&db), log.clone());
        Self { db, log, read_model, name }
    }

    fn projector(&self) -> Deps {
        let leases = Leases::shared_for(Arc::clone(&self.db), self.name.to_owned(), Duration::from_secs(2));
        self.projector_to(&self.db, leases)
    }

    fn projector_to(&self, views: &Arc<dyn Db>, leases: Leases) -> Deps {
        Deps {
            log: self.log.clone(),
            views: Views::new(Arc::clone(views)),
            read_model: self.read_model.clone(),
            leases,
            id: self.name.to_owned(),
            clock: Arc::new(SystemClock),
            metrics: ProjectorMetrics::register(&Registry::new()).unwrap(),
        }
    }

    /// What one projector makes of the whole log.
    async fn projected_by_one(&self) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        let views: Arc<dyn Db> = Arc::new(SqliteDb::open_views(folder.path()).await.unwrap());
        let mut projector = Projector::new(self.projector_to(&views, Leases::alone()));
        while !projector.step().await.unwrap().caught_up {}
        snapshot(views.as_ref()).await.unwrap()
    }

    async fn is_complete(&self) -> bool {
        self.read_model.checkpoint().await.unwrap() == self.log.head().await.unwrap()
    }

    /// How many shards each process holds, by its name.
    async fn shares(&self) -> Vec<(String, i64)> {
        let sql =
            "SELECT holder, COUNT(*) FROM leases WHERE name LIKE 'projector/shard/%' GROUP BY holder ORDER BY holder";
        let rows = self.db.fetch(&Statement::new(sql, vec![])).await.unwrap();
        rows.into_iter().map(|mut row| (row.text(0).unwrap(), row.int(1).unwrap())).collect()
    }
}

async fn wait_until(what: &str, condition: impl AsyncFn() -> bool) {
    let deadline = Instant::now() + LIMIT;
    while !condition().await {
        assert!(Instant::now() < deadline, "it never came to this: {what}");
        sleep(Duration::from_millis(20)).await;
    }
}

async fn append(log: &EventLog, events: Vec<(StreamId, Event)>) {
    let decision = Decision { events, guards: vec![] };
    let request = AppendRequest::encode(decision, || SystemIds.event_id(), 7, String::new(), String::new());
    log.append(request).await.unwrap().unwrap();
}

async fn create_experiment(log: &EventLog) {
    let event =
        ExperimentCreated { experiment_id: 1, name: "e".to_owned(), artifact_location: String::new(), tags: vec![] };
    append(log, vec![(StreamId::experiment(1), Event::ExperimentCreated(event))]).await;
}

/// One run with something of everything. All runs use the same few data sets, each in an order and with a description of its
/// own.
fn run_of(number: u64) -> Vec<(StreamId, Event)> {
    let run_id = format!("{number:032x}");
    let pairs = || vec![KeyValue { key: "k".to_owned(), value: number.to_string() }];
    let created = RunCreated {
        run_id: run_id.clone(),
        experiment_id: 1,
        name: "r".to_owned(),
        user_id: String::new(),
        start_time: 0,
        artifact_uri: String::new(),
        tags: pairs(),
    };
    let mut batch = BatchBuilder::with_capacity(20);
    for (step, value) in (0..20).zip([0.5, f64::NAN].into_iter().cycle()) {
        batch.push("m", Point { step, timestamp: step, value });
    }
    let uses = (0..DATASETS).map(|place| {
        let dataset = Dataset {
            name: format!("d{}", (place * 7 + number) % DATASETS),
            digest: "x".to_owned(),
            source_type: "code".to_owned(),
            source: number.to_string(),
            schema: None,
            profile: None,
        };
        DatasetInput { dataset, tags: pairs() }
    });
    let inputs = InputsLogged { datasets: uses.collect(), models: vec![] };
    let events = [
        Event::RunCreated(created),
        Event::ParamsLogged(ParamsLogged { params: pairs() }),
        Event::MetricsLogged(batch.finish()),
        Event::InputsLogged(inputs),
        Event::TagsSet(TagsSet { tags: pairs() }),
    ];
    events.map(|event| (StreamId::run(&run_id), event)).into()
}

/// Writes runs numbered from `first`, in several tasks, and now and then deletes or restores them all.
async fn write_runs(log: &EventLog, first: u64, count: u64) {
    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        let log = log.clone();
        writers.spawn(async move {
            for number in (first..first + count).filter(|number| number % WRITERS == writer) {
                append(&log, run_of(number)).await;
                let lifecycle = [Event::experiment_deleted(), Event::experiment_restored()];
                if let Some(event) = lifecycle.into_iter().nth(usize::try_from(number % 16).unwrap()) {
                    append(&log, vec![(StreamId::experiment(1), event)]).await;
                }
            }
        });
    }
    while let Some(done) = writers.join_next().await {
        done.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn projectors_never_wait_for_each_other_in_a_circle() {
    let database = Database::create().await;
    let process = Process::start(&database.url, "writer").await;
    let others = [Process::start(&database.url, "one").await, Process::start(&database.url, "two").await];
    create_experiment(&process.log).await;
    let (shared, written) = (CancellationToken::new(), CancellationToken::new());
    let mut projectors = JoinSet::new();
    for other in others {
        let (shared, written) = (shared.clone(), written.clone());
        projectors.spawn(async move {
            let mut projector = Projector::new(other.projector());
            while !shared.is_cancelled() {
                projector.rebalance().await.unwrap();
                sleep(Duration::from_millis(20)).await;
            }
            while !(written.is_cancelled() && other.is_complete().await) {
                // A deadlock would come as another error. Where shards change hands, one may come too late.
                let outcome = projector.step().await;
                assert!(matches!(outcome, Ok(_) | Err(Error::Conflict { .. })), "{outcome:?}");
                tokio::task::yield_now().await;
            }
        });
    }
    wait_until("both have a share", async || process.shares().await == [("one".to_owned(), 4), ("two".to_owned(), 4)])
        .await;
    // Both begin at once with large batches, and go on with small ones.
    write_runs(&process.log, 0, 200).await;
    shared.cancel();
    write_runs(&process.log, 200, 200).await;
    append(&process.log, vec![(StreamId::experiment(1), Event::experiment_deleted())]).await;
    let purges = (0..64).map(|number: u64| (StreamId::run(&format!("{number:032x}")), Event::run_purged()));
    append(&process.log, purges.collect()).await;
    written.cancel();
    while let Some(done) = projectors.join_next().await {
        done.unwrap();
    }
    assert_eq!(snapshot(process.db.as_ref()).await.unwrap(), process.projected_by_one().await);

    append(&process.log, vec![(StreamId::experiment(1), Event::experiment_purged())]).await;
    let mut last = Projector::new(process.projector());
    wait_until("the experiment is purged", async || process.shares().await.is_empty()).await;
    while !process.is_complete().await {
        last.step().await.unwrap();
    }
    assert_eq!(snapshot(process.db.as_ref()).await.unwrap(), process.projected_by_one().await);
}

/// Runs a projector in a runtime of its own, which can be ended as a kill does: without a word to anybody.
fn projector_apart(url: &str, name: &'static str) -> Runtime {
    let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let url = url.to_owned();
    runtime.spawn(async move {
        let process = Process::start(&url, name).await;
        run(process.projector(), CancellationToken::new()).await;
    });
    runtime
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_projector_is_taken_over_from() {
    let database = Database::create().await;
    let process = Process::start(&database.url, "writer").await;
    create_experiment(&process.log).await;
    let mut number = 0;
    let mut living = ("first", projector_apart(&database.url, "first"));
    for name in ["second", "third"] {
        let next = projector_apart(&database.url, name);
        let shares = |names: &[&str], share| {
            let mut shares: Vec<(String, i64)> = names.iter().map(|name| ((*name).to_owned(), share)).collect();
            shares.sort();
            shares
        };
        let both = shares(&[living.0, name], 4);
        wait_until("both have a share", async || process.shares().await == both).await;
        write_runs(&process.log, number, 100).await;
        living.1.shutdown_background();
        write_runs(&process.log, number + 100, 100).await;
        number += 200;
        wait_until("all is projected by the one that is left", async || process.is_complete().await).await;
        wait_until("it has all shards", async || process.shares().await == shares(&[name], 8)).await;
        living = (name, next);
    }
    living.1.shutdown_background();
    assert_eq!(snapshot(process.db.as_ref()).await.unwrap(), process.projected_by_one().await);
}
