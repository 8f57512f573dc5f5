//! A bucket of an object store, or a folder in it, with a limit to every wait.
//!
//! Guarantees: names stay below the prefix; an object that was replaced is whole, before and after; a store that falls silent
//! is an error after a while. It does not retry beyond what the client does for hiccups.

mod direct;
mod fault;
mod multipart;

use futures::stream::{self, BoxStream, StreamExt};
use object_store::multipart::MultipartStore;
use object_store::path::Path;
use object_store::{GetOptions, GetRange, ObjectStore, ObjectStoreExt, PutPayload};
use std::io;
use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tokio::time::timeout;

use crate::PlaceError;
use crate::bytes::{Download, Entry};

pub(crate) use direct::Direct;
pub(crate) use fault::{Fault, Kind};
pub(crate) use multipart::{Multipart, part_size};

/// A store that takes parts by the id of their upload, so that an upload can be aborted after a crash.
pub(crate) trait Objects: ObjectStore + MultipartStore {}

impl<T: ObjectStore + MultipartStore> Objects for T {}

/// Clones share the connections.
#[derive(Clone, Debug)]
pub(crate) struct Bucket {
    objects: Arc<dyn Objects>,
    prefix: Path,
    /// The place in messages.
    name: Arc<str>,
    /// The setting that names the place.
    setting: &'static str,
    direct: Option<Direct>,
}

/// How long a store may take to answer, or to send the next bytes.
const ANSWER: Duration = Duration::from_secs(30);
/// Putting the parts of a large file together takes some stores minutes.
const COMPLETION: Duration = Duration::from_mins(5);
/// Bytes a second of the slowest line that is waited for: a part has a quarter of an hour.
const SLOWEST: u64 = 10_000;

impl Bucket {
    pub(crate) fn new(objects: Arc<dyn Objects>, prefix: Path, name: String, setting: &'static str) -> Self {
        Self { objects, prefix, name: name.into(), setting, direct: None }
    }

    pub(crate) fn with_direct(self, direct: Option<Direct>) -> Self {
        Self { direct, ..self }
    }

    /// Puts the object in place of what is there.
    pub(crate) async fn put(&self, name: &str, bytes: PutPayload) -> Result<(), Fault> {
        let key = self.key(name)?;
        within(transfer(bytes.content_length()), self.objects.put(&key, bytes)).await.map(drop)
    }

    /// The object, or a range of it that is not empty and ends at the end of the object at the latest.
    pub(crate) async fn get(&self, name: &str, range: Option<Range<u64>>) -> Result<Option<Download>, Fault> {
        let key = self.key(name)?;
        let options = GetOptions { range: range.map(GetRange::Bounded), ..GetOptions::default() };
        let Some(found) = absent(within(ANSWER, self.objects.get_opts(&key, options)).await)? else { return Ok(None) };
        let (size, range) = (found.meta.size, found.range.clone());
        let bytes = stream::try_unfold(found.into_stream(), |mut body| async move {
            let next = timeout(ANSWER, body.next()).await.map_err(|_elapsed| Fault::silent(ANSWER));
            let next = next.and_then(|next| next.transpose().map_err(Fault::of));
            next.map(|bytes| bytes.map(|bytes| (bytes, body))).map_err(io::Error::other)
        });
        Ok(Some(Download { size, range, bytes: bytes.boxed() }))
    }

    /// Bytes of the object; `None` when there is none.
    pub(crate) async fn size(&self, name: &str) -> Result<Option<u64>, Fault> {
        let key = self.key(name)?;
        Ok(absent(within(ANSWER, self.objects.head(&key)).await)?.map(|meta| meta.size))
    }

    /// Removes the object. One that is not there was removed before.
    pub(crate) async fn delete(&self, name: &str) -> Result<(), Fault> {
        let key = self.key(name)?;
        absent(within(ANSWER, self.objects.delete(&key)).await).map(drop)
    }

    /// Everything below the folder, however deep; the empty name is the prefix itself.
    pub(crate) fn list(&self, folder: &str) -> Result<BoxStream<'static, Result<Entry, Fault>>, Fault> {
        let listed = self.objects.list(Some(&self.key(folder)?));
        let root = if self.prefix.is_root() { String::new() } else { format!("{}/", self.prefix) };
        let found = stream::unfold(Some(listed), move |listed| {
            let root = root.clone();
            async move {
                let mut listed = listed?;
                let Ok(next) = timeout(ANSWER, listed.next()).await else {
                    return Some((Err(Fault::silent(ANSWER)), None));
                };
                let found = next?.map_err(Fault::of).map(|meta| Entry {
                    name: meta.location.as_ref().strip_prefix(&root).unwrap_or(meta.location.as_ref()).to_owned(),
                    size: meta.size,
                    age: SystemTime::from(meta.last_modified).elapsed().unwrap_or_default(),
                });
                Some((found, Some(listed)))
            }
        });
        Ok(found.boxed())
    }

    /// Whether the bucket is there and lets us in.
    pub(crate) async fn probe(&self) -> Result<(), PlaceError> {
        // Only a listing tells a missing bucket from a missing object. Nothing is there to be listed, so it is short.
        let looked = async {
            let mut found = self.list(PROBE)?;
            found.next().await.transpose().map(drop)
        };
        looked.await.map_err(|fault| self.unusable(&fault))
    }

    /// Writes a small object, reads it and removes it.
    pub(crate) async fn probe_write(&self) -> Result<(), PlaceError> {
        self.probe().await?;
        let name = format!("{PROBE}/{}", std::process::id());
        let tried = async {
            self.put(&name, PutPayload::from_static(PROBE.as_bytes())).await?;
            let read = self.size(&name).await?;
            self.delete(&name).await?;
            match read {
                Some(size) if size == PROBE.len() as u64 => Ok(()),
                _ => Err(Fault::other("it does not give back what it took".to_owned())),
            }
        };
        tried.await.map_err(|fault| self.unusable(&fault))
    }

    pub(crate) fn unusable(&self, fault: &Fault) -> PlaceError {
        let secrets = match self.name.split_once("://") {
            Some(("gs", _)) => "GOOGLE_APPLICATION_CREDENTIALS",
            Some(("az", _)) => "AZURE_STORAGE_ACCOUNT_NAME and AZURE_STORAGE_ACCOUNT_KEY",
            _ => "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
        };
        PlaceError::Unusable { location: self.name.to_string(), advice: fault.advice(self.setting, secrets) }
    }

    fn key(&self, name: &str) -> Result<Path, Fault> {
        let key = if self.prefix.is_root() { name.to_owned() } else { format!("{}/{name}", self.prefix) };
        Path::parse(key).map_err(|error| Fault::other(error.to_string()))
    }
}

/// A name that no artifact and no upload has.
const PROBE: &str = ".runledger-probe";

/// How long a transfer of so many bytes may take.
fn transfer(bytes: usize) -> Duration {
    ANSWER + Duration::from_secs(bytes as u64 / SLOWEST)
}

async fn within<T>(limit: Duration, work: impl Future<Output = object_store::Result<T>>) -> Result<T, Fault> {
    match timeout(limit, work).await {
        Ok(outcome) => outcome.map_err(Fault::of),
        Err(_elapsed) => Err(Fault::silent(limit)),
    }
}

pub(crate) fn absent<T>(outcome: Result<T, Fault>) -> Result<Option<T>, Fault> {
    match outcome {
        Ok(found) => Ok(Some(found)),
        Err(Fault { kind: Kind::NotFound, .. }) => Ok(None),
        Err(fault) => Err(fault),
    }
}

#[cfg(test)]
mod tests;
