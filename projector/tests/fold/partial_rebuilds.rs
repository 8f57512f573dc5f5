//! A rebuild of some groups of tables says what a rebuild of everything says; what it did not build it has from the active views,
//! damage and all; and it goes on from wherever it was interrupted.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use runledger_domain::event::{ModelOutput, OutputsLogged, ParamsLogged, TagsSet};
use runledger_domain::points::{BatchBuilder, Point};
use runledger_domain::{Event, KeyValue, StreamId};
use runledger_projector::{Outcome, Plan, RebuildError, VERSION};
use runledger_storage::conformance::snapshot;
use runledger_storage::views::{ViewGroup, ViewGroups, Views};
use runledger_storage::{Db, Error, Leases, Purpose, Statement};
use std::sync::Arc;

use crate::bench::Bench;
use crate::histories::{Guards, RUNS, created, event, experiment_created};
use crate::rebuilds::{COMPARE, REPLACE, begun, project, tamper};
use crate::{artifacts, logged_models, registry};

fn only(groups: &[ViewGroup]) -> ViewGroups {
    groups.iter().copied().collect()
}

/// Any event of any stream; some artifacts are deleted, and come again.
fn any_event() -> impl Strategy<Value = (StreamId, Event)> {
    let artifact = (0..2_u8, 0..2_u8, 0..3_u8, 0..5_u8).prop_map(|(folder, file, upload, what)| {
        let path = format!("f{folder}/{file}");
        let upload = format!("{path} {upload}");
        match what {
            0 | 1 => artifacts::staged(&path, &upload),
            2 => artifacts::stored(&path, &upload),
            3 => artifacts::deleted(&format!("f{folder}")),
            _ => artifacts::removed(&format!("f{folder}"), 1_000),
        }
    });
    let version = (0..2_usize, 1..4_i64)
        .prop_map(|(model, number)| (StreamId::registered_model(&registry::id(model)), registry::version(number)));
    prop_oneof![6 => event(), 2 => logged_models::event(), 2 => artifact, 1 => version]
}

async fn everything_begun() -> Bench {
    let bench = Bench::open().await;
    bench.append(vec![experiment_created()]).await;
    bench.append((0..RUNS).map(created).collect()).await;
    bench.append((0..2).map(logged_models::begun).collect()).await;
    bench.append((0..2).map(registry::created).collect()).await;
    bench
}

/// Events, which projector goes on then, and what is rebuilt.
type Piece = (Vec<(StreamId, Event)>, usize, Vec<usize>);

async fn check(pieces: Vec<Piece>) {
    let bench = everything_begun().await;
    let leases = Leases::alone();
    let mut projectors = bench.two_projectors(&leases, ["0", "1"]).await;
    let (mut guards, builder) = (Guards::default(), bench.builder(&Leases::alone()));
    for (number, (events, which, groups)) in pieces.into_iter().enumerate() {
        bench.append(guards.let_through(events)).await;
        // One is ahead of the other, so that tables are taken over from shards at several positions.
        if let Some(projector) = projectors.get_mut(which) {
            let stepped = projector.step().await;
            assert!(matches!(stepped, Ok(_) | Err(Error::Conflict { .. })), "{stepped:?}");
        }
        let views: ViewGroups = groups.into_iter().map(|group| ViewGroup::ALL[group]).collect();
        match builder.build(Plan { views, ..COMPARE }).await.unwrap() {
            Outcome::Compared { comparison, .. } => {
                assert_eq!((comparison.count, &comparison.differences), (0, &vec![]), "{views}");
                assert_eq!(comparison.digest, comparison.other_digest);
            }
            other => panic!("{other:#?}"),
        }
        if number % 3 == 2 {
            let switched = builder.build(Plan { views, ..REPLACE }).await.unwrap();
            assert!(matches!(switched, Outcome::Switched { .. }), "{views}: {switched:#?}");
        }
    }
    let head = bench.log.head().await.unwrap();
    while bench.read_model.checkpoint().await.unwrap() < head {
        for projector in &mut projectors {
            let stepped = projector.step().await;
            assert!(matches!(stepped, Ok(_) | Err(Error::Conflict { .. })), "{stepped:?}");
        }
    }
    assert_eq!(snapshot(bench.views.as_ref()).await.unwrap(), bench.projected_by_one().await);
}

#[test]
fn a_rebuild_of_some_tables_says_what_one_of_all_says() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let mut runner =
        TestRunner::new(Config { cases: 12, max_shrink_iters: 32, failure_persistence: None, ..Config::default() });
    let groups = prop::collection::vec(0..ViewGroup::ALL.len(), 1..4);
    let piece = (prop::collection::vec(any_event(), 1..8), 0..3_usize, groups);
    runner
        .run(&prop::collection::vec(piece, 3..8), |pieces| {
            runtime.block_on(check(pieces));
            Ok(())
        })
        .unwrap();
}

/// A change of one table of each group that nobody should make.
const DAMAGE: [(ViewGroup, &str); 8] = [
    (ViewGroup::Runs, "UPDATE runs SET name = 'damaged'"),
    (ViewGroup::Params, "UPDATE params SET value = 'damaged'"),
    (ViewGroup::Tags, "UPDATE tags SET value = 'damaged'"),
    (ViewGroup::Metrics, "UPDATE metrics SET value = 77"),
    (ViewGroup::Inputs, "UPDATE run_models SET step = 77"),
    (ViewGroup::Models, "UPDATE logged_models SET name = 'damaged'"),
    (ViewGroup::Registry, "UPDATE model_versions SET source = 'damaged'"),
    (ViewGroup::Artifacts, "UPDATE artifacts SET size = 77"),
];

fn points() -> (StreamId, Event) {
    let mut batch = BatchBuilder::with_capacity(1);
    batch.push("m", Point { step: 1, timestamp: 2, value: 3.0 });
    (StreamId::run("run0"), Event::MetricsLogged(batch.finish()))
}

fn param(value: &str) -> (StreamId, Event) {
    let params = vec![KeyValue { key: value.to_owned(), value: value.to_owned() }];
    (StreamId::run("run0"), Event::ParamsLogged(ParamsLogged { params }))
}

/// Something in a table of each group.
async fn a_row_of_each(bench: &Bench) {
    let outputs = OutputsLogged { models: vec![ModelOutput { model_id: "m-0".to_owned(), step: 1 }] };
    let outputs = (StreamId::run("run0"), Event::OutputsLogged(outputs));
    let version = (StreamId::registered_model(&registry::id(0)), registry::version(1));
    bench.append(vec![points(), param("a"), outputs, version, artifacts::staged("f/a", "u")]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_built_is_mended_and_what_is_taken_over_stays_damaged() {
    for (group, damage) in DAMAGE {
        let mut bench = everything_begun().await;
        a_row_of_each(&bench).await;
        bench.project().await;
        let said = bench.projected_by_one().await;
        tamper(&bench, damage).await;
        let damaged = snapshot(bench.views.as_ref()).await.unwrap();
        assert_ne!(damaged, said, "{damage}");
        let builder = bench.builder(&Leases::alone());
        let accept = Plan { accept_differences: true, ..REPLACE };

        let others = ViewGroup::ALL.into_iter().filter(|other| *other != group).collect();
        let taken = builder.build(Plan { views: others, ..accept }).await.unwrap();
        let Outcome::Switched { comparison, .. } = taken else { panic!("{taken:?}") };
        // Runs are built in any case.
        let stays = group != ViewGroup::Runs;
        assert_eq!(comparison.count == 0, stays, "{damage}: {:?}", comparison.differences);
        let now = snapshot(bench.opened_anew().await.as_ref()).await.unwrap();
        assert_eq!(&now, if stays { &damaged } else { &said }, "{damage}");

        let mended = builder.build(Plan { views: only(&[group]), ..accept }).await.unwrap();
        let Outcome::Switched { comparison, .. } = mended else { panic!("{mended:?}") };
        assert_eq!(comparison.count > 0, stays, "{damage}");
        assert_eq!(snapshot(bench.opened_anew().await.as_ref()).await.unwrap(), said, "{damage}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_that_was_not_committed_leaves_nothing_and_one_that_was_is_gone_on_with() {
    let mut bench = begun().await;
    bench.append(vec![param("a")]).await;
    bench.append_odd(StreamId::run("run0")).await;
    bench.append(vec![param("b"), points()]).await;
    bench.project().await;
    let builder = bench.builder(&Leases::alone());
    let plan = Plan { views: only(&[ViewGroup::Tags]), ..REPLACE };

    // Killed before the commit.
    let registry = &builder.registry;
    let generation = registry.begin(Purpose::Replace, plan.views, VERSION, 1, "killed").await.unwrap();
    let db = builder.places.open(generation.number).await.unwrap();
    let (mut transaction, active) = builder.places.begin_beside_active(generation.number).await.unwrap();
    Views::take_over(transaction.as_mut(), active, plan.views, |_, _| false, |_| ()).await.unwrap();
    drop(transaction);
    assert_eq!(Views::new(Arc::clone(&db)).taken_over().await.unwrap(), None);
    assert_eq!(count(db.as_ref(), "params").await, 0);

    // Interrupted while it loads, after the commit.
    assert!(matches!(builder.build(plan).await, Err(RebuildError::Unprojectable { .. })));
    let taken = Views::new(Arc::clone(&db)).taken_over().await.unwrap();
    assert_eq!(taken, Some(Views::new(Arc::clone(&bench.views)).checkpoints().await.unwrap()));
    assert_eq!(count(db.as_ref(), "params").await, 2);
    let tags = TagsSet { tags: vec![KeyValue { key: "late".to_owned(), value: "v".to_owned() }] };
    bench.append(vec![param("c"), (StreamId::run("run0"), Event::TagsSet(tags)), points()]).await;
    bench.project().await;

    let set_aside = Plan { set_aside: true, ..plan };
    let Outcome::Switched { generation: switched, comparison, .. } = builder.build(set_aside).await.unwrap() else {
        panic!("it was not gone on with")
    };
    assert_eq!((switched, comparison.count), (generation.number, 0), "{:?}", comparison.differences);
    let now = bench.opened_anew().await;
    assert_eq!(snapshot(now.as_ref()).await.unwrap(), bench.projected_by_one().await);
    project(&mut bench).await;
    assert_eq!(bench.read_model.dead_letters(5).await.unwrap().len(), 1);
}

/// What was begun for other views is not gone on with.
#[tokio::test(flavor = "multi_thread")]
async fn other_views_begin_anew() {
    let mut bench = begun().await;
    bench.append_odd(StreamId::run("run0")).await;
    bench.project().await;
    let builder = bench.builder(&Leases::alone());
    let mut last = 0;
    for views in [ViewGroups::ALL, only(&[ViewGroup::Tags]), only(&[ViewGroup::Params]), ViewGroups::ALL] {
        assert!(matches!(builder.build(Plan { views, ..REPLACE }).await, Err(RebuildError::Unprojectable { .. })));
        let (building, _) = builder.list().await.unwrap().pop().unwrap();
        assert_eq!(building.views, views);
        assert!(building.number > last, "{views} went on with what was begun for others");
        last = building.number;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn letters_of_events_that_are_not_read_are_taken_over() {
    let mut bench = everything_begun().await;
    let odd = bench.append_odd(StreamId::logged_model("m-0")).await;
    bench.project().await;
    let builder = bench.builder(&Leases::alone());
    // Models are not built, so the event stops nothing, and its letter stays.
    let switched = builder.build(Plan { views: only(&[ViewGroup::Tags]), ..REPLACE }).await.unwrap();
    assert!(matches!(&switched, Outcome::Switched { comparison, .. } if comparison.count == 0), "{switched:#?}");
    project(&mut bench).await;
    let letters = bench.read_model.dead_letters(5).await.unwrap();
    assert_eq!(letters.iter().map(|letter| letter.position).collect::<Vec<_>>(), [odd]);
    let models = builder.build(Plan { views: only(&[ViewGroup::Models]), ..REPLACE }).await;
    assert!(matches!(models, Err(RebuildError::Unprojectable { .. })), "{models:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn parts_of_the_past_and_of_other_projections_are_refused() {
    let mut bench = begun().await;
    bench.project().await;
    let builder = bench.builder(&Leases::alone());
    let plan = Plan { views: only(&[ViewGroup::Tags]), ..REPLACE };
    let past = builder.build(Plan { purpose: Purpose::Past, until: Some(2), ..plan }).await;
    assert!(matches!(past, Err(RebuildError::PartOfThePast)), "{past:?}");
    let mut transaction = bench.log_db.begin().await.unwrap();
    let earlier = "UPDATE view_generations SET projection = projection - 1";
    transaction.execute(&Statement::new(earlier, vec![])).await.unwrap();
    transaction.commit().await.unwrap();
    assert!(matches!(builder.build(plan).await, Err(RebuildError::OtherProjection)));
    assert_eq!(builder.list().await.unwrap().len(), 1, "nothing was begun");
    builder.build(REPLACE).await.unwrap();
    builder.build(plan).await.unwrap();
}

async fn count(db: &dyn Db, table: &str) -> i64 {
    db.fetch(&Statement::new(format!("SELECT COUNT(*) FROM {table}"), vec![])).await.unwrap()[0].int(0).unwrap()
}
