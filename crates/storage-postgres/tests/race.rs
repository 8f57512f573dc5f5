//! The race that event logs on sequences lose: a writer that is held inside its transaction while others append and a reader
//! tails. A trigger holds the insert of one chosen row until the test lets go of an advisory lock.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

#[path = "support/database.rs"]
mod database;

use database::Database;
use runledger_domain::command::Decision;
use runledger_domain::event::TagsSet;
use runledger_domain::{Event, IdGen, KeyValue, StreamId, SystemIds};
use runledger_storage::{AppendRequest, EventLog, LogMetrics, ReadLimit};
use runledger_storage_postgres::{PostgresAppend, PostgresDb};
use sqlx::PgConnection;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

const HOLD: &str = "
    CREATE FUNCTION hold() RETURNS TRIGGER LANGUAGE plpgsql AS $$
    BEGIN
        IF NEW.stream_id = 'run/held' THEN
            PERFORM pg_advisory_xact_lock(99);
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER hold BEFORE INSERT ON events FOR EACH ROW EXECUTE FUNCTION hold();";

fn request(run: &str) -> AppendRequest {
    let tags = vec![KeyValue { key: "k".to_owned(), value: "v".to_owned() }];
    let events = vec![(StreamId::run(run), Event::TagsSet(TagsSet { tags }))];
    AppendRequest::encode(Decision { events, guards: vec![] }, || SystemIds.event_id(), 0, String::new(), String::new())
}

async fn process(database: &Database) -> (PostgresDb, EventLog) {
    let db = PostgresDb::connect(&database.url).await.unwrap();
    db.migrate().await.unwrap();
    let append = Arc::new(PostgresAppend::new(&db, SystemIds.random_id()));
    let metrics = LogMetrics::register(&prometheus::Registry::new()).unwrap();
    (db.clone(), EventLog::start(Arc::new(db), append, metrics))
}

async fn count(connection: &mut PgConnection, sql: &'static str) -> i64 {
    sqlx::query_scalar(sql).fetch_one(connection).await.unwrap()
}

/// Reads to the end and checks that nothing is missing in between.
async fn read_on(log: &EventLog, mut position: i64) -> i64 {
    for event in log.read(position, ReadLimit { events: 10_000, bytes: 1 << 30 }).await.unwrap() {
        assert_eq!(event.position, position + 1, "the reader was shown a hole");
        position = event.position;
    }
    position
}

#[tokio::test(flavor = "multi_thread")]
async fn no_reader_passes_a_writer_that_is_held_in_its_commit() {
    let database = Database::create().await;
    let (_, log) = process(&database).await;
    let (_, other) = process(&database).await;
    let mut holder = database.connect().await;
    sqlx::raw_sql(HOLD).execute(&mut holder).await.unwrap();
    sqlx::query("SELECT pg_advisory_lock(99)").execute(&mut holder).await.unwrap();

    log.append(request("before")).await.unwrap().unwrap();
    let held = tokio::spawn({
        let log = log.clone();
        async move { log.append(request("held")).await.unwrap().unwrap() }
    });
    let waiting = "SELECT COUNT(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 99 AND NOT granted";
    let deadline = Instant::now() + Duration::from_secs(10);
    while count(&mut holder, waiting).await == 0 {
        assert!(Instant::now() < deadline, "the writer never came to the trigger");
        sleep(Duration::from_millis(5)).await;
    }

    // Others append meanwhile. They must queue up behind the held writer, and no reader may see any of them first.
    let mut others = JoinSet::new();
    for writer in 0..8 {
        let other = other.clone();
        others.spawn(async move { other.append(request(&format!("other-{writer}"))).await.unwrap().unwrap() });
    }
    let mut position = 0;
    for _ in 0..50 {
        position = read_on(&log, position).await;
        assert_eq!(position, 1, "something overtook the held writer");
        sleep(Duration::from_millis(2)).await;
    }

    sqlx::query("SELECT pg_advisory_unlock(99)").execute(&mut holder).await.unwrap();
    assert_eq!(timeout(Duration::from_secs(20), held).await.unwrap().unwrap(), 2);
    while let Some(done) = timeout(Duration::from_secs(20), others.join_next()).await.unwrap() {
        done.unwrap();
    }
    assert_eq!(read_on(&log, position).await, 10);
}

/// The connection breaks while the batch is under way. The flusher cannot know whether it was committed, sends it again, and
/// the log has it once.
#[tokio::test(flavor = "multi_thread")]
async fn a_batch_of_unknown_outcome_is_appended_once() {
    let database = Database::create().await;
    let (_, log) = process(&database).await;
    let mut killer = database.connect().await;
    let writers = 40;
    let mut tasks = JoinSet::new();
    for writer in 0..writers {
        let log = log.clone();
        tasks.spawn(async move {
            for number in 0..20 {
                log.append(request(&format!("w{writer}-{number}"))).await.unwrap().unwrap();
            }
        });
    }
    let cut = "SELECT COUNT(pg_terminate_backend(pid)) FROM pg_stat_activity \
                WHERE pid <> pg_backend_pid() AND datname = current_database() AND query LIKE '%append_events%'";
    let mut connections_cut = 0;
    while !tasks.is_empty() {
        connections_cut += count(&mut killer, cut).await;
        while let Some(done) = tasks.try_join_next() {
            done.unwrap();
        }
        sleep(Duration::from_millis(15)).await;
    }
    assert!(connections_cut > 0, "no connection was cut");
    let events = log.read(0, ReadLimit { events: 10_000, bytes: 1 << 30 }).await.unwrap();
    assert_eq!(events.len(), writers * 20);
    let distinct = count(&mut killer, "SELECT COUNT(DISTINCT event_id) FROM events").await;
    assert_eq!(usize::try_from(distinct).unwrap(), writers * 20);
}
