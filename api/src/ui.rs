//! The web UI: files that are built in `ui/` and embedded in the binary.
//!
//! Files under `assets/` have their digest in their names and never change; every other path of a page gets `index.html`, whose
//! script finds the page. A binary that was built without the UI says how to build it.

use axum::Router;
use axum::extract::{Path, Request};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use rust_embed::{EmbeddedFile, RustEmbed};
use std::sync::LazyLock;

use crate::AppState;

#[derive(RustEmbed)]
#[folder = "../ui/dist"]
#[allow_missing = true]
struct Files;

/// Everything comes from this server, nothing runs that was not delivered with the page, and nobody may frame it.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; \
    connect-src 'self'; font-src 'self'; frame-src 'self' blob:; worker-src 'self' blob:; form-action 'self'; \
    frame-ancestors 'none'; base-uri 'none'";
const FOREVER: &str = "public, max-age=31536000, immutable";
/// The paths of pages, as the UI's router knows them.
const PAGES: &[&str] = &[
    "/",
    "/experiments",
    "/experiments/{*rest}",
    "/runs/{*rest}",
    "/compare",
    "/models",
    "/models/{*rest}",
    "/activity",
    "/ops",
    "/ops/{*rest}",
    "/settings",
];
const MISSING: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Runledger</title>\
    <h1>Runledger</h1><p>The API is ready. This binary was built without the web UI: run <code>make ui</code>, which needs Node, \
    and build it again.</p></html>";

/// `home`: whether the page is at `/` too, or something else is.
pub(crate) fn routes(home: bool) -> Router<AppState> {
    let pages = PAGES
        .iter()
        .filter(|path| home || **path != "/")
        .fold(Router::new(), |router, path| router.route(path, get(page)));
    pages.route("/assets/{*path}", get(asset))
}

/// A browser that asks for a page which is not there gets the UI, which says so.
pub(crate) fn is_page(request: &Request) -> bool {
    let (path, headers) = (request.uri().path(), request.headers());
    let accepts = headers.get(header::ACCEPT).and_then(|accepted| accepted.to_str().ok()).unwrap_or_default();
    *request.method() == Method::GET
        && accepts.contains("text/html")
        && !["/api/", "/ajax-api/", "/assets/"].iter().any(|prefix| path.starts_with(prefix))
}

/// Which pages this server delivers: its version, and a digest of the page, which names its scripts by their own. A page that was
/// loaded from another build should be loaded again.
pub(crate) fn build() -> &'static str {
    static BUILD: LazyLock<String> = LazyLock::new(|| {
        let digest = Files::get("index.html").map(|page| page.metadata.sha256_hash()).unwrap_or_default();
        digest
            .iter()
            .take(4)
            .fold(format!("{}+", env!("CARGO_PKG_VERSION")), |build, byte| build + &format!("{byte:02x}"))
    });
    &BUILD
}

pub(crate) async fn page(headers: HeaderMap) -> Response {
    let Some(file) = Files::get("index.html") else {
        return (StatusCode::OK, Html(MISSING)).into_response();
    };
    let html = String::from_utf8_lossy(&file.data);
    let html = html.replacen("</head>", &format!("  <meta name=\"build\" content=\"{}\">\n  </head>", build()), 1);
    let html = match prefix(&headers) {
        Some(prefix) => html.replace("\"/assets/", &format!("\"{prefix}/assets/")),
        None => html,
    };
    let mut response = Html(html).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}

async fn asset(Path(path): Path<String>, headers: HeaderMap) -> Response {
    let name = format!("assets/{path}");
    let Some((file, encoding)) = best(&name, &headers) else {
        return (StatusCode::NOT_FOUND, "There is no such file.").into_response();
    };
    let kind = mime_guess::from_path(&name).first_raw().unwrap_or("application/octet-stream");
    let mut response = file.data.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(FOREVER));
    headers.insert(header::VARY, HeaderValue::from_static("Accept-Encoding"));
    if let Some(encoding) = encoding {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    response
}

/// The file in the smallest form that the client takes.
fn best(name: &str, headers: &HeaderMap) -> Option<(EmbeddedFile, Option<&'static str>)> {
    let accepted = headers.get(header::ACCEPT_ENCODING).and_then(|accepted| accepted.to_str().ok()).unwrap_or_default();
    let takes = |encoding: &str| {
        let mut offers = accepted.split(',').map(str::trim);
        offers.any(|offer| offer.split(';').next() == Some(encoding) && !offer.ends_with("q=0"))
    };
    let packed = [("br", ".br"), ("gzip", ".gz")].into_iter().filter(|(encoding, _)| takes(encoding));
    let packed =
        packed.filter_map(|(encoding, ending)| Some((Files::get(&format!("{name}{ending}"))?, Some(encoding))));
    packed.chain(Files::get(name).map(|file| (file, None))).next()
}

/// The path below which a proxy shows this server, as it says itself.
fn prefix(headers: &HeaderMap) -> Option<&str> {
    let prefix = headers.get("x-forwarded-prefix")?.to_str().ok()?.trim_end_matches('/');
    let plain = |c: char| c.is_ascii_alphanumeric() || "/-_.~".contains(c);
    (prefix.starts_with('/') && !prefix.starts_with("//") && prefix.chars().all(plain)).then_some(prefix)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_is_a_plain_path_or_none() {
        let prefix = |value: &str| {
            let headers = HeaderMap::from_iter([("x-forwarded-prefix".parse().unwrap(), value.parse().unwrap())]);
            super::prefix(&headers).map(str::to_owned)
        };
        assert_eq!(prefix("/ml/tracking/").as_deref(), Some("/ml/tracking"));
        for odd in ["ml", "//evil.example", "/a\"><script>", ""] {
            assert_eq!(prefix(odd), None, "{odd}");
        }
    }
}
