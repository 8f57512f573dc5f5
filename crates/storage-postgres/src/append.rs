//! The append on PostgreSQL: one call of the function `append_events` per batch.

use async_trait::async_trait;
use runledger_domain::guard::{Expect, Found, Then};
use runledger_storage::{AppendBatch, AppendRequest, EncodedEvent, Error, Outcome, Rejection};
use std::sync::atomic::{AtomicI64, Ordering};
use uuid::Uuid;

use crate::PostgresDb;
use crate::connections::Connections;
use crate::error::from_sqlx;

/// How far ahead of the tip the table must have a partition, in positions: more than a batch.
const AHEAD: i64 = 100_000;

const APPEND: &str = "SELECT base, rejected_requests, rejected_guards, rejected_found FROM append_events(\
                      $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)";

/// Appends for one process. The writer's id and the number of the batch make a repeat of a batch safe.
#[derive(Debug)]
pub struct PostgresAppend {
    connections: Connections,
    writer: Uuid,
    /// The table has partitions up to here.
    extended: AtomicI64,
}

impl PostgresAppend {
    /// `writer` is an id that no other process has ever used.
    pub fn new(db: &PostgresDb, writer: Uuid) -> Self {
        Self { connections: db.connections.clone(), writer, extended: AtomicI64::new(0) }
    }

    /// Makes the next partition in time.
    async fn extend(&self, tip: i64) -> Result<(), Error> {
        if tip + AHEAD <= self.extended.load(Ordering::Relaxed) {
            return Ok(());
        }
        let extended = sqlx::query_scalar("SELECT extend_events_after($1)").bind(tip);
        let extended =
            extended.fetch_one(self.connections.pool()).await.map_err(|source| from_sqlx("extend events", source))?;
        self.extended.store(extended, Ordering::Relaxed);
        Ok(())
    }
}

#[async_trait]
impl AppendBatch for PostgresAppend {
    async fn append_batch(&self, batch: i64, requests: &[AppendRequest]) -> Result<Vec<Outcome>, Error> {
        if self.extended.load(Ordering::Relaxed) == 0 {
            let tip = sqlx::query_scalar("SELECT position FROM events ORDER BY position DESC LIMIT 1");
            let tip =
                tip.fetch_optional(self.connections.pool()).await.map_err(|source| from_sqlx("append", source))?;
            self.extend(tip.unwrap_or(0)).await?;
        }
        let (guards, events) = (Guards::of(requests), Events::of(requests));
        let failed = |source| from_sqlx("append", source);
        let mut connection = self.connections.take().await.map_err(failed)?;
        let row: (i64, Vec<i32>, Vec<i32>, Vec<i16>) = sqlx::query_as(APPEND)
            .bind(self.writer)
            .bind(batch)
            .bind(guards.requests)
            .bind(guards.keys)
            .bind(guards.expects)
            .bind(guards.versions)
            .bind(guards.acts)
            .bind(guards.parents)
            .bind(events.requests)
            .bind(events.ids)
            .bind(events.streams)
            .bind(events.stream_kinds)
            .bind(events.kinds)
            .bind(events.schemas)
            .bind(events.payloads)
            .bind(events.points)
            .bind(events.bytes)
            .bind(events.actors)
            .bind(events.request_ids)
            .bind(events.times)
            .bind(events.traces)
            .fetch_one(&mut *connection)
            .await
            .map_err(failed)?;
        self.connections.keep(connection);
        let (base, rejected, reasons, found) = row;

        let mut rejections = rejected.into_iter().zip(reasons).zip(found).peekable();
        let mut position = base;
        let mut guards_before = 0;
        let outcomes = requests.iter().enumerate().map(|(index, request)| {
            let first_guard = guards_before;
            guards_before += request.guards.len();
            let mine =
                rejections.next_if(|((number, _), _)| usize::try_from(*number).is_ok_and(|number| number == index + 1));
            if let Some(((_, ordinal), found)) = mine {
                let place = usize::try_from(ordinal).unwrap_or_default().wrapping_sub(first_guard + 1);
                let guard = request.guards.get(place).cloned().ok_or_else(|| Error::Corrupt {
                    table: "append_batches",
                    id: format!("{} {batch}", self.writer),
                    reason: format!("guard {ordinal} is not one of request {}", index + 1),
                })?;
                return Ok(Err(Rejection { guard, found: found_from(found) }));
            }
            position += i64::try_from(request.events.len()).unwrap_or_default();
            Ok(Ok(position))
        });
        let outcomes = outcomes.collect::<Result<Vec<_>, Error>>()?;
        // The events are in: a failure to prepare the next partition is tried again with the next batch.
        if let Err(error) = self.extend(position).await {
            tracing::warn!(%error, "the next partition of the log could not be made yet");
        }
        Ok(outcomes)
    }
}

fn found_from(number: i16) -> Found {
    match number {
        0 => Found::Absent,
        1 => Found::Active,
        2 => Found::Deleted,
        _ => Found::OtherVersion,
    }
}

/// The guards of a batch as columns; the numbers are those of `migrations/postgres/log/0002_append.sql`.
#[derive(Default)]
struct Guards {
    requests: Vec<i32>,
    keys: Vec<String>,
    expects: Vec<i16>,
    versions: Vec<i64>,
    acts: Vec<i16>,
    parents: Vec<Option<String>>,
}

impl Guards {
    fn of(requests: &[AppendRequest]) -> Self {
        let mut columns = Self::default();
        for (number, request) in (1..).zip(requests) {
            for guard in &request.guards {
                let (expect, version) = match guard.expect {
                    Expect::Absent => (0, 0),
                    Expect::Present => (1, 0),
                    Expect::Active => (2, 0),
                    Expect::Deleted => (3, 0),
                    Expect::Version(version) => (4, version),
                };
                let (act, parent) = match &guard.then {
                    Then::Keep => (0, None),
                    Then::Insert { parent } => (1, parent.as_ref()),
                    Then::Bump => (2, None),
                    Then::Delete => (3, None),
                    Then::Restore => (4, None),
                    Then::Release => (5, None),
                };
                columns.requests.push(number);
                columns.keys.push(guard.key.to_string());
                columns.expects.push(expect);
                columns.versions.push(version);
                columns.acts.push(act);
                columns.parents.push(parent.map(ToString::to_string));
            }
        }
        columns
    }
}

/// The events of a batch as columns.
#[derive(Default)]
struct Events<'a> {
    requests: Vec<i32>,
    ids: Vec<Uuid>,
    streams: Vec<&'a str>,
    stream_kinds: Vec<&'static str>,
    kinds: Vec<&'static str>,
    schemas: Vec<i16>,
    payloads: Vec<&'a str>,
    points: Vec<Option<&'a [u8]>>,
    bytes: Vec<i32>,
    actors: Vec<&'a str>,
    request_ids: Vec<&'a str>,
    times: Vec<i64>,
    traces: Vec<Vec<u8>>,
}

impl<'a> Events<'a> {
    fn of(requests: &'a [AppendRequest]) -> Self {
        let mut columns = Self::default();
        for (number, request) in (1..).zip(requests) {
            for event in &request.events {
                columns.push(number, request, event);
            }
        }
        columns
    }

    fn push(&mut self, number: i32, request: &'a AppendRequest, event: &'a EncodedEvent) {
        self.requests.push(number);
        self.ids.push(event.event_id);
        self.streams.push(event.stream.as_str());
        self.stream_kinds.push(event.stream.kind().as_str());
        self.kinds.push(event.kind);
        self.schemas.push(event.schema_version);
        self.payloads.push(&event.payload);
        self.points.push(event.points.as_deref());
        self.bytes.push(i32::try_from(event.bytes()).unwrap_or(i32::MAX));
        self.actors.push(&request.actor);
        self.request_ids.push(&request.request_id);
        self.times.push(event.recorded_at);
        self.traces.push(request.stored_trace());
    }
}
