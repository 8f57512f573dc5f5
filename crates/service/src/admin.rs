//! The port for operators: `/health`, `/ready` and `/metrics`, for every role.

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use prometheus::{Registry, TextEncoder};
use std::io;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::Readiness;

#[derive(Clone, Debug)]
struct Shown {
    registry: Registry,
    readiness: Readiness,
}

/// Serves the three paths until `shutdown`.
pub async fn serve_admin(
    listener: TcpListener,
    registry: Registry,
    readiness: Readiness,
    shutdown: CancellationToken,
) -> io::Result<()> {
    let router = Router::new()
        .route("/health", get(|| async { "OK" }))
        .route("/ready", get(|State(shown): State<Shown>| async move { ready(&shown.readiness) }))
        .route("/metrics", get(|State(shown): State<Shown>| async move { metrics(&shown.registry) }))
        .with_state(Shown { registry, readiness });
    axum::serve(listener, router).with_graceful_shutdown(shutdown.cancelled_owned()).await
}

/// The report as JSON; 503 when the process is not ready.
pub fn ready(readiness: &Readiness) -> Response {
    let report = readiness.report();
    let status = if report.is_ready() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, axum::Json(report)).into_response()
}

/// The metrics in Prometheus' text format.
pub fn metrics(registry: &Registry) -> Response {
    match TextEncoder::new().encode_to_string(&registry.gather()) {
        Ok(text) => ([(header::CONTENT_TYPE, prometheus::TEXT_FORMAT)], text).into_response(),
        Err(error) => {
            tracing::error!(%error, "the metrics cannot be written as text");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
