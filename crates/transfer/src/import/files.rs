//! Artifacts that the source keeps itself, through the spool as any upload.

use runledger_artifacts::{ArtifactPath, Spool, StageError};
use runledger_domain::command::Decision;
use runledger_domain::event::ArtifactStaged;
use runledger_domain::{Event, StreamId};
use tokio::time::sleep;

use super::Import;
use super::append::append;
use crate::mlflow::Files;
use crate::{TransferError, What};

impl Import {
    /// Takes in everything below the artifact root, but for what is there already in the same size. Artifacts elsewhere, such
    /// as in a bucket of their own, stay there: their address came along.
    pub(super) async fn artifacts(&self, uri: &str) -> Result<(), TransferError> {
        let Some(spool) = &self.spool else { return Ok(()) };
        let unusable = |source| TransferError::Path { path: uri.to_owned(), source };
        let Some(root) = ArtifactPath::of_uri(uri).map_err(unusable)? else { return Ok(()) };
        let mut folders = vec![root];
        while let Some(folder) = folders.pop() {
            let found: Files = match self.source.files(folder.as_str()).await {
                Ok(found) => found,
                // A folder that was never written to.
                Err(TransferError::Refused { status: 404, .. }) => continue,
                Err(error) => return Err(error),
            };
            for file in found.files {
                let path = folder
                    .join(&file.path)
                    .map_err(|source| TransferError::Path { path: file.path.clone(), source })?;
                if file.is_dir {
                    folders.push(path);
                } else {
                    self.watcher.found(What::Files, 1);
                    self.file(spool, &path, file.size).await?;
                    self.watcher.done(What::Files, 1);
                }
            }
        }
        Ok(())
    }

    async fn file(&self, spool: &Spool, path: &ArtifactPath, size: Option<i64>) -> Result<(), TransferError> {
        let known = self.views.artifact(path.as_str()).await?;
        if known.is_some_and(|known| size.is_none_or(|size| u64::try_from(size) == Ok(known.size))) {
            return Ok(());
        }
        let upload_id = self.author.ids.random_id().simple().to_string();
        let staged = loop {
            let body = self.source.download(path.as_str()).await?;
            match spool.stage(&upload_id, body).await {
                Ok(staged) => break staged,
                // The workers make room.
                Err(StageError::Full { retry_after, .. }) => {
                    tracing::info!("the spool is full, waiting for the artifact store; does a server or worker run?");
                    sleep(retry_after).await;
                    spool.recount().await?;
                }
                Err(source) => return Err(TransferError::Stage { path: path.as_str().to_owned(), source }),
            }
        };
        let event = ArtifactStaged {
            upload_id: staged.upload_id,
            path: path.as_str().to_owned(),
            size: staged.size,
            sha256: staged.sha256,
            traceparent: None,
        };
        let staged = (StreamId::artifact(path.as_str()), Event::ArtifactStaged(event));
        let decision = Decision { events: vec![staged], guards: Vec::new() };
        // It has no guard that could refuse.
        drop(append(&self.author, decision).await?);
        Ok(())
    }
}
