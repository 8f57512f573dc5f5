//! How the server is: for those who look after it.

use axum::extract::{Path, State};
use runledger_domain::{DomainError, ErrorCode};
use runledger_operations::{Settlement, settle};
use runledger_service::{Finding, Report};
use runledger_storage::{Artifact, ArtifactState};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::asked::Asked;
use super::document::{Done, Missing, Settled};
use super::words;
use crate::app::refusal;
use crate::artifacts::Incoming;
use crate::wire::Answer;
use crate::{ApiError, App, AppState, RequestContext};

/// Uploads in an answer.
const UPLOADS: i64 = 1_000;

/// How the server is.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OpsStatus)]
struct Status {
    version: &'static str,
    /// The last position of the log.
    position: i64,
    uptime_s: i64,
    ready: Ready,
    projections: Vec<ProjectionOut>,
    uploads: Uploads,
    writes: WriteTimes,
    /// Events that could not be projected.
    dead_letters: i64,
}

/// What the process stands on, as `/ready` tells it.
#[derive(Debug, Serialize, ToSchema)]
struct Ready {
    /// `degraded`: ready, but something inessential is away.
    #[schema(schema_with = words::readiness)]
    status: &'static str,
    checks: Vec<CheckOut>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OpsCheck)]
struct CheckOut {
    name: &'static str,
    ok: bool,
    /// The process is not ready without it.
    essential: bool,
    /// What is wrong; empty when all is well.
    detail: String,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ProjectionStatus)]
struct ProjectionOut {
    name: String,
    position: i64,
    /// Events of the log after its position.
    lag_events: i64,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = UploadCounts)]
struct Uploads {
    staged: i64,
    failed: i64,
    /// When the oldest of those that wait came, in milliseconds since the epoch.
    #[schema(required = true)]
    oldest_staged_at: Option<i64>,
    spool_bytes: u64,
    spool_quota_bytes: u64,
}

/// How long the latest writes took that this process answered, from the head of the request to that of the answer; MLflow's
/// own, without files.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WriteTimes)]
struct WriteTimes {
    /// The writes that this is about, the latest 1000 at most.
    count: usize,
    /// Milliseconds within which 99 of 100 were answered.
    #[schema(required = true)]
    p99_ms: Option<f64>,
}

#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Chosen {
    Staged,
    Failed,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Listed {
    /// Only those in this state.
    #[param(inline, nullable = false)]
    state: Option<Chosen>,
    /// At most so many, and never more than 1000.
    #[serde(default = "default_limit")]
    #[param(default = 200)]
    limit: i64,
}

/// An upload that has not reached the artifact store.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Upload)]
struct UploadOut {
    upload_id: String,
    /// Below the artifact root.
    path: String,
    /// Bytes.
    size: u64,
    /// Lower-case hex.
    sha256: String,
    #[schema(schema_with = words::upload_state)]
    state: &'static str,
    /// Why it was given up.
    #[schema(required = true)]
    error: Option<String>,
    /// Milliseconds since the epoch.
    staged_at: i64,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = UploadList)]
struct List {
    uploads: Vec<UploadOut>,
    /// Those whose bytes are arriving at this process; the log does not know of them yet.
    incoming: Vec<Incoming>,
}

fn default_limit() -> i64 {
    200
}

/// How the server is.
#[utoipa::path(get, path = "/ops/status", tag = "operations", operation_id = "get_status",
    responses((status = 200, description = "How it is.", body = Status)))]
pub(crate) async fn status(State(app): State<AppState>) -> Result<Answer, ApiError> {
    let position = app.log.head().await?;
    let projections = app.views.projections().await?.into_iter().map(|projection| ProjectionOut {
        lag_events: (position - projection.position).max(0),
        position: projection.position,
        name: projection.name,
    });
    let counts = app.views.upload_counts().await?;
    let spool = &app.artifacts.spool;
    let (count, p99) = app.writes.p99();
    Answer::new(&Status {
        version: env!("CARGO_PKG_VERSION"),
        position,
        uptime_s: (app.clock.now_ms() - app.started_at) / 1_000,
        ready: app.readiness.report().into(),
        projections: projections.collect(),
        uploads: Uploads {
            staged: counts.staged,
            failed: counts.failed,
            oldest_staged_at: counts.oldest_staged_at,
            spool_bytes: spool.used(),
            spool_quota_bytes: spool.quota(),
        },
        writes: WriteTimes { count, p99_ms: p99.map(|p99| p99.as_secs_f64() * 1e3) },
        dead_letters: app.views.count_dead_letters().await?,
    })
}

/// What waits for the artifact store, and what was given up.
#[utoipa::path(get, path = "/ops/uploads", tag = "operations", operation_id = "list_uploads", params(Listed),
    responses((status = 200, description = "The uploads.", body = List)))]
pub(crate) async fn uploads(State(app): State<AppState>, Asked(listed): Asked<Listed>) -> Result<Answer, ApiError> {
    let states = match listed.state {
        None => vec![ArtifactState::Staged, ArtifactState::Failed],
        Some(Chosen::Staged) => vec![ArtifactState::Staged],
        Some(Chosen::Failed) => vec![ArtifactState::Failed],
    };
    app.views.catch_up().await?;
    let found = app.views.uploads(&states, None, listed.limit.clamp(1, UPLOADS)).await?;
    let incoming = app.incoming.below(None);
    Answer::new(&List { uploads: found.into_iter().map(UploadOut::from).collect(), incoming })
}

/// Has an upload that was given up tried again.
#[utoipa::path(post, path = "/ops/uploads/{upload_id}/retry", tag = "operations", operation_id = "retry_upload",
    params(("upload_id" = String, Path)), responses(Done, Missing, Settled))]
pub(crate) async fn retry(
    State(app): State<AppState>,
    context: RequestContext,
    Path(upload_id): Path<String>,
) -> Result<Answer, ApiError> {
    settled(&app, &context, &upload_id, Settlement::Retry).await
}

/// Gives an upload up for good: its artifact is deleted.
#[utoipa::path(post, path = "/ops/uploads/{upload_id}/discard", tag = "operations", operation_id = "discard_upload",
    params(("upload_id" = String, Path)), responses(Done, Missing, Settled))]
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

impl From<Report> for Ready {
    fn from(Report { status, checks }: Report) -> Self {
        let check = |Finding { name, ok, essential, detail }| CheckOut { name, ok, essential, detail };
        Self { status, checks: checks.into_iter().map(check).collect() }
    }
}

impl From<Artifact> for UploadOut {
    fn from(upload: Artifact) -> Self {
        let Artifact { path, upload_id, size, sha256, state, error, staged_at } = upload;
        Self { upload_id, path, size, sha256, state: state.as_str(), error, staged_at }
    }
}
