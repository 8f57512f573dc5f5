//! Removing what was deleted from the object store: a file, or everything below a folder.

use futures::{TryStreamExt, stream};
use runledger_artifacts::ArtifactPath;
use runledger_domain::event::ArtifactRemoved;
use runledger_domain::{Event, StreamId};
use runledger_queue::UploadJob;
use std::time::Duration;

use crate::metrics::Outcome;
use crate::verdict::is_back;
use crate::{Deps, Error};

/// Files removed at a time.
const AT_ONCE: usize = 8;
/// How long an upload of the path may hold the removal up.
const PATIENCE: Duration = Duration::from_secs(30);

/// Removes the objects that were there at the deletion and did not come back since. One that is gone was removed before.
pub(crate) async fn carry_out(deps: &Deps, job: &UploadJob, path: &ArtifactPath) -> Result<Outcome, Error> {
    let files = deps.store.files(path).await.map_err(|source| Error::Store { source })?;
    stream::iter(files.into_iter().map(Ok))
        .try_for_each_concurrent(AT_ONCE, |file| async move { remove(deps, job.position, &file).await })
        .await?;
    forget(deps, job).await?;
    let removed = ArtifactRemoved { path: job.path.clone(), deletion: job.position };
    deps.append(&job.path, Event::ArtifactRemoved(removed), &format!("deletion-{}", job.position)).await?;
    Ok(Outcome::Removed)
}

/// Removes what the spool keeps of uploads to the path itself that were given up. Below a folder the janitor does so.
async fn forget(deps: &Deps, job: &UploadJob) -> Result<(), Error> {
    let events = deps.log.read_streams(&[StreamId::artifact(&job.path)], 0).await;
    let events = events.map_err(|source| Error::Storage { source })?;
    for event in events.iter().filter(|event| event.position < job.position) {
        if let Event::ArtifactStaged(staged) = event.decode().map_err(|source| Error::Event { source })? {
            let removed = deps.spool.remove(&staged.upload_id).await;
            removed.map_err(|source| Error::Store { source: source.into() })?;
        }
    }
    Ok(())
}

async fn remove(deps: &Deps, deletion: i64, file: &ArtifactPath) -> Result<(), Error> {
    let removing = async {
        if is_back(file, deps.events_about(file, deletion).await?) {
            return Ok(());
        }
        deps.store.delete(file).await.map_err(|source| Error::Store { source })
    };
    deps.alone_at(file, PATIENCE, removing).await?.ok_or(Error::Busy)
}
