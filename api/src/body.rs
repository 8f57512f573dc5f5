//! Reading JSON bodies within limits.

use axum::body::Body;
use axum::extract::{FromRequest, Request};
use bytes::Bytes;
use flate2::read::MultiGzDecoder;
use http::{HeaderMap, Method, StatusCode, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use runledger_domain::ErrorCode;
use std::io::Read;
use tokio::task;

use crate::ApiError;

/// Bytes of a JSON body, after decompression.
const LIMIT: usize = 32 << 20;
/// The same for `runs/log-inputs`, where one data set may have a profile of 16 MiB.
const INPUTS_LIMIT: usize = 64 << 20;
/// Compressed bodies from this size on are unpacked off the async threads.
const UNPACK_ELSEWHERE: usize = 64 << 10;

/// The body of a request that should be JSON, unpacked but not parsed. Empty if there was none.
#[derive(Debug)]
pub(crate) struct JsonBody(pub(crate) Bytes);

impl<S: Sync> FromRequest<S> for JsonBody {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &S) -> Result<Self, ApiError> {
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
        let bytes = collect(body, limit).await?;
        match parts.headers.get(header::CONTENT_ENCODING).map(|encoding| encoding.as_bytes()) {
            None | Some(b"" | b"identity") => Ok(Self(bytes)),
            Some(b"gzip" | b"x-gzip") => unpack_anywhere(bytes, limit).await.map(Self),
            Some(other) => Err(ApiError::new(
                ErrorCode::BadRequest,
                format!(
                    "The Content-Encoding '{}' is not supported. Send the body as it is, or compressed with gzip.",
                    String::from_utf8_lossy(other)
                ),
            )
            .with_status(StatusCode::UNSUPPORTED_MEDIA_TYPE)),
        }
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

async fn collect(body: Body, limit: usize) -> Result<Bytes, ApiError> {
    match Limited::new(body, limit).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(too_large("is larger", limit)),
        Err(error) => {
            let message = "The request body did not arrive in full. Send it again.";
            Err(ApiError::new(ErrorCode::BadRequest, message).with_status(StatusCode::REQUEST_TIMEOUT).caused_by(error))
        }
    }
}

async fn unpack_anywhere(bytes: Bytes, limit: usize) -> Result<Bytes, ApiError> {
    if bytes.len() < UNPACK_ELSEWHERE {
        return unpack(&bytes, limit);
    }
    task::spawn_blocking(move || unpack(&bytes, limit)).await.map_err(ApiError::internal)?
}

fn unpack(bytes: &[u8], limit: usize) -> Result<Bytes, ApiError> {
    let mut unpacked = Vec::new();
    // One byte more than allowed tells a body of exactly the limit from a larger one.
    let read = MultiGzDecoder::new(bytes).take(limit as u64 + 1).read_to_end(&mut unpacked);
    read.map_err(|error| ApiError::invalid(format!("The request body is not valid gzip: {error}.")))?;
    if unpacked.len() > limit {
        return Err(too_large("is larger after decompression", limit));
    }
    Ok(unpacked.into())
}

fn too_large(size: &str, limit: usize) -> ApiError {
    ApiError::new(
        ErrorCode::BadRequest,
        format!("The request body {size}; the limit is {limit} bytes. Split the request up into several."),
    )
    .with_status(StatusCode::PAYLOAD_TOO_LARGE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use std::io::Write;

    fn packed(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    async fn read(headers: &[(&str, &str)], body: Vec<u8>) -> Result<Bytes, ApiError> {
        let mut request = Request::builder().method(Method::POST).uri("/x");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        JsonBody::from_request(request.body(Body::from(body)).unwrap(), &()).await.map(|body| body.0)
    }

    #[tokio::test]
    async fn gzip_is_unpacked_within_the_limit() {
        let headers = [("content-type", "application/json; charset=utf-8"), ("content-encoding", "gzip")];
        assert_eq!(read(&headers, packed(b"{}")).await.unwrap(), "{}");
        let bomb = read(&headers, packed(&vec![b' '; LIMIT + 1])).await.unwrap_err();
        assert_eq!(bomb.http_status(), 413);
        assert_eq!(read(&headers, b"{}".to_vec()).await.unwrap_err().http_status(), 400);
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
}
