//! Errors of requests, and MLflow's error body.
//!
//! A handler's error travels to the outermost layer as it is: only there the request id is known that a 5xx body carries,
//! and only there a failure is logged, once and with its causes.

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use runledger_domain::{DomainError, ErrorCode};
use runledger_storage::Error as StorageError;
use runledger_storage::search::{Mistake, SearchError};
use serde::Serialize;
use std::error::Error;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;
use utoipa::ToSchema;

/// A request that is refused or that failed. Display is the message for the user and shows nothing internal; the cause is
/// in `source`.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{message}")]
pub(crate) struct ApiError {
    pub(crate) code: ErrorCode,
    pub(crate) message: String,
    /// The HTTP status where it is not the one that MLflow sends with the code.
    pub(crate) status: Option<StatusCode>,
    pub(crate) retry_after: Option<Duration>,
    /// Which characters of a filter are wrong.
    pub(crate) span: Option<Range<usize>>,
    pub(crate) source: Option<Arc<dyn Error + Send + Sync>>,
}

/// What every refusal and failure answers, as MLflow does.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ErrorBody {
    /// MLflow's code, such as `INVALID_PARAMETER_VALUE`.
    error_code: &'static str,
    /// What is wrong and what to do, for the user.
    message: String,
    /// With a failure: under it the server's log tells more.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    request_id: Option<String>,
    /// Of a filter that cannot be read: from its first wrong character to before the second number.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<usize>>, nullable = false, min_items = 2, max_items = 2)]
    span: Option<(usize, usize)>,
}

impl ApiError {
    pub(crate) fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), status: None, retry_after: None, span: None, source: None }
    }

    /// `INVALID_PARAMETER_VALUE`, 400: the request itself is wrong.
    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::InvalidParameterValue, message)
    }

    /// `INTERNAL_ERROR`, 500: the cause goes to the log, the user gets the request id.
    pub(crate) fn internal(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        let message = "The server failed to answer this request. Its log tells more under the request id.";
        Self::new(ErrorCode::InternalError, message).caused_by(cause)
    }

    pub(crate) fn with_status(mut self, status: StatusCode) -> Self {
        self.status = Some(status);
        self
    }

    /// How long the client should wait before it tries again.
    pub(crate) fn retry_after(mut self, delay: Duration) -> Self {
        self.retry_after = Some(delay);
        self
    }

    pub(crate) fn caused_by(mut self, cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.source = Some(Arc::from(cause.into()));
        self
    }

    pub(crate) fn http_status(&self) -> StatusCode {
        let by_code = || StatusCode::from_u16(self.code.http_status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        self.status.unwrap_or_else(by_code)
    }

    /// Whether the server failed. MLflow also answers some refusals, such as `INVALID_STATE`, with a 5xx.
    pub(crate) fn is_failure(&self) -> bool {
        self.source.is_some() && self.http_status().is_server_error()
    }

    /// The response with MLflow's error body. The request id is in it where only the server's log can tell more.
    pub(crate) fn render(&self, request_id: &str) -> Response {
        let status = self.http_status();
        let message =
            if self.is_failure() { format!("{self} (request id {request_id})") } else { self.message.clone() };
        let request_id = status.is_server_error().then(|| request_id.to_owned());
        let span = self.span.as_ref().map(|span| (span.start, span.end));
        let body = ErrorBody { error_code: self.code.as_str(), message, request_id, span };
        // A struct of strings and numbers always serialises.
        let bytes = serde_json::to_vec(&body).unwrap_or_default();
        let mut response = (status, [(header::CONTENT_TYPE, "application/json")], bytes).into_response();
        if let Some(delay) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(delay.as_secs().max(1)));
        }
        response
    }
}

impl From<DomainError> for ApiError {
    fn from(error: DomainError) -> Self {
        Self::new(error.code, error.message)
    }
}

impl From<SearchError> for ApiError {
    fn from(error: SearchError) -> Self {
        Self::invalid(error.to_string())
    }
}

impl From<Mistake> for ApiError {
    fn from(Mistake { error, span }: Mistake) -> Self {
        Self { span: Some(span), ..error.into() }
    }
}

impl From<StorageError> for ApiError {
    fn from(error: StorageError) -> Self {
        match &error {
            StorageError::Overloaded { retry_after } => {
                let message =
                    "The server takes no more writes for the moment. Try again after the time in Retry-After.";
                Self::new(ErrorCode::RequestLimitExceeded, message).retry_after(*retry_after)
            }
            StorageError::Unavailable { .. } => {
                let message = "The database is not available for the moment. Try again later.";
                Self::new(ErrorCode::TemporarilyUnavailable, message)
                    .retry_after(Duration::from_secs(1))
                    .caused_by(error)
            }
            StorageError::Archive { .. } => {
                let message =
                    "What was asked for is archived, and the archive cannot be read for the moment. Try again later.";
                Self::new(ErrorCode::TemporarilyUnavailable, message)
                    .retry_after(Duration::from_secs(5))
                    .caused_by(error)
            }
            _ => Self::internal(error),
        }
    }
}

/// The response only carries the error; see [`ApiError::render`].
impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = self.http_status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::BodyExt;

    async fn body(response: Response) -> String {
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        String::from_utf8(bytes.to_vec()).unwrap()
    }

    #[tokio::test]
    async fn a_refusal_is_the_code_and_the_message() {
        let response = ApiError::from(DomainError::missing("key")).render("r1");
        assert_eq!(response.status(), 400);
        let text = body(response).await;
        assert!(text.starts_with(r#"{"error_code":"INVALID_PARAMETER_VALUE","message":"Missing value for"#), "{text}");
        assert!(!text.contains("r1"));
    }

    #[tokio::test]
    async fn a_failure_carries_the_request_id_and_nothing_internal() {
        let source = StorageError::Backend { operation: "append", source: "secret host".into() };
        let response = ApiError::from(source).render("r1");
        assert_eq!(response.status(), 500);
        let text = body(response).await;
        assert!(text.contains("r1") && !text.contains("secret"), "{text}");
    }

    #[test]
    fn an_overloaded_log_says_when_to_come_back() {
        let response = ApiError::from(StorageError::Overloaded { retry_after: Duration::from_millis(20) }).render("r1");
        assert_eq!(
            (response.status().as_u16(), response.headers()[header::RETRY_AFTER].as_bytes()),
            (429, b"1".as_slice())
        );
    }
}
