//! The log as people read it: who changed what and when, newest first; and what has just changed, without contents.

use runledger_domain::StreamId;

use crate::{Error, EventLog, Row, Statement};

/// An event with its author.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditedEvent {
    pub position: i64,
    pub stream: StreamId,
    pub kind: String,
    /// JSON. Points of metrics are not in it, only their keys and numbers.
    pub payload: String,
    pub actor: String,
    pub request_id: String,
    /// Milliseconds since the epoch.
    pub recorded_at: i64,
}

/// Which events to show.
#[derive(Clone, Copy, Debug, Default)]
pub struct Audit<'a> {
    /// Of this stream alone, and of what is below the artifact folder if one is given.
    pub stream: Option<&'a StreamId>,
    pub artifacts: Option<&'a str>,
    pub kind: Option<&'a str>,
    /// Only events before this position.
    pub before: Option<i64>,
    pub limit: i64,
}

/// That something was appended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    pub position: i64,
    pub stream: StreamId,
    pub kind: String,
}

impl EventLog {
    /// The events, newest first.
    pub async fn audit(&self, of: &Audit<'_>) -> Result<Vec<AuditedEvent>, Error> {
        let mut statement = Statement::default();
        let mut conditions = Vec::new();
        if let Some(stream) = of.stream {
            let mut streams = vec![format!("stream_id = {}", statement.bind(stream.as_str()))];
            if let Some(folder) = of.artifacts {
                // `0` follows `/`, so this is every stream that begins with the folder.
                let (from, to) = (StreamId::artifact(&format!("{folder}/")), StreamId::artifact(&format!("{folder}0")));
                let (from, to) = (statement.bind(from.as_str()), statement.bind(to.as_str()));
                streams.push(format!("(stream_id >= {from} AND stream_id < {to})"));
            }
            conditions.push(format!("({})", streams.join(" OR ")));
        }
        if let Some(kind) = of.kind {
            conditions.push(format!("kind = {}", statement.bind(kind)));
        }
        if let Some(before) = of.before {
            conditions.push(format!("position < {}", statement.bind(before)));
        }
        let conditions =
            if conditions.is_empty() { String::new() } else { format!("WHERE {}", conditions.join(" AND ")) };
        let limit = statement.bind(of.limit);
        statement.sql = format!(
            "SELECT position, stream_id, kind, CAST(payload AS TEXT), actor, request_id, recorded_at FROM events \
             {conditions} ORDER BY position DESC LIMIT {limit}"
        );
        let event = |mut row: Row| {
            Ok(AuditedEvent {
                position: row.int(0)?,
                stream: StreamId::stored(row.text(1)?),
                kind: row.text(2)?,
                payload: row.text(3)?,
                actor: row.text(4)?,
                request_id: row.text(5)?,
                recorded_at: row.int(6)?,
            })
        };
        self.db().fetch(&statement).await?.into_iter().map(event).collect()
    }

    /// What was appended after the position, in order, at most `limit`.
    pub async fn changes(&self, position: i64, limit: i64) -> Result<Vec<Change>, Error> {
        let sql = "SELECT position, stream_id, kind FROM events WHERE position > $1 ORDER BY position LIMIT $2";
        let change = |mut row: Row| {
            Ok(Change { position: row.int(0)?, stream: StreamId::stored(row.text(1)?), kind: row.text(2)? })
        };
        let statement = Statement::new(sql, vec![position.into(), limit.into()]);
        self.db().fetch(&statement).await?.into_iter().map(change).collect()
    }
}
