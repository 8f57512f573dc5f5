use super::*;
use bytes::Bytes;
use futures::stream;
use object_store::memory::InMemory;
use prometheus::Registry;
use std::ops::Deref;
use tempfile::TempDir;

struct Fixture {
    store: ArtifactStore,
    spool: Spool,
    folder: TempDir,
}

impl Deref for Fixture {
    type Target = ArtifactStore;

    fn deref(&self) -> &ArtifactStore {
        &self.store
    }
}

impl Fixture {
    async fn local() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = ArtifactStore::open(folder.path().join("store").to_str().unwrap()).await.unwrap();
        Self::with(store, folder).await
    }

    async fn remote() -> Self {
        Self::with(ArtifactStore::over(Arc::new(InMemory::new())), tempfile::tempdir().unwrap()).await
    }

    async fn with(store: ArtifactStore, folder: TempDir) -> Self {
        let spool = Spool::open(folder.path().join("spool"), None, &Registry::new()).await.unwrap();
        Self { store, spool, folder }
    }

    async fn stage(&self, id: &str, bytes: Vec<u8>) -> Staged {
        self.spool.stage(id, stream::iter([Ok::<_, io::Error>(Bytes::from(bytes))])).await.unwrap()
    }

    async fn put(&self, id: &str, at: &str, bytes: &[u8]) {
        let staged = self.stage(id, bytes.to_vec()).await;
        self.put_file(&path(at), &self.spool, &staged).await.unwrap();
    }

    async fn text(&self, at: &str, range: Option<Range<u64>>) -> Vec<u8> {
        let download = self.get(&path(at), range).await.unwrap();
        download.bytes.map(|piece| piece.unwrap().to_vec()).concat().await
    }
}

fn path(raw: &str) -> ArtifactPath {
    ArtifactPath::parse(raw).unwrap()
}

#[tokio::test]
async fn files_go_in_and_out_of_a_folder_and_of_an_object_store() {
    for store in [Fixture::local().await, Fixture::remote().await] {
        store.put("u1", "0/ü r/artifacts/100%.txt", b"hello").await;
        assert_eq!(store.text("0/ü r/artifacts/100%.txt", None).await, b"hello");
        assert_eq!(store.text("0/ü r/artifacts/100%.txt", Some(1..3)).await, b"el");
        store.put("u2", "0/ü r/artifacts/100%.txt", b"again").await;
        store.put("u3", "0/ü r/artifacts/empty", b"").await;
        assert_eq!(store.text("0/ü r/artifacts/100%.txt", None).await, b"again");
        assert_eq!(store.text("0/ü r/artifacts/empty", None).await, b"");
        assert!(matches!(store.get(&path("0/none"), None).await, Err(StoreError::NotFound { .. })));
        assert!(matches!(store.get(&path("0"), None).await, Err(StoreError::NotFound { .. })));
    }
}

#[tokio::test]
async fn a_put_can_be_repeated() {
    for store in [Fixture::local().await, Fixture::remote().await] {
        store.put("u1", "a/b", b"one").await;
        let staged = Staged { upload_id: "u1".to_owned(), size: 3, sha256: hex_of(b"one") };
        store.put_file(&path("a/b"), &store.spool, &staged).await.unwrap();
        assert_eq!(store.files(&path("a")).await.unwrap(), [path("a/b")]);
    }
}

#[tokio::test]
async fn large_files_go_in_parts() {
    let bytes: Vec<u8> = (0..=250).cycle().take(3 * PART + 5).collect();
    for store in [Fixture::local().await, Fixture::remote().await] {
        store.put("large", "dir/large", &bytes).await;
        assert!(store.text("dir/large", None).await == bytes);
        let at = 2 * PART as u64 - 3..2 * PART as u64 + 3;
        assert_eq!(store.text("dir/large", Some(at)).await, bytes[2 * PART - 3..2 * PART + 3]);
    }
}

#[tokio::test]
async fn a_damaged_copy_is_not_stored() {
    let store = Fixture::remote().await;
    for size in [10, PART + 10] {
        let staged = store.stage("u1", vec![1; size]).await;
        std::fs::write(store.folder.path().join("spool/u1"), vec![2; size]).unwrap();
        let outcome = store.put_file(&path("a"), &store.spool, &staged).await;
        assert!(matches!(outcome, Err(StoreError::Damaged { .. })), "{outcome:?}");
        let shorter = Staged { size: 5, ..staged.clone() };
        assert!(matches!(store.put_file(&path("a"), &store.spool, &shorter).await, Err(StoreError::Damaged { .. })));
        store.spool.remove("u1").await.unwrap();
        assert!(matches!(store.put_file(&path("a"), &store.spool, &staged).await, Err(StoreError::NotSpooled { .. })));
    }
    assert!(store.files(&path("a")).await.unwrap().is_empty());
}

#[tokio::test]
async fn folders_are_listed_and_objects_deleted() {
    for store in [Fixture::local().await, Fixture::remote().await] {
        for (id, at) in [("u1", "a/x"), ("u2", "a/b/y"), ("u3", "ab/z"), ("u4", "a/b/c/w")] {
            store.put(id, at, b"1").await;
        }
        let mut files = store.files(&path("a")).await.unwrap();
        files.sort();
        assert_eq!(files, [path("a/b/c/w"), path("a/b/y"), path("a/x")]);
        assert_eq!(store.files(&path("a/x")).await.unwrap(), [path("a/x")]);
        assert!(store.files(&path("none")).await.unwrap().is_empty());
        store.delete(&path("a/x")).await.unwrap();
        store.delete(&path("a/x")).await.unwrap();
        assert_eq!(store.files(&path("a/x")).await.unwrap(), []);
    }
}

#[tokio::test]
async fn a_local_store_takes_the_file_without_copying() {
    use std::os::unix::fs::MetadataExt;
    let store = Fixture::local().await;
    store.put("u1", "a/b/c", b"hello").await;
    let inode = |name: &str| std::fs::metadata(store.folder.path().join(name)).unwrap().ino();
    assert_eq!(inode("spool/u1"), inode("store/a/b/c"));
    assert_eq!(std::fs::read_dir(store.folder.path().join("store/a/b")).unwrap().count(), 1);
}

#[tokio::test]
async fn a_store_of_an_unknown_kind_is_refused() {
    assert!(matches!(ArtifactStore::open("ftp://host/x").await, Err(StoreError::Unsupported { .. })));
    let folder = tempfile::tempdir().unwrap();
    let url = format!("file://{}/with%20blank", folder.path().display());
    ArtifactStore::open(&url).await.unwrap();
    assert!(folder.path().join("with blank").is_dir());
}

fn hex_of(bytes: &[u8]) -> String {
    crate::spool::hex(&<sha2::Sha256 as sha2::Digest>::digest(bytes))
}
