//! Cases of the store.

use bytes::Bytes;

use super::{Bench, LARGE, bytes, content, path};
use crate::{ArtifactPath, ArtifactStore, Staged, StoreError};

pub(super) async fn files_go_in_and_out(bench: Bench) {
    let text = async |at: &str, range| content(bench.store.get(&path(at), range).await.unwrap()).await;
    bench.put("u1", "0/r/artifacts/a.txt", b"hello".to_vec()).await;
    assert_eq!(text("0/r/artifacts/a.txt", None).await, b"hello");
    assert_eq!(text("0/r/artifacts/a.txt", Some(1..3)).await, b"el");
    assert_eq!(text("0/r/artifacts/a.txt", Some(3..9)).await, b"lo");
    assert_eq!(bench.store.head(&path("0/r/artifacts/a.txt")).await.unwrap(), 5);
    bench.put("u2", "0/r/artifacts/a.txt", b"once more".to_vec()).await;
    assert_eq!(text("0/r/artifacts/a.txt", None).await, b"once more");
    bench.put("u3", "0/r/artifacts/empty", Vec::new()).await;
    assert_eq!(text("0/r/artifacts/empty", None).await, b"");
    for nothing in ["0/none", "0"] {
        assert!(matches!(bench.store.get(&path(nothing), None).await, Err(StoreError::NotFound { .. })));
        assert!(matches!(bench.store.head(&path(nothing)).await, Err(StoreError::NotFound { .. })));
    }
}

pub(super) async fn names_are_kept_as_they_are(bench: Bench) {
    let names = ["0/ü r/artifacts/100%.txt", "a b+c&d=e?f", "数据/x~y", "a%20b", "it's (1) [2] {3}!", "q\"<>|*:;,@$^`"];
    for (number, name) in names.into_iter().enumerate() {
        bench.put(&format!("u{number}"), name, name.as_bytes().to_vec()).await;
    }
    for name in names {
        assert_eq!(bench.get(name).await, name.as_bytes(), "{name}");
        assert_eq!(bench.store.files(&path(name)).await.unwrap(), [path(name)]);
    }
    assert_eq!(bench.store.files(&path("")).await.unwrap().len(), names.len());
}

pub(super) async fn archives_are_apart_from_artifacts(bench: Bench) {
    let name = ArtifactStore::archive_name("events/1 of 2.parquet");
    assert!(ArtifactPath::parse(&name).is_err() && ArtifactPath::parse(&name.replace('#', "%23")).is_err());
    assert_eq!(bench.store.get_archive(&name, None).await.unwrap(), None);
    let sent = Bytes::from(bytes(LARGE));
    for bytes in [Bytes::from_static(b"before"), sent.clone()] {
        bench.store.put_archive(&name, bytes).await.unwrap();
    }
    let size = sent.len() as u64;
    assert!(bench.store.get_archive(&name, None).await.unwrap() == Some((size, sent.clone())));
    for (range, expected) in [(3..10, sent.slice(3..10)), (size - 5..size + 5, sent.slice(LARGE - 5..))] {
        assert_eq!(bench.store.get_archive(&name, Some(range)).await.unwrap(), Some((size, expected)));
    }
    let other = ArtifactStore::archive_name("metrics/run/1");
    bench.store.put_archive(&other, Bytes::from_static(b"points")).await.unwrap();
    for _ in 0..2 {
        bench.store.delete_archive(&other).await.unwrap();
    }
    assert_eq!(bench.store.get_archive(&other, None).await.unwrap(), None);
    bench.put("u1", "a", b"an artifact".to_vec()).await;
    assert_eq!(bench.store.files(&path("")).await.unwrap(), [path("a")]);
    let artifact = bench.store.put_archive("a", Bytes::new()).await;
    assert!(matches!(artifact, Err(StoreError::Backend { .. })) && bench.get("a").await == b"an artifact");
}

pub(super) async fn a_put_can_be_repeated(bench: Bench) {
    for (id, sent) in [("small", bytes(3)), ("large", bytes(LARGE))] {
        let staged = bench.stage(id, sent.clone()).await;
        for _ in 0..2 {
            bench.store.put_file(&path("a/b"), &bench.spool, &staged, 0).await.unwrap();
        }
        assert!(bench.get("a/b").await == sent);
        assert_eq!(bench.store.files(&path("a")).await.unwrap(), [path("a/b")]);
    }
}

pub(super) async fn large_files_go_in_parts(bench: Bench) {
    let sent = bytes(LARGE + 5);
    bench.put("large", "dir/large", sent.clone()).await;
    assert!(bench.get("dir/large").await == sent);
    let seam = (8 << 20) - 3..(8 << 20) + 3;
    let range = seam.start as u64..seam.end as u64;
    assert_eq!(content(bench.store.get(&path("dir/large"), Some(range)).await.unwrap()).await, sent[seam]);
    assert!(bench.spool.records().await.unwrap().is_empty());
}

pub(super) async fn a_damaged_copy_is_not_stored(bench: Bench) {
    bench.put("u0", "a", b"before".to_vec()).await;
    for (id, size) in [("small", 10), ("large", LARGE)] {
        let staged = bench.stage(id, bytes(size)).await;
        let shorter = Staged { size: staged.size - 1, ..staged.clone() };
        let outcome = bench.store.put_file(&path("a"), &bench.spool, &shorter, 0).await;
        assert!(matches!(outcome, Err(StoreError::Damaged { .. })), "{outcome:?}");
        // A link to a spooled file is not read, so only a store that copies can tell.
        if bench.spool.file(id).is_none() || bench.spool.bucket().is_some() {
            let other = Staged { sha256: "0".repeat(64), ..staged.clone() };
            let outcome = bench.store.put_file(&path("a"), &bench.spool, &other, 0).await;
            assert!(matches!(outcome, Err(StoreError::Damaged { .. })), "{outcome:?}");
        }
        bench.spool.remove(id).await.unwrap();
        let outcome = bench.store.put_file(&path("a"), &bench.spool, &staged, 0).await;
        assert!(matches!(outcome, Err(StoreError::NotSpooled { .. })), "{outcome:?}");
    }
    assert_eq!(bench.get("a").await, b"before");
    assert_eq!(bench.store.files(&path("")).await.unwrap(), [path("a")]);
    assert!(bench.spool.records().await.unwrap().is_empty());
}

pub(super) async fn folders_are_listed_and_objects_deleted(bench: Bench) {
    for (id, at) in [("u1", "a/x"), ("u2", "a/b/y"), ("u3", "ab/z"), ("u4", "a/b/c/w")] {
        bench.put(id, at, vec![1]).await;
    }
    let mut files = bench.store.files(&path("a")).await.unwrap();
    files.sort();
    assert_eq!(files, [path("a/b/c/w"), path("a/b/y"), path("a/x")]);
    assert_eq!(bench.store.files(&path("a/x")).await.unwrap(), [path("a/x")]);
    assert!(bench.store.files(&path("none")).await.unwrap().is_empty());
    bench.store.delete(&path("a/x")).await.unwrap();
    bench.store.delete(&path("a/x")).await.unwrap();
    assert_eq!(bench.store.files(&path("a/x")).await.unwrap(), []);
}

pub(super) async fn a_place_that_works_passes_the_probes(bench: Bench) {
    bench.store.probe().await.unwrap();
    bench.store.probe_write().await.unwrap();
    assert!(bench.store.files(&path("")).await.unwrap().is_empty());
}
