use super::*;
use futures::stream;
use tempfile::TempDir;

async fn spool(quota: u64) -> (Spool, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let spool = Spool::open(folder.path(), Some(quota), &Registry::new()).await.unwrap();
    (spool, folder)
}

fn body(chunks: Vec<&'static [u8]>) -> impl Stream<Item = Result<Bytes, io::Error>> + Send + Unpin {
    stream::iter(chunks.into_iter().map(|chunk| Ok(Bytes::from_static(chunk))))
}

fn names(folder: &TempDir) -> Vec<String> {
    std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

async fn text(download: Download) -> Vec<u8> {
    download.bytes.map(|piece| piece.unwrap().to_vec()).concat().await
}

/// Waits for clean-up that runs on blocking threads.
async fn until(condition: impl Fn() -> bool) {
    for _ in 0..200 {
        if condition() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("it did not happen in two seconds");
}

#[tokio::test]
async fn an_upload_is_staged_read_and_removed() {
    let (spool, folder) = spool(1000).await;
    let staged = spool.stage("u1", body(vec![b"hel", b"lo"])).await.unwrap();
    assert_eq!(staged.size, 5);
    assert_eq!(staged.sha256, "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824");
    assert_eq!(spool.used(), 5);
    let whole = spool.read("u1", None).await.unwrap().unwrap();
    assert_eq!((whole.size, text(whole).await), (5, b"hello".to_vec()));
    let part = spool.read("u1", Some(1..3)).await.unwrap().unwrap();
    assert_eq!((part.range.clone(), text(part).await), (1..3, b"el".to_vec()));
    spool.remove("u1").await.unwrap();
    spool.remove("u1").await.unwrap();
    assert!(spool.read("u1", None).await.unwrap().is_none());
    assert_eq!((spool.used(), names(&folder).len()), (0, 0));
}

#[tokio::test]
async fn an_empty_upload_is_a_file_too() {
    let (spool, folder) = spool(1000).await;
    assert_eq!(spool.stage("empty", body(vec![])).await.unwrap().size, 0);
    assert_eq!(names(&folder), ["empty"]);
}

#[tokio::test]
async fn a_large_upload_arrives_in_order() {
    let (spool, _folder) = spool(100 << 20).await;
    let chunks: Vec<Result<Bytes, io::Error>> = (0..200u8).map(|i| Ok(Bytes::from(vec![i; 17_321]))).collect();
    let staged = spool.stage("large", stream::iter(chunks)).await.unwrap();
    assert_eq!(staged.size, 200 * 17_321);
    let read = text(spool.read("large", None).await.unwrap().unwrap()).await;
    assert!(
        read.chunks(17_321)
            .zip(0..200u8)
            .all(|(chunk, i)| chunk.len() == 17_321 && chunk.iter().all(|byte| *byte == i))
    );
    assert_eq!(hex(&<sha2::Sha256 as sha2::Digest>::digest(&read)), staged.sha256);
}

#[tokio::test]
async fn a_broken_upload_leaves_nothing() {
    let (spool, folder) = spool(100 << 20).await;
    let mut chunks: Vec<Result<Bytes, io::Error>> = (0..9).map(|_| Ok(Bytes::from(vec![7; 100_000]))).collect();
    chunks.push(Err(io::Error::other("connection reset")));
    let broken = spool.stage("broken", stream::iter(chunks)).await;
    assert!(matches!(broken, Err(StageError::Body { .. })));
    until(|| names(&folder).is_empty() && spool.used() == 0).await;
}

#[tokio::test]
async fn an_upload_whose_client_goes_away_leaves_nothing() {
    let (spool, folder) = spool(100 << 20).await;
    let chunks: Vec<Result<Bytes, io::Error>> = (0..9).map(|_| Ok(Bytes::from(vec![7; 100_000]))).collect();
    let stalled = stream::iter(chunks).chain(stream::pending());
    let upload = spool.stage("stalled", stalled);
    assert!(tokio::time::timeout(Duration::from_millis(100), upload).await.is_err());
    until(|| names(&folder).is_empty() && spool.used() == 0).await;
}

#[tokio::test]
async fn the_quota_holds_and_is_given_back() {
    let (spool, folder) = spool(10).await;
    spool.stage("first", body(vec![b"12345678"])).await.unwrap();
    let refused = spool.stage("second", body(vec![b"123"])).await;
    assert!(matches!(refused, Err(StageError::Full { quota: 10, .. })));
    assert_eq!(spool.used(), 8);
    spool.stage("third", body(vec![b"12"])).await.unwrap();
    spool.remove("first").await.unwrap();
    spool.stage("second", body(vec![b"123"])).await.unwrap();
    assert_eq!((spool.used(), names(&folder).len()), (5, 2));
}

#[tokio::test]
async fn a_start_removes_what_a_dead_process_left() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("dead.part"), b"half").unwrap();
    std::fs::write(folder.path().join("whole"), b"12345").unwrap();
    let writing = File::create(folder.path().join("alive.part")).unwrap();
    writing.lock().unwrap();
    let spool = Spool::open(folder.path(), None, &Registry::new()).await.unwrap();
    let mut left = names(&folder);
    left.sort();
    assert_eq!(left, ["alive.part", "whole"]);
    assert_eq!(spool.used(), 5);
}

#[tokio::test]
async fn an_id_that_is_a_path_is_refused() {
    let (spool, _folder) = spool(10).await;
    for id in ["../x", "", "a/b", "a.part", "/etc/passwd"] {
        assert!(spool.read(id, None).await.is_err(), "{id:?}");
    }
}
