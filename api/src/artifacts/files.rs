//! Listings: as MLflow has them, and with what became of each upload.

use runledger_artifacts::ArtifactPath;
use runledger_storage::ArtifactEntry;
use serde::Serialize;
use utoipa::ToSchema;

use super::Incoming;
use crate::v1::words;

/// `{root_uri, files}` as MLflow has it: no empty list, no size of a folder and none of an empty file.
#[derive(Debug, Serialize)]
pub(crate) struct Files<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    root_uri: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    files: Vec<Entry>,
}

/// A file or a folder.
#[derive(Debug, Serialize)]
pub(crate) struct Entry {
    pub(crate) path: String,
    pub(crate) is_dir: bool,
    /// Bytes; 0 of a folder.
    #[serde(skip_serializing_if = "is_zero")]
    pub(crate) file_size: u64,
}

impl<'a> Files<'a> {
    /// The entries with their paths from `folder` on.
    pub(crate) fn below(folder: &ArtifactPath, entries: Vec<ArtifactEntry>) -> Self {
        let file = |entry: ArtifactEntry| {
            let is_dir = entry.file.is_none();
            Entry { path: relative(folder, &entry.path), is_dir, file_size: if is_dir { 0 } else { entry.size } }
        };
        Self { root_uri: None, files: entries.into_iter().map(file).collect() }
    }

    pub(crate) fn into_entries(self) -> Vec<Entry> {
        self.files
    }

    /// Says where the paths begin.
    pub(crate) fn of_root(self, uri: &'a str) -> Self {
        Self { root_uri: Some(uri), ..self }
    }
}

/// What our own listing tells of a run's files and folders.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ArtifactList)]
pub(crate) struct Details<'a> {
    root_uri: &'a str,
    entries: Vec<Detail>,
    /// Uploads to this folder, or one below it, whose bytes are arriving at this process.
    incoming: Vec<Incoming>,
}

/// A file or folder. What only files have is absent where it is a folder.
#[derive(Debug, Default, Serialize, ToSchema)]
#[schema(as = ArtifactEntry)]
struct Detail {
    /// Below the run's artifact location.
    path: String,
    is_dir: bool,
    /// Bytes; of a folder, all below it.
    size: u64,
    /// `failed`: the upload was given up, and the spool keeps the bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = words::upload_state)]
    state: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    upload_id: Option<String>,
    /// Lower-case hex; absent where a client brought the file to the object store itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    sha256: Option<String>,
    /// Milliseconds since the epoch.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    staged_at: Option<i64>,
    /// Why the upload was given up.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    error: Option<String>,
}

impl<'a> Details<'a> {
    pub(crate) fn of(
        root_uri: &'a str,
        root: &ArtifactPath,
        entries: Vec<ArtifactEntry>,
        mut incoming: Vec<Incoming>,
    ) -> Self {
        let detail = |entry: ArtifactEntry| {
            let (path, size) = (relative(root, &entry.path), entry.size);
            let Some(file) = entry.file else { return Detail { path, is_dir: true, size, ..Detail::default() } };
            Detail {
                path,
                is_dir: false,
                size,
                state: Some(file.state.as_str()),
                upload_id: Some(file.upload_id),
                sha256: Some(file.sha256).filter(|digest| !digest.is_empty()),
                staged_at: Some(file.staged_at),
                error: file.error,
            }
        };
        for upload in &mut incoming {
            upload.path = relative(root, &upload.path);
        }
        Self { root_uri, entries: entries.into_iter().map(detail).collect(), incoming }
    }
}

fn relative(folder: &ArtifactPath, path: &str) -> String {
    path.strip_prefix(folder.as_str()).unwrap_or(path).trim_start_matches('/').to_owned()
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde calls")]
fn is_zero(size: &u64) -> bool {
    *size == 0
}
