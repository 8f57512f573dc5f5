//! Uploads from the spool to the store, over a real log, with failures and crashes in between.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod bench;
mod histories;

use bench::{Bench, HELLO, dispatcher_deps};
use bytes::Bytes;
use futures::stream;
use runledger_domain::{Event, IdGen, SystemIds};
use runledger_ingest_worker::{Cleared, Janitor};
use runledger_storage::Leases;
use std::io;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

#[tokio::test]
async fn an_upload_reaches_the_store_and_leaves_the_spool() {
    let mut bench = Bench::open().await;
    bench.stage("0/r/artifacts/a.txt", HELLO).await;
    bench.drain().await;
    assert_eq!(bench.stored("0/r/artifacts/a.txt").await.as_deref(), Some(HELLO));
    assert_eq!(bench.deps.spool.used(), 0);
    assert_eq!(bench.kinds("0/r/artifacts/a.txt").await, ["ArtifactStaged", "ArtifactStored"]);
}

#[tokio::test]
async fn a_store_that_is_away_costs_only_time() {
    let mut bench = Bench::open().await;
    let blocked = bench.block("dir");
    bench.stage("dir/a", HELLO).await;
    bench.dispatch().await;
    assert!(bench.handle_next().await && bench.handle_next().await);
    assert_eq!(bench.stored("dir/a").await, None);
    assert_eq!(bench.deps.spool.used(), HELLO.len() as u64);
    drop(blocked);
    bench.drain().await;
    assert_eq!(bench.stored("dir/a").await.as_deref(), Some(HELLO));
    assert_eq!(bench.kinds("dir/a").await, ["ArtifactStaged", "ArtifactStored"]);
}

#[tokio::test]
async fn an_upload_that_fails_for_good_is_given_up_and_stays_in_the_spool() {
    let mut bench = Bench::open().await;
    let blocked = bench.block("dir");
    let upload_id = bench.stage("dir/a", HELLO).await;
    bench.drain().await;
    let events = bench.events("dir/a").await;
    let Some(Event::ArtifactUploadFailed(failed)) = events.last() else { panic!("{events:?}") };
    assert_eq!((failed.upload_id.as_str(), failed.attempts), (upload_id.as_str(), 3));
    assert!(failed.reason.contains("store \"dir/a\""), "{}", failed.reason);
    assert!(bench.deps.spool.read(&upload_id, None).await.unwrap().is_some());

    // A job that comes once more changes nothing.
    drop(blocked);
    bench.restart().await;
    bench.drain().await;
    assert_eq!(bench.kinds("dir/a").await.len(), 2);
    assert!(bench.deps.spool.read(&upload_id, None).await.unwrap().is_some());
}

#[tokio::test]
async fn an_upload_that_was_given_up_is_stored_once_an_operator_retries_it() {
    let mut bench = Bench::open().await;
    let blocked = bench.block("dir");
    let upload_id = bench.stage("dir/a", HELLO).await;
    bench.drain().await;
    drop(blocked);
    bench.retry("dir/a", &upload_id).await;
    bench.drain().await;
    assert_eq!(bench.stored("dir/a").await.as_deref(), Some(HELLO));
    let kinds = bench.kinds("dir/a").await;
    assert_eq!(kinds, ["ArtifactStaged", "ArtifactUploadFailed", "ArtifactUploadRetried", "ArtifactStored"]);
    assert_eq!(bench.deps.spool.used(), 0);
}

#[tokio::test]
async fn deleting_an_upload_that_was_given_up_frees_the_spool() {
    let mut bench = Bench::open().await;
    let blocked = bench.block("dir");
    bench.stage("dir/a", HELLO).await;
    bench.drain().await;
    drop(blocked);
    assert_eq!(bench.deps.spool.used(), HELLO.len() as u64);
    bench.delete("dir/a").await;
    bench.drain().await;
    assert_eq!(bench.deps.spool.used(), 0);
}

#[tokio::test]
async fn the_janitor_removes_what_belongs_to_no_upload_and_nothing_else() {
    let mut bench = Bench::open().await;
    let upload_id = bench.stage("a", HELLO).await;
    let janitor = Janitor::new(bench.deps.clone());
    assert_eq!(janitor.step().await.unwrap(), None, "the views do not know the upload yet");
    bench.project().await;
    let orphan = SystemIds.random_id().simple().to_string();
    let body = stream::iter([Ok::<_, io::Error>(Bytes::from_static(HELLO))]);
    bench.deps.spool.stage(&orphan, body).await.unwrap();
    assert_eq!(janitor.step().await.unwrap(), Some(Cleared { files: 1, multiparts: 0 }));
    assert!(bench.deps.spool.read(&orphan, None).await.unwrap().is_none());
    assert!(bench.deps.spool.read(&upload_id, None).await.unwrap().is_some());
}

#[tokio::test]
async fn the_newest_upload_wins() {
    let mut bench = Bench::open().await;
    for content in [b"first".as_slice(), b"second", HELLO] {
        bench.stage("a", content).await;
    }
    bench.drain().await;
    assert_eq!(bench.stored("a").await.as_deref(), Some(HELLO));
    assert_eq!(bench.deps.spool.used(), 0);
    let kinds = bench.kinds("a").await;
    assert_eq!(kinds.iter().filter(|kind| **kind == "ArtifactStored").count(), 1);
}

#[tokio::test]
async fn deleting_a_folder_removes_what_is_below_it() {
    let mut bench = Bench::open().await;
    for path in ["a/x", "a/b/y", "ab"] {
        bench.stage(path, HELLO).await;
    }
    bench.drain().await;
    bench.stage("a/staged", HELLO).await;
    bench.delete("a").await;
    bench.stage("a/x", b"again").await;
    bench.drain().await;
    assert_eq!(bench.stored("a/x").await.as_deref(), Some(b"again".as_slice()));
    assert_eq!(bench.stored("ab").await.as_deref(), Some(HELLO));
    for path in ["a/b/y", "a/staged"] {
        assert_eq!(bench.stored(path).await, None, "{path}");
    }
    assert_eq!(bench.deps.spool.used(), 0);
}

#[tokio::test]
async fn an_upload_deleted_while_it_is_copied_does_not_stay() {
    let mut bench = Bench::open().await;
    let upload = bench.stage("a/x", HELLO).await;
    bench.dispatch().await;
    // The deletion is dispatched, and finds nothing to remove, before the object is there.
    bench.delete("a").await;
    bench.dispatch().await;
    bench.copy_only("a/x", &upload, HELLO).await;
    bench.drain().await;
    assert_eq!(bench.stored("a/x").await, None);
    assert_eq!(bench.deps.spool.used(), 0);
}

#[tokio::test]
async fn a_crash_after_the_copy_or_after_the_event_is_made_good() {
    let mut bench = Bench::open().await;
    let copied = bench.stage("copied", HELLO).await;
    bench.copy_only("copied", &copied, HELLO).await;
    let recorded = bench.stage("recorded", HELLO).await;
    bench.copy_only("recorded", &recorded, HELLO).await;
    bench.record_stored("recorded", &recorded).await;
    bench.restart().await;
    bench.drain().await;
    for path in ["copied", "recorded"] {
        assert_eq!(bench.stored(path).await.as_deref(), Some(HELLO));
        assert_eq!(bench.kinds(path).await, ["ArtifactStaged", "ArtifactStored"]);
    }
    assert_eq!(bench.deps.spool.used(), 0);
}

#[tokio::test]
async fn a_start_takes_up_what_the_views_know_as_staged() {
    let mut bench = Bench::open().await;
    bench.stage("a", HELLO).await;
    bench.project().await;
    assert!(bench.deps.views.checkpoint().await.unwrap() > 0);
    bench.restart().await;
    assert!(bench.handle_next().await);
    assert_eq!(bench.stored("a").await.as_deref(), Some(HELLO));
}

#[tokio::test]
async fn the_role_works_until_it_is_told_to_stop() {
    let bench = Bench::open().await;
    let shutdown = CancellationToken::new();
    let dispatching =
        runledger_ingest_worker::dispatch(dispatcher_deps(&bench.deps), Leases::alone(), shutdown.clone());
    let dispatching = tokio::spawn(dispatching);
    let role = tokio::spawn(runledger_ingest_worker::run(bench.deps.clone(), shutdown.clone()));
    for i in 0..100 {
        bench.stage(&format!("dir/{}", i % 20), format!("content {i}").as_bytes()).await;
    }
    for _ in 0..1000 {
        if bench.deps.spool.used() == 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    for i in 80..100 {
        let content = bench.stored(&format!("dir/{}", i % 20)).await;
        assert_eq!(content.as_deref(), Some(format!("content {i}").as_bytes()));
    }
    shutdown.cancel();
    for task in [dispatching, role] {
        tokio::time::timeout(Duration::from_secs(5), task).await.expect("the role ends").unwrap();
    }
}
