//! `artifacts/presigned-upload-url` and `-download-url`: signed URLs for runs and logged models that keep their
//! artifacts in a bucket of their own.
//!
//! This server signs for its own store alone, through `mlflow-artifacts/`; so it refuses both, as MLflow's server does for runs
//! whose artifacts it proxies.

use axum::extract::State;
use runledger_artifacts::ArtifactPath;
use runledger_domain::ErrorCode;

use crate::wire::Answer;
use crate::{ApiError, AppState, Args};

/// Seconds for which the clouds sign at most.
const LONGEST: i64 = 604_800;

pub(crate) async fn upload_url(State(app): State<AppState>, args: Args) -> Result<Answer, ApiError> {
    let (run_id, model_id) = (args.filled("run_id")?, args.filled("model_id")?);
    ArtifactPath::parse(args.required("path")?)?;
    match (run_id, model_id) {
        (Some(run_id), None) => {
            refuse("upload", "proxied artifact storage", "a direct", &app.run(run_id).await?.artifact_uri)
        }
        (None, Some(model_id)) => {
            refuse("upload", "proxied artifact storage", "a direct", &app.logged_model(model_id).await?.artifact_uri)
        }
        _ => Err(ApiError::invalid("Exactly one of run_id and model_id must be provided.")),
    }
}

pub(crate) async fn download_url(State(app): State<AppState>, args: Args) -> Result<Answer, ApiError> {
    let run_id = args.required("run_id")?;
    ArtifactPath::parse(args.required("path")?)?;
    let expiration = args.int("expiration")?.unwrap_or(1);
    if !(1..=LONGEST).contains(&expiration) {
        let message = format!("expiration must be between 1 and {LONGEST} seconds (got {expiration}).");
        return Err(ApiError::invalid(message));
    }
    let uri = app.run(run_id).await?.artifact_uri;
    refuse("download", "runs with proxied artifact storage", "a run with a direct", &uri)
}

fn refuse(what: &str, of: &str, needs: &str, uri: &str) -> Result<Answer, ApiError> {
    if let Some((scheme @ ("mlflow-artifacts" | "http" | "https"), _)) = uri.split_once(':') {
        return Err(ApiError::invalid(format!(
            "Presigned {what} is not supported for {of} (artifact URI scheme: {scheme}). This endpoint requires {needs} cloud \
             storage artifact URI."
        )));
    }
    let message = "Presigned URLs are not supported for the current artifact repository";
    Err(ApiError::new(ErrorCode::NotImplemented, message))
}
