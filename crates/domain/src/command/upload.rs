//! What an operator decides about an upload that has not reached the artifact store.

use crate::command::Decision;
use crate::event::{ArtifactDeleted, ArtifactUploadRetried};
use crate::{Event, StreamId};

/// Has it tried again from the beginning. Without effect on one that has arrived meanwhile.
pub fn retry_upload(upload_id: String, path: String) -> Decision {
    let stream = StreamId::artifact(&path);
    Decision::one(stream, Event::ArtifactUploadRetried(ArtifactUploadRetried { upload_id, path }), Vec::new())
}

/// Gives it up for good: the artifact is deleted.
pub fn discard_upload(path: String) -> Decision {
    Decision::one(StreamId::artifact(&path), Event::ArtifactDeleted(ArtifactDeleted { path }), Vec::new())
}
