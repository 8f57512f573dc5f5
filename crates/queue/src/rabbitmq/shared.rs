//! What the handles, the supervisor and the deliveries share: the session that is there at the moment, and what is known.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::timeout;

use super::address::Address;
use super::fault::Fault;
use super::metrics::QueueMetrics;
use super::session::Session;
use super::topology::Topology;
use super::upkeep::Survey;
use crate::QueueError;

/// How long a call waits for a connection.
const CONNECTED: Duration = Duration::from_secs(5);

pub(super) struct Shared {
    pub(super) address: Address,
    pub(super) topology: Topology,
    pub(super) consume: Option<u16>,
    pub(super) dispatches: bool,
    pub(super) metrics: QueueMetrics,
    pub(super) losses: watch::Sender<u64>,
    session: watch::Sender<Option<Arc<Session>>>,
    /// Why there is no session.
    problem: Mutex<String>,
    /// The count of made queues when this process looked last.
    made: Mutex<Option<u32>>,
}

impl Shared {
    pub(super) fn new(
        address: Address,
        topology: Topology,
        consume: Option<u16>,
        dispatches: bool,
        metrics: QueueMetrics,
    ) -> Self {
        let problem = Mutex::new("not connected yet".to_owned());
        let (losses, session, made) = (watch::Sender::default(), watch::Sender::default(), Mutex::default());
        Self { address, topology, consume, dispatches, metrics, losses, session, problem, made }
    }

    /// The session for one call.
    pub(super) async fn session(&self, operation: &'static str) -> Result<Arc<Session>, QueueError> {
        let session = timeout(CONNECTED, self.next_session()).await;
        session.unwrap_or_else(|_late| {
            let reason = self.health().err().unwrap_or_else(|| "the connection has just ended".to_owned());
            Err(QueueError { operation, source: Fault::Ended { reason }.into() })
        })
    }

    /// Waits for a session however long it takes.
    pub(super) async fn next_session(&self) -> Result<Arc<Session>, QueueError> {
        let mut session = self.session.subscribe();
        let usable = |session: &Option<Arc<Session>>| session.as_ref().is_some_and(|session| !session.has_ended());
        let session = session.wait_for(usable).await.ok().and_then(|session| session.clone());
        // The sender is part of this, so there is always one to come.
        session.ok_or_else(|| QueueError { operation: "next", source: "the queue was closed".into() })
    }

    pub(super) fn set_session(&self, session: Option<Arc<Session>>) {
        self.metrics.connected.set(session.is_some().into());
        self.session.send_replace(session);
    }

    /// Notes why there is no session, and returns whether that is news.
    pub(super) fn set_problem(&self, problem: String) -> bool {
        let mut current = self.problem.lock().unwrap_or_else(PoisonError::into_inner);
        let news = *current != problem;
        *current = problem;
        news
    }

    /// What is wrong, and with which broker.
    pub(super) fn health(&self) -> Result<(), String> {
        let session = self.session.borrow().clone();
        let problem = match session {
            Some(session) => session.problem(),
            None => Some(self.problem.lock().unwrap_or_else(PoisonError::into_inner).clone()),
        };
        problem.map_or(Ok(()), |problem| Err(format!("{}: {problem}", self.address)))
    }

    /// Takes note of what is in the queues, and counts a loss if this or another process had to make one.
    pub(super) fn note(&self, survey: &Survey, made_here: bool) {
        self.metrics.depths(survey);
        let changed = survey.made != 0 && {
            let before = self.made.lock().unwrap_or_else(PoisonError::into_inner).replace(survey.made);
            before.is_some_and(|before| before != survey.made)
        };
        if made_here || changed {
            tracing::warn!("a queue of jobs had to be made; what is still due is published again");
            self.losses.send_modify(|losses| *losses += 1);
        }
    }
}

/// Names the broker; the rest is of no use in a log.
impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").field("address", &self.address).finish_non_exhaustive()
    }
}
