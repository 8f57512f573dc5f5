//! What clients and operators ask of the server itself.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header;
use serde_json::{Value, json};

use crate::AppState;
use axum::Json;

/// The version of MLflow whose REST contract is served. Clients parse it and choose features by it, so it is not
/// Runledger's own version.
pub(crate) const MLFLOW_VERSION: &str = "3.18.0";

pub(crate) async fn health() -> &'static str {
    "OK"
}

pub(crate) async fn version() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], MLFLOW_VERSION)
}

/// The capabilities that clients ask for before they transfer artifacts.
pub(crate) async fn server_info(State(app): State<AppState>) -> Json<Value> {
    let direct = app.settings.direct_transfers && app.artifacts.store.supports_direct_transfers();
    Json(json!({
        "store_type": "SqlStore",
        "workspaces_enabled": false,
        "trace_archival_enabled": false,
        "multipart_uploads_enabled": direct,
        "multipart_downloads_enabled": direct,
        "artifact_serving_enabled": true,
        "presigned_upload_run_id_supported": false,
        "presigned_upload_model_id_supported": false,
        "model_artifact_presigned_downloads_supported": false,
        "features_enabled": {"gateway": false, "scheduled_issue_detection": false},
        "tracking_auth": "",
        "artifacts_presigned_only": false,
    }))
}

/// What the process stands on; 503 when something essential is away.
pub(crate) async fn ready(State(app): State<AppState>) -> Response {
    runledger_service::ready(&app.readiness)
}

pub(crate) async fn metrics(State(app): State<AppState>) -> Response {
    runledger_service::metrics(&app.registry)
}
