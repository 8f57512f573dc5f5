//! Segments of metrics in objects: several of one run, one after the other, under a name that has their digest.

use async_trait::async_trait;
use bytes::Bytes;
use runledger_artifacts::{ArtifactStore, StoreError};
use runledger_storage::Error;
use runledger_storage::compare::hex;
use runledger_storage::views::SegmentObjects;
use sha2::{Digest, Sha256};
use tokio::task::spawn_blocking;

use crate::ObjectArchive;
use crate::object::BoxError;

/// The folder of all objects with segments.
const FOLDER: &str = "metrics";

impl ObjectArchive {
    /// The name of the object with these bytes of the run.
    pub async fn name_segments(&self, run_id: &str, bytes: Vec<u8>) -> Result<(String, Bytes), BoxError> {
        let bytes = Bytes::from(bytes);
        let hashed = bytes.clone();
        let sha256 = spawn_blocking(move || hex(&Sha256::digest(&hashed))).await?;
        Ok((ArtifactStore::archive_name(&format!("{FOLDER}/{run_id}/{sha256}")), bytes))
    }

    /// Keeps the bytes as this object, and returns when they were read back.
    pub async fn keep_segments(&self, object: &str, bytes: Bytes) -> Result<(), BoxError> {
        let store = self.store().await?;
        store.put_archive(object, bytes.clone()).await?;
        match store.get_archive(object, None).await? {
            Some((_, back)) if back == bytes => Ok(()),
            _ => Err(format!("the artifact store does not give back what it took as {object:?}").into()),
        }
    }

    /// Removes an object that nothing names any more.
    pub async fn remove_segments(&self, object: &str) -> Result<(), StoreError> {
        self.store().await?.delete_archive(object).await
    }
}

#[async_trait]
impl SegmentObjects for ObjectArchive {
    async fn read(&self, object: &str, start: u64, bytes: u64) -> Result<Vec<u8>, Error> {
        if bytes == 0 {
            return Ok(Vec::new());
        }
        let read = async {
            let (_, found) = self.fetch(object, Some(start..start + bytes)).await?;
            if found.len() as u64 == bytes { Ok(found) } else { Err("it is shorter than it was".into()) }
        };
        let found = self.segments.get((object.to_owned(), start, bytes), read).await;
        found.map(Vec::from).map_err(unread(object))
    }

    async fn check(&self, object: &str) -> Result<Option<String>, Error> {
        let found = async { Ok::<_, BoxError>(self.store().await?.get_archive(object, None).await?) };
        let Some((_, bytes)) = found.await.map_err(unread(object))? else {
            return Ok(Some("the artifact store has no such object".to_owned()));
        };
        let digest = spawn_blocking(move || hex(&Sha256::digest(&bytes))).await;
        let digest = digest.map_err(|source| unread(object)(source.into()))?;
        let right = object.ends_with(&digest);
        Ok((!right).then(|| format!("has the SHA-256 {digest}, and its name has the one that was archived")))
    }
}

fn unread(object: &str) -> impl FnOnce(BoxError) -> Error + use<> {
    let object = object.to_owned();
    move |source| Error::Archive { what: "points of metrics".to_owned(), object, source }
}
