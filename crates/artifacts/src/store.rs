//! The artifact store: where artifacts stay.
//!
//! It is a local folder or a bucket. Guarantees: an object is whole whenever it is there, and is what was acknowledged; every
//! operation may be repeated. Two that change the same path at the same time must be kept apart by the caller.

mod archives;
mod folder;
mod metrics;
mod multiparts;

use futures::StreamExt;
use prometheus::Registry;
use std::ops::Range;
use thiserror::Error;

use crate::bucket::{Bucket, Fault, Kind, Multipart, part_size};
use crate::bytes::Download;
use crate::memory::{PART, hold};
use crate::place::Place;
use crate::record::{Purpose, Record};
use crate::source::Source;
use crate::{ArtifactPath, BoxError, PlaceError, Spool, SpoolError, Staged, StoreSettings};
use folder::Folder;
use metrics::{Operation, StoreMetrics};

/// The store with the artifact root. Clones share it.
#[derive(Clone, Debug)]
pub struct ArtifactStore {
    home: Home,
    metrics: StoreMetrics,
}

#[derive(Clone, Debug)]
enum Home {
    Folder(Folder),
    Bucket(Bucket),
}

/// A failure of the artifact store, or of what was to go there.
#[derive(Debug, Error)]
pub enum StoreError {
    /// The place cannot be used; the text says what to change.
    #[error("the artifact store cannot be used")]
    Place { source: PlaceError },
    #[error("the artifact store has no object at {path}")]
    NotFound { path: ArtifactPath },
    /// The spool has no copy under the id of the upload.
    #[error("the spool has no upload {upload_id}")]
    NotSpooled { upload_id: String },
    /// The copy in the spool is not what was acknowledged.
    #[error("the upload {upload_id} is damaged: its size or SHA-256 is not the one that was recorded")]
    Damaged { upload_id: String },
    /// The multipart upload does not exist, or its parts are not those that the client named.
    #[error("the artifact store cannot make {path} of these parts")]
    Parts { path: ArtifactPath, source: BoxError },
    #[error("the artifact store cannot exchange files with clients directly: only an S3 can")]
    NotDirect,
    #[error("the artifact store's metrics cannot be made")]
    Metrics { source: prometheus::Error },
    #[error("the spool failed")]
    Spool { source: SpoolError },
    #[error("the artifact store failed to {operation} {path:?}")]
    Backend { operation: &'static str, path: String, source: BoxError },
}

impl From<SpoolError> for StoreError {
    fn from(source: SpoolError) -> Self {
        Self::Spool { source }
    }
}

const SETTING: &str = "--artifact-store";

impl ArtifactStore {
    /// Opens the store: a folder, which is created, or a bucket, which is not looked for before it is used; [`Self::probe`]
    /// does so.
    pub async fn open(location: &str, settings: &StoreSettings) -> Result<Self, StoreError> {
        let place = Place::parse(location, settings, SETTING);
        let home = match place.map_err(|source| StoreError::Place { source })? {
            Place::Folder(root) => {
                let folder = Folder::open(root, SETTING).await;
                Home::Folder(folder.map_err(|source| StoreError::Place { source })?)
            }
            Place::Bucket(bucket) => Home::Bucket(bucket),
        };
        let metrics = StoreMetrics::new().map_err(|source| StoreError::Metrics { source })?;
        Ok(Self { home, metrics })
    }

    /// Shows how long its operations take, and how often they fail, among the metrics of the process.
    pub fn register_metrics(&self, registry: &Registry) -> Result<(), prometheus::Error> {
        self.metrics.register(registry)
    }

    /// Brings a spooled upload to the path, in place of what is there, and returns when it is durable.
    ///
    /// A copy is checked against size and SHA-256 on the way; nothing appears at the path when they are wrong. `now_ms` is the
    /// time, by which [`Self::sweep_multiparts`] knows what a crash has left.
    pub async fn put_file(
        &self,
        path: &ArtifactPath,
        spool: &Spool,
        upload: &Staged,
        now_ms: i64,
    ) -> Result<(), StoreError> {
        let upload_id = &upload.upload_id;
        let gone = || StoreError::NotSpooled { upload_id: upload_id.clone() };
        let source = spool.source(upload_id).await?.ok_or_else(gone)?;
        let whole = source.size() == upload.size
            && self.metrics.of(Operation::Put, Box::pin(self.put(path, spool, source, upload, now_ms))).await?;
        if whole { Ok(()) } else { Err(StoreError::Damaged { upload_id: upload_id.clone() }) }
    }

    /// Reads the object, or a range of it, which ends at the end of the object at the latest and is not empty.
    pub async fn get(&self, path: &ArtifactPath, range: Option<Range<u64>>) -> Result<Download, StoreError> {
        let get = async {
            match &self.home {
                Home::Folder(folder) => folder.get(path.as_str(), range).await,
                Home::Bucket(bucket) => bucket.get(path.as_str(), range).await,
            }
        };
        let found = self.metrics.of(Operation::Get, get).await;
        found.map_err(backend("read", path))?.ok_or_else(|| StoreError::NotFound { path: path.clone() })
    }

    /// Bytes of the object.
    pub async fn head(&self, path: &ArtifactPath) -> Result<u64, StoreError> {
        let size = self.size(path).await.map_err(backend("look for", path))?;
        size.ok_or_else(|| StoreError::NotFound { path: path.clone() })
    }

    /// Removes the object. One that is not there was removed before.
    pub async fn delete(&self, path: &ArtifactPath) -> Result<(), StoreError> {
        let delete = async {
            match &self.home {
                Home::Folder(folder) => folder.delete(path.as_str()).await,
                Home::Bucket(bucket) => bucket.delete(path.as_str()).await,
            }
        };
        let deleted = self.metrics.of(Operation::Delete, delete).await;
        deleted.map_err(backend("delete", path))
    }

    /// The object at the path, and all below it when it is a folder. Names that this server cannot have given are left out.
    pub async fn files(&self, path: &ArtifactPath) -> Result<Vec<ArtifactPath>, StoreError> {
        let failed = |fault: Fault| backend("list", path)(fault);
        let mut files = Vec::new();
        if !path.is_root() && self.size(path).await.map_err(failed)?.is_some() {
            files.push(path.clone());
        }
        let mut below = match &self.home {
            Home::Folder(folder) => folder.list(path.as_str()).map_err(failed)?,
            Home::Bucket(bucket) => {
                let found = bucket.list(path.as_str()).map_err(failed)?;
                found.map(|found| found.map(|entry| entry.name)).boxed()
            }
        };
        while let Some(found) = below.next().await {
            match found {
                Ok(name) => files.extend(ArtifactPath::parse(&name)),
                // Another process removed a folder that became empty.
                Err(Fault { kind: Kind::NotFound, .. }) => {}
                Err(fault) => return Err(failed(fault)),
            }
        }
        Ok(files)
    }

    /// Whether the folder can be written, or the bucket is there and lets us in.
    pub async fn probe(&self) -> Result<(), StoreError> {
        let probe = async {
            match &self.home {
                Home::Folder(folder) => folder.probe(SETTING).await,
                Home::Bucket(bucket) => bucket.probe().await,
            }
        };
        let probed = self.metrics.of(Operation::Probe, probe).await;
        probed.map_err(|source| StoreError::Place { source })
    }

    /// As [`Self::probe`], and writes, reads and removes something in a bucket too.
    pub async fn probe_write(&self) -> Result<(), StoreError> {
        match &self.home {
            Home::Folder(_) => self.probe().await,
            Home::Bucket(bucket) => bucket.probe_write().await.map_err(|source| StoreError::Place { source }),
        }
    }

    /// `false`: its digest is not the one that was recorded.
    async fn put(
        &self,
        path: &ArtifactPath,
        spool: &Spool,
        source: Source,
        upload: &Staged,
        now_ms: i64,
    ) -> Result<bool, StoreError> {
        match &self.home {
            Home::Folder(folder) => {
                let linked = match spool.file(&upload.upload_id) {
                    Some(file) => folder.link(path.as_str(), file).await.map_err(backend("store", path))?,
                    None => false,
                };
                Ok(linked
                    || folder.copy(path.as_str(), source, &upload.sha256).await.map_err(backend("store", path))?)
            }
            Home::Bucket(bucket) if upload.size <= PART as u64 => put_small(bucket, path, source, upload).await,
            Home::Bucket(bucket) => self.put_large(bucket, path, spool, source, upload, now_ms).await,
        }
    }

    /// `false`: its digest is not the one that was recorded.
    async fn put_large(
        &self,
        bucket: &Bucket,
        path: &ArtifactPath,
        spool: &Spool,
        source: Source,
        upload: &Staged,
        now_ms: i64,
    ) -> Result<bool, StoreError> {
        self.abort_earlier(spool, &upload.upload_id).await?;
        let mut multipart = bucket.open_multipart(path.as_str()).await.map_err(backend("store", path))?;
        let record = Record {
            path: path.to_string(),
            multipart_id: multipart.id().to_owned(),
            upload_id: Some(upload.upload_id.clone()),
            opened_at: Some(now_ms),
            purpose: Purpose::Worker,
        };
        spool.put_record(&record.name(), record.encode()).await?;
        let outcome = send_parts(&mut multipart, path, source, upload).await;
        let ended = if matches!(outcome, Ok(true)) { Ok(()) } else { multipart.abort().await };
        match ended {
            Ok(()) => multiparts::forget(spool, &record).await,
            Err(error) => tracing::warn!(%error, %path, "a multipart upload could not be aborted; the janitor does it"),
        }
        outcome
    }

    async fn size(&self, path: &ArtifactPath) -> Result<Option<u64>, Fault> {
        let size = async {
            match &self.home {
                Home::Folder(folder) => folder.size(path.as_str()).await,
                Home::Bucket(bucket) => bucket.size(path.as_str()).await,
            }
        };
        self.metrics.of(Operation::Head, size).await
    }
}

/// `false`: its digest is not the one that was recorded.
async fn put_small(
    bucket: &Bucket,
    path: &ArtifactPath,
    mut source: Source,
    upload: &Staged,
) -> Result<bool, StoreError> {
    let size = usize::try_from(upload.size).unwrap_or(PART);
    let _held = hold(size).await;
    let bytes = source.next(size).await.map_err(unread(upload))?;
    if source.sha256() != upload.sha256 {
        return Ok(false);
    }
    bucket.put(path.as_str(), bytes).await.map(|()| true).map_err(backend("store", path))
}

/// Sends everything, and makes it visible if its digest is the one that was recorded.
async fn send_parts(
    multipart: &mut Multipart,
    path: &ArtifactPath,
    mut source: Source,
    upload: &Staged,
) -> Result<bool, StoreError> {
    let size = part_size(upload.size);
    while !source.is_read() {
        let held = hold(size).await;
        let part = source.next(size).await.map_err(unread(upload))?;
        multipart.send(part, held).await.map_err(backend("store", path))?;
    }
    if source.sha256() != upload.sha256 {
        return Ok(false);
    }
    multipart.complete().await.map(|()| true).map_err(backend("store", path))
}

fn unread(upload: &Staged) -> impl FnOnce(std::io::Error) -> StoreError + use<> {
    let what = upload.upload_id.clone();
    move |source| SpoolError::Failed { action: "reading", what, source: source.into() }.into()
}

fn backend<E: Into<BoxError>>(operation: &'static str, path: &ArtifactPath) -> impl FnOnce(E) -> StoreError + use<E> {
    let path = path.to_string();
    move |error| StoreError::Backend { operation, path, source: error.into() }
}

#[cfg(test)]
mod tests;
