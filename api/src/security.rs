//! Protection against pages of other sites in a user's browser.
//!
//! A server on a laptop or in a private network has no login, so a foreign page could reach it through the browser: by a
//! name that is rebound to a private address (the `Host` check), or by sending a form across sites (the `Origin` check).
//! Pages whose origin the operator allowed may do both, and are told so in the headers that browsers ask for.

use axum::Extension;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use std::net::{IpAddr, Ipv6Addr};

use crate::writes::Reason;
use crate::{AppState, Settings};

/// Refuses foreign hosts and foreign writes, and adds the headers that keep pages apart.
pub(crate) async fn protect(State(app): State<AppState>, request: Request, next: Next) -> Response {
    let origin = request.headers().get(header::ORIGIN).filter(|origin| is_allowed(origin, &app.settings)).cloned();
    let asks_first = *request.method() == Method::OPTIONS && origin.is_some();
    let mut response = match refusal(&request, &app.settings) {
        Some(reason) => (StatusCode::FORBIDDEN, Extension(Reason(reason.to_owned())), reason).into_response(),
        None if asks_first => (StatusCode::NO_CONTENT, PREFLIGHT).into_response(),
        None => next.run(request).await,
    };
    let headers = response.headers_mut();
    if let Some(origin) = origin {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(header::VARY, HeaderValue::from_static("Origin"));
    }
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("SAMEORIGIN"));
    response
}

/// What a page of an allowed origin may send.
const PREFLIGHT: [(HeaderName, &str); 3] = [
    (header::ACCESS_CONTROL_ALLOW_METHODS, "GET, POST, PUT, PATCH, DELETE"),
    (header::ACCESS_CONTROL_ALLOW_HEADERS, "Authorization, Content-Type, Idempotency-Key, X-Request-Id"),
    (header::ACCESS_CONTROL_MAX_AGE, "600"),
];

fn refusal(request: &Request, settings: &Settings) -> Option<&'static str> {
    let (headers, path) = (request.headers(), request.uri().path());
    // Load balancers and Prometheus ask these by whatever address they have.
    let open = matches!(path, "/health" | "/version" | "/metrics");
    let host = host(request);
    if !open && !host.is_some_and(|host| is_served(host, settings)) {
        return Some("Invalid Host header - possible DNS rebinding attack detected");
    }
    let writes = matches!(*request.method(), Method::POST | Method::PUT | Method::PATCH | Method::DELETE);
    if writes && !may_write(headers, host.unwrap_or_default(), settings) {
        return Some("Cross-origin request blocked");
    }
    None
}

fn host(request: &Request) -> Option<&str> {
    // A request line with an absolute URI outranks the header.
    let from_uri = request.uri().authority().map(http::uri::Authority::as_str);
    from_uri.or_else(|| request.headers().get(header::HOST)?.to_str().ok())
}

fn is_served(host: &str, settings: &Settings) -> bool {
    let name = without_port(host);
    is_local(name) || settings.allowed_hosts.iter().any(|allowed| matches(allowed, host) || matches(allowed, name))
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if !port.is_empty() && port.bytes().all(|c| c.is_ascii_digit()) => name,
        _ => host,
    }
}

fn is_local(name: &str) -> bool {
    if name.eq_ignore_ascii_case("localhost") {
        return true;
    }
    let address = name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(name);
    match address.parse() {
        Ok(IpAddr::V4(ip)) => ip.is_loopback() || ip.is_private() || ip.is_unspecified() || ip.is_link_local(),
        Ok(IpAddr::V6(ip)) => ip.is_loopback() || ip.is_unspecified() || is_unique_local(ip),
        Err(_) => false,
    }
}

fn is_unique_local(ip: Ipv6Addr) -> bool {
    (ip.octets()[0] & 0xfe) == 0xfc || ip.is_unicast_link_local()
}

fn matches(allowed: &str, host: &str) -> bool {
    match allowed.strip_prefix('*') {
        Some("") => true,
        Some(suffix) => host.len() > suffix.len() && host.to_ascii_lowercase().ends_with(&suffix.to_ascii_lowercase()),
        None => allowed.eq_ignore_ascii_case(host),
    }
}

fn may_write(headers: &HeaderMap, host: &str, settings: &Settings) -> bool {
    // Only browsers send an origin, and they always do with a write from another site.
    let Some(origin) = headers.get(header::ORIGIN) else { return true };
    let authority = origin.to_str().ok().and_then(|origin| Some(origin.split_once("://")?.1));
    let own = authority.is_some_and(|authority| {
        authority.eq_ignore_ascii_case(host)
            || without_port(authority).eq_ignore_ascii_case("localhost")
            || is_loopback(without_port(authority))
    });
    own || is_allowed(origin, settings)
}

fn is_allowed(origin: &HeaderValue, settings: &Settings) -> bool {
    let origin = origin.as_bytes();
    settings.allowed_origins.iter().any(|allowed| allowed == "*" || allowed.as_bytes().eq_ignore_ascii_case(origin))
}

fn is_loopback(name: &str) -> bool {
    let address = name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(name);
    address.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;

    fn refused(method: Method, host: &str, origin: Option<&str>) -> Option<&'static str> {
        let settings = Settings {
            allowed_hosts: vec!["ml.example.org".to_owned(), "*.corp.example".to_owned()],
            allowed_origins: vec!["https://ui.example.org".to_owned()],
            ..Settings::default()
        };
        let mut request = Request::builder().method(method).uri("/api/2.0/mlflow/runs/get").header(header::HOST, host);
        if let Some(origin) = origin {
            request = request.header(header::ORIGIN, origin);
        }
        refusal(&request.body(Body::empty()).unwrap(), &settings)
    }

    #[test]
    fn only_local_and_listed_hosts_are_served() {
        for good in [
            "localhost",
            "LOCALHOST:5000",
            "127.0.0.1:5000",
            "0.0.0.0:5000",
            "10.1.2.3",
            "192.168.0.9:80",
            "172.16.0.1",
            "[::1]:5000",
            "[fd00::1]",
            "ml.example.org:5000",
            "a.corp.example",
        ] {
            assert_eq!(refused(Method::GET, good, None), None, "{good}");
        }
        for bad in ["evil.example", "8.8.8.8", "localhost.evil.example", "172.32.0.1", "corp.example", ""] {
            assert!(refused(Method::GET, bad, None).is_some(), "{bad}");
        }
    }

    #[test]
    fn writes_come_from_no_page_or_from_our_own() {
        for good in [None, Some("http://10.1.2.3:5000"), Some("https://ui.example.org"), Some("http://localhost:3000")]
        {
            assert_eq!(refused(Method::POST, "10.1.2.3:5000", good), None, "{good:?}");
        }
        for bad in ["http://evil.example", "null", "http://10.1.2.3:6000"] {
            assert_eq!(
                refused(Method::POST, "10.1.2.3:5000", Some(bad)),
                Some("Cross-origin request blocked"),
                "{bad}"
            );
            assert_eq!(refused(Method::GET, "10.1.2.3:5000", Some(bad)), None, "{bad}");
        }
    }
}
