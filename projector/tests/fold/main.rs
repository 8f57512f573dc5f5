//! The views equal the fold of the log: after any history of events, projected in any steps, a run read through the views is
//! the run that its own events tell, also when the projector has not come far.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod artifacts;
mod bench;
mod histories;
mod letters;
mod logged_models;
mod partial_rebuilds;
mod purges;
mod rebuilds;
mod registry;
mod shards;

use bench::Bench;
use histories::{Guards, RUNS, created, event, experiment_created, run_id};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use runledger_domain::points::Columns;
use runledger_domain::{Event, IdGen, Run, StreamId, SystemIds};
use runledger_storage::{AppendRequest, EncodedEvent, EventLog, ReadLimit};

const ALL: ReadLimit = ReadLimit { events: 100_000, bytes: 1 << 30 };

/// The run as its own events and its experiment's tell it.
async fn folded(log: &EventLog, run: usize) -> Option<Run> {
    let streams = [StreamId::run(&run_id(run)), StreamId::experiment(1)];
    let mut state: Option<Run> = None;
    for recorded in log.read_streams(&streams, 0).await.unwrap() {
        let event = recorded.decode().unwrap();
        match &mut state {
            _ if matches!(event, Event::RunPurged(_) | Event::ExperimentPurged(_)) => state = None,
            Some(state) => state.evolve(&event),
            None => state = Run::begin(&event),
        }
    }
    state
}

async fn check(pieces: Vec<(Vec<(StreamId, Event)>, bool)>) {
    let mut bench = Bench::open().await;
    let mut guards = Guards::default();
    bench.append(vec![experiment_created()]).await;
    bench.append((0..RUNS).map(created).collect()).await;
    for (events, project) in pieces {
        bench.append(guards.let_through(events)).await;
        if project {
            bench.projector.step().await.unwrap();
        }
        for run in 0..RUNS {
            let read = bench.read_model.run(&run_id(run)).await.unwrap();
            assert_eq!(read, folded(&bench.log, run).await);
        }
    }
    // Once everything is projected, the rows alone say the same, and the histories hold every point.
    bench.project().await;
    assert_eq!(bench.read_model.checkpoint().await.unwrap(), bench.log.head().await.unwrap());
    for run in 0..RUNS {
        let state = folded(&bench.log, run).await;
        assert_eq!(bench.read_model.run(&run_id(run)).await.unwrap(), state);
        for key in ["m0", "m1", "m2"] {
            let mut expected = Columns::default();
            for recorded in bench.log.read_streams(&[StreamId::run(&run_id(run))], 0).await.unwrap() {
                let Event::MetricsLogged(batch) = recorded.decode().unwrap() else { continue };
                for (_, range) in batch.per_key().filter(|(name, _)| *name == key) {
                    expected.append_range(batch.columns(), range);
                }
            }
            expected.sort_dedup();
            if state.is_none() {
                expected = Columns::default();
            }
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
    let mut bench = Bench::open().await;
    bench.append(vec![experiment_created()]).await;
    let odd = |kind, version, payload: &str, run: &str| EncodedEvent {
        event_id: SystemIds.event_id(),
        stream: StreamId::run(run),
        kind,
        schema_version: version,
        payload: payload.to_owned(),
        points: None,
        point_count: 0,
        recorded_at: 7,
    };
    let events = vec![
        odd("FromTheFuture", 1, "{}", "run0"),
        odd("TagsSet", 99, "{}", "run0"),
        odd("TagsSet", 1, "{\"tags\": 3}", "run0"),
        odd("MetricsLogged", 1, "{\"keys\": [\"a\"], \"counts\": [5]}", "run0"),
        odd("TagsSet", 1, "{\"tags\": []}", "nobody"),
    ];
    let request =
        AppendRequest { events, guards: vec![], actor: String::new(), request_id: String::new(), trace: None };
    bench.log.append(request).await.unwrap().unwrap();
    bench.append(vec![created(0)]).await;
    bench.project().await;

    assert!(bench.read_model.run("run0").await.unwrap().is_some());
    let letters = bench.read_model.dead_letters(10).await.unwrap();
    let reasons: Vec<&str> = letters.iter().map(|letter| letter.error.as_str()).collect();
    assert_eq!(letters.len(), 5, "{reasons:?}");
    assert!(reasons.iter().any(|reason| reason.contains("FromTheFuture")), "{reasons:?}");
    assert!(reasons.iter().any(|reason| reason.contains("run nobody is unknown")), "{reasons:?}");
    assert_eq!(bench.log.read(0, ALL).await.unwrap().len(), 7);
}
