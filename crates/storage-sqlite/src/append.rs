//! The append on SQLite: one immediate transaction per batch. The database's write lock makes appends serial.

use async_trait::async_trait;
use runledger_domain::guard::{Expect, Found, Guard, Then};
use runledger_storage::{AppendBatch, AppendRequest, EncodedEvent, Error, Outcome, Rejection};
use sqlx::sqlite::SqlitePool;
use sqlx::{Sqlite, Transaction};
use std::sync::{Mutex, PoisonError};

use crate::SqliteDb;
use crate::error::from_sqlx;

/// Appends for one process. What could make a batch come twice ends with the process, so its outcome is kept in memory.
#[derive(Debug)]
pub struct SqliteAppend {
    writer: SqlitePool,
    last: Mutex<(i64, Vec<Outcome>)>,
}

const TIP: &str = "SELECT position FROM events ORDER BY position DESC LIMIT 1";

const EVENT: &str = "INSERT INTO events (position, event_id, stream_id, stream_kind, kind, schema_version, payload, points, \
                     bytes, actor, request_id, recorded_at, trace) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";

const GUARD: &str = "SELECT s.version, CASE WHEN p.changed_at > s.changed_at THEN p.deleted ELSE s.deleted END \
                     FROM guards s LEFT JOIN guards p ON p.key = s.parent WHERE s.key = $1";

impl SqliteAppend {
    pub fn new(log: &SqliteDb) -> Self {
        Self { writer: log.writer.clone(), last: Mutex::default() }
    }

    fn last_if(&self, batch: i64) -> Option<Vec<Outcome>> {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        (last.0 == batch).then(|| last.1.clone())
    }
}

#[async_trait]
impl AppendBatch for SqliteAppend {
    async fn append_batch(&self, batch: i64, requests: &[AppendRequest]) -> Result<Vec<Outcome>, Error> {
        if let Some(outcomes) = self.last_if(batch) {
            return Ok(outcomes);
        }
        let mut transaction = self.writer.begin_with("BEGIN IMMEDIATE").await.map_err(failed)?;
        let outcomes = append(&mut transaction, requests).await.map_err(failed)?;
        transaction.commit().await.map_err(failed)?;
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = (batch, outcomes.clone());
        Ok(outcomes)
    }
}

fn failed(source: sqlx::Error) -> Error {
    from_sqlx("append", source)
}

async fn append(
    transaction: &mut Transaction<'static, Sqlite>,
    requests: &[AppendRequest],
) -> Result<Vec<Outcome>, sqlx::Error> {
    let tip: Option<i64> = sqlx::query_scalar(TIP).fetch_optional(&mut **transaction).await?;
    let mut position = tip.unwrap_or(0);
    let mut outcomes = Vec::with_capacity(requests.len());
    for request in requests {
        if let Some(rejection) = check(transaction, &request.guards).await? {
            outcomes.push(Err(rejection));
            continue;
        }
        // Lifecycle changes are ordered by the position of the request's first event.
        for guard in &request.guards {
            apply(transaction, guard, position + 1).await?;
        }
        for event in &request.events {
            position += 1;
            insert(transaction, position, request, event).await?;
        }
        outcomes.push(Ok(position));
    }
    Ok(outcomes)
}

async fn check(
    transaction: &mut Transaction<'static, Sqlite>,
    guards: &[Guard],
) -> Result<Option<Rejection>, sqlx::Error> {
    for guard in guards {
        let row: Option<(i64, bool)> =
            sqlx::query_as(GUARD).bind(guard.key.to_string()).fetch_optional(&mut **transaction).await?;
        let found = match (row, guard.expect) {
            (None, _) => Found::Absent,
            (Some((_, true)), _) => Found::Deleted,
            (Some((version, false)), Expect::Version(expected)) if version != expected => Found::OtherVersion,
            (Some((_, false)), _) => Found::Active,
        };
        let holds = match guard.expect {
            Expect::Absent => found == Found::Absent,
            Expect::Present => found != Found::Absent,
            Expect::Active | Expect::Version(_) => found == Found::Active,
            Expect::Deleted => found == Found::Deleted,
        };
        if !holds {
            return Ok(Some(Rejection { guard: guard.clone(), found }));
        }
    }
    Ok(None)
}

async fn apply(transaction: &mut Transaction<'static, Sqlite>, guard: &Guard, at: i64) -> Result<(), sqlx::Error> {
    let key = guard.key.to_string();
    let query = match &guard.then {
        Then::Keep => return Ok(()),
        Then::Insert { parent } => {
            let sql = "INSERT INTO guards (key, parent, version, deleted, changed_at) VALUES ($1, $2, 1, FALSE, $3)";
            sqlx::query(sql).bind(key).bind(parent.as_ref().map(ToString::to_string)).bind(at)
        }
        Then::Bump => sqlx::query("UPDATE guards SET version = version + 1 WHERE key = $1").bind(key),
        Then::Delete => {
            sqlx::query("UPDATE guards SET deleted = TRUE, changed_at = $2 WHERE key = $1").bind(key).bind(at)
        }
        Then::Restore => {
            sqlx::query("UPDATE guards SET deleted = FALSE, changed_at = $2 WHERE key = $1").bind(key).bind(at)
        }
        Then::Release => sqlx::query("DELETE FROM guards WHERE key = $1").bind(key),
    };
    query.execute(&mut **transaction).await?;
    Ok(())
}

async fn insert(
    transaction: &mut Transaction<'static, Sqlite>,
    position: i64,
    request: &AppendRequest,
    event: &EncodedEvent,
) -> Result<(), sqlx::Error> {
    let query = sqlx::query(EVENT)
        .bind(position)
        .bind(event.event_id.to_string())
        .bind(event.stream.as_str())
        .bind(event.stream.kind().as_str())
        .bind(event.kind)
        .bind(event.schema_version)
        .bind(event.payload.as_str())
        .bind(event.points.as_deref())
        .bind(i64::try_from(event.bytes()).unwrap_or(i64::MAX))
        .bind(request.actor.as_str())
        .bind(request.request_id.as_str())
        .bind(event.recorded_at)
        .bind(request.stored_trace());
    query.execute(&mut **transaction).await?;
    Ok(())
}
