//! Cases of the spool.

use bytes::Bytes;
use futures::{StreamExt, stream};
use std::io;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use super::{At, LARGE, body, bytes, content, open_spool, until};
use crate::{Spool, StageError};

type Chunks = Vec<Result<Bytes, io::Error>>;

/// What a large upload begins with: enough for a part or two.
fn beginning() -> Chunks {
    (0..20).map(|_| Ok(Bytes::from(vec![7; 1 << 20]))).collect()
}

async fn is_clean(spool: &Spool) -> bool {
    spool.used() == 0 && spool.list().await.unwrap().is_empty() && spool.records().await.unwrap().is_empty()
}

pub(super) async fn an_upload_is_staged_read_and_removed(at: At) {
    let spool = open_spool(&at, None).await;
    let staged = spool.stage("u1", body(vec![b"hel".to_vec(), b"lo".to_vec()])).await.unwrap();
    assert_eq!(staged.size, 5);
    assert_eq!(staged.sha256, "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824");
    assert_eq!(spool.used(), 5);
    let whole = spool.read("u1", None).await.unwrap().unwrap();
    assert_eq!((whole.size, content(whole).await), (5, b"hello".to_vec()));
    for (range, expected) in [(1..3, "el"), (3..9, "lo"), (2..2, "")] {
        let part = spool.read("u1", Some(range)).await.unwrap().unwrap();
        assert_eq!((part.size, content(part).await), (5, expected.as_bytes().to_vec()));
    }
    spool.remove("u1").await.unwrap();
    spool.remove("u1").await.unwrap();
    assert!(spool.read("u1", None).await.unwrap().is_none());
    assert!(is_clean(&spool).await);
}

pub(super) async fn an_empty_upload_is_an_upload_too(at: At) {
    let spool = open_spool(&at, None).await;
    assert_eq!(spool.stage("empty", body(vec![])).await.unwrap().size, 0);
    assert!(content(spool.read("empty", None).await.unwrap().unwrap()).await.is_empty());
}

pub(super) async fn a_large_upload_arrives_in_order(at: At) {
    let spool = open_spool(&at, None).await;
    let sent = bytes(LARGE + 5);
    let chunks = sent.chunks(173_210).map(<[u8]>::to_vec).collect();
    let staged = spool.stage("large", body(chunks)).await.unwrap();
    assert_eq!((staged.size, spool.used()), (sent.len() as u64, sent.len() as u64));
    let read = content(spool.read("large", None).await.unwrap().unwrap()).await;
    assert!(read == sent);
    assert_eq!(crate::hex(&<sha2::Sha256 as sha2::Digest>::digest(&read)), staged.sha256);
    assert!(spool.records().await.unwrap().is_empty());
}

pub(super) async fn nothing_is_seen_before_it_is_whole(at: At) {
    let spool = open_spool(&at, None).await;
    let last = Semaphore::new(0);
    let gated = stream::once(async {
        last.acquire().await.unwrap().forget();
        Ok(Bytes::from_static(b"end"))
    });
    let upload = spool.stage("u1", stream::iter(beginning()).chain(Box::pin(gated)));
    let looking = async {
        until(async || spool.used() == 20 << 20).await;
        assert!(spool.list().await.unwrap().is_empty());
        assert!(spool.read("u1", None).await.unwrap().is_none());
        spool.recount().await.unwrap();
        assert_eq!(spool.used(), 20 << 20, "what is under way stays counted");
        last.add_permits(1);
    };
    let (staged, ()) = tokio::join!(upload, looking);
    assert_eq!(staged.unwrap().size, (20 << 20) + 3);
    assert_eq!(spool.list().await.unwrap().len(), 1);
}

pub(super) async fn a_broken_upload_leaves_nothing(at: At) {
    let spool = open_spool(&at, None).await;
    let mut chunks = beginning();
    chunks.push(Err(io::Error::other("connection reset")));
    let broken = spool.stage("broken", stream::iter(chunks)).await;
    assert!(matches!(broken, Err(StageError::Body { .. })));
    until(async || is_clean(&spool).await).await;
    spool.stage("broken", body(vec![vec![1]])).await.unwrap();
}

pub(super) async fn an_upload_whose_client_goes_away_leaves_nothing(at: At) {
    let spool = open_spool(&at, None).await;
    let upload = spool.stage("stalled", stream::iter(beginning()).chain(stream::pending()));
    let gone = until(async || spool.used() == 20 << 20);
    tokio::select! {
        staged = upload => panic!("it was staged: {staged:?}"),
        () = gone => {}
    }
    // The record of an upload into a bucket stays for the janitor, who finds that it was aborted.
    until(async || spool.used() == 0 && spool.list().await.unwrap().is_empty()).await;
    let store = tempfile_store().await;
    store.sweep_multiparts(&spool, 0, Duration::ZERO).await.unwrap();
    assert!(is_clean(&spool).await);
}

pub(super) async fn the_quota_holds_and_is_given_back(at: At) {
    let spool = open_spool(&at, Some(10)).await;
    assert_eq!(spool.quota(), 10);
    spool.stage("first", body(vec![vec![1; 8]])).await.unwrap();
    let refused = spool.stage("second", body(vec![vec![2; 3]])).await;
    assert!(matches!(refused, Err(StageError::Full { quota: 10, .. })));
    assert_eq!(spool.used(), 8);
    spool.stage("third", body(vec![vec![3; 2]])).await.unwrap();
    spool.remove("first").await.unwrap();
    spool.stage("second", body(vec![vec![2; 3]])).await.unwrap();
    assert_eq!((spool.used(), spool.list().await.unwrap().len()), (5, 2));
}

pub(super) async fn what_other_processes_do_is_counted(at: At) {
    let (api, worker) = (open_spool(&at, Some(10)).await, open_spool(&at, Some(10)).await);
    api.stage("first", body(vec![vec![1; 8]])).await.unwrap();
    until(async || {
        worker.recount().await.unwrap();
        worker.used() == 8
    })
    .await;
    worker.remove("first").await.unwrap();
    assert_eq!((worker.used(), api.used()), (0, 8));
    // Before it refuses an upload the API finds out that there is room again.
    until(async || match api.stage("second", body(vec![vec![2; 9]])).await {
        Ok(_) => true,
        Err(StageError::Full { .. }) => false,
        Err(error) => panic!("{error:?}"),
    })
    .await;
    assert_eq!(api.used(), 9);
}

pub(super) async fn uploads_are_listed(at: At) {
    let spool = open_spool(&at, None).await;
    spool.stage("a", body(vec![vec![1; 3]])).await.unwrap();
    spool.stage("b-1", body(vec![])).await.unwrap();
    let mut listed = spool.list().await.unwrap();
    listed.sort_by(|one, other| one.upload_id.cmp(&other.upload_id));
    let listed: Vec<_> = listed.iter().map(|upload| (upload.upload_id.as_str(), upload.size)).collect();
    assert_eq!(listed, [("a", 3), ("b-1", 0)]);
    let again = open_spool(&at, None).await;
    assert_eq!(again.used(), 3);
}

pub(super) async fn an_id_that_is_a_path_is_refused(at: At) {
    let spool = open_spool(&at, None).await;
    for id in ["../x", "", "a/b", "a.part", "/etc/passwd", &"a".repeat(65)] {
        assert!(spool.read(id, None).await.is_err(), "{id:?}");
        assert!(spool.remove(id).await.is_err(), "{id:?}");
        assert!(spool.stage(id, body(vec![])).await.is_err(), "{id:?}");
    }
}

pub(super) async fn a_place_that_works_passes_the_probes(at: At) {
    let spool = open_spool(&at, None).await;
    spool.probe().await.unwrap();
    spool.probe_write().await.unwrap();
    assert!(timeout(Duration::from_secs(5), spool.list()).await.unwrap().unwrap().is_empty());
}

/// A store that is of no importance.
async fn tempfile_store() -> crate::ArtifactStore {
    let folder = std::env::temp_dir().join("runledger-conformance");
    crate::ArtifactStore::open(&folder.display().to_string(), &crate::StoreSettings::default()).await.unwrap()
}
