//! Guards: what is checked and changed in the transaction of the append.

use runledger_domain::StreamId;
use runledger_domain::guard::{Expect, Found, Guard, GuardKey, Then};
use std::sync::Arc;
use tokio::task::JoinSet;

use super::{Failure, Fixture, accepted, create, ensure, failure, tag};
use crate::{EventLog, Outcome};

fn run(id: &str, expect: Expect, then: Then) -> Guard {
    Guard::new(GuardKey::Run(id.to_owned()), expect, then)
}

async fn attempt(log: &EventLog, guard: Guard) -> Result<Outcome, Failure> {
    Ok(log.append(tag(StreamId::run("guarded"), "x", vec![guard])).await?)
}

pub(super) async fn each_expectation_is_checked(fixture: &Fixture) -> Result<(), Failure> {
    let log = fixture.open()?;
    let insert = || Then::Insert { parent: None };
    let steps = [
        (Expect::Active, Then::Keep, Some(Found::Absent)),
        (Expect::Present, Then::Keep, Some(Found::Absent)),
        (Expect::Absent, insert(), None),
        (Expect::Absent, insert(), Some(Found::Active)),
        (Expect::Deleted, Then::Keep, Some(Found::Active)),
        (Expect::Version(1), Then::Bump, None),
        (Expect::Version(1), Then::Bump, Some(Found::OtherVersion)),
        (Expect::Version(2), Then::Keep, None),
        (Expect::Active, Then::Delete, None),
        (Expect::Active, Then::Keep, Some(Found::Deleted)),
        (Expect::Version(2), Then::Keep, Some(Found::Deleted)),
        (Expect::Absent, insert(), Some(Found::Deleted)),
        (Expect::Present, Then::Keep, None),
        (Expect::Deleted, Then::Restore, None),
        (Expect::Active, Then::Release, None),
        (Expect::Absent, insert(), None),
    ];
    for (number, (expect, then, found)) in (1..).zip(steps) {
        let guard = run("expect", expect, then);
        let before = log.head().await?;
        let outcome = attempt(&log, guard.clone()).await?;
        let seen = outcome.err().map(|rejection| rejection.found);
        ensure(seen == found, || format!("step {number}, {guard:?}: {seen:?} instead of {found:?}"))?;
        let appended = log.head().await? - before;
        ensure(appended == i64::from(found.is_none()), || format!("step {number} appended {appended} events"))?;
    }
    let state = log.guard(&GuardKey::Run("expect".to_owned())).await?.ok_or_else(|| failure("no guard"))?;
    ensure(state.version == 1, || format!("version {} after release and insert", state.version))
}

/// One batch with good and bad requests: the good ones land, in order, the bad ones say which of their guards failed.
pub(super) async fn a_rejected_request_leaves_its_neighbours_alone(fixture: &Fixture) -> Result<(), Failure> {
    let stream = || StreamId::run("neighbours");
    let insert = |id: &str| run(id, Expect::Absent, Then::Insert { parent: None });
    let requests = [
        tag(stream(), "1", vec![insert("n1")]),
        // Its first guard holds and must not be carried out, because the second one fails.
        tag(stream(), "bad", vec![insert("n2"), run("nobody", Expect::Active, Then::Keep)]),
        tag(stream(), "2", vec![run("n1", Expect::Active, Then::Delete)]),
        tag(stream(), "bad", vec![run("n1", Expect::Active, Then::Keep)]),
        tag(stream(), "3", vec![]),
        tag(stream(), "4", vec![insert("n2")]),
    ];
    let outcomes = (fixture.writer)().append_batch(1, &requests).await?;
    let rejected: Vec<(usize, Found)> = outcomes
        .iter()
        .enumerate()
        .filter_map(|(index, outcome)| outcome.as_ref().err().map(|rejection| (index, rejection.found)))
        .collect();
    ensure(rejected == [(1, Found::Absent), (3, Found::Deleted)], || format!("{outcomes:?}"))?;
    let guard = outcomes.get(1).and_then(|outcome| outcome.as_ref().err()).map(|rejection| rejection.guard.key.clone());
    ensure(guard == Some(GuardKey::Run("nobody".to_owned())), || format!("{guard:?} is blamed"))?;

    let log = fixture.open()?;
    let events = log.read_streams(&[stream()], 0).await?;
    let positions: Vec<i64> = events.iter().map(|event| event.position).collect();
    let told: Vec<i64> = outcomes.iter().filter_map(|outcome| outcome.as_ref().ok().copied()).collect();
    ensure(positions == told, || format!("events at {positions:?}, answered {told:?}"))
}

/// Deleting an experiment deletes its runs without touching them, and a run that is restored later is writable again.
pub(super) async fn the_later_of_run_and_experiment_counts(fixture: &Fixture) -> Result<(), Failure> {
    let log = fixture.open()?;
    let experiment = GuardKey::Experiment(77);
    let on_experiment = |expect, then| Guard::new(experiment.clone(), expect, then);
    let insert = Then::Insert { parent: None };
    accepted(log.append(create(77, vec![on_experiment(Expect::Absent, insert)])).await?)?;
    let member = Then::Insert { parent: Some(experiment.clone()) };
    accepted(attempt(&log, run("member", Expect::Absent, member)).await?)?;

    accepted(attempt(&log, on_experiment(Expect::Active, Then::Delete)).await?)?;
    let refused = attempt(&log, run("member", Expect::Active, Then::Keep)).await?;
    ensure(refused.is_err(), || "a run of a deleted experiment is active".to_owned())?;
    accepted(attempt(&log, run("member", Expect::Present, Then::Restore)).await?)?;
    accepted(attempt(&log, run("member", Expect::Active, Then::Keep)).await?)?;
    accepted(attempt(&log, run("member", Expect::Present, Then::Delete)).await?)?;
    accepted(attempt(&log, on_experiment(Expect::Deleted, Then::Restore)).await?)?;
    accepted(attempt(&log, run("member", Expect::Active, Then::Keep)).await?).map(drop)
}

/// Sixteen writers in two processes all want the same version: each version is taken once.
pub(super) async fn a_version_lets_one_of_many_through(fixture: &Fixture) -> Result<(), Failure> {
    let logs = [Arc::new(fixture.open()?), Arc::new(fixture.open()?)];
    accepted(attempt(&logs[0], run("versions", Expect::Absent, Then::Insert { parent: None })).await?)?;
    for version in 1..=5 {
        let mut tasks = JoinSet::new();
        for writer in 0..16 {
            let log = Arc::clone(&logs[writer % 2]);
            let guard = run("versions", Expect::Version(version), Then::Bump);
            tasks.spawn(async move { attempt(&log, guard).await });
        }
        let mut through = 0;
        while let Some(outcome) = tasks.join_next().await {
            through += i32::from(outcome??.is_ok());
        }
        ensure(through == 1, || format!("version {version} was taken {through} times"))?;
    }
    Ok(())
}
