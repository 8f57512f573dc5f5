use super::*;
use crate::conformance::{At, Bench, bytes, path};
use std::os::unix::fs::MetadataExt;
use tempfile::TempDir;

async fn bench() -> (Bench, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| At {
        location: folder.path().join(name).display().to_string(),
        settings: StoreSettings::default(),
    };
    (Bench::open(&at("store"), &at("spool")).await, folder)
}

#[tokio::test]
async fn a_folder_takes_the_file_without_copying() {
    let (bench, folder) = bench().await;
    bench.put("u1", "a/b/c", b"hello".to_vec()).await;
    let inode = |name: &str| std::fs::metadata(folder.path().join(name)).unwrap().ino();
    assert_eq!(inode("spool/u1"), inode("store/a/b/c"));
    assert_eq!(std::fs::read_dir(folder.path().join("store/a/b")).unwrap().count(), 1);
}

#[tokio::test]
async fn what_a_crash_left_of_a_copy_goes_with_the_next_one_or_with_a_deletion() {
    let (bench, folder) = bench().await;
    let staged = bench.stage("u1", bytes(3 << 20)).await;
    let Home::Folder(store) = &bench.store.home else { panic!("no folder") };
    let half = folder.path().join("store/a/b#1");
    std::fs::create_dir_all(half.parent().unwrap()).unwrap();
    let source = async || bench.spool.source("u1").await.unwrap().unwrap();

    // A crash while linking leaves a second name of the spooled file.
    std::fs::hard_link(folder.path().join("spool/u1"), &half).unwrap();
    assert!(bench.store.files(&path("a")).await.unwrap().is_empty());
    assert!(!store.copy("a/b", source().await, "another digest").await.unwrap());
    assert!(!half.exists() && bench.store.files(&path("a")).await.unwrap().is_empty());
    assert!(store.copy("a/b", source().await, &staged.sha256).await.unwrap());
    assert!(bench.get("a/b").await == bytes(3 << 20));
    assert_eq!(bench.store.files(&path("a")).await.unwrap(), [path("a/b")]);

    std::fs::write(&half, b"half").unwrap();
    bench.store.delete(&path("a/b")).await.unwrap();
    assert!(!half.exists());
}

#[tokio::test]
async fn a_folder_cannot_exchange_files_with_clients() {
    let (bench, _folder) = bench().await;
    assert!(!bench.store.supports_direct_transfers());
    let refused = bench.store.open_multipart(&path("a"), &bench.spool, 0).await;
    assert!(matches!(refused, Err(StoreError::NotDirect)));
}

#[tokio::test]
async fn a_store_that_cannot_be_is_refused() {
    let settings = StoreSettings::default();
    for location in ["ftp://host/x", "file://host/x"] {
        assert!(matches!(ArtifactStore::open(location, &settings).await, Err(StoreError::Place { .. })));
    }
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("file"), b"").unwrap();
    let below = format!("file://{}/file/store", folder.path().display());
    let StoreError::Place { source } = ArtifactStore::open(&below, &settings).await.unwrap_err() else { panic!() };
    assert!(source.to_string().contains("--artifact-store"), "{source}");
}
