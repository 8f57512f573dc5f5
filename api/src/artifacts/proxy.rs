//! `mlflow-artifacts/*`: paths below the artifact root, as the client makes them from `mlflow-artifacts:/…` locations.

use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, Method, StatusCode, Uri};
use runledger_artifacts::ArtifactPath;
use runledger_domain::command::Decision;
use runledger_domain::event::ArtifactDeleted;
use runledger_domain::{DomainError, Event, StreamId};

use super::files::Files;
use super::{bad_request, download, upload};
use crate::wire::Answer;
use crate::{ApiError, AppState, Args, RequestContext};

/// The listing of a folder. Paths are base names, unlike those of `artifacts/list`.
pub(crate) async fn list(State(app): State<AppState>, args: Args) -> Result<Answer, ApiError> {
    let folder = ArtifactPath::parse(args.any_text("path")?.unwrap_or_default())?;
    app.views.catch_up().await?;
    let entries = app.views.list_artifacts(folder.as_str()).await?;
    Answer::new(&Files::below(&folder, entries))
}

pub(crate) async fn upload(
    State(app): State<AppState>,
    context: RequestContext,
    uri: Uri,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    let raw = raw_path(&uri);
    if raw.is_empty() || raw.ends_with('/') {
        return Ok(bad_request("Artifact path must include a filename (cannot end with '/')."));
    }
    let path = object_path(raw)?;
    upload::stream(&app, &context, &path, &headers, body).await?;
    // MLflow's server answers an empty body, which the client takes for success.
    Ok(StatusCode::OK.into_response())
}

pub(crate) async fn download(
    State(app): State<AppState>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    download::respond(&app, &object_path(raw_path(&uri))?, &method, &headers).await
}

/// Deletes a file, or a folder with all in it. What is not there is as good as deleted.
///
/// The event settles it for every reader; the ingest worker removes the objects.
pub(crate) async fn delete(State(app): State<AppState>, context: RequestContext, uri: Uri) -> Result<Answer, ApiError> {
    let path = object_path(raw_path(&uri))?;
    let deleted = Event::ArtifactDeleted(ArtifactDeleted { path: path.as_str().to_owned() });
    let events = vec![(StreamId::artifact(path.as_str()), deleted)];
    app.execute(&context, Decision { events, guards: Vec::new() }).await?;
    Ok(Answer::empty())
}

/// The artifact's part of the URL as it came over the wire, with its encoding.
pub(super) fn raw_path(uri: &Uri) -> &str {
    let endpoint = uri.path().split_once("/mlflow-artifacts/").map_or("", |(_, endpoint)| endpoint);
    let skipped = if endpoint.starts_with("mpu/") { 2 } else { 1 };
    endpoint.splitn(skipped + 1, '/').nth(skipped).unwrap_or_default()
}

pub(super) fn object_path(raw: &str) -> Result<ArtifactPath, ApiError> {
    let path = ArtifactPath::from_url(raw)?;
    if path.is_root() {
        return Err(DomainError::missing("artifact_path").into());
    }
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_is_what_follows_the_endpoint() {
        let raw = |uri: &str| raw_path(&uri.parse().unwrap()).to_owned();
        assert_eq!(raw("/api/2.0/mlflow-artifacts/artifacts/a/b%2Fc?x=/y"), "a/b%2Fc");
        assert_eq!(raw("/ajax-api/2.0/mlflow-artifacts/artifacts/mlflow-artifacts/x/"), "mlflow-artifacts/x/");
        assert_eq!(raw("/api/2.0/mlflow-artifacts/artifacts//etc"), "/etc");
        assert_eq!(raw("/api/2.0/mlflow-artifacts/artifacts/"), "");
        assert_eq!(raw("/api/2.0/mlflow-artifacts/mpu/create/a/b"), "a/b");
        assert_eq!(raw("/api/2.0/mlflow-artifacts/presigned/a/b"), "a/b");
    }
}
