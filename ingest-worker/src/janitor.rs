//! Clearing away what crashes leave behind: files in the spool that belong to no upload, and multipart uploads that nobody
//! will complete.
//!
//! Guarantee: nothing is removed that the views, complete up to the log's head, still count as waiting for the store.

use std::time::Duration;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::{Deps, Error};

/// Looks through the spool and the record of multipart uploads, one process at a time.
#[derive(Debug)]
pub struct Janitor {
    deps: Deps,
}

/// What one round cleared away.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cleared {
    /// Files in the spool.
    pub files: usize,
    /// Multipart uploads.
    pub multiparts: usize,
}

const LEASE: &str = "janitor";
/// Between two rounds; shorter where leftovers are not meant to get old.
const PERIOD: Duration = Duration::from_mins(10);
/// Upload ids in one question to the views.
const PAGE: usize = 500;

impl Janitor {
    pub fn new(deps: Deps) -> Self {
        Self { deps }
    }

    /// Goes round until `shutdown`.
    pub async fn run(self, shutdown: CancellationToken) {
        let period = PERIOD.min(self.deps.orphan_age / 2).max(Duration::from_secs(1));
        let rounds = async {
            loop {
                sleep(period).await;
                if let Err(error) = self.step().await {
                    tracing::warn!(error = &error as &dyn std::error::Error, "clearing away has to wait");
                }
            }
        };
        shutdown.run_until_cancelled(rounds).await;
    }

    /// One round; `None` while another process is at it, or while the views are behind the log.
    pub async fn step(&self) -> Result<Option<Cleared>, Error> {
        let storage = |source| Error::Storage { source };
        let Some(lease) = self.deps.leases.try_acquire(LEASE).await.map_err(storage)? else { return Ok(None) };
        let outcome = lease.lost().run_until_cancelled(self.clear()).await.unwrap_or(Err(Error::LeaseLost));
        lease.release().await;
        outcome
    }

    async fn clear(&self) -> Result<Option<Cleared>, Error> {
        let Deps { spool, store, views, clock, orphan_age, .. } = &self.deps;
        let now = clock.now_ms();
        let spooled = spool.list().await.map_err(|source| Error::Store { source: source.into() })?;
        // Listed first: what was staged before is then in the log, and in views that have caught up with it.
        if views.catch_up().await.map_err(|source| Error::Storage { source })? > 0 {
            return Ok(None);
        }
        let old: Vec<String> =
            spooled.into_iter().filter(|upload| upload.age >= *orphan_age).map(|upload| upload.upload_id).collect();
        let mut cleared = Cleared::default();
        for ids in old.chunks(PAGE) {
            let wanted = views.unsettled_upload_ids(ids).await.map_err(|source| Error::Storage { source })?;
            for upload_id in ids.iter().filter(|id| !wanted.contains(*id)) {
                spool.remove(upload_id).await.map_err(|source| Error::Store { source: source.into() })?;
                tracing::info!(upload_id, "removed a file of the spool that belongs to no upload");
                cleared.files += 1;
            }
        }
        let swept = store.sweep_multiparts(spool, now, *orphan_age).await;
        cleared.multiparts = swept.map_err(|source| Error::Store { source })?;
        self.deps.metrics.cleared(cleared);
        Ok(Some(cleared))
    }
}
