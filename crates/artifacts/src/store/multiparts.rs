//! Multipart uploads that outlive a call: those whose parts clients send themselves, and those that a crash has left.
//!
//! Guarantee: every multipart upload is recorded in the spool before it is used, so that somebody ends it.

use object_store::multipart::PartId;
use std::time::Duration;
use tokio::task::coop::consume_budget;

use super::{ArtifactStore, Home, StoreError, backend};
use crate::bucket::{Bucket, Direct, Fault, Kind};
use crate::record::{self, Purpose, Record};
use crate::{ArtifactPath, Spool};

impl ArtifactStore {
    /// Whether clients can send and fetch files without this server in between.
    pub fn supports_direct_transfers(&self) -> bool {
        self.direct().is_ok()
    }

    /// Opens a multipart upload whose parts a client sends, and returns its id. It has to be completed or aborted; after the
    /// age that [`Self::sweep_multiparts`] is given, it is aborted.
    pub async fn open_multipart(&self, path: &ArtifactPath, spool: &Spool, now_ms: i64) -> Result<String, StoreError> {
        let (bucket, direct) = self.direct()?;
        let multipart_id =
            bucket.open_direct(direct, path.as_str()).await.map_err(backend("open an upload of", path))?;
        let record = Record {
            path: path.to_string(),
            multipart_id,
            upload_id: None,
            opened_at: Some(now_ms),
            purpose: Purpose::Client,
        };
        if let Err(error) = spool.put_record(&record.name(), record.encode()).await {
            end(bucket, &record).await?;
            return Err(error.into());
        }
        Ok(record.multipart_id)
    }

    /// URLs to which the parts from 1 to `parts` are PUT, good for `ttl`. The answer to each PUT has an `ETag`.
    pub async fn signed_part_urls(
        &self,
        path: &ArtifactPath,
        multipart_id: &str,
        parts: usize,
        ttl: Duration,
    ) -> Result<Vec<String>, StoreError> {
        let (bucket, direct) = self.direct()?;
        let mut urls = Vec::new();
        for part in 1..=parts {
            let url = bucket.sign_part(direct, path.as_str(), multipart_id, part, ttl).await;
            urls.push(url.map_err(backend("sign parts of", path))?);
            // Signing waits for nothing, and there may be thousands.
            consume_budget().await;
        }
        Ok(urls)
    }

    /// A URL that brings the object, good for `ttl`. Whether the object is there is not looked at.
    pub async fn signed_get(&self, path: &ArtifactPath, ttl: Duration) -> Result<String, StoreError> {
        let (bucket, direct) = self.direct()?;
        bucket.sign_get(direct, path.as_str(), ttl).await.map_err(backend("sign a download of", path))
    }

    /// Makes the object of the parts with these `ETag`s, from part 1 on, and returns its size in bytes. Its record stays until
    /// [`Self::forget_multipart`].
    ///
    /// [`StoreError::NotFound`]: the upload is gone, because it was completed or aborted before.
    pub async fn complete_multipart(
        &self,
        path: &ArtifactPath,
        multipart_id: &str,
        etags: Vec<String>,
    ) -> Result<u64, StoreError> {
        let (bucket, _) = self.direct()?;
        let parts = etags.into_iter().map(|content_id| PartId { content_id }).collect();
        let completed = bucket.complete_multipart(path.as_str(), multipart_id, parts).await;
        completed.map_err(|fault| match fault.kind {
            Kind::Parts => StoreError::Parts { path: path.clone(), source: fault.into() },
            Kind::NotFound => StoreError::NotFound { path: path.clone() },
            _ => backend("complete", path)(fault),
        })
    }

    /// Whether the upload of a client was opened here and not ended.
    pub async fn is_recorded(&self, multipart_id: &str, spool: &Spool) -> Result<bool, StoreError> {
        Ok(spool.read_record(&record::name(None, multipart_id)).await?.is_some())
    }

    /// Ends the record of a client's upload, once it is known elsewhere that it was completed.
    pub async fn forget_multipart(&self, multipart_id: &str, spool: &Spool) {
        forget_name(spool, &record::name(None, multipart_id)).await;
    }

    /// Gives up an upload of a client. One that does not exist was given up before.
    pub async fn abort_multipart(
        &self,
        path: &ArtifactPath,
        multipart_id: &str,
        spool: &Spool,
    ) -> Result<(), StoreError> {
        let (bucket, _) = self.direct()?;
        bucket.abort_multipart(path.as_str(), multipart_id).await.map_err(backend("give up", path))?;
        forget_name(spool, &record::name(None, multipart_id)).await;
        Ok(())
    }

    /// Aborts multipart uploads, also those into the spool, that were opened longer ago than that, and returns their number.
    ///
    /// Whoever still sends parts then fails, so the age has to be longer than the largest upload takes. `now_ms` is the time.
    pub async fn sweep_multiparts(
        &self,
        spool: &Spool,
        now_ms: i64,
        older_than: Duration,
    ) -> Result<usize, StoreError> {
        let (mut swept, mut failure) = (0, None);
        for entry in spool.records().await? {
            let Some(record) = read(spool, &entry.name).await? else { continue };
            let since = |opened: i64| Duration::from_millis(u64::try_from(now_ms - opened).unwrap_or_default());
            if record.opened_at.map_or(entry.age, since) < older_than {
                continue;
            }
            match self.abort(spool, &record).await {
                Ok(()) => swept += 1,
                Err(error) => failure = Some(error),
            }
        }
        failure.map_or(Ok(swept), Err)
    }

    /// Aborts what an earlier attempt to store the upload has left.
    pub(super) async fn abort_earlier(&self, spool: &Spool, upload_id: &str) -> Result<(), StoreError> {
        let owner = record::owner(Some(upload_id));
        for entry in spool.records().await?.into_iter().filter(|entry| entry.name.starts_with(&owner)) {
            if let Some(record) = read(spool, &entry.name).await? {
                self.abort(spool, &record).await?;
            }
        }
        Ok(())
    }

    async fn abort(&self, spool: &Spool, record: &Record) -> Result<(), StoreError> {
        let bucket = match (record.purpose, &self.home) {
            (Purpose::Spool, _) => spool.bucket(),
            (Purpose::Worker | Purpose::Client, Home::Bucket(bucket)) => Some(bucket),
            (Purpose::Worker | Purpose::Client, Home::Folder(_)) => None,
        };
        if let Some(bucket) = bucket {
            end(bucket, record).await?;
        } else {
            tracing::warn!(path = record.path, "a multipart upload is in a bucket that is not used any more");
        }
        Ok(spool.remove_record(&record.name()).await?)
    }

    fn direct(&self) -> Result<(&Bucket, &Direct), StoreError> {
        let Home::Bucket(bucket) = &self.home else { return Err(StoreError::NotDirect) };
        bucket.direct().map(|direct| (bucket, direct)).ok_or(StoreError::NotDirect)
    }
}

/// Removes the record of an upload that has ended. One that stays does no harm: what it names cannot be aborted any more.
pub(super) async fn forget(spool: &Spool, record: &Record) {
    forget_name(spool, &record.name()).await;
}

async fn forget_name(spool: &Spool, name: &str) {
    if let Err(error) = spool.remove_record(name).await {
        tracing::warn!(error = &error as &dyn std::error::Error, "a record stays until the janitor comes");
    }
}

async fn end(bucket: &Bucket, record: &Record) -> Result<(), StoreError> {
    let aborted = bucket.abort_multipart(&record.path, &record.multipart_id).await;
    aborted.map_err(|fault: Fault| StoreError::Backend {
        operation: "give up an upload of",
        path: record.path.clone(),
        source: fault.into(),
    })
}

/// `None` when another process removed it, or when it says nothing, in which case it goes.
async fn read(spool: &Spool, name: &str) -> Result<Option<Record>, StoreError> {
    let Some(bytes) = spool.read_record(name).await? else { return Ok(None) };
    match serde_json::from_slice(&bytes) {
        Ok(record) => Ok(Some(record)),
        Err(error) => {
            tracing::warn!(%error, name, "removing a record of a multipart upload that cannot be read");
            spool.remove_record(name).await?;
            Ok(None)
        }
    }
}
