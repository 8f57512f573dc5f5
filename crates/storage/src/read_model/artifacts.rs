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
    /// Lower-case hex.
    pub sha256: String,
    pub state: ArtifactState,
}

/// A file or folder in a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArtifactEntry {
    /// Below the artifact root.
    pub path: String,
    pub is_dir: bool,
    /// Bytes; 0 for a folder.
    pub size: u64,
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

const COLUMNS: &str = "path, upload_id, size, sha256, state";

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
            artifact = fold(artifact, event, path);
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
        statement.sql = format!("SELECT path, size FROM artifacts WHERE path >= {from}{below} ORDER BY path");
        let mut entries = BTreeMap::new();
        for mut row in self.db.fetch(&statement).await? {
            let (path, size) = (row.text(0)?, row.int(1)?);
            let Some(rest) = path.strip_prefix(&prefix) else { continue };
            let (name, is_dir) = rest.split_once('/').map_or((rest, false), |(name, _)| (name, true));
            let path = format!("{prefix}{name}");
            let size = if is_dir { 0 } else { unsigned(size, &path)? };
            entries.entry(path.clone()).or_insert(ArtifactEntry { path, is_dir, size });
        }
        Ok(entries.into_values().collect())
    }

    /// The uploads that are staged and neither stored nor given up.
    pub async fn staged_artifacts(&self) -> Result<Vec<Artifact>, Error> {
        let sql = format!("SELECT {COLUMNS} FROM artifacts WHERE state = $1 ORDER BY staged_at");
        let staged = Statement::new(sql, vec![ArtifactState::Staged.as_str().into()]);
        self.db.fetch(&staged).await?.into_iter().map(read).collect()
    }
}

/// Folds an event of the path's stream, or of a parent's, into the artifact.
fn fold(artifact: Option<Artifact>, event: Event, path: &str) -> Option<Artifact> {
    let settle = |state, upload_id: &str| {
        let artifact = artifact.clone()?;
        let newest = artifact.upload_id == upload_id;
        Some(Artifact { state: if newest { state } else { artifact.state }, ..artifact })
    };
    match event {
        Event::ArtifactStaged(staged) if staged.path == path => Some(Artifact {
            path: staged.path,
            upload_id: staged.upload_id,
            size: staged.size,
            sha256: staged.sha256,
            state: ArtifactState::Staged,
        }),
        Event::ArtifactStored(stored) => settle(ArtifactState::Stored, &stored.upload_id),
        Event::ArtifactUploadFailed(failed) => settle(ArtifactState::Failed, &failed.upload_id),
        Event::ArtifactDeleted(_) => None,
        _ => artifact,
    }
}

fn read(mut row: Row) -> Result<Artifact, Error> {
    let path = row.text(0)?;
    let state = match row.text(4)?.as_str() {
        "staged" => ArtifactState::Staged,
        "stored" => ArtifactState::Stored,
        "failed" => ArtifactState::Failed,
        other => return Err(corrupt(&path, format!("state {other:?}"))),
    };
    let size = unsigned(row.int(2)?, &path)?;
    Ok(Artifact { upload_id: row.text(1)?, size, sha256: row.text(3)?, state, path })
}

fn unsigned(size: i64, path: &str) -> Result<u64, Error> {
    u64::try_from(size).map_err(|source| corrupt(path, format!("size: {source}")))
}

fn corrupt(path: &str, reason: String) -> Error {
    Error::Corrupt { table: "artifacts", id: path.to_owned(), reason }
}
