//! Leases: exclusive rights by name that expire, for whoever works in several processes.
//!
//! Guarantee: as long as [`Lease::lost`] is not cancelled, nobody else holds the name, in this process or another. A holder
//! that dies loses its leases after their time to live, by the database's clock. One that cannot reach the database is told
//! by its own monotonic clock, some time before anybody else may begin. A process that is suspended and wakes up late is told
//! late: what must not go wrong then needs a fence of its own, as the checkpoint of the views is one.

mod keeper;
mod table;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::{Instant, timeout};
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::{Db, Error};
use table::LeaseTable;

/// How long a lease outlives its last renewal.
const TTL: Duration = Duration::from_secs(10);
/// How often a name is tried that somebody else holds.
const POLL: Duration = Duration::from_millis(100);

/// The leases of one process. Clones share them.
#[derive(Clone, Debug)]
pub struct Leases {
    shared: Arc<Shared>,
    /// Ends the keeper with the last handle.
    _keeper: Option<Arc<DropGuard>>,
}

/// A name that is held until this is dropped.
#[derive(Debug)]
#[must_use = "a lease that is dropped is released"]
pub struct Lease {
    leases: Leases,
    name: String,
    number: u64,
    lost: CancellationToken,
}

#[derive(Debug)]
struct Shared {
    ttl: Duration,
    /// Where other processes see the leases; `None` when there are none.
    table: Option<LeaseTable>,
    names: Mutex<Names>,
    /// A name has become free in this process.
    freed: Notify,
    /// There is something for the keeper to release.
    dropped: Notify,
}

/// The names that this process holds, is taking, or has not yet released in the database.
#[derive(Debug, Default)]
struct Names {
    held: HashMap<String, Held>,
    /// Tells one lease of a name from the next.
    last_number: u64,
}

#[derive(Debug)]
struct Held {
    number: u64,
    state: State,
    /// When the lease has to be taken as lost.
    until: Instant,
    lost: CancellationToken,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// The database was asked for it.
    Taking,
    Held,
    /// Somebody else may have it, and the holder was told so.
    Lost,
    /// Nobody needs it any more, but it may still be in the database.
    Dropped,
}

impl Leases {
    /// Leases where no other process works on the same data. They are kept in memory and never lost.
    pub fn alone() -> Self {
        Self { shared: Arc::new(Shared::new(TTL, None)), _keeper: None }
    }

    /// Leases among all processes on the database of the log. `holder` names this process and no other. Starts the task that
    /// renews them.
    pub fn shared(db: Arc<dyn Db>, holder: String) -> Self {
        Self::shared_for(db, holder, TTL)
    }

    /// The name that whoever changes the object of an artifact must hold, so that two uploads of one path cannot mix.
    pub fn name_of_artifact(path: &str) -> String {
        format!("artifact/{path}")
    }

    /// The same with another time to live.
    pub fn shared_for(db: Arc<dyn Db>, holder: String, ttl: Duration) -> Self {
        let shared = Arc::new(Shared::new(ttl, Some(LeaseTable::new(db, holder, ttl))));
        let closed = CancellationToken::new();
        tokio::spawn(keeper::keep(Arc::clone(&shared), closed.clone()));
        Self { shared, _keeper: Some(Arc::new(closed.drop_guard())) }
    }

    /// Takes the name; `None` when somebody holds it.
    pub async fn try_acquire(&self, name: &str) -> Result<Option<Lease>, Error> {
        let Some((number, lost)) = self.shared.reserve(name) else { return Ok(None) };
        // From here on, whatever ends this future releases the name.
        let lease = Lease { leases: self.clone(), name: name.to_owned(), number, lost };
        if let Some(table) = &self.shared.table {
            let asked = Instant::now();
            if !table.take(name).await? {
                self.shared.forget(name, number);
                return Ok(None);
            }
            self.shared.renewed(name, number, asked);
        }
        Ok(Some(lease))
    }

    /// Takes the name as soon as it is free; `None` when somebody held it for as long as the patience lasted.
    pub async fn acquire(&self, name: &str, patience: Duration) -> Result<Option<Lease>, Error> {
        let deadline = Instant::now() + patience;
        loop {
            let freed = self.shared.freed.notified();
            if let Some(lease) = self.try_acquire(name).await? {
                return Ok(Some(lease));
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(None);
            }
            // Whether a name was freed here or perhaps elsewhere, it is time to try again.
            drop(timeout(POLL.min(left), freed).await);
        }
    }

    /// The names with the prefix that anybody holds now, in order.
    pub async fn held(&self, prefix: &str) -> Result<Vec<String>, Error> {
        if let Some(table) = &self.shared.table {
            return table.held(prefix).await;
        }
        let names = self.shared.names();
        let mut held: Vec<String> = names.held.keys().filter(|name| name.starts_with(prefix)).cloned().collect();
        held.sort();
        Ok(held)
    }
}

impl Lease {
    /// Is cancelled when the lease may go to somebody else, so that the work under it stops. The name stays taken within this
    /// process until the lease is dropped.
    pub fn lost(&self) -> &CancellationToken {
        &self.lost
    }

    /// Releases the name and returns when it is free for everybody. Where the database is away, it is freed later.
    pub async fn release(self) {
        let shared = &self.leases.shared;
        let Some(table) = &shared.table else { return };
        match table.free(&[&self.name]).await {
            Ok(()) => shared.forget(&self.name, self.number),
            Err(error) => {
                let error = &error as &dyn std::error::Error;
                tracing::warn!(error, name = self.name, "a lease could not be released yet");
            }
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.leases.shared.give_back(&self.name, self.number);
    }
}

impl Shared {
    fn new(ttl: Duration, table: Option<LeaseTable>) -> Self {
        Self { ttl, table, names: Mutex::default(), freed: Notify::new(), dropped: Notify::new() }
    }

    fn names(&self) -> MutexGuard<'_, Names> {
        self.names.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the name within the process.
    fn reserve(&self, name: &str) -> Option<(u64, CancellationToken)> {
        let mut names = self.names();
        if names.held.contains_key(name) {
            return None;
        }
        names.last_number += 1;
        let (number, lost) = (names.last_number, CancellationToken::new());
        let held = Held { number, state: State::Taking, until: Instant::now() + self.ttl, lost: lost.clone() };
        names.held.insert(name.to_owned(), held);
        Some((number, lost))
    }

    /// The database has the lease, as it was asked for at `asked`. The holder stops a fifth of the time early.
    fn renewed(&self, name: &str, number: u64, asked: Instant) {
        if let Some(held) = self.names().held.get_mut(name).filter(|held| held.number == number) {
            held.until = asked + self.ttl * 4 / 5;
            if held.state == State::Taking {
                held.state = State::Held;
            }
        }
    }

    /// The lease is not in the database, or not ours there.
    fn forget(&self, name: &str, number: u64) {
        let mut names = self.names();
        if names.held.get(name).is_some_and(|held| held.number == number) {
            names.held.remove(name);
            self.freed.notify_waiters();
        }
    }

    /// Nobody needs the lease any more.
    fn give_back(&self, name: &str, number: u64) {
        if self.table.is_none() {
            return self.forget(name, number);
        }
        if let Some(held) = self.names().held.get_mut(name).filter(|held| held.number == number) {
            held.state = State::Dropped;
            self.dropped.notify_one();
        }
    }
}
