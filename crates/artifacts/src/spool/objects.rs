//! A spool in a bucket: an object per upload, which is there once it is whole.

use bytes::{Bytes, BytesMut};
use futures::{Stream, StreamExt, TryStreamExt};
use object_store::PutPayload;
use sha2::{Digest, Sha256};
use std::ops::Range;

use super::quota::Counted;
use super::{Spool, SpoolError, StageError, Staged, is_upload_id};
use crate::bucket::{Bucket, Fault, Multipart};
use crate::bytes::{Download, Entry};
use crate::memory::{Held, PART, hold};
use crate::record::{Purpose, Record};
use crate::source::{Source, hashed};
use crate::{BoxError, hex};

/// Clones share the connections.
#[derive(Clone, Debug)]
pub(super) struct Objects(pub(super) Bucket);

/// What an upload may gather before it has to wait for memory. Most uploads are smaller, and never wait.
const FREE: usize = 256 << 10;
/// Nobody knows how large an upload becomes, so its parts grow: 10 000 of them then hold 190 GB.
const PARTS_OF_A_SIZE: usize = 2_000;
const LARGEST_PART: usize = 24 << 20;
/// Where the records of multipart uploads are.
const RECORDS: &str = "multiparts";

impl Objects {
    pub(super) async fn stage<S, E>(&self, upload_id: &str, body: S, spool: &Spool) -> Result<Staged, StageError>
    where
        S: Stream<Item = Result<Bytes, E>> + Send + Unpin,
        E: Into<BoxError>,
    {
        let mut staging = Staging::new(self, upload_id);
        let outcome = staging.receive(body, spool).await;
        if outcome.is_err() {
            staging.give_up().await;
        }
        outcome
    }

    pub(super) async fn read(
        &self,
        upload_id: &str,
        range: Option<Range<u64>>,
    ) -> Result<Option<Download>, SpoolError> {
        self.0.get(upload_id, range).await.map_err(failure("reading", upload_id))
    }

    pub(super) async fn source(&self, upload_id: &str) -> Result<Option<Source>, SpoolError> {
        let size = self.size(upload_id).await?;
        Ok(size.map(|size| Source::object(self.0.clone(), upload_id.to_owned(), size)))
    }

    pub(super) async fn size(&self, upload_id: &str) -> Result<Option<u64>, SpoolError> {
        self.0.size(upload_id).await.map_err(failure("opening", upload_id))
    }

    /// Returns the bytes of what was removed, if it was there.
    pub(super) async fn remove(&self, upload_id: &str) -> Result<Option<u64>, SpoolError> {
        let size = self.size(upload_id).await?;
        if size.is_some() {
            self.0.delete(upload_id).await.map_err(failure("removing", upload_id))?;
        }
        Ok(size)
    }

    pub(super) async fn count(&self) -> Result<Counted, SpoolError> {
        let found = self.0.list("").map_err(failure("counting", ""))?;
        let counted = found.try_fold(Counted::default(), |counted, found| async move {
            let Counted { uploads, bytes } = counted;
            let whole = is_upload_id(&found.name);
            Ok(if whole { Counted { uploads: uploads + 1, bytes: bytes + found.size } } else { counted })
        });
        counted.await.map_err(failure("counting", ""))
    }

    pub(super) async fn list(&self) -> Result<Vec<Entry>, SpoolError> {
        let entries = self.entries("").await?;
        Ok(entries.into_iter().filter(|entry| is_upload_id(&entry.name)).collect())
    }

    pub(super) async fn put_record(&self, name: &str, bytes: Vec<u8>) -> Result<(), SpoolError> {
        let name = format!("{RECORDS}/{name}");
        self.0.put(&name, bytes.into()).await.map_err(failure("writing", &name))
    }

    pub(super) async fn read_record(&self, name: &str) -> Result<Option<Vec<u8>>, SpoolError> {
        let name = format!("{RECORDS}/{name}");
        let Some(found) = self.0.get(&name, None).await.map_err(failure("reading", &name))? else { return Ok(None) };
        let read: Result<Vec<Bytes>, _> = found.bytes.try_collect().await;
        let bytes =
            read.map_err(|source| SpoolError::Failed { action: "reading", what: name.clone(), source: source.into() })?;
        Ok(Some(bytes.concat()))
    }

    pub(super) async fn remove_record(&self, name: &str) -> Result<(), SpoolError> {
        let name = format!("{RECORDS}/{name}");
        self.0.delete(&name).await.map_err(failure("removing", &name))
    }

    pub(super) async fn records(&self) -> Result<Vec<Entry>, SpoolError> {
        let mut records = self.entries(RECORDS).await?;
        for record in &mut records {
            record.name = record.name.rsplit('/').next().unwrap_or_default().to_owned();
        }
        Ok(records)
    }

    async fn entries(&self, folder: &str) -> Result<Vec<Entry>, SpoolError> {
        let found = self.0.list(folder).map_err(failure("listing", folder))?;
        found.try_collect().await.map_err(failure("listing", folder))
    }
}

/// An upload on its way into the bucket.
struct Staging<'a> {
    spool: &'a Objects,
    upload_id: &'a str,
    gathered: BytesMut,
    /// The memory of what is gathered, once it is more than is free.
    held: Option<Held>,
    digest: Sha256,
    multipart: Option<(Multipart, Record)>,
}

impl<'a> Staging<'a> {
    fn new(spool: &'a Objects, upload_id: &'a str) -> Self {
        Self { spool, upload_id, gathered: BytesMut::new(), held: None, digest: Sha256::new(), multipart: None }
    }

    async fn receive<S, E>(&mut self, mut body: S, spool: &Spool) -> Result<Staged, StageError>
    where
        S: Stream<Item = Result<Bytes, E>> + Send + Unpin,
        E: Into<BoxError>,
    {
        let mut reserved = spool.quota.reserve_nothing();
        let mut size = 0;
        while let Some(chunk) = body.next().await {
            let chunk = chunk.map_err(|source| StageError::Body { source: source.into() })?;
            spool.take(&mut reserved, chunk.len()).await?;
            size += chunk.len() as u64;
            self.push(chunk).await?;
        }
        self.finish().await?;
        reserved.keep();
        let sha256 = hex(&std::mem::take(&mut self.digest).finalize());
        Ok(Staged { upload_id: self.upload_id.to_owned(), size, sha256 })
    }

    async fn push(&mut self, mut chunk: Bytes) -> Result<(), StageError> {
        while !chunk.is_empty() {
            let part = self.part();
            if self.held.is_none() && self.gathered.len() + chunk.len() > FREE {
                self.held = Some(hold(part).await);
                self.gathered.reserve(part - self.gathered.len());
            }
            let fits = chunk.split_to(chunk.len().min(part - self.gathered.len()));
            self.gathered.extend_from_slice(&fits);
            if self.gathered.len() == part {
                self.send().await?;
            }
        }
        Ok(())
    }

    /// Makes the upload visible.
    async fn finish(&mut self) -> Result<(), StageError> {
        if self.multipart.is_none() {
            let bytes = self.hashed().await?;
            return self.spool.0.put(self.upload_id, bytes).await.map_err(|fault| self.failed(fault));
        }
        if !self.gathered.is_empty() {
            self.send().await?;
        }
        if let Some((multipart, _)) = &mut self.multipart {
            let completed = multipart.complete().await;
            completed.map_err(|fault| self.failed(fault))?;
        }
        if let Some((_, record)) = self.multipart.take() {
            self.forget(&record).await;
        }
        Ok(())
    }

    /// Leaves nothing behind.
    async fn give_up(mut self) {
        if let Some((multipart, record)) = self.multipart.take() {
            match multipart.abort().await {
                Ok(()) => self.forget(&record).await,
                Err(error) => {
                    tracing::warn!(%error, upload_id = self.upload_id, "a broken upload stays until the janitor comes");
                }
            }
        }
    }

    /// Sends what is gathered as the next part.
    async fn send(&mut self) -> Result<(), StageError> {
        let part = self.hashed().await?;
        if self.multipart.is_none() {
            self.multipart = Some(self.open().await?);
        }
        let held = match self.held.take() {
            Some(held) => held,
            None => hold(part.content_length()).await,
        };
        let sent = match &mut self.multipart {
            Some((multipart, _)) => multipart.send(part, held).await,
            None => Ok(()),
        };
        sent.map_err(|fault| self.failed(fault))
    }

    async fn open(&self) -> Result<(Multipart, Record), StageError> {
        let multipart = self.spool.0.open_multipart(self.upload_id).await.map_err(|fault| self.failed(fault))?;
        let record = Record {
            path: self.upload_id.to_owned(),
            multipart_id: multipart.id().to_owned(),
            upload_id: Some(self.upload_id.to_owned()),
            opened_at: None,
            purpose: Purpose::Spool,
        };
        let put = self.spool.put_record(&record.name(), record.encode()).await;
        put.map_err(|source| StageError::Spool { source })?;
        Ok((multipart, record))
    }

    /// Takes what is gathered, and adds it to the digest.
    async fn hashed(&mut self) -> Result<PutPayload, StageError> {
        let bytes = std::mem::take(&mut self.gathered).freeze().into();
        let digest = std::mem::take(&mut self.digest);
        let hashed = hashed(digest, bytes).await.map_err(|error| self.failed(Fault::other(error.to_string())));
        let (digest, bytes) = hashed?;
        self.digest = digest;
        Ok(bytes)
    }

    fn failed(&self, fault: Fault) -> StageError {
        StageError::Spool { source: failure("writing", self.upload_id)(fault) }
    }

    async fn forget(&self, record: &Record) {
        if let Err(error) = self.spool.remove_record(&record.name()).await {
            tracing::warn!(error = &error as &dyn std::error::Error, "a record stays until the janitor comes");
        }
    }

    /// Bytes of the part that is being gathered.
    fn part(&self) -> usize {
        let sent = self.multipart.as_ref().map_or(0, |(multipart, _)| multipart.next_part());
        (PART << (sent / PARTS_OF_A_SIZE)).min(LARGEST_PART)
    }
}

fn failure(action: &'static str, name: &str) -> impl FnOnce(Fault) -> SpoolError + use<> {
    let what = name.to_owned();
    move |fault| SpoolError::Failed { action, what, source: fault.into() }
}
