//! What the log says about a job: pure, so that a job can be judged as often as it is delivered.

use runledger_artifacts::ArtifactPath;
use runledger_domain::event::{ArtifactStaged, ArtifactUploaded};
use runledger_domain::{Event, StreamId};
use runledger_queue::UploadJob;

/// What is left to do for a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Due,
    /// The object store has the upload.
    Stored,
    /// The upload failed for the last time before.
    GivenUp,
    /// The path was uploaded again since.
    Superseded,
    /// The path, or a folder above, was deleted since, and the path was not uploaded again.
    Deleted,
    /// The log does not know the upload.
    Unknown,
}

/// The streams that tell about the path: its own, and those of the folders above, which may have been deleted.
pub(crate) fn streams(path: &ArtifactPath) -> Vec<StreamId> {
    path.parents().chain([path.as_str()]).map(StreamId::artifact).collect()
}

/// Judges the removal of a file by the events of its [`streams`] after the deletion.
pub(crate) fn is_back(path: &ArtifactPath, events: impl IntoIterator<Item = Event>) -> bool {
    let back = |event| match event {
        Event::ArtifactStaged(staged) => staged.path == path.as_str(),
        Event::ArtifactUploaded(uploaded) => uploaded.path == path.as_str(),
        _ => false,
    };
    events.into_iter().any(back)
}

/// Judges an upload by the events of the [`streams`] of its path after the job's position.
pub(crate) fn judge(job: &UploadJob, upload_id: &str, events: impl IntoIterator<Item = Event>) -> Verdict {
    // Without a position the events begin before the upload.
    let mut verdict = if job.position > 0 { Verdict::Due } else { Verdict::Unknown };
    for event in events {
        match event {
            Event::ArtifactStaged(staged) if staged.upload_id == upload_id => verdict = Verdict::Due,
            Event::ArtifactStored(stored) if stored.upload_id == upload_id => verdict = Verdict::Stored,
            Event::ArtifactUploadFailed(failed) if failed.upload_id == upload_id => verdict = Verdict::GivenUp,
            Event::ArtifactUploadRetried(retried) if retried.upload_id == upload_id && verdict == Verdict::GivenUp => {
                verdict = Verdict::Due;
            }
            Event::ArtifactStaged(ArtifactStaged { path, .. })
            | Event::ArtifactUploaded(ArtifactUploaded { path, .. })
                if path == job.path && matches!(verdict, Verdict::Due | Verdict::Deleted | Verdict::GivenUp) =>
            {
                verdict = Verdict::Superseded;
            }
            Event::ArtifactDeleted(_) if matches!(verdict, Verdict::Due | Verdict::GivenUp) => {
                verdict = Verdict::Deleted;
            }
            _ => {}
        }
    }
    verdict
}

#[cfg(test)]
mod tests {
    use super::*;
    use runledger_domain::event::{ArtifactDeleted, ArtifactStored, ArtifactUploadFailed, ArtifactUploadRetried};
    use runledger_queue::Task;

    fn staged(upload: &str, path: &str) -> Event {
        let (upload_id, path) = (upload.to_owned(), path.to_owned());
        Event::ArtifactStaged(ArtifactStaged { upload_id, path, size: 1, sha256: String::new(), traceparent: None })
    }

    fn stored(upload: &str) -> Event {
        Event::ArtifactStored(ArtifactStored { upload_id: upload.to_owned(), path: "a/b".to_owned() })
    }

    fn failed(upload: &str) -> Event {
        let (upload_id, path) = (upload.to_owned(), "a/b".to_owned());
        Event::ArtifactUploadFailed(ArtifactUploadFailed { upload_id, path, reason: String::new(), attempts: 6 })
    }

    fn retried(upload: &str) -> Event {
        Event::ArtifactUploadRetried(ArtifactUploadRetried { upload_id: upload.to_owned(), path: "a/b".to_owned() })
    }

    fn uploaded(upload: &str, path: &str) -> Event {
        Event::ArtifactUploaded(ArtifactUploaded { upload_id: upload.to_owned(), path: path.to_owned(), size: 1 })
    }

    fn deleted(path: &str) -> Event {
        Event::ArtifactDeleted(ArtifactDeleted { path: path.to_owned() })
    }

    fn upload(position: i64) -> UploadJob {
        let task = Task::Store { upload_id: "u1".to_owned(), size: 1, sha256: String::new() };
        UploadJob::new("a/b".to_owned(), position, task)
    }

    #[test]
    fn an_upload_is_due_until_it_is_settled_or_superseded() {
        let cases = [
            (vec![], Verdict::Due),
            (vec![stored("u1")], Verdict::Stored),
            (vec![failed("u1")], Verdict::GivenUp),
            (vec![stored("u0")], Verdict::Due),
            (vec![staged("u2", "a/b")], Verdict::Superseded),
            (vec![staged("u2", "a")], Verdict::Due),
            (vec![deleted("a")], Verdict::Deleted),
            (vec![deleted("a"), deleted("a/b")], Verdict::Deleted),
            (vec![deleted("a/b"), staged("u2", "a/b"), stored("u2")], Verdict::Superseded),
            (vec![stored("u1"), staged("u2", "a/b")], Verdict::Stored),
            (vec![failed("u1"), retried("u1")], Verdict::Due),
            (vec![failed("u1"), retried("u0")], Verdict::GivenUp),
            (vec![failed("u1"), deleted("a"), retried("u1")], Verdict::Deleted),
            (vec![failed("u1"), uploaded("u2", "a/b"), retried("u1")], Verdict::Superseded),
        ];
        for (events, expected) in cases {
            assert_eq!(judge(&upload(7), "u1", events.clone()), expected, "{events:?}");
            let before = vec![staged("u0", "a/b"), deleted("a"), staged("u1", "a/b")];
            assert_eq!(
                judge(&upload(0), "u1", before.into_iter().chain(events.clone())),
                expected,
                "{events:?} from the start"
            );
        }
        assert_eq!(judge(&upload(0), "u1", vec![staged("u0", "a/b")]), Verdict::Unknown);
    }

    #[test]
    fn a_deleted_path_is_back_once_it_is_uploaded_again() {
        let path = ArtifactPath::parse("a/b").unwrap();
        assert!(!is_back(&path, vec![]));
        assert!(!is_back(&path, vec![stored("u1"), deleted("a"), staged("u2", "a")]));
        assert!(is_back(&path, vec![staged("u2", "a/b"), stored("u2")]));
        assert!(is_back(&path, vec![uploaded("u2", "a/b")]));
    }

    #[test]
    fn the_streams_are_those_of_the_path_and_its_parents() {
        let path = ArtifactPath::parse("a/b/c").unwrap();
        let names: Vec<String> = streams(&path).iter().map(|stream| stream.as_str().to_owned()).collect();
        assert_eq!(names, ["artifact/a", "artifact/a/b", "artifact/a/b/c"]);
    }
}
