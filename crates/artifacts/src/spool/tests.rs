use super::*;
use std::fs::File;
use std::io;
use tempfile::TempDir;

async fn open(folder: &std::path::Path) -> Result<Spool, SpoolError> {
    Spool::open(folder.to_str().unwrap(), &StoreSettings::default(), None, &Registry::new()).await
}

fn names(folder: &TempDir) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

fn age(file: &File) {
    let old = file.metadata().unwrap().modified().unwrap() - Duration::from_hours(1);
    file.set_modified(old).unwrap();
}

#[tokio::test]
async fn a_count_removes_what_a_dead_process_left() {
    let folder = tempfile::tempdir().unwrap();
    for (name, old) in [("dead.part", true), ("young.part", false), ("whole", true), ("locked.part", true)] {
        std::fs::write(folder.path().join(name), b"12345").unwrap();
        if old {
            age(&File::open(folder.path().join(name)).unwrap());
        }
    }
    let writing = File::open(folder.path().join("locked.part")).unwrap();
    writing.lock().unwrap();
    let spool = open(folder.path()).await.unwrap();
    assert_eq!(names(&folder), ["locked.part", "multiparts", "whole", "young.part"]);
    assert_eq!(spool.used(), 5);
    drop(writing);
    spool.count().await.unwrap();
    assert_eq!(names(&folder), ["multiparts", "whole", "young.part"]);
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_is_named_with_its_setting() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, b"").unwrap();
    let SpoolError::Place { source } = open(&file.join("spool")).await.unwrap_err() else { panic!("another failure") };
    let text = source.to_string();
    assert!(text.contains("file/spool") && text.contains("--spool"), "{text}");
}

#[tokio::test]
async fn a_folder_that_went_away_is_told_by_the_probe() {
    let folder = tempfile::tempdir().unwrap();
    let spool = open(folder.path()).await.unwrap();
    spool.probe().await.unwrap();
    std::fs::remove_dir_all(folder.path()).unwrap();
    assert!(matches!(spool.probe().await, Err(SpoolError::Place { .. })));
    let upload = stream::iter([Ok::<_, io::Error>(Bytes::from_static(b"x"))]);
    assert!(matches!(spool.stage("u1", upload).await, Err(StageError::Spool { .. })));
    assert_eq!(spool.used(), 0);
}

#[tokio::test]
async fn the_metrics_tell_uploads_bytes_and_quota() {
    let (folder, registry) = (tempfile::tempdir().unwrap(), Registry::new());
    let location = folder.path().to_str().unwrap();
    let spool = Spool::open(location, &StoreSettings::default(), Some(99), &registry).await.unwrap();
    let upload = stream::iter([Ok::<_, io::Error>(Bytes::from_static(b"12345"))]);
    spool.stage("u1", upload).await.unwrap();
    let families = registry.gather();
    let value = |name: &str| {
        let family = families.iter().find(|family| family.name() == name).unwrap();
        family.get_metric()[0].get_gauge().get_value()
    };
    let seen = ["runledger_spool_uploads", "runledger_spool_bytes", "runledger_spool_quota_bytes"].map(value);
    assert_eq!(seen.map(|value| format!("{value}")), ["1", "5", "99"]);
}
