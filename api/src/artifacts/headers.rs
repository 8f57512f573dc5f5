//! The headers of a download, and conditions on them.

use http::{HeaderMap, HeaderValue, header};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use runledger_artifacts::{ArtifactPath, StoreError};
use runledger_domain::ErrorCode;
use std::time::Duration;

use crate::ApiError;

/// Extensions, and names without one, that MLflow shows as text. A browser must not run what a training job wrote.
const TEXT: &[&str] = &[
    "txt",
    "log",
    "err",
    "cfg",
    "conf",
    "cnf",
    "cf",
    "ini",
    "properties",
    "prop",
    "hocon",
    "toml",
    "yaml",
    "yml",
    "xml",
    "json",
    "js",
    "mjs",
    "html",
    "htm",
    "xhtml",
    "py",
    "py3",
    "csv",
    "tsv",
    "md",
    "rst",
    "mlmodel",
    "mlproject",
];
/// What RFC 5987 leaves unencoded besides letters and digits.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'!')
    .remove(b'$')
    .remove(b'&')
    .remove(b'+');

/// Should a browser show a file all the same, it has no origin and loads nothing.
const NO_RIGHTS: &str = "sandbox; default-src 'none'";

/// Says what the bytes are and that a browser is to save them.
pub(crate) fn describe(headers: &mut HeaderMap, path: &ArtifactPath, etag: &str) -> Result<(), ApiError> {
    let name = path.name();
    let value = |text: &str| HeaderValue::try_from(text).map_err(ApiError::internal);
    headers.insert(header::CONTENT_TYPE, value(content_type(name))?);
    headers.insert(header::CONTENT_DISPOSITION, value(&disposition(name))?);
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(NO_RIGHTS));
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    headers.insert(header::ETAG, value(etag)?);
    Ok(())
}

/// Whether `If-None-Match` names the tag.
pub(crate) fn matches(condition: Option<&HeaderValue>, etag: &str) -> bool {
    let tags = condition.and_then(|tags| tags.to_str().ok()).unwrap_or_default();
    tags.split(',').map(|tag| tag.trim().trim_start_matches("W/")).any(|tag| tag == etag || tag == "*")
}

/// The answer while the artifact store cannot be read.
pub(crate) fn store_away(error: StoreError) -> ApiError {
    let message = "The artifact store is not available for the moment. Try again later.";
    ApiError::new(ErrorCode::TemporarilyUnavailable, message).retry_after(Duration::from_secs(5)).caused_by(error)
}

fn content_type(name: &str) -> &'static str {
    let extension = name.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
    if TEXT.contains(&extension.as_str()) {
        return "text/plain; charset=utf-8";
    }
    mime_guess::from_path(name).first_raw().unwrap_or("application/octet-stream")
}

fn disposition(name: &str) -> String {
    let token = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~!$&+".contains(&byte);
    if name.bytes().all(token) {
        return format!("attachment; filename={name}");
    }
    format!("attachment; filename*=UTF-8''{}", utf8_percent_encode(name, PLAIN))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_text_and_the_unknown_is_bytes() {
        for name in ["a.txt", "MLmodel", "conda.yaml", "x.JSON", "page.html", "a.tar.md"] {
            assert_eq!(content_type(name), "text/plain; charset=utf-8", "{name}");
        }
        assert_eq!(content_type("plot.png"), "image/png");
        assert_eq!(content_type("weights"), "application/octet-stream");
        assert_eq!(content_type("a.unheard-of"), "application/octet-stream");
    }

    #[test]
    fn names_are_tokens_or_encoded() {
        assert_eq!(disposition("model.pkl"), "attachment; filename=model.pkl");
        assert_eq!(disposition("ü b\".txt"), "attachment; filename*=UTF-8''%C3%BC%20b%22.txt");
        assert_eq!(disposition("a;b=c.txt"), "attachment; filename*=UTF-8''a%3Bb%3Dc.txt");
    }

    #[test]
    fn tags_are_compared_weakly() {
        let matches = |tags: &str| matches(Some(&HeaderValue::from_str(tags).unwrap()), "\"e\"");
        assert!(matches("\"e\"") && matches("W/\"e\"") && matches("\"x\", \"e\"") && matches("*"));
        assert!(!matches("\"x\"") && !matches("e"));
    }
}
