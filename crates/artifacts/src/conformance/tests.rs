use super::*;
use tempfile::TempDir;

/// New folders below one that goes at the end.
fn folders(root: &TempDir) -> impl Fn() -> At {
    let root = root.path().to_owned();
    move || {
        let location = tempfile::tempdir_in(&root).unwrap().keep().display().to_string();
        At { location, settings: StoreSettings::default() }
    }
}

#[tokio::test]
async fn a_folder_is_a_spool() {
    let root = tempfile::tempdir().unwrap();
    spools(folders(&root)).await;
}

#[tokio::test]
async fn a_folder_is_a_store() {
    let root = tempfile::tempdir().unwrap();
    stores(folders(&root), folders(&root)).await;
}
