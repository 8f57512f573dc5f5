//! The spool: where uploads are durable until the object store has them.
//!
//! It is a local folder, or a bucket that processes on several hosts share. Guarantees: an upload is there once it is whole and
//! durable, and not before; one that was not taken leaves nothing. It does not know which uploads are still wanted.

mod folder;
mod objects;
mod pace;
mod quota;
mod sync;
mod writer;

use bytes::Bytes;
use futures::{Stream, stream};
use prometheus::Registry;
use std::ops::Range;
use std::path::PathBuf;
use std::time::Duration;
use thiserror::Error;
use tokio::time::Instant;

use crate::bucket::Bucket;
use crate::bytes::{Download, Entry, stream_file};
use crate::place::{Place, unusable};
use crate::source::Source;
use crate::{BoxError, PlaceError, StoreSettings};
use folder::Folder;
use objects::Objects;
use pace::Pace;
use quota::{Counted, Quota, Reservation};

/// The place with its quota. Clones share it.
#[derive(Clone, Debug)]
pub struct Spool {
    home: Home,
    quota: Quota,
    pace: Pace,
}

#[derive(Clone, Debug)]
enum Home {
    Folder(Folder),
    Bucket(Objects),
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

/// What a listing tells of an upload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spooled {
    pub upload_id: String,
    /// Bytes.
    pub size: u64,
    /// Since it was staged, by the clock of where it lies.
    pub age: Duration,
}

/// A failure of the spool.
#[derive(Debug, Error)]
pub enum SpoolError {
    /// The place cannot be used; the text says what to change.
    #[error("the spool cannot be used")]
    Place { source: PlaceError },
    #[error("{given:?} is no upload id, which has 1 to 64 letters, digits and '-'")]
    UploadId { given: String },
    #[error("the spool failed while {action} {what:?}")]
    Failed { action: &'static str, what: String, source: BoxError },
}

/// Why an upload was not taken. Nothing of it is left.
#[derive(Debug, Error)]
pub enum StageError {
    /// The client broke off, or its body could not be read.
    #[error("the upload broke off")]
    Body { source: BoxError },
    /// The quota or the disk is used up; the object store has to take something first.
    #[error("the spool is full: it may hold {quota} bytes, as far as the disk has them")]
    Full { quota: u64, retry_after: Duration },
    #[error("the upload could not be written")]
    Spool { source: SpoolError },
}

const SETTING: &str = "--spool";
const RETRY_AFTER: Duration = Duration::from_secs(5);
/// Counting takes up to a twentieth of the time, and half of it while uploads are about to be refused.
const SELDOM: u32 = 20;
const OFTEN: u32 = 2;
/// Between two counts on behalf of uploads that are about to be refused.
const LEAST: Duration = Duration::from_millis(200);

impl Spool {
    /// Opens the place, creating a folder that is missing, removes what dead processes left half-written in it, and counts the
    /// rest.
    ///
    /// `quota` is in bytes; without one it is 90 % of the space that was free before anything was spooled, and of a bucket
    /// there is none. A bucket that cannot be reached is no failure here: [`Self::probe`] tells of it until it can.
    pub async fn open(
        location: &str,
        settings: &StoreSettings,
        quota: Option<u64>,
        registry: &Registry,
    ) -> Result<Self, SpoolError> {
        let begun = Instant::now();
        let place = Place::parse(location, settings, SETTING).map_err(|source| SpoolError::Place { source })?;
        let (home, counted, usual) = match place {
            Place::Folder(path) => {
                let opened = Folder::open(path, SETTING).await;
                let (folder, counted) = opened.map_err(|source| SpoolError::Place { source })?;
                let usual = quota::default(folder.path(), counted.bytes);
                let usual = usual.map_err(unusable(folder.path(), SETTING));
                (Home::Folder(folder), counted, usual.map_err(|source| SpoolError::Place { source })?)
            }
            Place::Bucket(bucket) => {
                let objects = Objects(bucket);
                let counted = match objects.0.probe().await {
                    Ok(()) => objects.count().await?,
                    Err(error) => {
                        tracing::warn!(%error, "the spool is away, so no uploads are taken until it is back");
                        Counted::default()
                    }
                };
                (Home::Bucket(objects), counted, u64::MAX)
            }
        };
        let registered = Quota::register(registry, counted, quota.unwrap_or(usual));
        let quota = registered.map_err(failed("registering metrics of", location))?;
        Ok(Self { home, quota, pace: Pace::after(begun.elapsed()) })
    }

    /// Writes the stream under the id and returns when its bytes and its name are durable.
    pub async fn stage<S, E>(&self, upload_id: &str, body: S) -> Result<Staged, StageError>
    where
        S: Stream<Item = Result<Bytes, E>> + Send + Unpin,
        E: Into<BoxError>,
    {
        check(upload_id).map_err(|source| StageError::Spool { source })?;
        match &self.home {
            Home::Folder(folder) => folder.stage(upload_id, body, self).await,
            Home::Bucket(objects) => objects.stage(upload_id, body, self).await,
        }
    }

    /// Reads an upload, or a range of it, which ends at the end of the file at the latest. `None` when it has left the spool.
    pub async fn read(&self, upload_id: &str, range: Option<Range<u64>>) -> Result<Option<Download>, SpoolError> {
        check(upload_id)?;
        match &self.home {
            Home::Folder(folder) => {
                let Some((file, size)) = folder.file(upload_id).await? else { return Ok(None) };
                let range = range.map_or(0..size, |range| range.start.min(size)..range.end.min(size));
                Ok(Some(Download { size, range: range.clone(), bytes: stream_file(file, range) }))
            }
            // Object stores have no answer to a range without bytes.
            Home::Bucket(objects) if range.as_ref().is_some_and(Range::is_empty) => {
                let nothing = |size| Download { size, range: 0..0, bytes: Box::pin(stream::empty()) };
                Ok(objects.size(upload_id).await?.map(nothing))
            }
            Home::Bucket(objects) => objects.read(upload_id, range).await,
        }
    }

    /// Removes an upload. One that is not there was removed before.
    pub async fn remove(&self, upload_id: &str) -> Result<(), SpoolError> {
        check(upload_id)?;
        let removed = match &self.home {
            Home::Folder(folder) => folder.remove(upload_id).await?,
            Home::Bucket(objects) => objects.remove(upload_id).await?,
        };
        if let Some(bytes) = removed {
            self.quota.release(bytes);
        }
        Ok(())
    }

    /// Every upload in the spool, in no order.
    pub async fn list(&self) -> Result<Vec<Spooled>, SpoolError> {
        let entries = match &self.home {
            Home::Folder(folder) => folder.list().await?,
            Home::Bucket(objects) => objects.list().await?,
        };
        Ok(entries.into_iter().map(|Entry { name, size, age }| Spooled { upload_id: name, size, age }).collect())
    }

    /// Counts what is in the spool, which other processes change too, and removes what dead ones left half-written.
    ///
    /// It may be called as often as one likes: where counting takes long, most calls do nothing.
    pub async fn recount(&self) -> Result<(), SpoolError> {
        self.pace.count(SELDOM, Duration::ZERO, self.count()).await
    }

    /// Whether uploads can be taken: the folder can be written, or the bucket is there and lets us in.
    pub async fn probe(&self) -> Result<(), SpoolError> {
        let probed = match &self.home {
            Home::Folder(folder) => folder.probe(SETTING).await,
            Home::Bucket(objects) => objects.0.probe().await,
        };
        probed.map_err(|source| SpoolError::Place { source })
    }

    /// As [`Self::probe`], and writes, reads and removes something in a bucket too.
    pub async fn probe_write(&self) -> Result<(), SpoolError> {
        match &self.home {
            Home::Folder(_) => self.probe().await,
            Home::Bucket(objects) => objects.0.probe_write().await.map_err(|source| SpoolError::Place { source }),
        }
    }

    /// Bytes in the spool, with those of uploads under way.
    pub fn used(&self) -> u64 {
        self.quota.used()
    }

    /// Bytes that the spool may hold; `i64::MAX` where there is no limit.
    pub fn quota(&self) -> u64 {
        self.quota.limit()
    }

    /// Opens an upload to be brought to the store; `None` when it has left the spool.
    pub(crate) async fn source(&self, upload_id: &str) -> Result<Option<Source>, SpoolError> {
        check(upload_id)?;
        match &self.home {
            Home::Folder(folder) => folder.source(upload_id).await,
            Home::Bucket(objects) => objects.source(upload_id).await,
        }
    }

    /// Where an upload lies, if it is a file.
    pub(crate) fn file(&self, upload_id: &str) -> Option<PathBuf> {
        match &self.home {
            Home::Folder(folder) => Some(folder.path().join(upload_id)),
            Home::Bucket(_) => None,
        }
    }

    pub(crate) fn bucket(&self) -> Option<&Bucket> {
        match &self.home {
            Home::Folder(_) => None,
            Home::Bucket(objects) => Some(&objects.0),
        }
    }

    /// Keeps a record of a multipart upload.
    pub(crate) async fn put_record(&self, name: &str, bytes: Vec<u8>) -> Result<(), SpoolError> {
        match &self.home {
            Home::Folder(folder) => folder.put_record(name, bytes).await,
            Home::Bucket(objects) => objects.put_record(name, bytes).await,
        }
    }

    pub(crate) async fn read_record(&self, name: &str) -> Result<Option<Vec<u8>>, SpoolError> {
        match &self.home {
            Home::Folder(folder) => folder.read_record(name).await,
            Home::Bucket(objects) => objects.read_record(name).await,
        }
    }

    pub(crate) async fn remove_record(&self, name: &str) -> Result<(), SpoolError> {
        match &self.home {
            Home::Folder(folder) => folder.remove_record(name).await,
            Home::Bucket(objects) => objects.remove_record(name).await,
        }
    }

    pub(crate) async fn records(&self) -> Result<Vec<Entry>, SpoolError> {
        match &self.home {
            Home::Folder(folder) => folder.records().await,
            Home::Bucket(objects) => objects.records().await,
        }
    }

    /// Takes the bytes off the quota. It is counted again before an upload is refused, as others may have made room.
    async fn take(&self, reserved: &mut Reservation, bytes: usize) -> Result<(), StageError> {
        reserved.grow(bytes as u64);
        if self.quota.holds() {
            return Ok(());
        }
        if let Err(error) = self.pace.count(OFTEN, LEAST, self.count()).await {
            tracing::warn!(error = &error as &dyn std::error::Error, "the spool could not be counted");
        }
        if self.quota.holds() { Ok(()) } else { Err(self.full()) }
    }

    fn full(&self) -> StageError {
        StageError::Full { quota: self.quota.limit(), retry_after: RETRY_AFTER }
    }

    async fn count(&self) -> Result<(), SpoolError> {
        let counted = match &self.home {
            Home::Folder(folder) => folder.count().await?,
            Home::Bucket(objects) => objects.count().await?,
        };
        self.quota.count(counted);
        Ok(())
    }
}

/// An id came with a job or an event, so it is not trusted to be a plain name.
fn check(upload_id: &str) -> Result<(), SpoolError> {
    if is_upload_id(upload_id) {
        return Ok(());
    }
    Err(SpoolError::UploadId { given: upload_id.chars().take(80).collect() })
}

fn is_upload_id(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    !name.is_empty() && name.len() <= 64 && name.bytes().all(plain)
}

fn failed<E: Into<BoxError>>(action: &'static str, what: &str) -> impl FnOnce(E) -> SpoolError + use<E> {
    let what = what.to_owned();
    move |error| SpoolError::Failed { action, what, source: error.into() }
}

#[cfg(test)]
mod tests;
