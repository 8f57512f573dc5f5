//! Artifacts: the bytes of each are where they have to be, as many as they have to be, and with their digest.

use futures::{StreamExt, TryStreamExt, stream};
use runledger_artifacts::{ArtifactPath, ArtifactStore, ByteStream, Spool, StoreError};
use runledger_storage::compare::hex;
use runledger_storage::{Artifact, ArtifactState, ReadModel};
use sha2::{Digest, Sha256};
use std::sync::Mutex;
use std::sync::PoisonError;

use super::Finding;

/// Artifacts read from the views at a time.
const PAGE: i64 = 1_000;

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Reads the bytes of every artifact that the views know, `at_once` at a time. `read` is told of each artifact with its size,
/// `found` what is wrong. Returns how many there are.
pub async fn verify_artifacts(
    views: &ReadModel,
    store: &ArtifactStore,
    spool: &Spool,
    at_once: usize,
    read: impl Fn(u64) + Send + Sync,
    found: impl FnMut(Finding) + Send,
) -> Result<u64, Failure> {
    let found = Mutex::new(found);
    let (mut last, mut count) = (None::<String>, 0);
    loop {
        let page = views.artifacts_after(last.as_deref(), PAGE).await?;
        let Some(end) = page.last() else { return Ok(count) };
        (last, count) = (Some(end.path.clone()), count + page.len() as u64);
        stream::iter(page.into_iter().map(Ok::<_, Failure>))
            .try_for_each_concurrent(at_once, |artifact| {
                let (read, found) = (&read, &found);
                async move {
                    let size = artifact.size;
                    if let Some(finding) = check(views, store, spool, artifact).await? {
                        let mut found = found.lock().unwrap_or_else(PoisonError::into_inner);
                        found(finding);
                    }
                    read(size);
                    Ok(())
                }
            })
            .await?;
    }
}

/// Checks one artifact. Whatever seems wrong is looked at again if the artifact is another one by then.
async fn check(
    views: &ReadModel,
    store: &ArtifactStore,
    spool: &Spool,
    artifact: Artifact,
) -> Result<Option<Finding>, Failure> {
    let mut artifact = artifact;
    loop {
        let Some(problem) = problem(store, spool, &artifact).await? else { return Ok(None) };
        match views.artifact(&artifact.path).await? {
            Some(now) if now == artifact => {
                return Ok(Some(Finding::new(format!("artifact {}", artifact.path), problem)));
            }
            Some(now) => artifact = now,
            None => return Ok(None),
        }
    }
}

async fn problem(store: &ArtifactStore, spool: &Spool, artifact: &Artifact) -> Result<Option<String>, Failure> {
    let (place, bytes) = if artifact.state == ArtifactState::Stored {
        let path = ArtifactPath::parse(&artifact.path)?;
        match store.get(&path, None).await {
            Ok(download) => ("the artifact store", download.bytes),
            Err(StoreError::NotFound { .. }) => return Ok(Some("the artifact store has no such object".to_owned())),
            Err(error) => return Err(error.into()),
        }
    } else {
        match spool.read(&artifact.upload_id, None).await? {
            Some(download) => ("the spool", download.bytes),
            None => return Ok(Some(format!("the spool has no upload {}", artifact.upload_id))),
        }
    };
    let (size, digest) = measure(bytes).await?;
    Ok(if size != artifact.size {
        Some(format!("has {size} bytes in {place}, and {} were acknowledged", artifact.size))
    } else if !artifact.sha256.is_empty() && digest != artifact.sha256 {
        Some(format!("has the SHA-256 {digest} in {place}, and {} was acknowledged", artifact.sha256))
    } else {
        None
    })
}

async fn measure(mut bytes: ByteStream) -> Result<(u64, String), Failure> {
    let (mut size, mut digest) = (0, Sha256::new());
    while let Some(piece) = bytes.next().await {
        let piece = piece?;
        size += piece.len() as u64;
        digest.update(&piece);
    }
    Ok((size, hex(&digest.finalize())))
}
