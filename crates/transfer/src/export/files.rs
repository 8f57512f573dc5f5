//! Artifacts, to where the target keeps those of the new run or model.

use runledger_artifacts::{ArtifactPath, ArtifactStore, ByteStream, Spool, StoreError};
use runledger_storage::{Artifact, ArtifactState};

use super::{Export, Exported};
use crate::{TransferError, What};

impl Export {
    /// Brings everything below the artifact root of the run or model. What is in a place of its own stays there.
    pub(super) async fn artifacts(&self, of: &Exported) -> Result<(), TransferError> {
        let Some((spool, store)) = &self.files else { return Ok(()) };
        let path = |uri: &str| {
            ArtifactPath::of_uri(uri).map_err(|source| TransferError::Path { path: uri.to_owned(), source })
        };
        let (Some(from), Some(to)) = (path(&of.from)?, path(&of.artifact_uri)?) else { return Ok(()) };
        let mut folders = vec![from.as_str().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in self.views.list_artifacts(&folder).await? {
                let Some(file) = entry.file else {
                    folders.push(entry.path);
                    continue;
                };
                let below = file.path.strip_prefix(from.as_str()).unwrap_or(&file.path).trim_start_matches('/');
                self.watcher.found(What::Files, 1);
                let body = open(spool, store, &file).await?;
                self.target.upload(&format!("{to}/{below}"), body, file.size).await?;
                self.watcher.done(What::Files, 1);
            }
        }
        Ok(())
    }
}

/// The bytes, wherever they are.
async fn open(spool: &Spool, store: &ArtifactStore, file: &Artifact) -> Result<ByteStream, TransferError> {
    if file.state != ArtifactState::Stored
        && let Some(download) = spool.read(&file.upload_id, None).await?
    {
        return Ok(download.bytes);
    }
    let path =
        ArtifactPath::parse(&file.path).map_err(|source| TransferError::Path { path: file.path.clone(), source })?;
    match store.get(&path, None).await {
        Ok(download) => Ok(download.bytes),
        Err(source @ StoreError::NotFound { .. }) => {
            // It may have moved from the spool to the store meanwhile, and not the other way round.
            tracing::error!(path = file.path, "the artifact is neither in the spool nor in the store");
            Err(source.into())
        }
        Err(error) => Err(error.into()),
    }
}
