//! Endpoints that name an artifact by its logged model and its path below the model's artifact location.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, Method};
use runledger_artifacts::ArtifactPath;
use runledger_domain::ErrorCode;

use super::files::Files;
use super::{download, multipart, root_of};
use crate::wire::Answer;
use crate::{ApiError, AppState, Args};

pub(crate) async fn list(
    State(app): State<AppState>,
    Path(model_id): Path<String>,
    args: Args,
) -> Result<Answer, ApiError> {
    let relative = args.any_text("artifact_directory_path")?.unwrap_or_default();
    // A bad path is refused whether the model exists or not.
    ArtifactPath::parse(relative)?;
    let model = app.logged_model(&model_id).await?;
    let root = root_of("logged model", &model_id, &model.artifact_uri)?;
    let folder = root.join(relative)?;
    app.views.catch_up().await?;
    let entries = app.views.list_artifacts(folder.as_str()).await?;
    Answer::new(&Files::below(&root, entries).of_root(&model.artifact_uri))
}

/// The file itself or, with `presigned`, a URL from which it can be fetched.
pub(crate) async fn download(
    State(app): State<AppState>,
    Path(model_id): Path<String>,
    method: Method,
    headers: HeaderMap,
    args: Args,
) -> Result<Response, ApiError> {
    let relative = args.any_text("artifact_file_path")?.filter(|path| !path.is_empty()).ok_or_else(|| {
        let message = "Request must include the \"artifact_file_path\" query parameter.";
        ApiError::new(ErrorCode::BadRequest, message)
    })?;
    ArtifactPath::parse(relative)?;
    let model = app.logged_model(&model_id).await?;
    let path = root_of("logged model", &model_id, &model.artifact_uri)?.join(relative)?;
    if args.flag("presigned")?.unwrap_or(false) {
        return Ok(multipart::sign_download(&app, &path).await?.into_response());
    }
    download::respond(&app, &path, &method, &headers).await
}
