//! What streams of events have in common: where a reader goes on, and how they are answered.

use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use runledger_domain::ErrorCode;

use crate::{ApiError, App};

/// After which position a reader goes on: the one that the header `Last-Event-ID` names, else `since`, else the end of the log.
/// A position that the log has not reached is another log's, and refused with 410.
pub(super) async fn begin_at(app: &App, headers: &HeaderMap, since: Option<i64>) -> Result<i64, ApiError> {
    let last = headers.get("last-event-id").and_then(|id| id.to_str().ok()).and_then(|id| id.parse().ok());
    let head = app.log.head().await?;
    let position = last.or(since).unwrap_or(head);
    if position > head {
        let message =
            format!("The log ends at {head}: it is not the one that position {position} was read from. Begin anew.");
        return Err(ApiError::new(ErrorCode::ResourceDoesNotExist, message).with_status(StatusCode::GONE));
    }
    Ok(position)
}

/// The answer with headers by which nothing in between gathers or keeps what should be seen at once.
pub(super) fn unbuffered(events: impl IntoResponse) -> Response {
    let mut response = events.into_response();
    response.headers_mut().insert("x-accel-buffering", HeaderValue::from_static("no"));
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
