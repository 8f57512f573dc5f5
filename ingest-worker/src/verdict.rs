//! What the log says about a job: pure, so that a job can be judged as often as it is delivered.

use runledger_artifacts::ArtifactPath;
use runledger_domain::{Event, StreamId};
use runledger_queue::{Task, UploadJob};

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

/// Judges a job by the events of [`streams`] after its position.
pub(crate) fn judge(job: &UploadJob, events: impl IntoIterator<Item = Event>) -> Verdict {
    match &job.task {
        Task::Store { upload_id, .. } => judge_upload(job, upload_id, events),
        Task::Remove => {
            let staged_again = |event| matches!(event, Event::ArtifactStaged(staged) if staged.path == job.path);
            if events.into_iter().any(staged_again) { Verdict::Superseded } else { Verdict::Due }
        }
    }
}

fn judge_upload(job: &UploadJob, upload_id: &str, events: impl IntoIterator<Item = Event>) -> Verdict {
    // Without a position the events begin before the upload.
    let mut verdict = if job.position > 0 { Verdict::Due } else { Verdict::Unknown };
    for event in events {
        match event {
            Event::ArtifactStaged(staged) if staged.upload_id == upload_id => verdict = Verdict::Due,
            Event::ArtifactStored(stored) if stored.upload_id == upload_id => verdict = Verdict::Stored,
            Event::ArtifactUploadFailed(failed) if failed.upload_id == upload_id => verdict = Verdict::GivenUp,
            Event::ArtifactStaged(staged)
                if staged.path == job.path && matches!(verdict, Verdict::Due | Verdict::Deleted) =>
            {
                verdict = Verdict::Superseded;
            }
            Event::ArtifactDeleted(_) if verdict == Verdict::Due => verdict = Verdict::Deleted,
            _ => {}
        }
    }
    verdict
}

#[cfg(test)]
mod tests {
    use super::*;
    use runledger_domain::event::{ArtifactDeleted, ArtifactStaged, ArtifactStored, ArtifactUploadFailed};

    fn staged(upload: &str, path: &str) -> Event {
        let (upload_id, path) = (upload.to_owned(), path.to_owned());
        Event::ArtifactStaged(ArtifactStaged { upload_id, path, size: 1, sha256: String::new() })
    }

    fn stored(upload: &str) -> Event {
        Event::ArtifactStored(ArtifactStored { upload_id: upload.to_owned(), path: "a/b".to_owned() })
    }

    fn failed(upload: &str) -> Event {
        let (upload_id, path) = (upload.to_owned(), "a/b".to_owned());
        Event::ArtifactUploadFailed(ArtifactUploadFailed { upload_id, path, reason: String::new(), attempts: 6 })
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
        ];
        for (events, expected) in cases {
            assert_eq!(judge(&upload(7), events.clone()), expected, "{events:?}");
            let before = vec![staged("u0", "a/b"), deleted("a"), staged("u1", "a/b")];
            assert_eq!(
                judge(&upload(0), before.into_iter().chain(events.clone())),
                expected,
                "{events:?} from the start"
            );
        }
        assert_eq!(judge(&upload(0), vec![staged("u0", "a/b")]), Verdict::Unknown);
    }

    #[test]
    fn a_removal_is_due_until_the_path_is_uploaded_again() {
        let remove = UploadJob::new("a/b".to_owned(), 7, Task::Remove);
        assert_eq!(judge(&remove, vec![]), Verdict::Due);
        assert_eq!(judge(&remove, vec![stored("u1"), deleted("a")]), Verdict::Due);
        assert_eq!(judge(&remove, vec![staged("u2", "a/b"), stored("u2")]), Verdict::Superseded);
        assert_eq!(judge(&remove, vec![staged("u2", "a")]), Verdict::Due);
    }

    #[test]
    fn the_streams_are_those_of_the_path_and_its_parents() {
        let path = ArtifactPath::parse("a/b/c").unwrap();
        let names: Vec<String> = streams(&path).iter().map(|stream| stream.as_str().to_owned()).collect();
        assert_eq!(names, ["artifact/a", "artifact/a/b", "artifact/a/b/c"]);
    }
}
