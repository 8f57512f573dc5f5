//! Dead letters that are tried again leave the views that they would be if the events had read at once, also where projectors share
//! the shards that an event concerns.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use runledger_domain::command::Decision;
use runledger_domain::{Event, IdGen, StreamId, SystemIds};
use runledger_projector::Projector;
use runledger_storage::conformance::snapshot;
use runledger_storage::views::{Shards, Views};
use runledger_storage::{AppendRequest, Db, Error, Leases, Statement};
use std::sync::Arc;

use crate::bench::Bench;
use crate::histories::{Guards, RUNS, created, event, experiment_created, run_id};
use crate::logged_models;

/// Of a version that nobody reads yet.
const ODD: i16 = 99;

async fn append(bench: &Bench, at: i64, of: (StreamId, Event), odd: bool) {
    let decision = Decision { events: vec![of], guards: vec![] };
    let mut request = AppendRequest::encode(decision, || SystemIds.event_id(), at, String::new(), String::new());
    for event in &mut request.events {
        event.schema_version = if odd { ODD } else { event.schema_version };
    }
    bench.log.append(request).await.unwrap().unwrap();
}

/// From now on everything reads, as after an upgrade.
async fn mend(bench: &Bench) {
    let mut transaction = bench.log_db.begin().await.unwrap();
    for sql in
        ["DROP TRIGGER IF EXISTS events_no_update", "UPDATE events SET schema_version = 1 WHERE schema_version = 99"]
    {
        transaction.execute(&Statement::new(sql, vec![])).await.unwrap();
    }
    transaction.commit().await.unwrap();
}

async fn project(projector: &mut Projector) {
    while !projector.step().await.unwrap().caught_up {}
}

async fn begun() -> Bench {
    let bench = Bench::open().await;
    bench.append(vec![experiment_created()]).await;
    bench.append((0..RUNS).map(created).collect()).await;
    bench.append((0..2).map(logged_models::begun).collect()).await;
    bench
}

/// Has everything tried again by projectors that come, one after the other.
async fn retry(bench: &Bench, leases: &Leases, first: usize) {
    mend(bench).await;
    Views::new(Arc::clone(&bench.views)).ask_to_retry(None, 5).await.unwrap();
    let mut projectors = bench.two_projectors(leases, ["later 0", "later 1"]).await;
    for which in [first, 1 - first] {
        project(&mut projectors[which]).await;
    }
}

async fn check(events: Vec<((StreamId, Event), bool, usize)>, first: usize) {
    let bench = begun().await;
    let (leases, mut guards) = (Leases::alone(), Guards::default());
    let mut projectors = bench.two_projectors(&leases, ["0", "1"]).await;
    for (at, (event, odd, which)) in (10..).zip(events) {
        // The first of equal inputs and outputs counts, and nothing remembers that one was to come before.
        let odd = odd && !matches!(event.1, Event::InputsLogged(_) | Event::OutputsLogged(_));
        for event in guards.let_through(vec![event]) {
            append(&bench, at, event, odd).await;
        }
        if let Some(projector) = projectors.get_mut(which) {
            let stepped = projector.step().await;
            assert!(matches!(stepped, Ok(_) | Err(Error::Conflict { .. })), "{stepped:?}");
        }
    }
    for projector in &mut projectors {
        project(projector).await;
    }
    drop(projectors);
    retry(&bench, &leases, first).await;
    let letters = bench.read_model.dead_letters(10).await.unwrap();
    assert!(letters.is_empty(), "{letters:#?}");
    assert_eq!(snapshot(bench.views.as_ref()).await.unwrap(), bench.projected_by_one().await);
}

#[test]
fn letters_that_read_later_leave_the_views_of_events_that_read_at_once() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let mut runner =
        TestRunner::new(Config { cases: 48, max_shrink_iters: 64, failure_persistence: None, ..Config::default() });
    let lifecycle = prop_oneof![
        3 => (0..RUNS, prop::bool::ANY).prop_map(|(run, restored)| {
            let event = if restored { Event::run_restored() } else { Event::run_deleted() };
            (StreamId::run(&run_id(run)), event)
        }),
        1 => (0..RUNS).prop_map(|run| (StreamId::run(&run_id(run)), Event::run_purged())),
        2 => Just((StreamId::experiment(1), Event::experiment_deleted())),
        2 => Just((StreamId::experiment(1), Event::experiment_restored())),
    ];
    let any = prop_oneof![4 => lifecycle, 4 => event(), 1 => logged_models::event()];
    let events = prop::collection::vec((any, prop::bool::weighted(0.3), 0..4_usize), 1..25);
    runner
        .run(&(events, 0..2_usize), |(events, first)| {
            runtime.block_on(check(events, first));
            Ok(())
        })
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_goes_when_it_was_applied_in_every_shard() {
    let bench = begun().await;
    let leases = Leases::alone();
    let mut projectors = bench.two_projectors(&leases, ["0", "1"]).await;
    assert!(projectors[0].shards().contains(Shards::COMMON));
    assert!(projectors[1].shards().contains_run(&run_id(2)));
    append(&bench, 10, (StreamId::experiment(1), Event::experiment_deleted()), true).await;
    // A run that was deleted with its experiment, and restored by itself.
    append(&bench, 11, (StreamId::run(&run_id(0)), Event::run_restored()), false).await;
    for projector in &mut projectors {
        project(projector).await;
    }
    drop(projectors);
    mend(&bench).await;
    Views::new(Arc::clone(&bench.views)).ask_to_retry(None, 5).await.unwrap();
    let mut later = bench.two_projectors(&leases, ["later 0", "later 1"]).await;
    assert!(later[0].shards().contains_run(&run_id(1)) && later[1].shards().contains_run(&run_id(2)));

    project(&mut later[0]).await;
    let letters = bench.read_model.dead_letters(5).await.unwrap();
    assert_eq!(letters.iter().map(|letter| letter.retried_in).collect::<Vec<_>>(), [later[0].shards()]);
    assert_eq!(deleted(&bench).await, [false, true, false].to_vec());
    project(&mut later[1]).await;
    assert_eq!(bench.read_model.dead_letters(5).await.unwrap(), []);
    assert_eq!(deleted(&bench).await, [false, true, true].to_vec());
    assert_eq!(snapshot(bench.views.as_ref()).await.unwrap(), bench.projected_by_one().await);
}

/// What the rows of the runs say.
async fn deleted(bench: &Bench) -> Vec<bool> {
    let rows = bench.views.fetch(&Statement::new("SELECT deleted FROM runs ORDER BY run_no", vec![])).await.unwrap();
    rows.iter().map(|row| row.bool(0).unwrap()).collect()
}
