//! Uploads whose bytes are arriving at this process, before the log knows of them.
//!
//! As many as there are requests that bring one. What another process receives, or a client sends to the object store itself,
//! is not among them.

use runledger_artifacts::ArtifactPath;
use serde::Serialize;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use utoipa::ToSchema;

/// The uploads that are arriving, by their upload id.
#[derive(Debug, Default)]
pub(crate) struct IncomingUploads {
    arriving: Mutex<HashMap<String, Arc<Arrival>>>,
}

#[derive(Debug)]
struct Arrival {
    path: ArtifactPath,
    size: Option<u64>,
    begun: i64,
    received: AtomicU64,
}

/// An upload for as long as its bytes arrive; dropped, it is over.
#[derive(Debug)]
pub(crate) struct Arriving<'a> {
    uploads: &'a IncomingUploads,
    upload_id: String,
    arrival: Arc<Arrival>,
}

/// How far an upload has come.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = IncomingUpload)]
pub(crate) struct Incoming {
    /// Where it will be: below the artifact root, or in a listing of a run below the run's artifact location.
    pub(crate) path: String,
    /// Bytes that are here.
    received: u64,
    /// All its bytes, where the client said it beforehand.
    #[schema(required = true)]
    size: Option<u64>,
    /// When it began, in milliseconds since the epoch.
    begun: i64,
}

impl IncomingUploads {
    pub(crate) fn begin(&self, upload_id: &str, path: &ArtifactPath, size: Option<u64>, now: i64) -> Arriving<'_> {
        let arrival = Arrival { path: path.clone(), size, begun: now, received: AtomicU64::new(0) };
        let arriving = Arriving { uploads: self, upload_id: upload_id.to_owned(), arrival: Arc::new(arrival) };
        let mut all = self.arriving.lock().unwrap_or_else(PoisonError::into_inner);
        all.insert(arriving.upload_id.clone(), Arc::clone(&arriving.arrival));
        arriving
    }

    /// The uploads below a folder, or all of them; the oldest first.
    pub(crate) fn below(&self, folder: Option<&ArtifactPath>) -> Vec<Incoming> {
        let inside = |path: &ArtifactPath| folder.is_none_or(|folder| folder.contains(path));
        let mut found: Vec<Incoming> = {
            let all = self.arriving.lock().unwrap_or_else(PoisonError::into_inner);
            all.values().filter(|arrival| inside(&arrival.path)).map(|arrival| arrival.progress()).collect()
        };
        found.sort_by(|a, b| (a.begun, &a.path).cmp(&(b.begun, &b.path)));
        found
    }
}

impl Arrival {
    fn progress(&self) -> Incoming {
        let received = self.received.load(Ordering::Relaxed);
        Incoming { path: self.path.as_str().to_owned(), received, size: self.size, begun: self.begun }
    }
}

impl Arriving<'_> {
    pub(crate) fn received(&self, bytes: usize) {
        self.arrival.received.fetch_add(bytes as u64, Ordering::Relaxed);
    }
}

impl Drop for Arriving<'_> {
    fn drop(&mut self) {
        self.uploads.arriving.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.upload_id);
    }
}
