//! Artifacts over HTTP: the proxy below `mlflow-artifacts/`, and the endpoints that name a run, a logged model or a version.
//!
//! An upload streams to the spool and is acknowledged when its bytes and its event are durable; the ingest worker takes it
//! from there. Downloads stream from the spool or from the object store, wherever the bytes are.

mod download;
mod files;
mod headers;
mod incoming;
mod model;
mod model_version;
mod multipart;
mod presigned;
mod proxy;
mod range;
pub(crate) mod run;
pub(crate) mod upload;

pub(crate) use files::Entry;
pub(crate) use incoming::{Incoming, IncomingUploads};
pub(crate) use run::files_of_run;

use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Extension, Router};
use http::{StatusCode, header};
use runledger_artifacts::{ArtifactPath, PathError};
use runledger_domain::{ErrorCode, validate};
use serde::Serialize;

use crate::writes::Reason;
use crate::{ApiError, AppState};

/// All routes of artifacts, under both of MLflow's prefixes.
pub(crate) fn routes() -> Router<AppState> {
    let mut router = Router::new()
        .route("/get-artifact", get(run::download))
        .route("/model-versions/get-artifact", get(model_version::download))
        .route("/ajax-api/2.0/mlflow/upload-artifact", post(run::upload))
        .route("/ajax-api/2.0/mlflow/logged-models/{model_id}/artifacts/files", get(model::download));
    for prefix in ["/api/2.0", "/ajax-api/2.0"] {
        let object = || get(proxy::download).put(proxy::upload).delete(proxy::delete);
        router = router
            .route(&format!("{prefix}/mlflow/artifacts/list"), get(run::list))
            .route(&format!("{prefix}/mlflow/artifacts/download"), get(run::download))
            .route(&format!("{prefix}/mlflow/logged-models/{{model_id}}/artifacts/directories"), get(model::list))
            .route(&format!("{prefix}/mlflow/artifacts/presigned-upload-url"), post(presigned::upload_url))
            .route(&format!("{prefix}/mlflow/artifacts/presigned-download-url"), post(presigned::download_url))
            .route(&format!("{prefix}/mlflow-artifacts/artifacts"), get(proxy::list))
            .route(&format!("{prefix}/mlflow-artifacts/artifacts/"), object())
            .route(&format!("{prefix}/mlflow-artifacts/artifacts/{{*path}}"), object())
            .route(&format!("{prefix}/mlflow-artifacts/mpu/create/{{*path}}"), post(multipart::create))
            .route(&format!("{prefix}/mlflow-artifacts/mpu/complete/{{*path}}"), post(multipart::complete))
            .route(&format!("{prefix}/mlflow-artifacts/mpu/abort/{{*path}}"), post(multipart::abort))
            .route(&format!("{prefix}/mlflow-artifacts/presigned/{{*path}}"), get(multipart::presigned));
    }
    router
}

impl From<PathError> for ApiError {
    fn from(error: PathError) -> Self {
        Self::invalid(error.to_string())
    }
}

/// Where the artifacts of a run or of a logged model lie below the artifact root.
fn root_of(what: &str, id: &str, uri: &str) -> Result<ArtifactPath, ApiError> {
    ArtifactPath::of_uri(uri)?.ok_or_else(|| {
        ApiError::invalid(format!(
            "The {what} '{id}' keeps its artifacts at '{}', which this server does not serve: only locations that begin with \
             mlflow-artifacts:/ are. Use a client that has access to that location itself.",
            validate::cut(uri, 200)
        ))
    })
}

/// A refusal in the shape that MLflow's artifact endpoints use, and in that of all others.
fn bad_request(message: &str) -> Response {
    #[derive(Serialize)]
    struct Body<'a> {
        detail: &'a str,
        error_code: &'static str,
        message: &'a str,
    }
    let body = Body { detail: message, error_code: ErrorCode::InvalidParameterValue.as_str(), message };
    // A struct of strings always serialises.
    let bytes = serde_json::to_vec(&body).unwrap_or_default();
    let reason = Extension(Reason(message.to_owned()));
    (StatusCode::BAD_REQUEST, [(header::CONTENT_TYPE, "application/json")], reason, bytes).into_response()
}
