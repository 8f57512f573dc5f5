//! The log as people read it: who changed what and when, newest first or as it goes on; and what has just changed, without
//! contents.

use runledger_domain::{Event, StreamId};
use std::collections::BTreeMap;

use crate::log::{schema_version, select_page};
use crate::{Error, EventLog, ReadLimit, Row, Statement};

/// An event with its author.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditedEvent {
    pub position: i64,
    pub stream: StreamId,
    pub kind: String,
    pub schema_version: i16,
    /// JSON. Points of metrics are not in it, only their keys and numbers.
    pub payload: String,
    /// The points, where they were asked for and there are any; see [`runledger_domain::points`].
    pub points: Option<Vec<u8>>,
    pub actor: String,
    pub request_id: String,
    /// Milliseconds since the epoch.
    pub recorded_at: i64,
}

/// Which events to show.
#[derive(Clone, Copy, Debug, Default)]
pub struct Audit<'a> {
    /// Of these streams alone, and of what is below the artifact folder if one is given; of every stream where there is none.
    pub streams: &'a [StreamId],
    pub artifacts: Option<&'a str>,
    pub kind: Option<&'a str>,
    /// All but those of this kind.
    pub without: Option<&'a str>,
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

const COLUMNS: &str =
    "position, stream_id, kind, schema_version, CAST(payload AS TEXT), actor, request_id, recorded_at";

impl AuditedEvent {
    /// What the event says; the points must have been asked for.
    pub fn decode(&self) -> Result<Event, runledger_domain::event::DecodeError> {
        Event::decode(&self.kind, self.schema_version, &self.payload, self.points.as_deref())
    }
}

impl Audit<'_> {
    /// What the events have to be, `TRUE` if anything.
    fn conditions(&self, statement: &mut Statement) -> String {
        let mut conditions = Vec::new();
        if !self.streams.is_empty() {
            let list = statement.bind_list(self.streams.iter().map(StreamId::as_str));
            let mut streams = vec![format!("stream_id IN {list}")];
            if let Some(folder) = self.artifacts {
                // `0` follows `/`, so this is every stream that begins with the folder.
                let (from, to) = (StreamId::artifact(&format!("{folder}/")), StreamId::artifact(&format!("{folder}0")));
                let (from, to) = (statement.bind(from.as_str()), statement.bind(to.as_str()));
                streams.push(format!("(stream_id >= {from} AND stream_id < {to})"));
            }
            conditions.push(format!("({})", streams.join(" OR ")));
        }
        if let Some(kind) = self.kind {
            conditions.push(format!("kind = {}", statement.bind(kind)));
        }
        if let Some(kind) = self.without {
            conditions.push(format!("kind <> {}", statement.bind(kind)));
        }
        if let Some(before) = self.before {
            conditions.push(format!("position < {}", statement.bind(before)));
        }
        if conditions.is_empty() { "TRUE".to_owned() } else { conditions.join(" AND ") }
    }
}

impl EventLog {
    /// The events, newest first and without points.
    pub async fn audit(&self, of: &Audit<'_>) -> Result<Vec<AuditedEvent>, Error> {
        let mut statement = Statement::default();
        let conditions = of.conditions(&mut statement);
        let limit = statement.bind(of.limit);
        statement.sql =
            format!("SELECT {COLUMNS}, NULL FROM events WHERE {conditions} ORDER BY position DESC LIMIT {limit}");
        self.db().fetch(&statement).await?.into_iter().map(audited).collect()
    }

    /// The events after the position, oldest first. `of.limit` is not looked at: `limit` bounds the page in bytes, too.
    pub async fn audit_after(
        &self,
        of: &Audit<'_>,
        position: i64,
        limit: ReadLimit,
        points: bool,
    ) -> Result<Vec<AuditedEvent>, Error> {
        let mut statement = Statement::default();
        let conditions = of.conditions(&mut statement);
        let points = if points { "points" } else { "NULL" };
        select_page(&mut statement, &format!("{COLUMNS}, {points}"), &conditions, position, limit);
        self.db().fetch(&statement).await?.into_iter().map(audited).collect()
    }

    /// The experiments of runs and logged models, by their streams. It never changes. A stream without an experiment is left out.
    pub async fn experiments_of(&self, streams: &[&StreamId]) -> Result<BTreeMap<StreamId, i64>, Error> {
        let mut found = BTreeMap::new();
        for chunk in streams.chunks(200) {
            // The first event of a stream names it. It is one probe of an index for each, also where the stream is long.
            let mut statement = Statement::default();
            let ids = chunk.iter().map(|stream| {
                let id = statement.bind(stream.as_str());
                format!("(SELECT MIN(position) FROM events WHERE stream_id = {id})")
            });
            let ids: Vec<String> = ids.collect();
            statement.sql = format!(
                "SELECT stream_id, kind, schema_version, CAST(payload AS TEXT) FROM events WHERE position IN ({})",
                ids.join(", ")
            );
            for mut row in self.db().fetch(&statement).await? {
                let (stream, kind) = (StreamId::stored(row.text(0)?), row.text(1)?);
                let version = i16::try_from(row.int(2)?).unwrap_or_default();
                let experiment_id = match Event::decode(&kind, version, &row.text(3)?, None) {
                    Ok(Event::RunCreated(created)) => created.experiment_id,
                    Ok(Event::LoggedModelCreated(created)) => created.experiment_id,
                    _ => continue,
                };
                found.insert(stream, experiment_id);
            }
        }
        Ok(found)
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

    /// When the first event after the position was appended, in milliseconds since the epoch.
    pub async fn recorded_after(&self, position: i64) -> Result<Option<i64>, Error> {
        let sql = "SELECT recorded_at FROM events WHERE position > $1 ORDER BY position LIMIT 1";
        let rows = self.db().fetch(&Statement::new(sql, vec![position.into()])).await?;
        rows.first().map(|row| row.int(0)).transpose()
    }
}

fn audited(mut row: Row) -> Result<AuditedEvent, Error> {
    let position = row.int(0)?;
    Ok(AuditedEvent {
        position,
        stream: StreamId::stored(row.text(1)?),
        kind: row.text(2)?,
        schema_version: schema_version(row.int(3)?, position)?,
        payload: row.text(4)?,
        actor: row.text(5)?,
        request_id: row.text(6)?,
        recorded_at: row.int(7)?,
        points: row.opt_bytes(8)?,
    })
}
