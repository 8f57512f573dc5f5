//! The spool: a local folder where uploads are durable until the object store has them.
//!
//! An upload is written to `<upload id>.part`, which its writer keeps locked, then renamed to `<upload id>`. A half-written
//! file is removed when its client breaks off, or at the next start when the process died.

mod quota;
mod sync;
mod writer;

use bytes::Bytes;
use futures::{Stream, StreamExt};
use prometheus::Registry;
use std::fs::File;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use thiserror::Error;
use tokio::task::{JoinHandle, spawn_blocking};

use crate::bytes::{Download, stream_file};
use crate::{BoxError, BoxError as Source};
use quota::Quota;
use sync::FolderSync;
use writer::Writer;

pub(crate) use writer::hex;

/// The folder with its quota. Clones share it.
#[derive(Clone, Debug)]
pub struct Spool {
    folder: Arc<Path>,
    quota: Quota,
    sync: FolderSync,
}

/// An upload whose bytes are durable in the spool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Staged {
    pub upload_id: String,
    /// Bytes.
    pub size: u64,
    /// Lower-case hex.
    pub sha256: String,
}

/// A failure of the spool's folder.
#[derive(Debug, Error)]
#[error("the spool failed while {action} {}", path.display())]
pub struct SpoolError {
    pub action: &'static str,
    pub path: PathBuf,
    pub source: io::Error,
}

/// Why an upload was not taken. Nothing of it is left.
#[derive(Debug, Error)]
pub enum StageError {
    /// The client broke off, or its body could not be read.
    #[error("the upload broke off")]
    Body { source: Source },
    /// The quota or the disk is used up; the object store has to take something first.
    #[error("the spool holds its quota of {quota} bytes")]
    Full { quota: u64, retry_after: Duration },
    #[error("the upload could not be written")]
    Spool { source: SpoolError },
}

/// Bytes that are gathered before they are written: large enough to make the hop to a blocking thread cheap.
const GATHER: usize = 256 << 10;
const RETRY_AFTER: Duration = Duration::from_secs(5);

impl Spool {
    /// Opens or creates the folder, removes what a dead process left half-written, and counts the rest.
    ///
    /// `quota` is in bytes; without one it is 90 % of the space that was free before anything was spooled.
    pub async fn open(folder: impl Into<PathBuf>, quota: Option<u64>, registry: &Registry) -> Result<Self, SpoolError> {
        let folder = folder.into();
        let opening = folder.clone();
        let open = move || {
            std::fs::create_dir_all(&opening)?;
            let used = clean(&opening)?;
            let quota = quota.map_or_else(|| quota::default(&opening, used), Ok)?;
            Ok((used, quota, File::open(&opening)?))
        };
        let (used, quota, handle) = blocking(open).await.map_err(failure("opening", &folder))?;
        let quota =
            Quota::register(registry, used, quota).map_err(io::Error::other).map_err(failure("opening", &folder))?;
        Ok(Self { folder: folder.into(), quota, sync: FolderSync::new(handle) })
    }

    /// Writes the stream under the id and returns when its bytes and its name are durable.
    pub async fn stage<S, E>(&self, upload_id: &str, mut body: S) -> Result<Staged, StageError>
    where
        S: Stream<Item = Result<Bytes, E>> + Send + Unpin,
        E: Into<BoxError>,
    {
        let path = self.path(upload_id).map_err(|source| StageError::Spool { source })?;
        let full = || StageError::Full { quota: self.quota.limit(), retry_after: RETRY_AFTER };
        let failed = |source: io::Error| match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => full(),
            _ => StageError::Spool { source: failure("writing", &path)(source) },
        };
        let mut writer = Slot::Idle(Writer::new(path.clone(), self.quota.reserve_nothing()));
        let mut gathered = Gathered::default();
        let mut reserved = self.quota.reserve_nothing();
        while let Some(chunk) = body.next().await {
            let chunk = chunk.map_err(|source| StageError::Body { source: source.into() })?;
            reserved.grow(chunk.len() as u64).map_err(|quota::Exceeded| full())?;
            gathered.push(chunk);
            if gathered.bytes >= GATHER {
                let chunks = std::mem::take(&mut gathered).chunks;
                // The next chunks arrive while these are being written.
                let idle = writer.idle().await.map_err(failed)?;
                let taken = std::mem::replace(&mut reserved, self.quota.reserve_nothing());
                writer = Slot::Busy(spawn_blocking(move || idle.write(&chunks, taken)));
            }
        }
        let idle = writer.idle().await.map_err(failed)?;
        let finish = move || idle.write(&gathered.chunks, reserved)?.finish();
        let (written, digest) = blocking(finish).await.map_err(failed)?;
        self.sync.sync().await.map_err(failed)?;
        Ok(Staged { upload_id: upload_id.to_owned(), size: written.keep(), sha256: digest })
    }

    /// Opens an upload; `None` when it has left the spool.
    pub async fn file(&self, upload_id: &str) -> Result<Option<(File, u64)>, SpoolError> {
        let path = self.path(upload_id)?;
        let opening = path.clone();
        let open = move || {
            let file = File::open(&opening)?;
            let size = file.metadata()?.len();
            Ok((file, size))
        };
        match blocking(open).await {
            Ok(opened) => Ok(Some(opened)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(failure("opening", &path)(error)),
        }
    }

    /// Reads an upload, or a range of it, which ends at the end of the file at the latest. `None` when it has left the spool.
    pub async fn read(&self, upload_id: &str, range: Option<Range<u64>>) -> Result<Option<Download>, SpoolError> {
        let Some((file, size)) = self.file(upload_id).await? else { return Ok(None) };
        let range = range.map_or(0..size, |range| range.start.min(size)..range.end.min(size));
        Ok(Some(Download { size, range: range.clone(), bytes: stream_file(file, range) }))
    }

    /// Removes an upload. One that is not there was removed before.
    pub async fn remove(&self, upload_id: &str) -> Result<(), SpoolError> {
        let path = self.path(upload_id)?;
        let (removing, quota) = (path.clone(), self.quota.clone());
        let remove = move || match std::fs::metadata(&removing).and_then(|meta| {
            std::fs::remove_file(&removing)?;
            Ok(meta.len())
        }) {
            Ok(size) => {
                quota.release(size);
                Ok(())
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error),
        };
        blocking(remove).await.map_err(failure("removing", &path))
    }

    /// Bytes in the spool, with those of uploads under way.
    pub fn used(&self) -> u64 {
        self.quota.used()
    }

    /// Bytes that the spool may hold.
    pub fn quota(&self) -> u64 {
        self.quota.limit()
    }

    /// Where an upload lies. Its id came with a job or an event, so it is not trusted to be a plain name.
    pub(crate) fn path(&self, upload_id: &str) -> Result<PathBuf, SpoolError> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        if upload_id.is_empty() || upload_id.len() > 64 || !upload_id.bytes().all(plain) {
            let source = io::Error::new(io::ErrorKind::InvalidInput, "an upload id has letters, digits and '-' only");
            return Err(failure("looking for an upload in", &self.folder)(source));
        }
        Ok(self.folder.join(upload_id))
    }
}

/// The writer, here or on a blocking thread.
enum Slot {
    Idle(Writer),
    Busy(JoinHandle<io::Result<Writer>>),
}

impl Slot {
    async fn idle(self) -> io::Result<Writer> {
        match self {
            Self::Idle(writer) => Ok(writer),
            Self::Busy(task) => task.await.map_err(io::Error::other)?,
        }
    }
}

#[derive(Default)]
struct Gathered {
    chunks: Vec<Bytes>,
    bytes: usize,
}

impl Gathered {
    fn push(&mut self, chunk: Bytes) {
        self.bytes += chunk.len();
        self.chunks.push(chunk);
    }
}

/// Removes half-written uploads that nobody is writing any more, and adds up the sizes of the others.
fn clean(folder: &Path) -> io::Result<u64> {
    let mut used = 0;
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let half_written = path.extension().is_some_and(|extension| extension == writer::PART);
        let file = match File::open(&path) {
            Ok(file) => file,
            // Another process of this deployment finished or removed it.
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error),
        };
        if half_written && file.try_lock().is_ok() {
            tracing::info!(path = %path.display(), "removing an upload that was never finished");
            std::fs::remove_file(&path)?;
        } else {
            used += file.metadata()?.len();
        }
    }
    Ok(used)
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<T> {
    spawn_blocking(work).await.map_err(io::Error::other)?
}

fn failure(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> SpoolError + use<> {
    let path = path.to_owned();
    move |source| SpoolError { action, path, source }
}

#[cfg(test)]
mod tests;
