//! Connections for single statements, which are most of what there is.
//!
//! The pool asks the database whether a connection lives before it gives it out and when it takes it back, so that a short
//! statement costs three round trips. Connections that worked a moment ago are kept beside the pool and used again as they are.
//! One that was lost since makes its statement fail, which then has to be one that can be sent again.

use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgPool, Postgres};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How long a connection is believed to live without being asked.
const FRESH: Duration = Duration::from_secs(1);

#[derive(Clone, Debug)]
pub(crate) struct Connections {
    pool: PgPool,
    kept: Arc<Mutex<Kept>>,
}

#[derive(Debug, Default)]
struct Kept {
    /// Those used last are behind.
    idle: Vec<(Instant, PoolConnection<Postgres>)>,
    /// Who waits for the pool, which would not see what is kept meanwhile.
    waiting: usize,
}

impl Connections {
    pub(crate) fn new(pool: PgPool) -> Self {
        Self { pool, kept: Arc::default() }
    }

    /// For what is more than a statement, such as a transaction.
    pub(crate) fn pool(&self) -> &PgPool {
        &self.pool
    }

    /// A connection that worked a moment ago, if there is one. Like those of [`Self::proven`] it comes back by [`Self::keep`] if its
    /// statement went well, and else is dropped.
    pub(crate) async fn take(&self) -> Result<PoolConnection<Postgres>, sqlx::Error> {
        if let Some((_, connection)) = self.kept().idle.pop_if(|(since, _)| since.elapsed() < FRESH) {
            return Ok(connection);
        }
        self.proven().await
    }

    /// A connection that just answered.
    pub(crate) async fn proven(&self) -> Result<PoolConnection<Postgres>, sqlx::Error> {
        let waiting = self.wait();
        let connection = self.pool.acquire().await;
        drop(waiting);
        connection
    }

    /// What is kept goes back to the pool, as does what comes until the answer is dropped.
    fn wait(&self) -> Waiting<'_> {
        let idle = {
            let mut kept = self.kept();
            kept.waiting += 1;
            std::mem::take(&mut kept.idle)
        };
        drop(idle);
        Waiting(self)
    }

    /// Keeps a connection whose statement is over.
    pub(crate) fn keep(&self, connection: PoolConnection<Postgres>) {
        let mut kept = self.kept();
        if kept.waiting == 0 {
            kept.idle.push((Instant::now(), connection));
        } else {
            drop(kept);
            // To the pool, and to who waits there.
            drop(connection);
        }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Someone who waits for the pool, until dropped.
struct Waiting<'a>(&'a Connections);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.kept().waiting -= 1;
    }
}
