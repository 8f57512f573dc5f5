//! Prometheus metrics of the HTTP side.

use http::StatusCode;
use prometheus::{HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, Opts, Registry};
use std::time::Duration;

/// Counters and histograms of requests. Labels are route templates, never paths, so that their number is bounded.
#[derive(Debug)]
pub(crate) struct HttpMetrics {
    requests: IntCounterVec,
    seconds: HistogramVec,
    pub(crate) panics: IntCounter,
    pub(crate) connections: IntGauge,
    staged: IntCounter,
    staged_bytes: IntCounter,
}

impl HttpMetrics {
    /// Fails if the registry already has metrics of these names.
    pub(crate) fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        let requests = IntCounterVec::new(
            Opts::new("runledger_http_requests_total", "Requests that were answered."),
            &["route", "method", "code"],
        )?;
        let buckets = vec![0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];
        let seconds = HistogramVec::new(
            HistogramOpts::new("runledger_http_request_seconds", "Time from a request's head to its response's head.")
                .buckets(buckets),
            &["route"],
        )?;
        let panics = IntCounter::new("runledger_http_panics_total", "Requests whose handler panicked.")?;
        let connections = IntGauge::new("runledger_http_connections", "Open connections.")?;
        let staged =
            IntCounter::new("runledger_uploads_staged_total", "Uploads taken into the spool, and acknowledged.")?;
        let staged_bytes = IntCounter::new("runledger_uploads_staged_bytes_total", "Bytes of the uploads taken.")?;
        registry.register(Box::new(staged.clone()))?;
        registry.register(Box::new(staged_bytes.clone()))?;
        registry.register(Box::new(requests.clone()))?;
        registry.register(Box::new(seconds.clone()))?;
        registry.register(Box::new(panics.clone()))?;
        registry.register(Box::new(connections.clone()))?;
        Ok(Self { requests, seconds, panics, connections, staged, staged_bytes })
    }

    pub(crate) fn staged(&self, bytes: u64) {
        self.staged.inc();
        self.staged_bytes.inc_by(bytes);
    }

    pub(crate) fn answered(&self, route: &str, method: &'static str, code: StatusCode, after: Duration) {
        self.requests.with_label_values(&[route, method, code.as_str()]).inc();
        self.seconds.with_label_values(&[route]).observe(after.as_secs_f64());
    }
}
