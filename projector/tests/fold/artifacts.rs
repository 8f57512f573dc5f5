//! Artifacts follow their events.

use runledger_domain::event::{
    ArtifactDeleted, ArtifactRemoved, ArtifactStaged, ArtifactStored, ArtifactUploadFailed, ArtifactUploadRetried,
    ArtifactUploaded,
};
use runledger_domain::{Event, StreamId};
use runledger_storage::{Artifact, ArtifactState};
use std::collections::HashSet;

use crate::bench::Bench;

pub(crate) fn staged(path: &str, upload: &str) -> (StreamId, Event) {
    let event = ArtifactStaged {
        upload_id: upload.to_owned(),
        path: path.to_owned(),
        size: 3,
        sha256: "00".to_owned(),
        traceparent: None,
    };
    (StreamId::artifact(path), Event::ArtifactStaged(event))
}

pub(crate) fn stored(path: &str, upload: &str) -> (StreamId, Event) {
    let event = ArtifactStored { upload_id: upload.to_owned(), path: path.to_owned() };
    (StreamId::artifact(path), Event::ArtifactStored(event))
}

fn failed(path: &str, upload: &str) -> (StreamId, Event) {
    let (upload_id, path) = (upload.to_owned(), path.to_owned());
    let event = ArtifactUploadFailed { upload_id, path: path.clone(), reason: "full".to_owned(), attempts: 6 };
    (StreamId::artifact(&path), Event::ArtifactUploadFailed(event))
}

fn retried(path: &str, upload: &str) -> (StreamId, Event) {
    let event = ArtifactUploadRetried { upload_id: upload.to_owned(), path: path.to_owned() };
    (StreamId::artifact(path), Event::ArtifactUploadRetried(event))
}

fn uploaded(path: &str, upload: &str) -> (StreamId, Event) {
    let event = ArtifactUploaded { upload_id: upload.to_owned(), path: path.to_owned(), size: 9 };
    (StreamId::artifact(path), Event::ArtifactUploaded(event))
}

pub(crate) fn deleted(path: &str) -> (StreamId, Event) {
    (StreamId::artifact(path), Event::ArtifactDeleted(ArtifactDeleted { path: path.to_owned() }))
}

pub(crate) fn removed(path: &str, deletion: i64) -> (StreamId, Event) {
    (StreamId::artifact(path), Event::ArtifactRemoved(ArtifactRemoved { path: path.to_owned(), deletion }))
}

/// Appends the events one by one, each at a time of its own, and projects after every other one.
async fn tell(bench: &mut Bench, story: Vec<(StreamId, Event)>) {
    for (at, event) in (1..).zip(story) {
        bench.append_at(at, vec![event]).await;
        if at % 2 == 0 {
            bench.project().await;
        }
    }
}

/// Staged, stored, overwritten, given up, tried again, deleted by file and by folder.
#[tokio::test(flavor = "multi_thread")]
async fn artifacts_follow_their_events() {
    let mut bench = Bench::open().await;
    let story = vec![
        staged("r/a", "1"),
        staged("r/dir/b", "2"),
        stored("r/a", "1"),
        staged("r/a", "3"),
        // It was overtaken by upload 3.
        stored("r/a", "1"),
        failed("r/a", "1"),
        staged("r/dir2/c", "4"),
        deleted("r/dir"),
        staged("r/gone", "5"),
        deleted("r/gone"),
        staged("r/failed", "6"),
        failed("r/failed", "6"),
        staged("r/retried", "7"),
        failed("r/retried", "7"),
        retried("r/retried", "7"),
        uploaded("r/direct", "8"),
        staged("r/again", "9"),
        uploaded("r/again", "10"),
        // Neither a late failure nor a needless retry takes away what the store has.
        failed("r/again", "10"),
        retried("r/again", "10"),
        uploaded("r/overwritten", "11"),
        staged("r/overwritten", "12"),
    ];
    tell(&mut bench, story).await;
    for projected in [false, true] {
        let artifact = async |path: &str| bench.read_model.artifact(path).await.unwrap();
        let state = async |path: &str| artifact(path).await.map(|found: Artifact| (found.upload_id, found.state));
        let is = |upload: &str, state| Some((upload.to_owned(), state));
        assert_eq!(state("r/a").await, is("3", ArtifactState::Staged), "projected: {projected}");
        assert_eq!(state("r/dir/b").await, None);
        assert_eq!(state("r/dir2/c").await, is("4", ArtifactState::Staged));
        assert_eq!(state("r/gone").await, None);
        assert_eq!(state("r/retried").await, is("7", ArtifactState::Staged));
        assert_eq!(state("r/again").await, is("10", ArtifactState::Stored));
        assert_eq!(state("r/overwritten").await, is("12", ArtifactState::Staged));
        let given_up = artifact("r/failed").await.unwrap();
        assert_eq!((given_up.state, given_up.error.as_deref()), (ArtifactState::Failed, Some("full")));
        assert_eq!(artifact("r/retried").await.unwrap().error, None);
        let direct = artifact("r/direct").await.unwrap();
        assert_eq!((direct.state, direct.size, direct.sha256.as_str()), (ArtifactState::Stored, 9, ""));
        bench.project().await;
    }
    let listed = bench.read_model.list_artifacts("r").await.unwrap();
    let names: Vec<(&str, bool)> = listed.iter().map(|entry| (entry.path.as_str(), entry.file.is_none())).collect();
    let expected = ["r/a", "r/again", "r/dir2", "r/direct", "r/failed", "r/overwritten", "r/retried"];
    assert_eq!(names, expected.map(|path| (path, path == "r/dir2")));
}

#[tokio::test(flavor = "multi_thread")]
async fn operators_see_what_has_not_reached_the_store() {
    let mut bench = Bench::open().await;
    let story =
        vec![staged("p/1", "u1"), staged("p/2", "u2"), staged("p/3", "u3"), stored("p/2", "u2"), failed("p/3", "u3")];
    tell(&mut bench, story).await;
    bench.project().await;
    let views = &bench.read_model;
    let ids = |found: &[Artifact]| found.iter().map(|upload| upload.upload_id.clone()).collect::<Vec<_>>();

    let unsettled = [ArtifactState::Staged, ArtifactState::Failed];
    let first = views.uploads(&unsettled, None, 1).await.unwrap();
    assert_eq!(ids(&first), ["u1"]);
    let rest = views.uploads(&unsettled, first.last(), 10).await.unwrap();
    assert_eq!((ids(&rest), rest[0].error.as_deref(), rest[0].staged_at), (vec!["u3".to_owned()], Some("full"), 3));
    assert_eq!(ids(&views.uploads(&[ArtifactState::Stored], None, 10).await.unwrap()), ["u2"]);
    assert_eq!(views.uploads(&[], None, 10).await.unwrap(), []);
    assert_eq!(ids(&views.staged_artifacts(2).await.unwrap()), ["u1"]);
    assert_eq!(views.staged_artifacts(1).await.unwrap(), []);

    assert_eq!(views.upload("u3").await.unwrap().unwrap().path, "p/3");
    assert_eq!(views.upload("nobody's").await.unwrap(), None);
    let asked = ["u1", "u2", "u3", "u4"].map(str::to_owned);
    let waiting = views.unsettled_upload_ids(&asked).await.unwrap();
    assert_eq!(waiting, HashSet::from(["u1".to_owned(), "u3".to_owned()]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_removal_is_pending_until_the_objects_are_gone() {
    let mut bench = Bench::open().await;
    let story = vec![deleted("a"), deleted("b/c"), deleted("a"), removed("b/c", 2), deleted("b/c")];
    tell(&mut bench, story).await;
    bench.project().await;
    let pending = async |bench: &Bench| {
        let removals = bench.read_model.pending_removals().await.unwrap();
        removals.into_iter().map(|removal| (removal.path, removal.deletion)).collect::<Vec<_>>()
    };
    assert_eq!(pending(&bench).await, [("a".to_owned(), 1), ("a".to_owned(), 3), ("b/c".to_owned(), 5)]);
    // The later deletion of a path covers the earlier ones.
    tell(&mut bench, vec![removed("a", 3)]).await;
    bench.project().await;
    assert_eq!(pending(&bench).await, [("b/c".to_owned(), 5)]);
}
