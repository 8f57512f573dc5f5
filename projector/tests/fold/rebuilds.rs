//! A rebuild makes the views that a projector makes, takes their place, and gives it back; what is wrong with the active views
//! or the log, it names.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use runledger_domain::{Event, StreamId};
use runledger_projector::{Outcome, Plan, RebuildError};
use runledger_storage::conformance::snapshot;
use runledger_storage::views::{Shards, ViewGroups, Views};
use runledger_storage::{Error, Generation, Leases, Phase, Purpose, Statement};
use std::time::Duration;

use crate::bench::Bench;
use crate::histories::{Guards, RUNS, created, event, experiment_created};

pub(crate) const REPLACE: Plan = Plan {
    purpose: Purpose::Replace,
    views: ViewGroups::ALL,
    until: None,
    accept_differences: false,
    set_aside: false,
};
pub(crate) const COMPARE: Plan = Plan { purpose: Purpose::Compare, ..REPLACE };

pub(crate) async fn begun() -> Bench {
    let bench = Bench::open().await;
    bench.append(vec![experiment_created()]).await;
    bench.append((0..RUNS).map(created).collect()).await;
    bench
}

/// Changes the views behind everybody's back.
pub(crate) async fn tamper(bench: &Bench, sql: &str) {
    let mut transaction = bench.views.begin().await.unwrap();
    assert!(transaction.execute(&Statement::new(sql, vec![])).await.unwrap() > 0);
    transaction.commit().await.unwrap();
}

async fn check(pieces: Vec<Vec<(StreamId, Event)>>) {
    let mut bench = begun().await;
    let mut guards = Guards::default();
    let builder = bench.builder(&Leases::alone());
    for (number, events) in pieces.into_iter().enumerate() {
        bench.append(guards.let_through(events)).await;
        // The projector is behind, or a few small steps make what the rebuild makes at once.
        if number % 3 != 0 {
            bench.projector.step().await.unwrap_or_else(|error| {
                assert!(matches!(error, Error::Conflict { .. }), "{error}");
                runledger_projector::Report { events: 0, caught_up: false }
            });
        }
        if number % 4 == 3 {
            match builder.build(REPLACE).await.unwrap() {
                Outcome::Switched { comparison, .. } => assert_eq!(comparison.digest, comparison.other_digest),
                other => panic!("{other:#?}"),
            }
        }
    }
    project(&mut bench).await;
    assert_eq!(snapshot(bench.views.as_ref()).await.unwrap(), bench.projected_by_one().await);
    match builder.build(COMPARE).await.unwrap() {
        Outcome::Compared { comparison, .. } => assert_eq!((comparison.count, &comparison.differences), (0, &vec![])),
        other => panic!("{other:#?}"),
    }
}

/// Projects to the end, with a projector that may have to find out first that the views are others.
pub(crate) async fn project(bench: &mut Bench) {
    loop {
        match bench.projector.step().await {
            Ok(report) if report.caught_up => return,
            Ok(_) | Err(Error::Conflict { .. }) => {}
            Err(error) => panic!("{error}"),
        }
    }
}

#[test]
fn a_rebuild_makes_the_views_of_a_projector() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let mut runner =
        TestRunner::new(Config { cases: 8, max_shrink_iters: 32, failure_persistence: None, ..Config::default() });
    let pieces = prop::collection::vec(prop::collection::vec(event(), 1..8), 4..12);
    runner
        .run(&pieces, |pieces| {
            runtime.block_on(check(pieces));
            Ok(())
        })
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_was_changed_is_named_and_kept_until_the_difference_is_accepted() {
    let mut bench = begun().await;
    bench.project().await;
    tamper(&bench, "UPDATE runs SET name = 'changed' WHERE run_id = 'run3'").await;
    tamper(&bench, "DELETE FROM tags WHERE run_no = 2").await;
    let builder = bench.builder(&Leases::alone());
    let Outcome::Differs { generation, comparison, .. } = builder.build(REPLACE).await.unwrap() else {
        panic!("nobody noticed")
    };
    let told: Vec<String> = comparison.differences.iter().map(ToString::to_string).collect();
    assert_eq!(comparison.count, 2);
    assert!(told[0].contains("run run3: runs.name is \"changed\", by the log it is \"first\""), "{told:?}");
    assert!(told[1].contains("run run0: tags of \"k0\" is not there"), "{told:?}");
    assert_ne!(comparison.digest, comparison.other_digest);
    assert_ne!(snapshot(bench.views.as_ref()).await.unwrap(), bench.projected_by_one().await);

    // The second attempt goes on with what the first one built.
    let accepted = builder.build(Plan { accept_differences: true, ..REPLACE }).await.unwrap();
    assert!(matches!(accepted, Outcome::Switched { generation: same, .. } if same == generation), "{accepted:?}");
    assert_eq!(snapshot(bench.opened_anew().await.as_ref()).await.unwrap(), bench.projected_by_one().await);

    // The projector remembers the changed name, and must not write it again.
    bench.append(vec![(StreamId::run("run3"), Event::run_deleted())]).await;
    assert!(matches!(bench.projector.step().await, Err(Error::Conflict { .. })));
    bench.project().await;
    assert_eq!(snapshot(bench.views.as_ref()).await.unwrap(), bench.projected_by_one().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn going_back_catches_up_first() {
    let mut bench = begun().await;
    bench.project().await;
    let builder = bench.builder(&Leases::alone());
    assert!(matches!(builder.roll_back().await, Err(RebuildError::NoPrevious)));
    builder.build(REPLACE).await.unwrap();
    bench.append(vec![(StreamId::run("run3"), Event::run_deleted())]).await;
    project(&mut bench).await;
    for (active, previous) in [(1, 2), (2, 1)] {
        bench.append(vec![(StreamId::run("run6"), Event::run_deleted())]).await;
        assert_eq!(builder.roll_back().await.unwrap(), (active, previous));
        let views = Views::new(bench.opened_anew().await);
        assert_eq!(views.checkpoints().await.unwrap(), [bench.log.head().await.unwrap(); Shards::COUNT]);
        project(&mut bench).await;
        assert_eq!(snapshot(bench.views.as_ref()).await.unwrap(), bench.projected_by_one().await);
    }
    builder.discard(1).await.unwrap();
    assert!(matches!(builder.discard(2).await, Err(RebuildError::NotDiscardable(2))));
    assert!(matches!(builder.roll_back().await, Err(RebuildError::NoPrevious)));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_cannot_be_projected_stops_a_rebuild() {
    let mut bench = begun().await;
    let position = bench.append_odd(StreamId::run("run0")).await;
    bench.append(vec![(StreamId::run("run3"), Event::run_deleted())]).await;
    bench.project().await;
    let builder = bench.builder(&Leases::alone());
    match builder.build(REPLACE).await {
        Err(RebuildError::Unprojectable { position: at, reason }) => {
            assert_eq!(at, position.to_string());
            assert!(reason.contains("FromTheFuture"), "{reason}");
        }
        other => panic!("{other:?}"),
    }
    let switched = builder.build(Plan { set_aside: true, ..REPLACE }).await.unwrap();
    assert!(matches!(switched, Outcome::Switched { .. }), "{switched:?}");
    assert_eq!(bench.read_model.dead_letters(5).await.unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_builder_works_at_a_time() {
    let bench = begun().await;
    let leases = Leases::alone();
    let (builder, other) = (bench.builder(&leases), bench.builder(&leases));
    // Nobody else writes to the active views now, so the first one waits at the switch.
    let held = bench.views.begin().await.unwrap();
    let first = tokio::spawn(async move { builder.build(REPLACE).await });
    let switching = |generation: &Generation| generation.phase == Phase::Switching;
    while !other.list().await.unwrap().iter().any(|(generation, _)| switching(generation)) {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let Err(RebuildError::Busy { builder: refused, .. }) = other.build(COMPARE).await else { panic!("two at a time") };
    assert_eq!(refused, "the test");
    drop(held);
    assert!(matches!(first.await.unwrap().unwrap(), Outcome::Switched { .. }));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_past_is_built_beside_the_present() {
    let mut bench = begun().await;
    let position = bench.log.head().await.unwrap();
    bench.append_at(9, vec![(StreamId::run("run3"), Event::run_deleted())]).await;
    bench.project().await;
    let builder = bench.builder(&Leases::alone());
    assert_eq!(builder.position_at(8).await.unwrap(), position);
    assert_eq!(builder.position_at(6).await.unwrap(), 0);
    let past = Plan { purpose: Purpose::Past, until: Some(position), ..REPLACE };
    let Outcome::Past { generation, .. } = builder.build(past).await.unwrap() else { panic!("it was not kept") };
    let db = builder.places.open(generation).await.unwrap();
    let deleted = Statement::new("SELECT COUNT(*) FROM runs WHERE deleted = TRUE", vec![]);
    assert_eq!(db.fetch(&deleted).await.unwrap()[0].int(0).unwrap(), 0);
    assert_eq!(bench.views.fetch(&deleted).await.unwrap()[0].int(0).unwrap(), 1);
    let beyond = Plan { until: Some(position + 2), ..past };
    assert!(matches!(builder.build(beyond).await, Err(RebuildError::Beyond { .. })));
}
