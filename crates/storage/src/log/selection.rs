//! Which events a read wants, said once for the table and for what was archived of it.

use runledger_domain::{StreamId, StreamKind};

use super::{ReadLimit, Until};
use crate::archive::StoredEvent;
use crate::db::Statement;

/// Which events are wanted; by default all.
#[derive(Clone, Copy, Debug, Default)]
pub struct Selection<'a> {
    /// Of these streams, or of the folder; of every stream where there is neither.
    pub streams: &'a [StreamId],
    /// Of the artifacts below this folder.
    pub folder: Option<&'a str>,
    pub stream_kind: Option<StreamKind>,
    /// Of one of these kinds; of any where there is none.
    pub kinds: &'a [&'a str],
    /// Of another kind than this.
    pub without: Option<&'a str>,
    /// Only those behind this position.
    pub after: i64,
    pub until: Option<Until>,
}

/// How many events are wanted, from the beginning or the end of what was selected.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Size {
    All,
    Events(i64),
    Page(ReadLimit),
}

impl Selection<'_> {
    pub(crate) fn after(position: i64) -> Self {
        Self { after: position, ..Self::default() }
    }

    /// Whether only some streams are wanted, so that an index of streams helps.
    pub fn names_streams(&self) -> bool {
        !self.streams.is_empty() || self.folder.is_some()
    }

    /// Whether events at the positions from `first` to `last` may be wanted.
    pub fn reaches(&self, first: i64, last: i64) -> bool {
        let begun = if let Some(Until::Position(until)) = self.until { until >= first } else { true };
        begun && self.after < last
    }

    /// Whether the event is wanted.
    pub fn wants(&self, event: &StoredEvent) -> bool {
        let below = |folder: &str| {
            let path = event.stream.artifact_path().and_then(|path| path.strip_prefix(folder));
            path.is_some_and(|rest| rest.starts_with('/'))
        };
        let until = |until| match until {
            Until::Position(position) => event.position <= position,
            Until::Time(time) => event.recorded_at <= time,
        };
        event.position > self.after
            && self.until.is_none_or(until)
            && (!self.names_streams() || self.streams.contains(&event.stream) || self.folder.is_some_and(below))
            && self.stream_kind.is_none_or(|kind| event.stream.kind() == kind)
            && (self.kinds.is_empty() || self.kinds.contains(&event.kind.as_str()))
            && self.without.is_none_or(|kind| event.kind != kind)
    }

    /// The same as a condition, `TRUE` if anything is wanted.
    pub(crate) fn conditions(&self, statement: &mut Statement) -> String {
        let mut conditions = Vec::new();
        if self.names_streams() {
            let mut streams = Vec::new();
            if !self.streams.is_empty() {
                let list = statement.bind_list(self.streams.iter().map(StreamId::as_str));
                streams.push(format!("stream_id IN {list}"));
            }
            if let Some(folder) = self.folder {
                // `0` follows `/`, so this is every stream that begins with the folder.
                let (from, to) = (StreamId::artifact(&format!("{folder}/")), StreamId::artifact(&format!("{folder}0")));
                let (from, to) = (statement.bind(from.as_str()), statement.bind(to.as_str()));
                streams.push(format!("(stream_id >= {from} AND stream_id < {to})"));
            }
            conditions.push(format!("({})", streams.join(" OR ")));
        }
        if let Some(kind) = self.stream_kind {
            conditions.push(format!("stream_kind = {}", statement.bind(kind.as_str())));
        }
        if !self.kinds.is_empty() {
            conditions.push(format!("kind IN {}", statement.bind_list(self.kinds.iter().copied())));
        }
        if let Some(kind) = self.without {
            conditions.push(format!("kind <> {}", statement.bind(kind)));
        }
        if self.after > 0 {
            conditions.push(format!("position > {}", statement.bind(self.after)));
        }
        match self.until {
            Some(Until::Position(position)) => conditions.push(format!("position <= {}", statement.bind(position))),
            Some(Until::Time(time)) => conditions.push(format!("recorded_at <= {}", statement.bind(time))),
            None => {}
        }
        if conditions.is_empty() { "TRUE".to_owned() } else { conditions.join(" AND ") }
    }

    /// Selects these columns of the events in the table, in order.
    pub(crate) fn ascending(&self, columns: &str, size: Size) -> Statement {
        let mut statement = Statement::default();
        let conditions = self.conditions(&mut statement);
        statement.sql = match size {
            Size::All => format!("SELECT {columns} FROM events WHERE {conditions} ORDER BY position"),
            Size::Events(number) => {
                let limit = statement.bind(number);
                format!("SELECT {columns} FROM events WHERE {conditions} ORDER BY position LIMIT {limit}")
            }
            // As many as there is room for, and at least one.
            Size::Page(ReadLimit { events, bytes }) => {
                let (events, bytes) = (statement.bind(events), statement.bind(bytes));
                format!(
                    "SELECT {columns} FROM (
                        SELECT *, SUM(bytes) OVER (ORDER BY position ROWS UNBOUNDED PRECEDING) - bytes AS bytes_before
                        FROM (SELECT * FROM events WHERE {conditions} ORDER BY position LIMIT {events}) AS page
                     ) AS sized WHERE bytes_before < {bytes} ORDER BY position"
                )
            }
        };
        statement
    }

    /// As [`Self::ascending`], the last first.
    pub(crate) fn descending(&self, columns: &str, limit: i64) -> Statement {
        let mut statement = Statement::default();
        let conditions = self.conditions(&mut statement);
        let limit = statement.bind(limit);
        statement.sql = format!("SELECT {columns} FROM events WHERE {conditions} ORDER BY position DESC LIMIT {limit}");
        statement
    }
}

impl Size {
    /// What is left of it after so many events with so many bytes; `None` when nothing is.
    pub(crate) fn less(self, events: usize, bytes: i64) -> Option<Self> {
        let events = i64::try_from(events).unwrap_or(i64::MAX);
        match self {
            Self::All => Some(self),
            Self::Events(limit) => (events < limit).then(|| Self::Events(limit - events)),
            Self::Page(limit) => (events < limit.events && (events == 0 || bytes < limit.bytes))
                .then(|| Self::Page(ReadLimit { events: limit.events - events, bytes: limit.bytes - bytes })),
        }
    }
}
