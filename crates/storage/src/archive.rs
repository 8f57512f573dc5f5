//! Old parts of the log that lie in objects elsewhere, and how reads find them.
//!
//! Invariant: no read leaves out what was archived meanwhile. Readers know from the table `event_archives` up to where objects
//! serve the log; what they know is at most [`TTL`] old, and they look at it again after they read the table of events. A
//! partition leaves that table [`GRACE`] after its objects began to serve: so whatever was not in the table any more is known to
//! be served by then, and the read is done again.

mod progress;
mod reads;
mod registry;

pub use progress::ArchiveProgress;

use async_trait::async_trait;
use runledger_domain::{RecordedEvent, StreamId, TraceContext};
use std::fmt::Debug;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::db::{Db, Row};
use crate::log::schema_version;
use crate::{AuditedEvent, Change, Error, Milestone, Selection};

/// For how long what a reader knows may be out of date.
const TTL: Duration = Duration::from_secs(2);
/// After which time every reader knows that objects serve a range of the log.
pub const GRACE: Duration = Duration::from_secs(5);

/// An event as its row has it, whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredEvent {
    pub position: i64,
    /// A UUID.
    pub event_id: String,
    pub stream: StreamId,
    pub kind: String,
    pub schema_version: i16,
    /// JSON.
    pub payload: String,
    pub points: Option<Vec<u8>>,
    /// Of payload and points as they came.
    pub bytes: i64,
    pub actor: String,
    pub request_id: String,
    /// Milliseconds since the epoch.
    pub recorded_at: i64,
    /// Empty where there is none.
    pub trace: Vec<u8>,
}

/// An object that holds every event of a range of positions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArchivedObject {
    pub first: i64,
    pub last: i64,
    /// Where it is in the artifact store.
    pub object: String,
    /// Its size.
    pub bytes: i64,
    /// In lower-case hex.
    pub sha256: String,
}

/// A piece of an object that is read at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ArchivedPart {
    pub number: usize,
    pub first: i64,
    pub last: i64,
}

/// Reads archived events. What it cannot read is an [`Error::Archive`], never left out.
#[async_trait]
pub trait Archive: Debug + Send + Sync {
    /// The parts of the object that may hold what is wanted, in order.
    async fn parts(&self, object: &ArchivedObject, wanted: &Selection<'_>) -> Result<Vec<ArchivedPart>, Error>;

    /// The events of a part, in order.
    async fn events(&self, object: &ArchivedObject, part: ArchivedPart) -> Result<Arc<Vec<StoredEvent>>, Error>;

    /// What is wrong with the object, if anything. Reads all of it.
    async fn check(&self, object: &ArchivedObject) -> Result<Option<String>, Error>;
}

/// The archived part of one log, as a process knows it.
#[derive(Clone, Debug)]
pub(crate) struct Archives {
    db: Arc<dyn Db>,
    archive: Arc<dyn Archive>,
    known: Arc<Mutex<Option<Known>>>,
}

/// The objects that serve the log, in order and without a gap.
#[derive(Clone, Debug)]
struct Known {
    objects: Arc<[ArchivedObject]>,
    asked: Instant,
}

impl Archives {
    pub(crate) fn new(db: Arc<dyn Db>, archive: Arc<dyn Archive>) -> Self {
        Self { db, archive, known: Arc::default() }
    }

    /// What serves the log, as it was known a moment ago.
    async fn known(&self) -> Result<Known, Error> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner).clone();
        match known {
            Some(known) if known.is_good() => Ok(known),
            _ => self.ask().await,
        }
    }

    /// What serves the log now.
    async fn ask(&self) -> Result<Known, Error> {
        let asked = Instant::now();
        let before = self.known.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let objects = before.map_or_else(|| Arc::from([]), |before| before.objects);
        let newer = registry::served(self.db.as_ref(), objects.last().map_or(0, |object| object.last)).await?;
        let objects = if newer.is_empty() { objects } else { objects.iter().cloned().chain(newer).collect() };
        let known = Known { objects, asked };
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = Some(known.clone());
        Ok(known)
    }

    pub(crate) fn archive(&self) -> &dyn Archive {
        self.archive.as_ref()
    }
}

impl Known {
    /// Up to where objects serve the log.
    fn end(&self) -> i64 {
        self.objects.last().map_or(0, |object| object.last)
    }

    fn is_good(&self) -> bool {
        self.asked.elapsed() < TTL
    }
}

/// Columns of [`stored`].
pub(crate) const COLUMNS: &str = "position, CAST(event_id AS TEXT), stream_id, kind, schema_version, \
                                  CAST(payload AS TEXT), points, bytes, actor, request_id, recorded_at, trace";

pub(crate) fn stored(mut row: Row) -> Result<StoredEvent, Error> {
    let position = row.int(0)?;
    Ok(StoredEvent {
        position,
        event_id: row.text(1)?,
        stream: StreamId::stored(row.text(2)?),
        kind: row.text(3)?,
        schema_version: schema_version(row.int(4)?, position)?,
        payload: row.text(5)?,
        points: row.opt_bytes(6)?,
        bytes: row.int(7)?,
        actor: row.text(8)?,
        request_id: row.text(9)?,
        recorded_at: row.int(10)?,
        trace: row.opt_bytes(11)?.unwrap_or_default(),
    })
}

impl From<StoredEvent> for RecordedEvent {
    fn from(event: StoredEvent) -> Self {
        Self {
            position: event.position,
            stream: event.stream,
            kind: event.kind,
            schema_version: event.schema_version,
            payload: event.payload,
            points: event.points,
            recorded_at: event.recorded_at,
            trace: TraceContext::decode(&event.trace),
        }
    }
}

impl From<StoredEvent> for AuditedEvent {
    fn from(event: StoredEvent) -> Self {
        Self {
            position: event.position,
            stream: event.stream,
            kind: event.kind,
            schema_version: event.schema_version,
            payload: event.payload,
            points: event.points,
            actor: event.actor,
            request_id: event.request_id,
            recorded_at: event.recorded_at,
        }
    }
}

impl From<StoredEvent> for Change {
    fn from(event: StoredEvent) -> Self {
        Self { position: event.position, stream: event.stream, kind: event.kind }
    }
}

impl From<StoredEvent> for Milestone {
    fn from(event: StoredEvent) -> Self {
        Self { position: event.position, recorded_at: event.recorded_at }
    }
}
