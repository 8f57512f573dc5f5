//! Objects beside the artifacts: archived parts of the log, which the server keeps for itself.
//!
//! Their names begin with a folder that no [`crate::ArtifactPath`] can name, so no client reaches them, no purge removes them and no
//! listing shows them.

use bytes::{Bytes, BytesMut};
use futures::TryStreamExt;
use object_store::PutPayload;
use std::ops::Range;

use super::{ArtifactStore, Home, Operation, StoreError};
use crate::BoxError;

/// The folder of all archives. Paths of artifacts have no `#`.
const FOLDER: &str = "#archive/";

impl ArtifactStore {
    /// The name of an object among the archives. `relative` is a path such as `events/1.parquet`.
    pub fn archive_name(relative: &str) -> String {
        format!("{FOLDER}{relative}")
    }

    /// Puts the object, in place of one with its name, and returns when it is durable. It is sent in one piece.
    pub async fn put_archive(&self, name: &str, bytes: Bytes) -> Result<(), StoreError> {
        let put = async {
            let (name, payload) = (of_archive(name)?, PutPayload::from(bytes));
            match &self.home {
                Home::Folder(folder) => folder.put(name, payload).await.map_err(BoxError::from),
                Home::Bucket(bucket) => bucket.put(name, payload).await.map_err(BoxError::from),
            }
        };
        self.metrics.of(Operation::Put, put).await.map_err(failed("store", name))
    }

    /// The object, or a range of it that is not empty and ends at its end at the latest; with the size of the whole. `None` when
    /// there is no such object.
    pub async fn get_archive(&self, name: &str, range: Option<Range<u64>>) -> Result<Option<(u64, Bytes)>, StoreError> {
        let get = async {
            let name = of_archive(name)?;
            let found = match &self.home {
                Home::Folder(folder) => folder.get(name, range).await?,
                Home::Bucket(bucket) => bucket.get(name, range).await?,
            };
            let Some(download) = found else { return Ok(None) };
            let length = download.range.end - download.range.start;
            let empty = BytesMut::with_capacity(usize::try_from(length).unwrap_or_default());
            let gather = |mut all: BytesMut, piece: Bytes| async move {
                all.extend_from_slice(&piece);
                Ok(all)
            };
            let bytes = download.bytes.try_fold(empty, gather).await?;
            Ok(Some((download.size, bytes.freeze())))
        };
        self.metrics.of(Operation::Get, get).await.map_err(failed("read", name))
    }

    /// Removes the object. One that is not there was removed before.
    pub async fn delete_archive(&self, name: &str) -> Result<(), StoreError> {
        let delete = async {
            let name = of_archive(name)?;
            match &self.home {
                Home::Folder(folder) => folder.delete(name).await.map_err(BoxError::from),
                Home::Bucket(bucket) => bucket.delete(name).await.map_err(BoxError::from),
            }
        };
        self.metrics.of(Operation::Delete, delete).await.map_err(failed("delete", name))
    }
}

fn of_archive(name: &str) -> Result<&str, BoxError> {
    if name.starts_with(FOLDER) { Ok(name) } else { Err(format!("archives are in the folder {FOLDER}").into()) }
}

fn failed(operation: &'static str, name: &str) -> impl FnOnce(BoxError) -> StoreError + use<> {
    let path = name.to_owned();
    move |source| StoreError::Backend { operation, path, source }
}
