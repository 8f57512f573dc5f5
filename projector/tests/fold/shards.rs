//! Projectors that split the runs make the same views as one alone, in whatever order they come to their shards.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use runledger_domain::event::{Dataset, DatasetInput, InputsLogged};
use runledger_domain::{Event, StreamId};
use runledger_projector::Projector;
use runledger_storage::conformance::snapshot;
use runledger_storage::views::Shards;
use runledger_storage::{Error, Leases};

use crate::bench::Bench;
use crate::histories::{Guards, RUNS, created, event, experiment_created, run_id};

#[derive(Clone, Debug)]
enum Action {
    Append(Vec<(StreamId, Event)>),
    Step(usize),
    /// Notices who else is there.
    Rebalance(usize),
    /// A projector is gone, and another one comes.
    Replace(usize),
    /// A projector that lost its leases long ago, and does not know, does a step.
    ZombieStep,
}

fn action() -> impl Strategy<Value = Action> {
    prop_oneof![
        4 => prop::collection::vec(event(), 1..8).prop_map(Action::Append),
        6 => (0..2_usize).prop_map(Action::Step),
        2 => (0..2_usize).prop_map(Action::Rebalance),
        1 => (0..2_usize).prop_map(Action::Replace),
        1 => Just(Action::ZombieStep),
    ]
}

/// Makes every description of a data set another one, so that it shows which was kept.
fn described_anew(events: Vec<(StreamId, Event)>, number: &mut usize) -> Vec<(StreamId, Event)> {
    let mut events = events;
    for (_, event) in &mut events {
        if let Event::InputsLogged(inputs) = event {
            for input in &mut inputs.datasets {
                *number += 1;
                input.dataset.profile = Some(number.to_string());
            }
        }
    }
    events
}

/// A step that another projector was faster than is no failure.
async fn step(projector: &mut Projector) {
    let outcome = projector.step().await;
    assert!(matches!(outcome, Ok(_) | Err(Error::Conflict { .. })), "{outcome:?}");
}

async fn check(actions: Vec<Action>) {
    let bench = Bench::open().await;
    let leases = Leases::alone();
    let mut projectors = [bench.projector("0", &leases), bench.projector("1", &leases)];
    let mut zombie = bench.projector("zombie", &Leases::alone());
    let (mut guards, mut replaced, mut described) = (Guards::default(), 0, 0);
    bench.append(vec![experiment_created()]).await;
    bench.append((0..RUNS).map(created).collect()).await;
    for action in actions {
        match action {
            Action::Append(events) => {
                bench.append(described_anew(guards.let_through(events), &mut described)).await;
            }
            Action::Step(which) => step(&mut projectors[which]).await,
            Action::Rebalance(which) => projectors[which].rebalance().await.unwrap(),
            Action::Replace(which) => {
                replaced += 1;
                projectors[which] = bench.projector(&format!("replacement-{replaced}"), &leases);
            }
            Action::ZombieStep => step(&mut zombie).await,
        }
    }
    let head = bench.log.head().await.unwrap();
    while bench.read_model.checkpoint().await.unwrap() < head {
        for projector in &mut projectors {
            projector.rebalance().await.unwrap();
            step(projector).await;
        }
    }
    assert_eq!(snapshot(bench.views.as_ref()).await.unwrap(), bench.projected_by_one().await);
    assert!(bench.read_model.dead_letters(1).await.unwrap().is_empty());
}

#[test]
fn split_shards_make_the_views_of_one_projector() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let mut runner = TestRunner::new(Config { cases: 48, failure_persistence: None, ..Config::default() });
    runner
        .run(&prop::collection::vec(action(), 1..40), |actions| {
            runtime.block_on(check(actions));
            Ok(())
        })
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn shards_are_shared_fairly_and_taken_over() {
    let bench = Bench::open().await;
    let leases = Leases::alone();
    let mut first = bench.projector("first", &leases);
    first.rebalance().await.unwrap();
    assert_eq!(first.shards(), Shards::ALL);

    // The second one gets its share once the first has noticed it.
    let mut second = bench.projector("second", &leases);
    second.rebalance().await.unwrap();
    assert!(second.shards().is_empty());
    assert!(second.step().await.unwrap().caught_up, "without shards there is nothing to do");
    first.rebalance().await.unwrap();
    second.rebalance().await.unwrap();
    let together: Shards = first.shards().iter().chain(second.shards().iter()).collect();
    assert_eq!((first.shards().len(), second.shards().len(), together), (4, 4, Shards::ALL));

    // What the first one leaves is behind the second one's shards, and catches up with them.
    bench.append(vec![experiment_created(), created(0), created(1), created(2)]).await;
    while !second.step().await.unwrap().caught_up {}
    assert_eq!(bench.read_model.checkpoint().await.unwrap(), 0, "half of the shards have not moved");
    drop(first);
    second.rebalance().await.unwrap();
    assert_eq!(second.shards(), Shards::ALL);
    while !second.step().await.unwrap().caught_up {}
    assert_eq!(bench.read_model.checkpoint().await.unwrap(), 4);
    for run in 0..RUNS {
        assert!(bench.read_model.run(&run_id(run)).await.unwrap().is_some());
    }
    second.leave().await;
    assert!(leases.held("").await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_description_in_the_log_is_kept() {
    let bench = Bench::open().await;
    let leases = Leases::alone();
    let (mut first, mut second) = (bench.projector("first", &leases), bench.projector("second", &leases));
    for _ in 0..2 {
        first.rebalance().await.unwrap();
        second.rebalance().await.unwrap();
    }
    let (early, late) = (run_id(0), run_id(2));
    assert!(first.shards().contains_run(&early) && second.shards().contains_run(&late));
    bench.append(vec![experiment_created(), created(0), created(2)]).await;
    for run in [&early, &late] {
        let dataset = Dataset {
            name: "d".to_owned(),
            digest: "x".to_owned(),
            source_type: "code".to_owned(),
            source: format!("as {run} sees it"),
            schema: None,
            profile: None,
        };
        let inputs = InputsLogged { datasets: vec![DatasetInput { dataset, tags: vec![] }], models: vec![] };
        bench.append(vec![(StreamId::run(run), Event::InputsLogged(inputs))]).await;
    }
    for projector in [&mut second, &mut first] {
        while !projector.step().await.unwrap().caught_up {}
    }
    let views = snapshot(bench.views.as_ref()).await.unwrap();
    assert!(views.iter().any(|line| line.contains(&format!("as {early} sees it"))), "{views:#?}");
    assert_eq!(views, bench.projected_by_one().await);
}
