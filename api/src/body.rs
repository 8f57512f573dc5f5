//! Reading JSON bodies within limits.

use axum::body::Body;
use axum::extract::{FromRequest, Request};
use bytes::{Bytes, BytesMut};
use http::{HeaderMap, Method, StatusCode, header};
use http_body_util::BodyExt;
use runledger_domain::ErrorCode;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task;

use crate::packing::Packing;
use crate::{ApiError, AppState};

/// Bytes of a JSON body, after decompression.
const LIMIT: usize = 32 << 20;
/// The same for `runs/log-inputs`, where one data set may have a profile of 16 MiB.
const INPUTS_LIMIT: usize = 64 << 20;
/// Bytes of all JSON bodies that the process holds at a time.
const ALL: usize = 512 << 20;
/// Bodies from this size on are unpacked and parsed off the async threads.
const ELSEWHERE: usize = 256 << 10;

/// The body of a request that should be JSON, unpacked but not parsed. Empty if there was none.
#[derive(Debug)]
pub(crate) struct JsonBody {
    bytes: Bytes,
    held: Held,
}

/// The memory that bodies may take together. A body takes from it as its bytes arrive, so that announcing a large one
/// blocks nobody.
#[derive(Clone, Debug)]
pub(crate) struct BodyMemory(Arc<Semaphore>);

/// What one body took.
#[derive(Debug)]
struct Held {
    memory: BodyMemory,
    permit: Option<OwnedSemaphorePermit>,
}

impl FromRequest<AppState> for JsonBody {
    type Rejection = ApiError;

    async fn from_request(request: Request, app: &AppState) -> Result<Self, ApiError> {
        Self::read(request, &app.body_memory).await
    }
}

impl JsonBody {
    async fn read(request: Request, memory: &BodyMemory) -> Result<Self, ApiError> {
        let (parts, body) = request.into_parts();
        if matches!(parts.method, Method::POST | Method::PUT) {
            check_content_type(&parts.headers)?;
        }
        let limit = if parts.uri.path().ends_with("/log-inputs") { INPUTS_LIMIT } else { LIMIT };
        if let Some(length) = content_length(&parts.headers)
            && length > limit as u64
        {
            return Err(too_large(&format!("has {length} bytes"), limit));
        }
        let mut held = Held { memory: memory.clone(), permit: None };
        let bytes = collect(body, limit, &mut held).await?;
        let body = Self { bytes, held };
        let encoding = parts.headers.get(header::CONTENT_ENCODING).map(http::HeaderValue::as_bytes).unwrap_or_default();
        if matches!(encoding, b"" | b"identity") {
            return Ok(body);
        }
        let packing = Packing::named(encoding).ok_or_else(|| unknown(encoding))?;
        let bytes = body.parse(move |bytes| packing.unpack(bytes, limit)).await?;
        let mut held = Held { memory: memory.clone(), permit: None };
        held.grow(bytes.len())?;
        Ok(Self { bytes, held })
    }

    /// Parses the body, a large one off the async threads.
    pub(crate) async fn parse<T: Send + 'static>(
        self,
        parse: impl FnOnce(&[u8]) -> Result<T, ApiError> + Send + 'static,
    ) -> Result<T, ApiError> {
        let Self { bytes, held } = self;
        if bytes.len() < ELSEWHERE {
            return parse(&bytes);
        }
        let parsed = task::spawn_blocking(move || {
            let parsed = parse(&bytes);
            drop(held);
            parsed
        });
        parsed.await.map_err(ApiError::internal)?
    }
}

impl Default for BodyMemory {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(ALL)))
    }
}

impl Held {
    fn grow(&mut self, bytes: usize) -> Result<(), ApiError> {
        let more = u32::try_from(bytes).ok().and_then(|n| Arc::clone(&self.memory.0).try_acquire_many_owned(n).ok());
        let Some(more) = more else {
            let message = "The server holds as many large requests as it can. Try again after the time in Retry-After.";
            return Err(ApiError::new(ErrorCode::RequestLimitExceeded, message).retry_after(Duration::from_secs(1)));
        };
        match &mut self.permit {
            Some(permit) => permit.merge(more),
            none => *none = Some(more),
        }
        Ok(())
    }
}

fn check_content_type(headers: &HeaderMap) -> Result<(), ApiError> {
    let refuse = |message: &str| Err(ApiError::new(ErrorCode::BadRequest, format!("Bad Request. {message}")));
    let Some(value) = headers.get(header::CONTENT_TYPE) else {
        return refuse("Content-Type header is missing.");
    };
    let essence = value.to_str().unwrap_or_default().split(';').next().unwrap_or_default();
    if essence.trim().eq_ignore_ascii_case("application/json") {
        return Ok(());
    }
    refuse("Content-Type must be one of ['application/json'].")
}

fn content_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

async fn collect(mut body: Body, limit: usize, held: &mut Held) -> Result<Bytes, ApiError> {
    let mut whole = BytesMut::new();
    let mut only = Bytes::new();
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(incomplete)?.into_data() else { continue };
        held.grow(data.len())?;
        if whole.len() + only.len() + data.len() > limit {
            return Err(too_large("is larger", limit));
        }
        // Most bodies arrive in one piece, which then needs no copy.
        if whole.is_empty() && only.is_empty() {
            only = data;
        } else {
            whole.extend_from_slice(&std::mem::take(&mut only));
            whole.extend_from_slice(&data);
        }
    }
    Ok(if whole.is_empty() { only } else { whole.freeze() })
}

fn incomplete(error: axum::Error) -> ApiError {
    let message = "The request body did not arrive in full. Send it again.";
    ApiError::new(ErrorCode::BadRequest, message).with_status(StatusCode::REQUEST_TIMEOUT).caused_by(error)
}

fn unknown(encoding: &[u8]) -> ApiError {
    let encoding = String::from_utf8_lossy(encoding);
    let message = format!(
        "The Content-Encoding '{encoding}' is not supported. Send the body as it is, or compressed with gzip or zstd."
    );
    ApiError::new(ErrorCode::BadRequest, message).with_status(StatusCode::UNSUPPORTED_MEDIA_TYPE)
}

pub(crate) fn too_large(size: &str, limit: usize) -> ApiError {
    ApiError::new(
        ErrorCode::BadRequest,
        format!("The request body {size}; the limit is {limit} bytes. Split the request up into several."),
    )
    .with_status(StatusCode::PAYLOAD_TOO_LARGE)
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn read(headers: &[(&str, &str)], body: Vec<u8>) -> Result<Bytes, ApiError> {
        let mut request = Request::builder().method(Method::POST).uri("/x");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        JsonBody::read(request.body(Body::from(body)).unwrap(), &BodyMemory::default()).await.map(|body| body.bytes)
    }

    #[tokio::test]
    async fn a_body_may_be_packed() {
        let encoded = |encoding| [("content-type", "application/json; charset=utf-8"), ("content-encoding", encoding)];
        let packed = zstd::encode_all(b"{}".as_slice(), 3).unwrap();
        assert_eq!(read(&encoded("zstd"), packed).await.unwrap(), "{}");
        assert_eq!(read(&encoded("identity"), b"{}".to_vec()).await.unwrap(), "{}");
        assert_eq!(read(&encoded("br"), b"{}".to_vec()).await.unwrap_err().http_status(), 415);
    }

    #[tokio::test]
    async fn a_length_over_the_limit_is_refused_before_reading() {
        let headers = [("content-type", "application/json"), ("content-length", "33554433")];
        let refused = read(&headers, Vec::new()).await.unwrap_err();
        assert_eq!((refused.http_status().as_u16(), refused.code), (413, ErrorCode::BadRequest));
        assert!(refused.message.contains("33554433") && refused.message.contains("33554432"), "{refused}");
    }

    #[tokio::test]
    async fn the_content_type_must_be_json() {
        let missing = read(&[], Vec::new()).await.unwrap_err();
        assert_eq!(missing.message, "Bad Request. Content-Type header is missing.");
        let other = read(&[("content-type", "text/plain")], Vec::new()).await.unwrap_err();
        assert_eq!(other.message, "Bad Request. Content-Type must be one of ['application/json'].");
    }

    #[tokio::test]
    async fn bodies_share_a_bounded_memory() {
        let memory = BodyMemory(Arc::new(Semaphore::new(10)));
        let request = || Request::builder().body(Body::from("{\"a\": 1}")).unwrap();
        let first = JsonBody::read(request(), &memory).await.unwrap();
        let second = JsonBody::read(request(), &memory).await.unwrap_err();
        assert_eq!((second.http_status().as_u16(), second.retry_after), (429, Some(Duration::from_secs(1))));
        drop(first);
        assert!(JsonBody::read(request(), &memory).await.is_ok());
    }
}
