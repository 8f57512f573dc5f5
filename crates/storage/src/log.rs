//! The event log: append through group commit, read by position and by stream.

mod selection;

use runledger_domain::guard::GuardKey;
use runledger_domain::{RecordedEvent, StreamId, StreamKind, TraceContext};
use std::sync::Arc;
use tokio::sync::watch;

use crate::append::{AppendBatch, AppendRequest, Outcome};
use crate::archive::{Archive, ArchivedObject, Archives};
use crate::db::{Db, Row, Statement};
use crate::group_commit::GroupCommit;
use crate::webhooks::Webhooks;
use crate::{Error, LogMetrics};

pub use selection::Selection;
pub(crate) use selection::Size;

/// The log of one database, shared by everything in the process.
#[derive(Clone, Debug)]
pub struct EventLog {
    db: Arc<dyn Db>,
    commit: GroupCommit,
    head: watch::Sender<i64>,
    archives: Option<Archives>,
}

/// The state of a guard, as the last commit left it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GuardState {
    pub version: i64,
    /// The key that it belongs to: a name's experiment, a run's experiment, an idempotency key's run.
    pub parent: Option<String>,
}

/// How much one read of the log takes at most. The first event is always taken.
#[derive(Clone, Copy, Debug)]
pub struct ReadLimit {
    pub events: i64,
    pub bytes: i64,
}

/// A moment of the log, which counts itself as past.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    Position(i64),
    /// Milliseconds since the epoch, by the time at which events were recorded.
    Time(i64),
}

/// An event without what is in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Milestone {
    pub position: i64,
    /// Milliseconds since the epoch.
    pub recorded_at: i64,
}

const COLUMNS: &str = "position, stream_id, kind, schema_version, CAST(payload AS TEXT), points, recorded_at, trace";

impl EventLog {
    /// Opens the log and starts its flusher.
    pub fn start(db: Arc<dyn Db>, append: Arc<dyn AppendBatch>, metrics: LogMetrics) -> Self {
        let (head, _) = watch::channel(0);
        let commit = GroupCommit::start(append, head.clone(), metrics);
        Self { db, commit, head, archives: None }
    }

    /// The same log, which also reads what was archived of it.
    #[must_use]
    pub fn with_archive(self, archive: Arc<dyn Archive>) -> Self {
        Self { archives: Some(Archives::new(Arc::clone(&self.db), archive)), ..self }
    }

    /// Appends the request and returns after its commit.
    ///
    /// [`Error::Overloaded`]: nothing was taken. [`Error::Unavailable`]: the outcome is not known; a repeat is safe for all
    /// commands but the creation of a run without an idempotency key.
    pub async fn append(&self, request: AppendRequest) -> Result<Outcome, Error> {
        self.commit.append(request).await
    }

    /// The webhooks that are told of what is appended.
    pub fn webhooks(&self) -> Webhooks {
        Webhooks::new(Arc::clone(&self.db))
    }

    pub(crate) fn db(&self) -> &dyn Db {
        self.db.as_ref()
    }

    pub(crate) fn archives(&self) -> Option<&Archives> {
        self.archives.as_ref()
    }

    /// What is wrong with the archived object, if anything. Reads all of it.
    pub async fn check_archive(&self, object: &ArchivedObject) -> Result<Option<String>, Error> {
        match &self.archives {
            Some(archives) => archives.archive().check(object).await,
            None => Ok(Some("is not to be had on this database".to_owned())),
        }
    }

    /// The position of the last event, 0 when there is none.
    pub async fn head(&self) -> Result<i64, Error> {
        let last = Statement::new("SELECT position FROM events ORDER BY position DESC LIMIT 1", vec![]);
        let rows = self.db.fetch(&last).await?;
        rows.first().map_or(Ok(0), |row| row.int(0))
    }

    /// Changes whenever this process appends, or hears that another one did. A hint only: the log itself is the truth.
    pub fn signal(&self) -> watch::Receiver<i64> {
        self.head.subscribe()
    }

    /// Tells waiting readers of an append by another process.
    pub fn heard(&self, position: i64) {
        self.head.send_if_modified(|head| std::mem::replace(head, (*head).max(position)) < position);
    }

    /// The events after `position`, in order.
    pub async fn read(&self, position: i64, limit: ReadLimit) -> Result<Vec<RecordedEvent>, Error> {
        self.recorded(&Selection::after(position), Size::Page(limit)).await
    }

    /// The events of the streams after `position`, in order: the tail that a view has not seen.
    pub async fn read_streams(&self, streams: &[StreamId], position: i64) -> Result<Vec<RecordedEvent>, Error> {
        if streams.is_empty() {
            return Ok(Vec::new());
        }
        self.recorded(&Selection { streams, ..Selection::after(position) }, Size::All).await
    }

    /// As [`Self::read_streams`], up to a moment and at most `limit` events.
    pub async fn read_streams_until(
        &self,
        streams: &[StreamId],
        position: i64,
        until: Until,
        limit: i64,
    ) -> Result<Vec<RecordedEvent>, Error> {
        if streams.is_empty() {
            return Ok(Vec::new());
        }
        let wanted = Selection { streams, until: Some(until), ..Selection::after(position) };
        self.recorded(&wanted, Size::Events(limit)).await
    }

    /// The events of these kinds of the streams, up to a moment, in order.
    pub async fn read_kinds_of(
        &self,
        streams: &[StreamId],
        kinds: &[&str],
        until: Until,
    ) -> Result<Vec<RecordedEvent>, Error> {
        if streams.is_empty() {
            return Ok(Vec::new());
        }
        let wanted = Selection { streams, kinds, until: Some(until), ..Selection::default() };
        self.recorded(&wanted, Size::All).await
    }

    /// The first and the last event of the stream.
    pub async fn ends(&self, stream: &StreamId) -> Result<Option<(Milestone, Milestone)>, Error> {
        let wanted = Selection { streams: std::slice::from_ref(stream), ..Selection::default() };
        let columns = "position, recorded_at";
        let milestone = |row: Row| Ok(Milestone { position: row.int(0)?, recorded_at: row.int(1)? });
        let first = self.ascending(&wanted, columns, Size::Events(1), milestone).await?.pop();
        Ok(first.zip(self.descending(&wanted, columns, 1, milestone).await?.pop()))
    }

    /// The events of streams of the kind after `position`, up to and including `upto`, in order. The range bounds the work.
    pub async fn read_kind(&self, kind: StreamKind, position: i64, upto: i64) -> Result<Vec<RecordedEvent>, Error> {
        let until = Some(Until::Position(upto));
        let wanted = Selection { stream_kind: Some(kind), until, ..Selection::after(position) };
        self.recorded(&wanted, Size::All).await
    }

    /// The events of these kinds after `position`, up to and including `upto`, in order. The range bounds the work.
    pub async fn read_kinds(&self, kinds: &[&str], position: i64, upto: i64) -> Result<Vec<RecordedEvent>, Error> {
        if kinds.is_empty() {
            return Ok(Vec::new());
        }
        let until = Some(Until::Position(upto));
        self.recorded(&Selection { kinds, until, ..Selection::after(position) }, Size::All).await
    }

    pub(crate) async fn recorded(&self, wanted: &Selection<'_>, size: Size) -> Result<Vec<RecordedEvent>, Error> {
        self.ascending(wanted, COLUMNS, size, recorded).await
    }

    /// The guard's row, if there is one.
    pub async fn guard(&self, key: &GuardKey) -> Result<Option<GuardState>, Error> {
        let sql = "SELECT version, parent FROM guards WHERE key = $1";
        let rows = self.db.fetch(&Statement::new(sql, vec![key.to_string().into()])).await?;
        let state = |mut row: Row| Ok(GuardState { version: row.int(0)?, parent: row.opt_text(1)? });
        rows.into_iter().next().map(state).transpose()
    }

    /// Sees to it that no experiment is given an id up to this one.
    pub async fn reserve_experiment_ids(&self, upto: i64) -> Result<(), Error> {
        let sql = "UPDATE counters SET value = $1 WHERE name = 'experiment' AND value < $1 RETURNING value";
        self.db.write(&Statement::new(sql, vec![upto.into()])).await.map(drop)
    }

    /// The next experiment id. An id that is not used leaves a gap, which is allowed.
    pub async fn next_experiment_id(&self) -> Result<i64, Error> {
        let sql = "UPDATE counters SET value = value + 1 WHERE name = 'experiment' RETURNING value";
        let rows = self.db.write(&Statement::new(sql, vec![])).await?;
        let missing = || Error::Corrupt { table: "counters", id: "experiment".to_owned(), reason: "no row".to_owned() };
        rows.first().ok_or_else(missing)?.int(0)
    }
}

/// The version of the event at this position as its column has it.
pub(crate) fn schema_version(stored: i64, position: i64) -> Result<i16, Error> {
    i16::try_from(stored).map_err(|source| Error::Corrupt {
        table: "events",
        id: position.to_string(),
        reason: format!("schema version: {source}"),
    })
}

fn recorded(mut row: Row) -> Result<RecordedEvent, Error> {
    let position = row.int(0)?;
    Ok(RecordedEvent {
        position,
        stream: StreamId::stored(row.text(1)?),
        kind: row.text(2)?,
        schema_version: schema_version(row.int(3)?, position)?,
        payload: row.text(4)?,
        points: row.opt_bytes(5)?,
        recorded_at: row.int(6)?,
        trace: row.opt_bytes(7)?.as_deref().and_then(TraceContext::decode),
    })
}
