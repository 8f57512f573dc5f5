//! Keeps a session with the broker, for as long as it runs. After whatever failure it makes everything anew.

use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep};

use super::fault::chain;
use super::random;
use super::session::Session;
use super::shared::Shared;

/// The pause after the first failure; it doubles up to the longest.
const SHORTEST: Duration = Duration::from_millis(200);
const LONGEST: Duration = Duration::from_secs(5);
/// A session that lived so long was a good one.
const GOOD: Duration = Duration::from_secs(1);

/// Never ends by itself.
pub(super) async fn run(shared: Arc<Shared>) {
    let mut supervisor = Supervisor { shared, sessions: 0, pause: SHORTEST };
    loop {
        supervisor.step().await;
    }
}

struct Supervisor {
    shared: Arc<Shared>,
    /// Sessions so far.
    sessions: u64,
    pause: Duration,
}

impl Supervisor {
    /// One session from beginning to end, or why there is none, and the pause after it.
    async fn step(&mut self) {
        let shared = &self.shared;
        let problem = match Session::open(shared).await {
            Ok(session) => {
                tracing::info!(broker = %shared.address, "the queue can be used");
                if self.sessions > 0 {
                    shared.metrics.reconnects.inc();
                }
                self.sessions += 1;
                let begun = Instant::now();
                let current = Current::new(shared, session);
                let problem = current.session.watch(shared).await;
                if begun.elapsed() >= GOOD {
                    self.pause = SHORTEST;
                }
                problem
            }
            Err(fault) => chain(&fault),
        };
        if shared.set_problem(problem.clone()) {
            tracing::warn!(problem, broker = %shared.address, "the queue cannot be used, connecting until it can");
        }
        sleep(jitter(self.pause)).await;
        self.pause = (self.pause * 2).min(LONGEST);
    }
}

/// Takes the session away and closes it, also when the supervisor is stopped in the middle.
struct Current<'a> {
    shared: &'a Shared,
    session: Arc<Session>,
}

impl<'a> Current<'a> {
    fn new(shared: &'a Shared, session: Session) -> Self {
        let session = Arc::new(session);
        // Whatever comes next is news again.
        shared.set_problem("the connection was lost".to_owned());
        shared.set_session(Some(Arc::clone(&session)));
        Self { shared, session }
    }
}

impl Drop for Current<'_> {
    fn drop(&mut self) {
        self.session.close();
        self.shared.set_session(None);
        self.shared.metrics.blocked.set(0);
    }
}

/// Half of the pause to all of it, so that processes which lost the same broker do not come back at the same time.
fn jitter(pause: Duration) -> Duration {
    pause / 2 + pause / 2 * random::below(1_000) / 1_000
}
