//! Who sent a request and under which id it is known.

use axum::extract::FromRequestParts;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::request::Parts;
use http::{HeaderMap, HeaderValue, header};
use runledger_domain::{IdGen, TraceContext, validate};
use std::net::IpAddr;

use crate::ApiError;

/// The header with the request id, in requests and responses.
pub(crate) const REQUEST_ID: &str = "x-request-id";

/// Longest actor that an event keeps, in characters.
const ACTOR: usize = 250;

/// The address of the client, as the listener saw it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer(pub(crate) IpAddr);

/// What the outermost layer found out about a request; every handler can take it as an argument.
#[derive(Clone, Debug)]
pub(crate) struct RequestContext {
    /// From the header `X-Request-Id` if it is short and plain, else made here.
    pub(crate) request_id: String,
    /// The user name of HTTP basic authentication.
    user: Option<String>,
    peer: Option<IpAddr>,
    agent: Option<HeaderValue>,
    /// From the header `traceparent`; once the request's own span has begun, that.
    pub(crate) trace: Option<TraceContext>,
}

impl RequestContext {
    pub(crate) fn new(headers: &HeaderMap, peer: Option<IpAddr>, ids: &dyn IdGen) -> Self {
        let sent = headers.get(REQUEST_ID).and_then(|id| id.to_str().ok()).filter(|id| is_plain(id));
        let request_id = sent.map_or_else(|| ids.random_id().simple().to_string(), str::to_owned);
        let trace = headers.get("traceparent").and_then(|sent| TraceContext::parse(sent.to_str().ok()?));
        let agent = headers.get(header::USER_AGENT).cloned();
        Self { request_id, user: basic_user(headers), peer, agent, trace }
    }

    /// The W3C trace context that goes along with what the request causes. A client's own trace goes on; else the request
    /// begins one, whose id is the request's where that has the form. `seed` is 32 hex digits to take ids from.
    pub(crate) fn traceparent(&self, seed: &str) -> String {
        if let Some(trace) = self.trace {
            return trace.to_string();
        }
        let begun = |trace| TraceContext::parse(&format!("00-{trace}-{}-01", seed.get(..16).unwrap_or_default()));
        begun(self.request_id.as_str()).or_else(|| begun(seed)).map(|trace| trace.to_string()).unwrap_or_default()
    }

    /// Who did it: the authenticated user, else who the request says it is, else the client's address.
    pub(crate) fn actor(&self, claimed: Option<&str>) -> String {
        let claimed = || claimed.filter(|name| !name.is_empty() && !name.contains('\0'));
        match self.user.as_deref().or_else(claimed) {
            Some(name) => validate::cut(name, ACTOR).to_owned(),
            None => self.peer.map(|ip| ip.to_string()).unwrap_or_default(),
        }
    }

    /// What the client calls itself; empty where it does not.
    pub(crate) fn agent(&self) -> &str {
        self.agent.as_ref().and_then(|agent| agent.to_str().ok()).unwrap_or_default()
    }
}

impl<S: Sync> FromRequestParts<S> for RequestContext {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        parts.extensions.get().cloned().ok_or_else(|| ApiError::internal("a request came past the outermost layer"))
    }
}

fn is_plain(id: &str) -> bool {
    let plain = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'_' | b'.' | b':');
    (1..=128).contains(&id.len()) && id.bytes().all(plain)
}

fn basic_user(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, encoded) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (user, _) = decoded.split_once(':')?;
    (!user.is_empty() && !user.contains('\0')).then(|| user.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use runledger_domain::SystemIds;

    fn context(name: &'static str, value: &str) -> RequestContext {
        let headers = HeaderMap::from_iter([(name.parse().unwrap(), value.parse().unwrap())]);
        RequestContext::new(&headers, Some(IpAddr::from([127, 0, 0, 1])), &SystemIds)
    }

    #[test]
    fn an_id_that_could_break_a_log_line_is_replaced() {
        assert_eq!(context(REQUEST_ID, "a-1").request_id, "a-1");
        assert_eq!(context(REQUEST_ID, "a b").request_id.len(), 32);
        assert_eq!(context(REQUEST_ID, &"a".repeat(129)).request_id.len(), 32);
    }

    #[test]
    fn a_trace_goes_on_or_begins_with_the_request() {
        let (seed, trace) = ("0123456789abcdef0123456789abcdef", "4bf92f3577b34da6a3ce929d0e0e4736");
        let sent = format!("00-{trace}-00f067aa0ba902b7-01");
        assert_eq!(context("traceparent", &sent).traceparent(seed), sent);
        assert_eq!(context(REQUEST_ID, trace).traceparent(seed), format!("00-{trace}-0123456789abcdef-01"));
        for not_one in ["00-xyz", "00-00000000000000000000000000000000-00f067aa0ba902b7-01", ""] {
            let begun = context("traceparent", not_one);
            assert_eq!(begun.traceparent(seed), format!("00-{}-0123456789abcdef-01", begun.request_id));
        }
        assert_eq!(context(REQUEST_ID, "a-1").traceparent(seed), format!("00-{seed}-0123456789abcdef-01"));
    }

    #[test]
    fn the_actor_is_the_best_known_name() {
        assert_eq!(context("authorization", "Basic YWRhOnB3").actor(Some("bob")), "ada");
        assert_eq!(context("authorization", "Basic ???").actor(Some("bob")), "bob");
        assert_eq!(context("authorization", "Bearer x").actor(Some("")), "127.0.0.1");
    }
}
