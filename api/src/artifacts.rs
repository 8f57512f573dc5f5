//! Artifacts over HTTP: the proxy below `mlflow-artifacts/`, and the endpoints that name a run.
//!
//! An upload streams to the spool and is acknowledged when its bytes and its event are durable; the ingest worker takes it
//! from there. Downloads stream from the spool or from the object store, wherever the bytes are.

mod download;
mod files;
mod headers;
mod multipart;
mod presigned;
mod proxy;
mod range;
pub(crate) mod run;
pub(crate) mod upload;

use axum::Router;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use http::{StatusCode, header};
use runledger_artifacts::PathError;
use runledger_domain::ErrorCode;
use serde::Serialize;

use crate::{ApiError, AppState};

/// All routes of artifacts, under both of MLflow's prefixes.
pub(crate) fn routes() -> Router<AppState> {
    let mut router = Router::new()
        .route("/get-artifact", get(run::download))
        .route("/ajax-api/2.0/mlflow/upload-artifact", post(run::upload));
    for prefix in ["/api/2.0", "/ajax-api/2.0"] {
        let object = || get(proxy::download).put(proxy::upload).delete(proxy::delete);
        router = router
            .route(&format!("{prefix}/mlflow/artifacts/list"), get(run::list))
            .route(&format!("{prefix}/mlflow/artifacts/download"), get(run::download))
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
    (StatusCode::BAD_REQUEST, [(header::CONTENT_TYPE, "application/json")], bytes).into_response()
}
