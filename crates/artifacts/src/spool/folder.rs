//! A spool in a local folder, which may be a volume that several hosts share.
//!
//! An upload is written to `<upload id>.part`, which its writer keeps locked, then renamed to `<upload id>`. A half-written
//! file is removed when its client breaks off, or by a count when its process died.

use bytes::Bytes;
use futures::{Stream, StreamExt};
use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tokio::task::{JoinHandle, spawn_blocking};

use super::quota::Counted;
use super::sync::FolderSync;
use super::writer::{PART, Writer};
use super::{Spool, SpoolError, StageError, Staged, is_upload_id};
use crate::bytes::Entry;
use crate::place::{try_out, unless_full, unusable};
use crate::source::Source;
use crate::{BoxError, PlaceError};

/// Clones share it.
#[derive(Clone, Debug)]
pub(super) struct Folder {
    path: Arc<Path>,
    sync: FolderSync,
}

/// Bytes that are gathered before they are written: large enough to make the hop to a blocking thread cheap.
const GATHER: usize = 256 << 10;
/// A writer locks its file right after creating it. Until then the file is as young as this.
const GRACE: Duration = Duration::from_mins(1);
/// Where the records of multipart uploads are.
const RECORDS: &str = "multiparts";
/// A count removes it, should it be left behind.
const PROBE: &str = "probe.part";

impl Folder {
    /// Opens or creates the folder, makes sure that it can be written, and counts what is in it.
    pub(super) async fn open(path: PathBuf, setting: &'static str) -> Result<(Self, Counted), PlaceError> {
        let opening = path.clone();
        let open = move || {
            fs::create_dir_all(opening.join(RECORDS)).or_else(unless_full)?;
            try_out(&opening, PROBE)?;
            Ok((count(&opening)?, File::open(&opening)?))
        };
        let (counted, handle) = blocking(open).await.map_err(unusable(&path, setting))?;
        Ok((Self { path: path.into(), sync: FolderSync::new(handle) }, counted))
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether the folder is there and can be written. A full disk is no failure: it passes.
    pub(super) async fn probe(&self, setting: &'static str) -> Result<(), PlaceError> {
        let path = Arc::clone(&self.path);
        blocking(move || try_out(&path, PROBE)).await.map_err(unusable(&self.path, setting))
    }

    pub(super) async fn stage<S, E>(&self, upload_id: &str, mut body: S, spool: &Spool) -> Result<Staged, StageError>
    where
        S: Stream<Item = Result<Bytes, E>> + Send + Unpin,
        E: Into<BoxError>,
    {
        let path = self.path.join(upload_id);
        let failed = |source: io::Error| match source.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => spool.full(),
            _ => StageError::Spool { source: failure("writing", &path)(source) },
        };
        let mut writer = Slot::Idle(Writer::new(path.clone(), spool.quota.reserve_nothing()));
        let mut gathered = Gathered::default();
        let mut reserved = spool.quota.reserve_nothing();
        while let Some(chunk) = body.next().await {
            let chunk = chunk.map_err(|source| StageError::Body { source: source.into() })?;
            spool.take(&mut reserved, chunk.len()).await?;
            gathered.push(chunk);
            if gathered.bytes >= GATHER {
                let chunks = std::mem::take(&mut gathered).chunks;
                // The next chunks arrive while these are being written.
                let idle = writer.idle().await.map_err(failed)?;
                let taken = std::mem::replace(&mut reserved, spool.quota.reserve_nothing());
                writer = Slot::Busy(spawn_blocking(move || idle.write(&chunks, taken)));
            }
        }
        let idle = writer.idle().await.map_err(failed)?;
        let finish = move || idle.write(&gathered.chunks, reserved)?.finish();
        let (written, sha256) = blocking(finish).await.map_err(failed)?;
        self.sync.sync().await.map_err(failed)?;
        Ok(Staged { upload_id: upload_id.to_owned(), size: written.keep(), sha256 })
    }

    pub(super) async fn file(&self, upload_id: &str) -> Result<Option<(File, u64)>, SpoolError> {
        let path = self.path.join(upload_id);
        let opening = path.clone();
        let open = move || {
            let file = File::open(&opening)?;
            let size = file.metadata()?.len();
            Ok((file, size))
        };
        blocking(open).await.map(Some).or_else(unless_missing).map_err(failure("opening", &path))
    }

    pub(super) async fn source(&self, upload_id: &str) -> Result<Option<Source>, SpoolError> {
        Ok(self.file(upload_id).await?.map(|(file, size)| Source::file(file, size)))
    }

    /// Returns the bytes of what was removed, if it was there.
    pub(super) async fn remove(&self, upload_id: &str) -> Result<Option<u64>, SpoolError> {
        let path = self.path.join(upload_id);
        let removing = path.clone();
        let remove = move || {
            let size = fs::metadata(&removing)?.len();
            fs::remove_file(&removing)?;
            Ok(size)
        };
        blocking(remove).await.map(Some).or_else(unless_missing).map_err(failure("removing", &path))
    }

    /// Counts whole uploads, and removes half-written ones of processes that died.
    pub(super) async fn count(&self) -> Result<Counted, SpoolError> {
        let path = Arc::clone(&self.path);
        blocking(move || count(&path)).await.map_err(failure("counting", &self.path))
    }

    pub(super) async fn list(&self) -> Result<Vec<Entry>, SpoolError> {
        let path = Arc::clone(&self.path);
        let uploads = move || Ok(entries(&path)?.into_iter().filter(|entry| is_upload_id(&entry.name)).collect());
        blocking(uploads).await.map_err(failure("listing", &self.path))
    }

    pub(super) async fn put_record(&self, name: &str, bytes: Vec<u8>) -> Result<(), SpoolError> {
        let (half, path) = (self.path.join(format!("{name}.{PART}")), self.record(name));
        let placed = path.clone();
        let put = move || {
            let mut file = File::create(&half)?;
            file.write_all(&bytes)?;
            file.sync_data()?;
            fs::create_dir_all(placed.parent().unwrap_or(&placed))?;
            fs::rename(&half, &placed)
        };
        blocking(put).await.map_err(failure("writing", &path))
    }

    pub(super) async fn read_record(&self, name: &str) -> Result<Option<Vec<u8>>, SpoolError> {
        let path = self.record(name);
        let reading = path.clone();
        let read = blocking(move || fs::read(&reading)).await;
        read.map(Some).or_else(unless_missing).map_err(failure("reading", &path))
    }

    pub(super) async fn remove_record(&self, name: &str) -> Result<(), SpoolError> {
        let path = self.record(name);
        let removing = path.clone();
        let removed = blocking(move || fs::remove_file(&removing)).await;
        removed.map(Some).or_else(unless_missing).map(drop).map_err(failure("removing", &path))
    }

    pub(super) async fn records(&self) -> Result<Vec<Entry>, SpoolError> {
        let path = self.path.join(RECORDS);
        let listing = path.clone();
        let listed = blocking(move || entries(&listing)).await;
        let listed = listed.map(Some).or_else(unless_missing).map_err(failure("listing", &path))?;
        Ok(listed.unwrap_or_default())
    }

    fn record(&self, name: &str) -> PathBuf {
        self.path.join(RECORDS).join(name)
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

fn count(folder: &Path) -> io::Result<Counted> {
    let mut counted = Counted::default();
    for entry in entries(folder)? {
        if is_upload_id(&entry.name) {
            counted.uploads += 1;
            counted.bytes += entry.size;
        } else if Path::new(&entry.name).extension().is_some_and(|extension| extension == PART) && entry.age >= GRACE {
            remove_if_dead(&folder.join(&entry.name))?;
        }
    }
    Ok(counted)
}

fn remove_if_dead(path: &Path) -> io::Result<()> {
    let file = match File::open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        opened => opened?,
    };
    if file.try_lock().is_ok() {
        tracing::info!(path = %path.display(), "removing an upload that was never finished");
        fs::remove_file(path).map(Some).or_else(unless_missing)?;
    }
    Ok(())
}

/// The files of the folder. Those that another process removes meanwhile are left out.
fn entries(folder: &Path) -> io::Result<Vec<Entry>> {
    let mut entries = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let Some((meta, name)) =
            entry.metadata().map(Some).or_else(unless_missing)?.zip(entry.file_name().into_string().ok())
        else {
            continue;
        };
        if meta.is_file() {
            let age = SystemTime::elapsed(&meta.modified()?).unwrap_or_default();
            entries.push(Entry { name, size: meta.len(), age });
        }
    }
    Ok(entries)
}

fn unless_missing<T>(error: io::Error) -> io::Result<Option<T>> {
    if error.kind() == ErrorKind::NotFound { Ok(None) } else { Err(error) }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<T> {
    spawn_blocking(work).await.map_err(io::Error::other)?
}

fn failure(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> SpoolError + use<> {
    let what = path.display().to_string();
    move |source| SpoolError::Failed { action, what, source: source.into() }
}
