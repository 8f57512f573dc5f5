//! The object store: where artifacts stay.

mod parts;

use futures::{StreamExt, TryStreamExt};
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{GetOptions, GetRange, GetResultPayload, ObjectStore, ObjectStoreExt, WriteMultipart};
use percent_encoding::percent_decode_str;
use std::fmt::Display;
use std::io;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;
use thiserror::Error;
use tokio::task::spawn_blocking;

use crate::bytes::{Download, stream_file};
use crate::{ArtifactPath, BoxError, Spool, SpoolError, Staged, local};
use parts::Parts;

/// The store with the artifact root. Clones share it.
#[derive(Clone, Debug)]
pub struct ArtifactStore {
    objects: Arc<dyn ObjectStore>,
    /// The same store, when it is a local folder.
    local: Option<LocalFileSystem>,
}

/// A failure of the object store, or of what was to go there.
#[derive(Debug, Error)]
pub enum StoreError {
    #[error("the artifact store cannot be at {location:?}: use a folder or a file:/// URL")]
    Unsupported { location: String },
    #[error("the artifact store has no object at {path}")]
    NotFound { path: ArtifactPath },
    /// The spool has no copy under the id of the upload.
    #[error("the spool has no upload {upload_id}")]
    NotSpooled { upload_id: String },
    /// The copy in the spool is not what was acknowledged.
    #[error("the upload {upload_id} is damaged: its size or SHA-256 is not the one that was recorded")]
    Damaged { upload_id: String },
    #[error("the spool failed")]
    Spool { source: SpoolError },
    #[error("the artifact store failed to {operation} {path}")]
    Backend { operation: &'static str, path: String, source: BoxError },
}

/// Bytes of a part of a multipart upload; smaller files go in one piece.
const PART: usize = 8 << 20;
/// Parts of one file on their way at a time.
const PARTS_AT_ONCE: usize = 2;

impl ArtifactStore {
    /// Opens the store at a folder, which is created, or at a `file:///` URL of one.
    pub async fn open(location: &str) -> Result<Self, StoreError> {
        let folder = match location.split_once("://") {
            None => PathBuf::from(location),
            Some(("file", rest)) if rest.starts_with('/') => {
                PathBuf::from(percent_decode_str(rest).decode_utf8_lossy().into_owned())
            }
            Some(_) => return Err(StoreError::Unsupported { location: location.to_owned() }),
        };
        let open = move || {
            std::fs::create_dir_all(&folder)?;
            let local = LocalFileSystem::new_with_prefix(&folder).map_err(io::Error::other)?;
            Ok::<_, io::Error>(local.with_fsync(true).with_automatic_cleanup(true))
        };
        let opened = spawn_blocking(open).await.map_err(io::Error::other).flatten();
        let local = opened.map_err(backend("open", &location))?;
        Ok(Self { objects: Arc::new(local.clone()), local: Some(local) })
    }

    /// A store over any object store.
    pub fn over(objects: Arc<dyn ObjectStore>) -> Self {
        Self { objects, local: None }
    }

    /// Brings a spooled upload to the path, in place of what is there, and returns when it is durable.
    ///
    /// A copy is checked against size and SHA-256 on the way; nothing appears at the path when they are wrong.
    pub async fn put_file(&self, path: &ArtifactPath, spool: &Spool, upload: &Staged) -> Result<(), StoreError> {
        let object = key("store", path)?;
        let spooled = spool.file(&upload.upload_id).await.map_err(|source| StoreError::Spool { source })?;
        let gone = || StoreError::NotSpooled { upload_id: upload.upload_id.clone() };
        let damaged = || StoreError::Damaged { upload_id: upload.upload_id.clone() };
        let (file, size) = spooled.ok_or_else(gone)?;
        if size != upload.size {
            return Err(damaged());
        }
        if self.link(&object, path, spool, upload).await? {
            return Ok(());
        }
        let mut parts = Parts::new(file, usize::try_from(size).unwrap_or(PART).min(PART));
        let first = parts.next().await.map_err(backend("read", path))?;
        if size <= PART as u64 {
            if parts.sha256() != upload.sha256 {
                return Err(damaged());
            }
            return self.objects.put(&object, first.into()).await.map(drop).map_err(backend("store", path));
        }
        let multipart = self.objects.put_multipart(&object).await.map_err(backend("store", path))?;
        let mut multipart = WriteMultipart::new_with_chunk_size(multipart, PART);
        multipart.put(first);
        match self.put_rest(&mut multipart, parts, path).await {
            Ok(sha256) if sha256 == upload.sha256 => multipart.finish().await.map(drop).map_err(backend("store", path)),
            outcome => {
                if let Err(error) = multipart.abort().await {
                    tracing::warn!(%error, %path, "a multipart upload could not be aborted");
                }
                Err(outcome.err().unwrap_or_else(damaged))
            }
        }
    }

    /// Reads the object, or a range of it, which ends at the end of the object at the latest and is not empty.
    pub async fn get(&self, path: &ArtifactPath, range: Option<Range<u64>>) -> Result<Download, StoreError> {
        let object = key("read", path)?;
        let options = GetOptions { range: range.map(GetRange::Bounded), ..GetOptions::default() };
        let found = self.objects.get_opts(&object, options).await.map_err(|error| match error {
            object_store::Error::NotFound { .. } => StoreError::NotFound { path: path.clone() },
            error => backend("read", path)(error),
        })?;
        let (size, range) = (found.meta.size, found.range.clone());
        let bytes = match found.payload {
            GetResultPayload::File(file, _) => stream_file(file, range.clone()),
            GetResultPayload::Stream(stream) => stream.map_err(io::Error::other).boxed(),
        };
        Ok(Download { size, range, bytes })
    }

    /// Removes the object. One that is not there was removed before.
    pub async fn delete(&self, path: &ArtifactPath) -> Result<(), StoreError> {
        match self.objects.delete(&key("delete", path)?).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(backend("delete", path)(error)),
        }
    }

    /// The object at the path, and all below it when it is a folder. Names that this server cannot have given are left out.
    pub async fn files(&self, path: &ArtifactPath) -> Result<Vec<ArtifactPath>, StoreError> {
        let object = key("list", path)?;
        let mut files = match self.objects.head(&object).await {
            Ok(_) => vec![path.clone()],
            Err(object_store::Error::NotFound { .. }) => Vec::new(),
            Err(error) => return Err(backend("list", path)(error)),
        };
        let mut below = self.objects.list(Some(&object));
        while let Some(found) = below.next().await {
            match found {
                Ok(found) => files.extend(ArtifactPath::parse(found.location.as_ref())),
                Err(object_store::Error::NotFound { .. }) => {}
                Err(error) => return Err(backend("list", path)(error)),
            }
        }
        Ok(files)
    }

    /// Takes the file without copying it, where the store is a folder on the spool's file system.
    async fn link(
        &self,
        object: &Path,
        path: &ArtifactPath,
        spool: &Spool,
        upload: &Staged,
    ) -> Result<bool, StoreError> {
        let Some(local) = &self.local else { return Ok(false) };
        let source = spool.path(&upload.upload_id).map_err(|source| StoreError::Spool { source })?;
        let target = local.path_to_filesystem(object).map_err(backend("store", path))?;
        let linked = spawn_blocking(move || local::link(&source, &target)).await.map_err(io::Error::other).flatten();
        linked.map_err(backend("store", path))
    }

    async fn put_rest(
        &self,
        multipart: &mut WriteMultipart,
        mut parts: Parts,
        path: &ArtifactPath,
    ) -> Result<String, StoreError> {
        loop {
            multipart.wait_for_capacity(PARTS_AT_ONCE).await.map_err(backend("store", path))?;
            let part = parts.next().await.map_err(backend("read", path))?;
            if part.is_empty() {
                return Ok(parts.sha256());
            }
            multipart.put(part);
        }
    }
}

fn key(operation: &'static str, path: &ArtifactPath) -> Result<Path, StoreError> {
    Path::parse(path.as_str()).map_err(backend(operation, path))
}

fn backend<E: Into<BoxError>, P: Display>(
    operation: &'static str,
    path: &P,
) -> impl FnOnce(E) -> StoreError + use<E, P> {
    let path = path.to_string();
    move |error| StoreError::Backend { operation, path, source: error.into() }
}

#[cfg(test)]
mod tests;
