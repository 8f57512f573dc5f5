//! How the server is: for those who look after it.

use axum::extract::{Path, State};
use runledger_domain::{DomainError, ErrorCode};
use runledger_operations::{Settlement, settle};
use runledger_service::Report;
use runledger_storage::{Artifact, ArtifactState};
use serde::{Deserialize, Serialize};

use super::asked::Asked;
use crate::app::refusal;
use crate::wire::Answer;
use crate::{ApiError, App, AppState, RequestContext};

/// Uploads in an answer.
const UPLOADS: i64 = 1_000;

#[derive(Debug, Serialize)]
struct Status {
    version: &'static str,
    position: i64,
    uptime_s: i64,
    ready: Report,
    projections: Vec<ProjectionOut>,
    uploads: Uploads,
    dead_letters: i64,
}

#[derive(Debug, Serialize)]
struct ProjectionOut {
    name: String,
    position: i64,
    lag_events: i64,
}

#[derive(Debug, Serialize)]
struct Uploads {
    staged: i64,
    failed: i64,
    spool_bytes: u64,
    spool_quota_bytes: u64,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Chosen {
    Staged,
    Failed,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Listed {
    state: Option<Chosen>,
    #[serde(default = "default_limit")]
    limit: i64,
}

#[derive(Debug, Serialize)]
struct UploadOut {
    upload_id: String,
    path: String,
    size: u64,
    sha256: String,
    state: &'static str,
    error: Option<String>,
    staged_at: i64,
}

fn default_limit() -> i64 {
    200
}

pub(crate) async fn status(State(app): State<AppState>) -> Result<Answer, ApiError> {
    let position = app.log.head().await?;
    let projections = app.views.projections().await?.into_iter().map(|projection| ProjectionOut {
        lag_events: (position - projection.position).max(0),
        position: projection.position,
        name: projection.name,
    });
    let counts = app.views.upload_counts().await?;
    let spool = &app.artifacts.spool;
    Answer::new(&Status {
        version: env!("CARGO_PKG_VERSION"),
        position,
        uptime_s: (app.clock.now_ms() - app.started_at) / 1_000,
        ready: app.readiness.report(),
        projections: projections.collect(),
        uploads: Uploads {
            staged: counts.staged,
            failed: counts.failed,
            spool_bytes: spool.used(),
            spool_quota_bytes: spool.quota(),
        },
        dead_letters: app.views.count_dead_letters().await?,
    })
}

pub(crate) async fn uploads(State(app): State<AppState>, Asked(listed): Asked<Listed>) -> Result<Answer, ApiError> {
    #[derive(Serialize)]
    struct List {
        uploads: Vec<UploadOut>,
    }
    let states = match listed.state {
        None => vec![ArtifactState::Staged, ArtifactState::Failed],
        Some(Chosen::Staged) => vec![ArtifactState::Staged],
        Some(Chosen::Failed) => vec![ArtifactState::Failed],
    };
    app.views.catch_up().await?;
    let found = app.views.uploads(&states, None, listed.limit.clamp(1, UPLOADS)).await?;
    Answer::new(&List { uploads: found.into_iter().map(UploadOut::from).collect() })
}

/// Has an upload that was given up tried again.
pub(crate) async fn retry(
    State(app): State<AppState>,
    context: RequestContext,
    Path(upload_id): Path<String>,
) -> Result<Answer, ApiError> {
    settled(&app, &context, &upload_id, Settlement::Retry).await
}

/// Gives an upload up for good: its artifact is deleted.
pub(crate) async fn discard(
    State(app): State<AppState>,
    context: RequestContext,
    Path(upload_id): Path<String>,
) -> Result<Answer, ApiError> {
    settled(&app, &context, &upload_id, Settlement::Discard).await
}

async fn settled(
    app: &App,
    context: &RequestContext,
    upload_id: &str,
    settlement: Settlement,
) -> Result<Answer, ApiError> {
    let upload = unsettled(app, upload_id).await?;
    let queue = Some(app.artifacts.queue.as_ref());
    let outcome = settle(&app.author(context, None), queue, upload, settlement).await?;
    outcome.map_err(|rejection| refusal(&rejection))?;
    Ok(Answer::empty())
}

async fn unsettled(app: &App, upload_id: &str) -> Result<Artifact, ApiError> {
    app.views.catch_up().await?;
    let missing = || {
        let shown = runledger_domain::validate::cut(upload_id, 100);
        DomainError::not_found(format!("There is no upload '{shown}', or a newer one of its path took its place."))
    };
    let upload = app.views.upload(upload_id).await?.ok_or_else(missing)?;
    if upload.state == ArtifactState::Stored {
        let message = "The upload has reached the artifact store already; nothing was changed.";
        return Err(ApiError::new(ErrorCode::InvalidState, message).with_status(http::StatusCode::CONFLICT));
    }
    Ok(upload)
}

impl From<Artifact> for UploadOut {
    fn from(upload: Artifact) -> Self {
        let Artifact { path, upload_id, size, sha256, state, error, staged_at } = upload;
        Self { upload_id, path, size, sha256, state: state.as_str(), error, staged_at }
    }
}
