//! What becomes of an upload that has not reached the artifact store.

use runledger_domain::command::{discard_upload, retry_upload};
use runledger_queue::UploadQueue;
use runledger_storage::{Artifact, Error, Outcome};

use crate::Author;

/// What is to become of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settlement {
    /// It is tried again from the beginning.
    Retry,
    /// It is given up for good, and its artifact deleted.
    Discard,
}

/// Appends what was decided about the upload, and forgets its dead letters. Where the queue cannot be reached these stay, and
/// only the log of the process tells: they change nothing. The log has no ground to reject such events.
pub async fn settle(
    author: &Author,
    queue: Option<&dyn UploadQueue>,
    upload: Artifact,
    settlement: Settlement,
) -> Result<Outcome, Error> {
    let Artifact { upload_id, path, .. } = upload;
    let decision = match settlement {
        Settlement::Retry => retry_upload(upload_id.clone(), path),
        Settlement::Discard => discard_upload(path),
    };
    let outcome = author.append(decision).await?;
    if let Some(queue) = queue
        && let Err(error) = queue.forget_dead_letters(&upload_id).await
    {
        let error = &error as &dyn std::error::Error;
        tracing::warn!(error, upload_id, "the dead letters of the upload stay in the queue");
    }
    Ok(outcome)
}
