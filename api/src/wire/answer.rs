//! The body of a success.

use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::{HeaderValue, header};
use serde::Serialize;
use tokio::task::spawn_blocking;

use crate::ApiError;

/// A successful answer as JSON.
#[derive(Debug)]
pub(crate) struct Answer(Bytes);

impl Answer {
    pub(crate) fn new<T: Serialize>(value: &T) -> Result<Self, ApiError> {
        Ok(Self(serde_json::to_vec(value).map_err(ApiError::internal)?.into()))
    }

    /// The answer that `write` makes of about `items` runs or points. Many of them are written off the async threads, because
    /// that takes long enough to hold up other requests.
    pub(crate) async fn of_many(
        items: usize,
        write: impl FnOnce() -> Result<Self, ApiError> + Send + 'static,
    ) -> Result<Self, ApiError> {
        const MANY: usize = 1_000;
        if items <= MANY { write() } else { spawn_blocking(write).await.map_err(ApiError::internal)? }
    }

    /// `{}`: done, nothing to tell.
    pub(crate) fn empty() -> Self {
        Self(Bytes::from_static(b"{}"))
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let mut response = self.0.into_response();
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        response
    }
}
