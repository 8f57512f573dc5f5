//! Making names in a folder durable, one sync for all that wait.

use std::fs::File;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

/// A folder whose entries are synced in groups: who gets the turn syncs for all that asked before.
#[derive(Clone, Debug)]
pub(super) struct FolderSync(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    folder: Arc<File>,
    turn: Semaphore,
    asked: AtomicU64,
    done: AtomicU64,
}

impl FolderSync {
    pub(super) fn new(folder: File) -> Self {
        let (asked, done) = (AtomicU64::new(0), AtomicU64::new(0));
        Self(Arc::new(Shared { folder: Arc::new(folder), turn: Semaphore::new(1), asked, done }))
    }

    /// Returns when every entry that was made before the call is durable.
    pub(super) async fn sync(&self) -> io::Result<()> {
        let shared = &self.0;
        let ticket = shared.asked.fetch_add(1, Ordering::AcqRel) + 1;
        let _turn = shared.turn.acquire().await.map_err(io::Error::other)?;
        if shared.done.load(Ordering::Acquire) >= ticket {
            return Ok(());
        }
        let covered = shared.asked.load(Ordering::Acquire);
        let folder = Arc::clone(&shared.folder);
        spawn_blocking(move || folder.sync_all()).await.map_err(io::Error::other)??;
        shared.done.store(covered, Ordering::Release);
        Ok(())
    }
}
