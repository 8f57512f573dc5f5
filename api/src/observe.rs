//! The outermost layer: request ids, spans, metrics, panics, and the bodies of errors.

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures::FutureExt;
use http::{HeaderValue, Method};
use runledger_domain::TraceContext;
use runledger_telemetry::TARGET;
use std::any::Any;
use std::error::Error;
use std::fmt::Write;
use std::panic::AssertUnwindSafe;
use std::time::Instant;
use tracing::field::Empty;
use tracing::{Instrument, Span, debug_span, error, info_span, warn};

use crate::context::{Peer, REQUEST_ID};
use crate::writes::{Refused, is_refusal, is_write};
use crate::{ApiError, AppState, RequestContext};

/// Wraps every request of the router.
pub(crate) async fn observe(State(app): State<AppState>, mut request: Request, next: Next) -> Response {
    let started = Instant::now();
    let peer = request.extensions().get().map(|Peer(ip)| *ip);
    let mut context = RequestContext::new(request.headers(), peer, app.ids.as_ref());

    let method = known_method(request.method());
    let route = request.extensions().get::<MatchedPath>().cloned();
    let route = route.as_ref().map_or("unknown", MatchedPath::as_str);
    let span = info_span!("request", request_id = %context.request_id, trace_id = Empty, method, route);
    let traced = span.in_scope(|| traced(method, route, &context.request_id, context.trace));
    context.trace = runledger_telemetry::of(&traced).or(context.trace);
    if let Some(trace) = context.trace {
        span.record("trace_id", trace.trace_id());
    }
    request.extensions_mut().insert(context.clone());
    let run = AssertUnwindSafe(next.run(request)).catch_unwind().instrument(traced.clone());
    let answer = run.instrument(span.clone()).await;

    let response = answer.unwrap_or_else(|panic| {
        app.metrics.panics.inc();
        ApiError::internal(format!("a handler panicked: {}", panic_text(panic.as_ref()))).into_response()
    });
    let (writes, refused) = (is_write(method, route), is_refusal(response.status()));
    if writes && refused {
        app.writes.refused(Refused::of(&response, app.clock.now_ms(), method, route, &context));
    }
    let mut response = span.in_scope(|| traced.in_scope(|| rendered(response, &context.request_id)));
    if let Ok(value) = HeaderValue::from_str(&context.request_id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    traced.record("http.response.status_code", i64::from(response.status().as_u16()));
    let after = started.elapsed();
    if writes && !refused {
        app.writes.done(route, after);
    }
    app.metrics.answered(route, method, response.status(), after);
    response
}

/// The request's span in its trace, which goes on with the client's where it sent one.
fn traced(method: &'static str, route: &str, request_id: &str, client: Option<TraceContext>) -> Span {
    let span = debug_span!(
        target: TARGET,
        "request",
        otel.name = format_args!("{method} {route}"),
        otel.kind = "server",
        http.request.method = method,
        http.route = route,
        http.response.status_code = Empty,
        request_id,
    );
    runledger_telemetry::begin(span, client)
}

/// Gives an error its body and, if it is the server's, a line in the log.
fn rendered(mut response: Response, request_id: &str) -> Response {
    let Some(failure) = response.extensions_mut().remove::<ApiError>() else { return response };
    if failure.is_failure() {
        error!(causes = %causes(&failure), "the request failed");
    } else if failure.source.is_some() {
        warn!(causes = %causes(&failure), "the request was refused");
    }
    let mut rendered = failure.render(request_id);
    // What the router put there, such as `Allow`, stays.
    for (name, value) in response.headers() {
        if !rendered.headers().contains_key(name) && name != http::header::CONTENT_LENGTH {
            rendered.headers_mut().append(name, value.clone());
        }
    }
    rendered
}

/// The causes of a failure, from the nearest to the root.
pub(crate) fn causes(failure: &ApiError) -> String {
    let mut text = String::new();
    let mut cause = failure.source.as_deref().map(|cause| cause as &dyn Error);
    while let Some(error) = cause {
        let separator = if text.is_empty() { "" } else { ": " };
        write!(text, "{separator}{error}").unwrap_or_default();
        cause = error.source();
    }
    text
}

fn panic_text(panic: &(dyn Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("without a message")
}

/// The method as a label; a client may make methods up.
fn known_method(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}
