//! Listings.

use runledger_artifacts::ArtifactPath;
use runledger_storage::ArtifactEntry;
use serde::Serialize;

/// `{root_uri, files}` as MLflow has it: no empty list, no size of a folder and none of an empty file.
#[derive(Debug, Serialize)]
pub(crate) struct Files<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    root_uri: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    files: Vec<Entry>,
}

#[derive(Debug, Serialize)]
struct Entry {
    path: String,
    is_dir: bool,
    #[serde(skip_serializing_if = "is_zero")]
    file_size: u64,
}

impl<'a> Files<'a> {
    /// The entries with their paths from `folder` on.
    pub(crate) fn below(folder: &ArtifactPath, entries: Vec<ArtifactEntry>) -> Self {
        let file = |entry: ArtifactEntry| {
            let below = entry.path.strip_prefix(folder.as_str()).unwrap_or(&entry.path);
            Entry { path: below.trim_start_matches('/').to_owned(), is_dir: entry.is_dir, file_size: entry.size }
        };
        Self { root_uri: None, files: entries.into_iter().map(file).collect() }
    }

    /// Says where the paths begin.
    pub(crate) fn of_root(self, uri: &'a str) -> Self {
        Self { root_uri: Some(uri), ..self }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde calls")]
fn is_zero(size: &u64) -> bool {
    *size == 0
}
