use super::*;
use crate::memory::{PART, hold};
use object_store::memory::InMemory;

fn bucket() -> Bucket {
    Bucket::new(Arc::new(InMemory::new()), Path::from("root"), "memory://".to_owned(), "--spool")
}

#[tokio::test]
async fn parts_make_an_object_in_their_order() {
    let bucket = bucket();
    let mut multipart = bucket.open_multipart("a/b").await.unwrap();
    for number in 0..20u8 {
        multipart.send(vec![number; 3].into(), hold(3).await).await.unwrap();
    }
    assert_eq!(bucket.size("a/b").await.unwrap(), None);
    multipart.complete().await.unwrap();
    let found = bucket.get("a/b", Some(58..99)).await.unwrap().unwrap();
    assert_eq!((found.size, found.range), (60, 58..60));
    let listed: Vec<_> = bucket.list("").unwrap().map(|entry| entry.unwrap().name).collect().await;
    assert_eq!(listed, ["a/b"]);
}

#[tokio::test]
async fn a_name_that_is_no_path_is_refused() {
    let bucket = bucket();
    assert!(bucket.size("../x").await.is_err());
    assert!(bucket.put("a/../../x", PutPayload::default()).await.is_err());
}

#[test]
fn parts_grow_with_the_file() {
    assert_eq!(part_size(9 << 20), PART);
    assert_eq!(part_size(5 << 30), PART);
    let largest = 5u64 << 40;
    assert!(largest.div_ceil(part_size(largest) as u64) <= 10_000);
}
