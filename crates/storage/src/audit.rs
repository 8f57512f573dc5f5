//! The log as people read it: who changed what and when, newest first or as it goes on; and what has just changed, without
//! contents.

use runledger_domain::{Event, StreamId};
use std::collections::BTreeMap;

use crate::log::{Milestone, Selection, Size, schema_version};
use crate::{Error, EventLog, ReadLimit, Row, Statement, Until};

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
    fn selection(&self) -> Selection<'_> {
        Selection {
            streams: self.streams,
            folder: self.artifacts.filter(|_| !self.streams.is_empty()),
            kinds: self.kind.as_slice(),
            without: self.without,
            until: self.before.map(|before| Until::Position(before - 1)),
            ..Selection::default()
        }
    }
}

impl EventLog {
    /// The events, newest first and without points.
    pub async fn audit(&self, of: &Audit<'_>) -> Result<Vec<AuditedEvent>, Error> {
        let columns = format!("{COLUMNS}, NULL");
        let mut found = self.descending(&of.selection(), &columns, of.limit, audited).await?;
        for event in &mut found {
            event.points = None;
        }
        Ok(found)
    }

    /// The events after the position, oldest first. `of.limit` is not looked at: `limit` bounds the page in bytes, too.
    pub async fn audit_after(
        &self,
        of: &Audit<'_>,
        position: i64,
        limit: ReadLimit,
        points: bool,
    ) -> Result<Vec<AuditedEvent>, Error> {
        let wanted = Selection { after: position, ..of.selection() };
        let columns = format!("{COLUMNS}, {}", if points { "points" } else { "NULL" });
        let mut found = self.ascending(&wanted, &columns, Size::Page(limit), audited).await?;
        for event in found.iter_mut().filter(|_| !points) {
            event.points = None;
        }
        Ok(found)
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
                let event = Event::decode(&kind, version, &row.text(3)?, None);
                found.extend(event.ok().as_ref().and_then(experiment_id).map(|experiment_id| (stream, experiment_id)));
            }
        }
        if self.has_archived().await? {
            let missing = streams.iter().filter(|stream| !found.contains_key(**stream));
            let missing: Vec<StreamId> = missing.map(|stream| (*stream).clone()).collect();
            let kinds = &["RunCreated", "LoggedModelCreated"];
            let wanted = Selection { streams: &missing, kinds, ..Selection::default() };
            let begun = if missing.is_empty() { Vec::new() } else { self.recorded(&wanted, Size::All).await? };
            for recorded in begun {
                let event = recorded.decode();
                found.extend(event.ok().as_ref().and_then(experiment_id).map(|id| (recorded.stream, id)));
            }
        }
        Ok(found)
    }

    /// What was appended after the position, in order, at most `limit`.
    pub async fn changes(&self, position: i64, limit: i64) -> Result<Vec<Change>, Error> {
        let change = |mut row: Row| {
            Ok(Change { position: row.int(0)?, stream: StreamId::stored(row.text(1)?), kind: row.text(2)? })
        };
        let wanted = Selection::after(position);
        self.ascending(&wanted, "position, stream_id, kind", Size::Events(limit), change).await
    }

    /// The first event after the position.
    pub async fn next_after(&self, position: i64) -> Result<Option<Milestone>, Error> {
        let milestone = |row: Row| Ok(Milestone { position: row.int(0)?, recorded_at: row.int(1)? });
        let wanted = Selection::after(position);
        Ok(self.ascending(&wanted, "position, recorded_at", Size::Events(1), milestone).await?.pop())
    }
}

/// The experiment that a stream's first event names.
fn experiment_id(event: &Event) -> Option<i64> {
    match event {
        Event::RunCreated(created) => Some(created.experiment_id),
        Event::LoggedModelCreated(created) => Some(created.experiment_id),
        _ => None,
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
