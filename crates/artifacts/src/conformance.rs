//! What every place must do, be it a folder or a bucket. A case fails by panicking.

#![expect(clippy::unwrap_used, clippy::panic, clippy::missing_panics_doc, reason = "a test fails by panicking")]

mod spool;
mod store;

use bytes::Bytes;
use futures::{Stream, StreamExt, stream};
use prometheus::Registry;
use std::io;
use std::time::Duration;
use tokio::time::{sleep, timeout};

use crate::{ArtifactPath, ArtifactStore, Download, Spool, Staged, StoreSettings};

/// A place that is empty, and that nobody else uses.
#[derive(Clone, Debug)]
pub struct At {
    pub location: String,
    pub settings: StoreSettings,
}

/// How long a case waits for what must come.
const LIMIT: Duration = Duration::from_secs(20);
/// Bytes of a file that goes in parts.
const LARGE: usize = 20 << 20;

/// Runs every case of the spool.
pub async fn spools(new: impl Fn() -> At + Send + Sync) {
    spool::an_upload_is_staged_read_and_removed(new()).await;
    spool::an_empty_upload_is_an_upload_too(new()).await;
    spool::a_large_upload_arrives_in_order(new()).await;
    spool::nothing_is_seen_before_it_is_whole(new()).await;
    spool::a_broken_upload_leaves_nothing(new()).await;
    spool::an_upload_whose_client_goes_away_leaves_nothing(new()).await;
    spool::the_quota_holds_and_is_given_back(new()).await;
    spool::what_other_processes_do_is_counted(new()).await;
    spool::uploads_are_listed(new()).await;
    spool::an_id_that_is_a_path_is_refused(new()).await;
    spool::a_place_that_works_passes_the_probes(new()).await;
}

/// Runs every case of the store, fed from a spool at a place of `spool`.
pub async fn stores(new: impl Fn() -> At + Send + Sync, spool: impl Fn() -> At + Send + Sync) {
    let open = async || Bench::open(&new(), &spool()).await;
    store::files_go_in_and_out(open().await).await;
    store::names_are_kept_as_they_are(open().await).await;
    store::a_put_can_be_repeated(open().await).await;
    store::large_files_go_in_parts(open().await).await;
    store::a_damaged_copy_is_not_stored(open().await).await;
    store::folders_are_listed_and_objects_deleted(open().await).await;
    store::archives_are_apart_from_artifacts(open().await).await;
    store::a_place_that_works_passes_the_probes(open().await).await;
}

/// A store with the spool that feeds it.
#[derive(Debug)]
pub struct Bench {
    pub store: ArtifactStore,
    pub spool: Spool,
}

impl Bench {
    pub async fn open(store: &At, spool: &At) -> Self {
        let store = ArtifactStore::open(&store.location, &store.settings).await.unwrap();
        Self { store, spool: open_spool(spool, None).await }
    }

    /// Spools the bytes and brings them to the store.
    pub async fn put(&self, upload_id: &str, at: &str, bytes: Vec<u8>) {
        let staged = self.stage(upload_id, bytes).await;
        self.store.put_file(&path(at), &self.spool, &staged, 0).await.unwrap();
    }

    pub async fn stage(&self, upload_id: &str, bytes: Vec<u8>) -> Staged {
        self.spool.stage(upload_id, body(vec![bytes])).await.unwrap()
    }

    /// The bytes of an object.
    pub async fn get(&self, at: &str) -> Vec<u8> {
        content(self.store.get(&path(at), None).await.unwrap()).await
    }
}

/// The path, which has to be one.
pub fn path(raw: &str) -> ArtifactPath {
    ArtifactPath::parse(raw).unwrap()
}

/// So many bytes, none like its neighbours.
pub fn bytes(count: usize) -> Vec<u8> {
    (0..=250).cycle().take(count).collect()
}

/// Everything that comes of a download.
pub async fn content(download: Download) -> Vec<u8> {
    download.bytes.map(|piece| piece.unwrap().to_vec()).concat().await
}

async fn open_spool(at: &At, quota: Option<u64>) -> Spool {
    Spool::open(&at.location, &at.settings, quota, &Registry::new()).await.unwrap()
}

fn body(chunks: Vec<Vec<u8>>) -> impl Stream<Item = Result<Bytes, io::Error>> + Send + Unpin {
    stream::iter(chunks.into_iter().map(|chunk| Ok(Bytes::from(chunk))))
}

/// Waits for what goes on by itself.
async fn until(mut condition: impl AsyncFnMut() -> bool) {
    let waiting = async {
        while !condition().await {
            sleep(Duration::from_millis(10)).await;
        }
    };
    assert!(timeout(LIMIT, waiting).await.is_ok(), "it did not happen in {LIMIT:?}");
}

#[cfg(test)]
mod tests;
