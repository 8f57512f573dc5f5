//! Sending an artifact, whole or in part, from where its bytes are.

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use runledger_artifacts::{ArtifactPath, Download, StoreError};
use runledger_domain::DomainError;
use runledger_storage::{Artifact, ArtifactState};
use std::ops::Range;

use super::range::{Wanted, wanted};
use super::{bad_request, headers};
use crate::{ApiError, App};

/// Looks at the log when the bytes were replaced or moved between the look-up and the reading.
const TRIES: usize = 3;

/// Answers GET and HEAD, with `Range` and `If-None-Match`.
pub(crate) async fn respond(
    app: &App,
    path: &ArtifactPath,
    method: &Method,
    request: &HeaderMap,
) -> Result<Response, ApiError> {
    for _ in 0..TRIES {
        let Some(artifact) = app.views.artifact(path.as_str()).await? else { return missing(app, path).await };
        let etag = format!("\"{}\"", tag(&artifact));
        if headers::matches(request.get(header::IF_NONE_MATCH), &etag) {
            return Ok((StatusCode::NOT_MODIFIED, [(header::ETAG, etag)]).into_response());
        }
        let (status, range) = match wanted(request, &etag, artifact.size) {
            Wanted::Whole => (StatusCode::OK, 0..artifact.size),
            Wanted::Part(range) => (StatusCode::PARTIAL_CONTENT, range),
            Wanted::Nothing => return Ok(unsatisfiable(artifact.size)),
        };
        let body = if method == Method::HEAD || range.is_empty() {
            Body::empty()
        } else {
            match open(app, path, &artifact, &range).await? {
                Some(download) if download.size == artifact.size => Body::from_stream(download.bytes),
                _ => continue,
            }
        };
        let mut response = (status, body).into_response();
        let headers = response.headers_mut();
        headers::describe(headers, path, &etag)?;
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from(range.end - range.start));
        if status == StatusCode::PARTIAL_CONTENT {
            let last = range.end.saturating_sub(1);
            let part = format!("bytes {}-{last}/{}", range.start, artifact.size);
            headers.insert(header::CONTENT_RANGE, HeaderValue::try_from(part).map_err(ApiError::internal)?);
        }
        return Ok(response);
    }
    Err(ApiError::internal(format!("the bytes of the artifact {path} are neither in the spool nor in the store")))
}

/// Names the bytes: by their digest, or by their upload where the digest is not known.
fn tag(artifact: &Artifact) -> &str {
    if artifact.sha256.is_empty() { &artifact.upload_id } else { &artifact.sha256 }
}

/// The bytes, wherever they are. An upload may move from the spool to the store at any time.
async fn open(
    app: &App,
    path: &ArtifactPath,
    artifact: &Artifact,
    range: &Range<u64>,
) -> Result<Option<Download>, ApiError> {
    if artifact.state != ArtifactState::Stored
        && let Some(download) =
            app.artifacts.spool.read(&artifact.upload_id, Some(range.clone())).await.map_err(ApiError::internal)?
    {
        return Ok(Some(download));
    }
    match app.artifacts.store.get(path, Some(range.clone())).await {
        Ok(download) => Ok(Some(download)),
        Err(StoreError::NotFound { .. }) => Ok(None),
        Err(error) => Err(headers::store_away(error)),
    }
}

async fn missing(app: &App, path: &ArtifactPath) -> Result<Response, ApiError> {
    app.views.catch_up().await?;
    if app.views.list_artifacts(path.as_str()).await?.is_empty() {
        return Err(DomainError::not_found(format!("No such artifact: '{path}'")).into());
    }
    Ok(bad_request(&format!("Artifact path refers to a directory, not a file: '{path}'")))
}

fn unsatisfiable(size: u64) -> Response {
    let range = format!("bytes */{size}");
    (StatusCode::RANGE_NOT_SATISFIABLE, [(header::CONTENT_RANGE, range)]).into_response()
}
