//! The log: gapless, commit-ordered, exact, append-only.

use runledger_domain::command::Decision;
use runledger_domain::points::{BatchBuilder, Point};
use runledger_domain::{Event, StreamId, StreamKind};
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::{Failure, Fixture, accepted, encode, ensure, failure, tag};
use crate::{Error, EventLog, ReadLimit, Statement};

const ALL: ReadLimit = ReadLimit { events: 100_000, bytes: 1 << 30 };

pub(super) async fn a_batch_sent_twice_is_appended_once(fixture: &Fixture) -> Result<(), Failure> {
    let requests = [tag(StreamId::run("twice"), "1", vec![]), tag(StreamId::run("twice"), "2", vec![])];
    let writer = (fixture.writer)();
    let first = writer.append_batch(1, &requests).await?;
    let again = writer.append_batch(1, &requests).await?;
    ensure(first == again, || format!("the answers differ: {first:?} and {again:?}"))?;
    let log = fixture.open()?;
    let events = log.read_streams(&[StreamId::run("twice")], 0).await?;
    ensure(events.len() == 2, || format!("{} events instead of 2", events.len()))
}

/// Two processes write with eight tasks each, while two readers tail: each reader must see 1, 2, 3, … without a hole.
pub(super) async fn positions_have_no_gaps_and_readers_pass_none(fixture: &Fixture) -> Result<(), Failure> {
    const WRITERS: usize = 8;
    const REQUESTS: usize = 40;
    let logs = [fixture.open()?, fixture.open()?];
    let before = logs[0].head().await?;
    let expected = before + i64::try_from(logs.len() * WRITERS * REQUESTS * 2)?;

    let mut tasks: JoinSet<Result<(), Failure>> = JoinSet::new();
    for log in &logs {
        for writer in 0..WRITERS {
            let log = log.clone();
            tasks.spawn(async move {
                for request in 0..REQUESTS {
                    let stream = StreamId::run(&format!("writer-{writer}"));
                    let mut two = tag(stream.clone(), &request.to_string(), vec![]);
                    two.events.extend(tag(stream, "second", vec![]).events);
                    accepted(log.append(two).await?)?;
                }
                Ok(())
            });
        }
        let log = log.clone();
        tasks.spawn(async move { timeout(Duration::from_mins(1), tail(&log, before, expected)).await? });
    }
    while let Some(done) = tasks.join_next().await {
        done??;
    }
    Ok(())
}

async fn tail(log: &EventLog, mut position: i64, until: i64) -> Result<(), Failure> {
    let mut signal = log.signal();
    while position < until {
        for event in log.read(position, ReadLimit { events: 7, bytes: 1 << 20 }).await? {
            ensure(event.position == position + 1, || format!("{} follows {position}", event.position))?;
            position = event.position;
        }
        drop(timeout(Duration::from_millis(5), signal.changed()).await);
    }
    Ok(())
}

pub(super) async fn events_read_as_they_were_written(fixture: &Fixture) -> Result<(), Failure> {
    let log = fixture.open()?;
    let mut batch = BatchBuilder::with_capacity(6);
    for (step, value) in (-3..).zip([f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -0.0, f64::MIN_POSITIVE, 0.1]) {
        batch.push("zażółć/loss", Point { step, timestamp: i64::MAX, value });
    }
    let event = Event::MetricsLogged(batch.finish());
    let stream = StreamId::run("exact");
    let request = encode(Decision { events: vec![(stream.clone(), event.clone())], guards: vec![] });
    accepted(log.append(request).await?)?;
    let read = log.read_streams(&[stream], 0).await?;
    let [recorded] = read.as_slice() else { return Err(failure(format!("{} events instead of 1", read.len()))) };
    ensure(recorded.decode()? == event, || format!("{recorded:?}"))?;
    ensure(recorded.recorded_at == 1_700_000_000_000, || format!("recorded at {}", recorded.recorded_at))
}

pub(super) async fn reads_are_bounded(fixture: &Fixture) -> Result<(), Failure> {
    let log = fixture.open()?;
    let start = log.head().await?;
    for _ in 0..10 {
        accepted(log.append(tag(StreamId::run("sized"), &"x".repeat(1_000), vec![])).await?)?;
    }
    let by_count = log.read(start, ReadLimit { events: 3, bytes: 1 << 20 }).await?;
    ensure(by_count.len() == 3, || format!("{} events instead of 3", by_count.len()))?;
    let by_bytes = log.read(start, ReadLimit { events: 10, bytes: 2_500 }).await?;
    ensure(by_bytes.len() == 3, || format!("{} events in 2500 bytes", by_bytes.len()))?;
    let at_least_one = log.read(start, ReadLimit { events: 10, bytes: 1 }).await?;
    ensure(at_least_one.len() == 1, || format!("{} events in 1 byte", at_least_one.len()))?;

    let mut per_stream: BTreeMap<String, usize> = BTreeMap::new();
    for event in log.read(0, ALL).await? {
        *per_stream.entry(event.stream.as_str().to_owned()).or_default() += 1;
    }
    let streams = [StreamId::run("sized"), StreamId::run("writer-0")];
    let of_both = log.read_streams(&streams, 0).await?.len();
    let counted: usize = streams.iter().filter_map(|stream| per_stream.get(stream.as_str())).sum();
    ensure(of_both == counted, || format!("{of_both} events of two streams, {counted} in the whole log"))?;

    let request = tag(StreamId::artifact("a/b"), "1", vec![]);
    let position = accepted(log.append(request).await?)?;
    let of_kind = log.read_kind(StreamKind::Artifact, start, position).await?;
    let positions: Vec<i64> = of_kind.iter().map(|event| event.position).collect();
    ensure(positions == [position], || format!("artifact events at {positions:?} instead of {position}"))?;
    let before = log.read_kind(StreamKind::Artifact, start, position - 1).await?;
    ensure(before.is_empty(), || "an event beyond the range".to_owned())
}

pub(super) async fn a_reactor_moves_from_where_it_is(fixture: &Fixture) -> Result<(), Failure> {
    let (log, other) = (fixture.open()?, fixture.open()?);
    ensure(log.reactor_position("r").await?.is_none(), || "a new reactor has a place".to_owned())?;
    for (expected, position) in [(None, 3), (Some(3), 9)] {
        log.move_reactor("r", expected, position).await?;
        let late = other.move_reactor("r", expected, position).await;
        ensure(matches!(late, Err(Error::Conflict { .. })), || format!("{late:?} from {expected:?}"))?;
        ensure(log.reactor_position("r").await? == Some(position), || "the reactor did not move".to_owned())?;
    }
    Ok(())
}

pub(super) async fn events_cannot_be_changed(fixture: &Fixture) -> Result<(), Failure> {
    for sql in ["UPDATE events SET kind = 'Other' WHERE position = 1", "DELETE FROM events WHERE position = 1"] {
        let mut transaction = fixture.log.begin().await?;
        let changed = transaction.execute(&Statement::new(sql, vec![])).await;
        ensure(changed.is_err(), || format!("{sql} went through"))?;
    }
    Ok(())
}
