//! Generations of the views on a real PostgreSQL: prepared statements follow the switch under load, nothing that was acknowledged
//! is missed by a read, and tables from before there were generations are taken over.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

#[path = "support/database.rs"]
mod database;

use database::Database;
use prometheus::Registry;
use runledger_domain::command::Decision;
use runledger_domain::event::{ExperimentCreated, RunCreated, TagsSet};
use runledger_domain::{Event, IdGen, KeyValue, StreamId, SystemClock, SystemIds};
use runledger_migrations::{postgres_log, postgres_views};
use runledger_projector::{Builder, Deps, Outcome, Plan, ProjectorMetrics, Status};
use runledger_storage::compare::Comparison;
use runledger_storage::views::{ViewGroup, ViewGroups, Views};
use runledger_storage::{
    AppendRequest, Db, EventLog, Generations, Leases, LogMetrics, Purpose, ReadLimit, ReadModel, Statement,
};
use runledger_storage_postgres::{PostgresAppend, PostgresDb, PostgresPlaces, relay_wake_ups};
use sqlx::Executor;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use tokio_util::sync::CancellationToken;

const REPLACE: Plan = Plan {
    purpose: Purpose::Replace,
    views: ViewGroups::ALL,
    until: None,
    accept_differences: false,
    set_aside: false,
};

const WHOLE: ReadLimit = ReadLimit { events: 10_000, bytes: 1 << 20 };

async fn open(database: &Database) -> (PostgresDb, EventLog, ReadModel) {
    let db = PostgresDb::connect(&database.url).await.unwrap();
    db.migrate().await.unwrap();
    let append = Arc::new(PostgresAppend::new(&db, SystemIds.random_id()));
    let metrics = LogMetrics::register(&Registry::new()).unwrap();
    let log = EventLog::start(Arc::new(db.clone()), append, metrics);
    let read_model = ReadModel::new(Arc::new(db.clone()), log.clone());
    (db, log, read_model)
}

fn builder(database: &Database, db: &PostgresDb, log: &EventLog) -> Builder {
    Builder {
        log: log.clone(),
        registry: Generations::new(Arc::new(db.clone())),
        places: Arc::new(PostgresPlaces::new(db.clone(), &database.url)),
        active: Arc::new(db.clone()),
        objects: None,
        leases: Leases::shared(Arc::new(db.clone()), "the builder".to_owned()),
        clock: Arc::new(SystemClock),
        name: "the test".to_owned(),
        workers: 2,
        status: Status::default(),
    }
}

async fn append(log: &EventLog, events: Vec<(StreamId, Event)>) {
    let decision = Decision { events, guards: vec![] };
    let request = AppendRequest::encode(decision, || SystemIds.event_id(), 7, String::new(), String::new());
    log.append(request).await.unwrap().unwrap();
}

fn run_id(number: i64) -> String {
    format!("{number:032x}")
}

async fn add_run(log: &EventLog, number: i64) {
    let (run_id, stream) = (run_id(number), StreamId::run(&run_id(number)));
    let created = RunCreated {
        run_id,
        experiment_id: 1,
        name: "r".to_owned(),
        user_id: String::new(),
        start_time: 0,
        artifact_uri: String::new(),
        tags: vec![],
    };
    let tags = vec![KeyValue { key: "k".to_owned(), value: number.to_string() }];
    append(log, vec![(stream.clone(), Event::RunCreated(created)), (stream, Event::TagsSet(TagsSet { tags }))]).await;
}

/// Reads in several ways, with statements that stay prepared, until it is told to stop. Returns how often.
async fn read(db: PostgresDb, read_model: ReadModel, acknowledged: Arc<AtomicI64>, stop: CancellationToken) -> u64 {
    let joined = "SELECT COUNT(*) FROM runs JOIN tags ON tags.run_no = runs.run_no AND tags.key = 'k'";
    let (mut reads, mut checkpoint) = (0, 0);
    while !stop.is_cancelled() {
        let known = acknowledged.load(Ordering::SeqCst);
        let run = read_model.run(&run_id(known)).await.unwrap().expect("an acknowledged run is missing");
        assert_eq!(run.tags.get("k"), Some(&known.to_string()));
        let behind = read_model.catch_up().await.unwrap();
        let counted = db.fetch(&Statement::new(joined, vec![])).await.unwrap()[0].int(0).unwrap();
        assert!(behind > 0 || counted >= known, "a search that waited for {known} runs found {counted}");
        let now = read_model.checkpoint().await.unwrap();
        assert!(now >= checkpoint, "the views went back from {checkpoint} to {now}");
        (reads, checkpoint) = (reads + 1, now);
    }
    reads
}

#[tokio::test(flavor = "multi_thread")]
async fn prepared_statements_follow_a_switch_under_load() {
    let database = Database::create().await;
    let (db, log, read_model) = open(&database).await;
    let experiment =
        ExperimentCreated { experiment_id: 1, name: "e".to_owned(), artifact_location: String::new(), tags: vec![] };
    append(&log, vec![(StreamId::experiment(1), Event::ExperimentCreated(experiment))]).await;
    add_run(&log, 1).await;

    let stop = CancellationToken::new();
    let deps = Deps {
        log: log.clone(),
        views: Views::new(Arc::new(db.clone())),
        read_model: read_model.clone(),
        leases: Leases::shared(Arc::new(db.clone()), "the projector".to_owned()),
        id: "p".to_owned(),
        clock: Arc::new(SystemClock),
        metrics: ProjectorMetrics::register(&Registry::new()).unwrap(),
    };
    let projector = tokio::spawn(runledger_projector::run(deps, stop.clone()));
    let relay = tokio::spawn(relay_wake_ups(db.clone(), log.clone(), read_model.clone()));
    let acknowledged = Arc::new(AtomicI64::new(1));
    let writer = tokio::spawn({
        let (log, acknowledged, stop) = (log.clone(), Arc::clone(&acknowledged), stop.clone());
        async move {
            let mut number = 1;
            while !stop.is_cancelled() {
                number += 1;
                add_run(&log, number).await;
                acknowledged.store(number, Ordering::SeqCst);
            }
        }
    });
    let readers: Vec<_> = (0..3)
        .map(|_| tokio::spawn(read(db.clone(), read_model.clone(), Arc::clone(&acknowledged), stop.clone())))
        .collect();

    let builder = builder(&database, &db, &log);
    for round in 0..4 {
        if round == 2 {
            builder.roll_back().await.unwrap();
            continue;
        }
        let views = if round == 1 { only(ViewGroup::Tags) } else { ViewGroups::ALL };
        let outcome = builder.build(Plan { views, ..REPLACE }).await.unwrap();
        assert!(matches!(&outcome, Outcome::Switched { comparison, .. } if comparison.count == 0), "{outcome:#?}");
    }
    stop.cancel();
    writer.await.unwrap();
    for reader in readers {
        assert!(reader.await.unwrap() > 3);
    }
    projector.await.unwrap();
    relay.abort();

    let compared = builder.build(Plan { purpose: Purpose::Compare, ..REPLACE }).await.unwrap();
    assert!(matches!(&compared, Outcome::Compared { comparison, .. } if comparison.count == 0), "{compared:#?}");
    assert_eq!(indexes(&db, "runledger_views").await, indexes(&db, &previous(&builder).await).await);
}

fn only(group: ViewGroup) -> ViewGroups {
    [group].into_iter().collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_built_is_mended_and_what_is_taken_over_stays_damaged() {
    let database = Database::create().await;
    let (db, log, _) = open(&database).await;
    let experiment =
        ExperimentCreated { experiment_id: 1, name: "e".to_owned(), artifact_location: String::new(), tags: vec![] };
    append(&log, vec![(StreamId::experiment(1), Event::ExperimentCreated(experiment))]).await;
    for number in 1..20 {
        add_run(&log, number).await;
    }
    let builder = builder(&database, &db, &log);
    // Nothing was projected yet, and nothing is taken over from there. The builder goes no further than that.
    builder.build(Plan { views: only(ViewGroup::Params), ..REPLACE }).await.unwrap();
    let views = Views::new(Arc::new(db.clone()));
    views.checkpoints().await.unwrap();
    let events = log.read(0, WHOLE).await.unwrap();
    runledger_projector::project_apart(views, Arc::new(SystemClock), events).await.unwrap();

    let damage = "UPDATE tags SET value = 'damaged' WHERE run_no > 10 RETURNING run_no";
    let damaged = db.write(&Statement::new(damage, vec![])).await.unwrap().len();
    assert!(damaged > 0);
    let count = || async {
        let rows = db.fetch(&Statement::new("SELECT COUNT(*) FROM tags WHERE value = 'damaged'", vec![])).await;
        usize::try_from(rows.unwrap()[0].int(0).unwrap()).unwrap()
    };
    let taken = builder.build(Plan { views: only(ViewGroup::Metrics), ..REPLACE }).await.unwrap();
    assert!(matches!(&taken, Outcome::Switched { comparison, .. } if comparison.count == 0), "{taken:#?}");
    assert_eq!(count().await, damaged);
    let compare = Plan { purpose: Purpose::Compare, views: only(ViewGroup::Tags), ..REPLACE };
    let compared = builder.build(compare).await.unwrap();
    let named = |comparison: &Comparison| usize::try_from(comparison.count).unwrap();
    assert!(matches!(&compared, Outcome::Compared { comparison, .. } if named(comparison) == damaged), "{compared:#?}");
    let mend = Plan { views: only(ViewGroup::Tags), accept_differences: true, ..REPLACE };
    let mended = builder.build(mend).await.unwrap();
    assert!(matches!(&mended, Outcome::Switched { comparison, .. } if named(comparison) == damaged), "{mended:#?}");
    assert_eq!(count().await, 0);
    assert_eq!(indexes(&db, "runledger_views").await, indexes(&db, &previous(&builder).await).await);
}

/// The schema of the generation that was active before.
async fn previous(builder: &Builder) -> String {
    let list = builder.list().await.unwrap();
    let found = list.into_iter().find(|(generation, _)| generation.state.as_str() == "previous");
    format!("runledger_views_{}", found.expect("a previous generation").0.number)
}

async fn indexes(db: &PostgresDb, schema: &str) -> Vec<String> {
    let sql = "SELECT replace(indexdef, $1, '') FROM pg_indexes WHERE schemaname = $2 ORDER BY indexname";
    let rows = db.fetch(&Statement::new(sql, vec![format!("{schema}.").into(), schema.into()])).await.unwrap();
    rows.into_iter().map(|mut row| row.text(0).unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn views_from_before_there_were_generations_are_taken_over() {
    let database = Database::create().await;
    let mut connection = database.connect().await;
    postgres_log().run_to(5, &mut connection).await.unwrap();
    postgres_views().run_to(9, &mut connection).await.unwrap();
    connection.execute("INSERT INTO experiments VALUES (7, 'old', '', FALSE, 0, 0)").await.unwrap();
    let (db, ..) = open(&database).await;
    let rows = db.fetch(&Statement::new("SELECT name FROM experiments", vec![])).await.unwrap();
    assert_eq!(rows.into_iter().map(|mut row| row.text(0).unwrap()).collect::<Vec<_>>(), ["old"]);
    let left =
        Statement::new("SELECT COUNT(*) FROM pg_tables WHERE schemaname = 'public' AND tablename = 'runs'", vec![]);
    assert_eq!(db.fetch(&left).await.unwrap()[0].int(0).unwrap(), 0);
    db.check_schema().await.unwrap();
}
