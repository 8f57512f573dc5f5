//! The log as it goes on, for readers who want to see every event once and in order.
//!
//! Nothing is pushed: each reader has a place of its own and asks for what follows it, so that a slow one only falls behind and
//! costs one page of memory. The latest events are kept once for all readers, who therefore cost the database nothing while they
//! keep up. Positions have no gaps, so a reader can begin again at any position without loss.

use runledger_artifacts::ArtifactPath;
use runledger_domain::{Experiment, Run, StreamId};
use runledger_storage::{Audit, AuditedEvent, Error, EventLog, ReadLimit};
use std::collections::{HashMap, VecDeque};
use std::slice::from_ref;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

/// What one read takes at most.
const PAGE: ReadLimit = ReadLimit { events: 500, bytes: 256 << 10 };
/// The latest events in memory, in number and in bytes.
const RECENT: usize = 5_000;
const RECENT_BYTES: usize = 8 << 20;
/// Runs and logged models whose experiment is remembered.
const OWNERS: usize = 100_000;
/// How long an append by another process may go unnoticed.
const POLL: Duration = Duration::from_secs(1);
/// Events that are looked through for the latest ones of interest.
const LOOKED_BACK: i64 = 200_000;

/// An event, and the experiment of its run or logged model.
#[derive(Debug)]
pub struct ToldEvent {
    /// Without points.
    pub event: AuditedEvent,
    pub experiment_id: Option<i64>,
    /// The event as readers show it, made by the first one for all.
    pub shown: OnceLock<String>,
}

/// Which events a reader wants.
#[derive(Clone, Debug, Default)]
pub struct Interest {
    pub about: About,
    pub kind: Option<String>,
}

/// What the events are about.
#[derive(Clone, Debug, Default)]
pub enum About {
    #[default]
    Everything,
    /// A run and its artifacts, which are below this path where the server keeps them.
    Run { stream: StreamId, artifacts: Option<String> },
    /// An experiment with its runs, logged models and artifacts.
    Experiment { id: i64, artifacts: Option<String> },
}

/// What follows a position.
#[derive(Debug)]
pub struct TailPage {
    pub events: Vec<Arc<ToldEvent>>,
    /// Everything up to here was looked at.
    pub position: i64,
}

/// The log as it goes on, shared by all its readers in the process.
#[derive(Debug)]
pub struct LogTail {
    log: EventLog,
    recent: Mutex<Recent>,
    /// Held by the one reader that reads on for all.
    reading: tokio::sync::Mutex<Option<Looked>>,
    owners: Mutex<HashMap<StreamId, i64>>,
}

/// When the end of the log was looked at, and where it was.
#[derive(Clone, Copy, Debug)]
struct Looked {
    at: Instant,
    end: i64,
}

/// The latest events without a gap.
#[derive(Debug, Default)]
struct Recent {
    events: VecDeque<Arc<ToldEvent>>,
    bytes: usize,
}

impl About {
    pub fn run(run: &Run) -> Self {
        Self::Run { stream: StreamId::run(&run.run_id), artifacts: folder(&run.artifact_uri) }
    }

    pub fn experiment(experiment: &Experiment) -> Self {
        Self::Experiment { id: experiment.experiment_id, artifacts: folder(&experiment.artifact_location) }
    }
}

impl Interest {
    pub fn wants(&self, told: &ToldEvent) -> bool {
        let event = &told.event;
        self.kind.as_ref().is_none_or(|kind| *kind == event.kind)
            && match &self.about {
                About::Everything => true,
                About::Run { stream, artifacts } => {
                    event.stream == *stream || is_below(&event.stream, artifacts.as_ref())
                }
                About::Experiment { id, artifacts } => {
                    told.experiment_id == Some(*id) || is_below(&event.stream, artifacts.as_ref())
                }
            }
    }
}

impl LogTail {
    pub fn new(log: EventLog) -> Self {
        Self { log, recent: Mutex::default(), reading: tokio::sync::Mutex::default(), owners: Mutex::default() }
    }

    /// The events of interest after the position, as far as one read goes. A page that does not get beyond the position means
    /// that the log ends there for now: [`EventLog::signal`] tells when to ask again, and a second without a signal does.
    pub async fn after(&self, position: i64, interest: &Interest) -> Result<TailPage, Error> {
        if let Some(page) = self.recall(position, interest) {
            return Ok(page);
        }
        let end = self.end();
        if end.is_none_or(|end| end <= position) {
            return self.read_on(position, interest).await;
        }
        // Far behind. What is about one run is found by an index; anything else by looking at the events in turn.
        if let About::Run { stream, artifacts } = &interest.about {
            let head = self.log.head().await?;
            let of = Audit { streams: from_ref(stream), artifacts: artifacts.as_deref(), ..Audit::default() };
            let found = self.log.audit_after(&of, position, PAGE, false).await?;
            let position = found.last().map_or(head, |event| event.position);
            return Ok(page(self.told(found).await?.iter(), position, interest));
        }
        let events = self.read(position).await?;
        let position = events.last().map_or(position, |told| told.event.position);
        Ok(page(events.iter(), position, interest))
    }

    /// The latest events of interest, at most `number`, oldest first; those that are further back than some hundred thousand events
    /// are not looked for.
    pub async fn latest(&self, number: usize, interest: &Interest) -> Result<Vec<Arc<ToldEvent>>, Error> {
        let (mut found, mut before) = (VecDeque::new(), None);
        let mut looked_at = 0;
        while found.len() < number && looked_at < LOOKED_BACK {
            let audit = match &interest.about {
                About::Run { stream, artifacts } => {
                    Audit { streams: from_ref(stream), artifacts: artifacts.as_deref(), ..Audit::default() }
                }
                _ => Audit::default(),
            };
            let events = self.log.audit(&Audit { before, limit: PAGE.events, ..audit }).await?;
            let Some(last) = events.last() else { break };
            before = Some(last.position);
            looked_at += PAGE.events;
            for told in self.told(events).await? {
                if found.len() < number && interest.wants(&told) {
                    found.push_front(told);
                }
            }
        }
        Ok(found.into())
    }

    /// A page out of memory, if what follows the position is there.
    fn recall(&self, position: i64, interest: &Interest) -> Option<TailPage> {
        let recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        let first = recent.events.front()?.event.position;
        let skipped = usize::try_from(position + 1 - first).ok()?;
        let limit = usize::try_from(PAGE.events).unwrap_or_default();
        let events = recent.events.iter().skip(skipped).take(limit);
        let last = events.clone().next_back()?.event.position;
        Some(page(events, last, interest))
    }

    fn end(&self) -> Option<i64> {
        let recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        recent.events.back().map(|told| told.event.position)
    }

    /// Reads on where the events in memory end, once for all readers.
    async fn read_on(&self, position: i64, interest: &Interest) -> Result<TailPage, Error> {
        let mut looked = self.reading.lock().await;
        if let Some(page) = self.recall(position, interest) {
            return Ok(page);
        }
        let nothing = TailPage { events: Vec::new(), position };
        let signalled = *self.log.signal().borrow();
        let known = looked.is_some_and(|looked| looked.at.elapsed() < POLL && looked.end == position);
        if known && signalled <= position {
            return Ok(nothing);
        }
        let events = self.read(position).await?;
        let last = events.last().map(|told| told.event.position);
        *looked = Some(Looked { at: Instant::now(), end: last.unwrap_or(position) });
        let Some(last) = last else { return Ok(nothing) };
        self.keep(position, &events);
        // Where another process appended, the other readers learn of it now.
        self.log.heard(last);
        Ok(page(events.iter(), last, interest))
    }

    /// Adds to the events in memory, which begin anew where there would be a gap.
    fn keep(&self, after: i64, events: &[Arc<ToldEvent>]) {
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        if recent.events.back().is_some_and(|told| told.event.position != after) {
            *recent = Recent::default();
        }
        for told in events {
            recent.bytes += size(told);
            recent.events.push_back(Arc::clone(told));
        }
        while recent.events.len() > RECENT || recent.bytes > RECENT_BYTES && recent.events.len() > 1 {
            let oldest = recent.events.pop_front();
            recent.bytes -= oldest.map_or(0, |told| size(&told));
        }
    }

    async fn read(&self, position: i64) -> Result<Vec<Arc<ToldEvent>>, Error> {
        let events = self.log.audit_after(&Audit::default(), position, PAGE, false).await?;
        self.told(events).await
    }

    async fn told(&self, events: Vec<AuditedEvent>) -> Result<Vec<Arc<ToldEvent>>, Error> {
        let mut unknown: Vec<&StreamId> = Vec::new();
        {
            let mut owners = self.owners.lock().unwrap_or_else(PoisonError::into_inner);
            if owners.len() > OWNERS {
                owners.clear();
            }
            let owned = |stream: &StreamId| stream.run_id().is_some() || stream.logged_model_id().is_some();
            unknown.extend(events.iter().map(|event| &event.stream).filter(|s| owned(s) && !owners.contains_key(*s)));
        }
        unknown.sort_unstable();
        unknown.dedup();
        let found = if unknown.is_empty() { None } else { Some(self.log.experiments_of(&unknown).await?) };
        let mut owners = self.owners.lock().unwrap_or_else(PoisonError::into_inner);
        owners.extend(found.into_iter().flatten());
        let told = |event: AuditedEvent| {
            let stream = &event.stream;
            let experiment_id = stream.experiment_id().or_else(|| owners.get(stream).copied());
            Arc::new(ToldEvent { event, experiment_id, shown: OnceLock::new() })
        };
        Ok(events.into_iter().map(told).collect())
    }
}

fn page<'a>(events: impl Iterator<Item = &'a Arc<ToldEvent>>, position: i64, interest: &Interest) -> TailPage {
    TailPage { events: events.filter(|told| interest.wants(told)).cloned().collect(), position }
}

fn size(told: &ToldEvent) -> usize {
    // Once as it is, and once as it is shown.
    2 * told.event.payload.len() + 1024
}

fn folder(uri: &str) -> Option<String> {
    let path = ArtifactPath::of_uri(uri).ok().flatten().filter(|root| !root.is_root());
    path.map(|root| root.as_str().to_owned())
}

fn is_below(stream: &StreamId, folder: Option<&String>) -> bool {
    let (Some(path), Some(folder)) = (stream.artifact_path(), folder) else { return false };
    path.strip_prefix(folder.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
