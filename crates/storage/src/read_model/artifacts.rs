//! Artifacts by path, and the folders that their paths make.

use runledger_domain::{Event, StreamId};
use std::collections::BTreeMap;

use super::ReadModel;
use crate::{Error, Row, Statement};

/// How far an artifact has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArtifactState {
    /// Its bytes are durable in the spool.
    Staged,
    /// Its bytes are in the object store.
    Stored,
    /// The upload was given up; the spool keeps the bytes.
    Failed,
}

/// The newest upload to a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Artifact {
    /// Below the artifact root, such as `0/4f…/artifacts/model.pkl`.
    pub path: String,
    pub upload_id: String,
    /// Bytes.
    pub size: u64,
    /// Lower-case hex; empty where a client brought the bytes to the object store itself.
    pub sha256: String,
    pub state: ArtifactState,
    /// Why the upload was given up.
    pub error: Option<String>,
    /// When it was taken, in milliseconds since the epoch.
    pub staged_at: i64,
}

/// A file or folder in a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArtifactEntry {
    /// Below the artifact root.
    pub path: String,
    /// Bytes; of a folder, all below it.
    pub size: u64,
    /// `None` for a folder.
    pub file: Option<Artifact>,
}

impl ArtifactState {
    /// The name in the view.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Staged => "staged",
            Self::Stored => "stored",
            Self::Failed => "failed",
        }
    }
}

pub(super) const COLUMNS: &str = "path, upload_id, size, sha256, state, error, staged_at";

impl ReadModel {
    /// The artifact at the path as it was acknowledged; `None` when there is none or it was deleted.
    pub async fn artifact(&self, path: &str) -> Result<Option<Artifact>, Error> {
        let checkpoint = self.checkpoint().await?;
        let sql = format!("SELECT {COLUMNS} FROM artifacts WHERE path = $1");
        let rows = self.db.fetch(&Statement::new(sql, vec![path.into()])).await?;
        let mut artifact = rows.into_iter().next().map(read).transpose()?;

        // A folder above may have been deleted too.
        let parents = path.match_indices('/').filter_map(|(end, _)| path.get(..end));
        let streams: Vec<StreamId> = parents.chain([path]).map(StreamId::artifact).collect();
        for recorded in self.log.read_streams(&streams, checkpoint).await? {
            let Ok(event) = recorded.decode() else { continue };
            artifact = fold(artifact, event, recorded.recorded_at, path);
        }
        Ok(artifact)
    }

    /// Files and folders directly below the folder, sorted by path; the empty path is the root.
    pub async fn list_artifacts(&self, folder: &str) -> Result<Vec<ArtifactEntry>, Error> {
        let prefix = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        let mut statement = Statement::default();
        let from = statement.bind(prefix.as_str());
        // `0` follows `/`, so this is every path that begins with the prefix.
        let below = if folder.is_empty() {
            String::new()
        } else {
            format!(" AND path < {}", statement.bind(format!("{folder}0")))
        };
        statement.sql = format!("SELECT {COLUMNS} FROM artifacts WHERE path >= {from}{below} ORDER BY path");
        let mut entries: BTreeMap<String, ArtifactEntry> = BTreeMap::new();
        for row in self.db.fetch(&statement).await? {
            let artifact = read(row)?;
            let Some(rest) = artifact.path.strip_prefix(&prefix) else { continue };
            let (name, is_file) = rest.split_once('/').map_or((rest, true), |(name, _)| (name, false));
            let (path, size) = (format!("{prefix}{name}"), artifact.size);
            let entry = entries.entry(path.clone()).or_insert(ArtifactEntry { path, size: 0, file: None });
            entry.size += size;
            if is_file {
                entry.file = Some(artifact);
            }
        }
        Ok(entries.into_values().collect())
    }
}

/// Folds an event of the path's stream, or of a parent's, into the artifact.
fn fold(artifact: Option<Artifact>, event: Event, at: i64, path: &str) -> Option<Artifact> {
    use ArtifactState::{Failed, Staged, Stored};

    let turn = |upload_id: &str, from: &[ArtifactState], state, error| {
        let artifact = artifact.clone()?;
        let turns = artifact.upload_id == upload_id && from.contains(&artifact.state);
        Some(if turns { Artifact { state, error, ..artifact } } else { artifact })
    };
    match event {
        Event::ArtifactStaged(staged) if staged.path == path => Some(Artifact {
            path: staged.path,
            upload_id: staged.upload_id,
            size: staged.size,
            sha256: staged.sha256,
            state: Staged,
            error: None,
            staged_at: at,
        }),
        Event::ArtifactUploaded(uploaded) if uploaded.path == path => Some(Artifact {
            path: uploaded.path,
            upload_id: uploaded.upload_id,
            size: uploaded.size,
            sha256: String::new(),
            state: Stored,
            error: None,
            staged_at: at,
        }),
        Event::ArtifactStored(stored) => turn(&stored.upload_id, &[Staged, Stored, Failed], Stored, None),
        Event::ArtifactUploadFailed(failed) => turn(&failed.upload_id, &[Staged, Failed], Failed, Some(failed.reason)),
        Event::ArtifactUploadRetried(retried) => turn(&retried.upload_id, &[Failed], Staged, None),
        Event::ArtifactDeleted(_) => None,
        _ => artifact,
    }
}

/// Reads [`COLUMNS`].
pub(super) fn read(mut row: Row) -> Result<Artifact, Error> {
    let path = row.text(0)?;
    let state = match row.text(4)?.as_str() {
        "staged" => ArtifactState::Staged,
        "stored" => ArtifactState::Stored,
        "failed" => ArtifactState::Failed,
        other => return Err(corrupt(&path, format!("state {other:?}"))),
    };
    let size = unsigned(row.int(2)?, &path)?;
    let (upload_id, sha256) = (row.text(1)?, row.text(3)?);
    Ok(Artifact { upload_id, size, sha256, state, error: row.opt_text(5)?, staged_at: row.int(6)?, path })
}

fn unsigned(size: i64, path: &str) -> Result<u64, Error> {
    u64::try_from(size).map_err(|source| corrupt(path, format!("size: {source}")))
}

fn corrupt(path: &str, reason: String) -> Error {
    Error::Corrupt { table: "artifacts", id: path.to_owned(), reason }
}
