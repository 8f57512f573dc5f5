//! The log's Prometheus metrics.

use prometheus::{Histogram, HistogramOpts, IntCounter, IntGauge, Opts, Registry};
use std::time::Duration;

use crate::append::AppendRequest;

/// Counts what the group commit does. Clones share their values.
#[derive(Clone, Debug)]
pub struct LogMetrics {
    events: IntCounter,
    points: IntCounter,
    bytes: IntCounter,
    batch_requests: Histogram,
    commit_seconds: Histogram,
    queue_bytes: IntGauge,
}

impl LogMetrics {
    /// Makes the metrics and registers them.
    pub fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        let sizes = prometheus::exponential_buckets(1.0, 2.0, 13)?;
        let seconds = prometheus::exponential_buckets(0.0005, 2.0, 16)?;
        let metrics = Self {
            events: IntCounter::with_opts(Opts::new("runledger_log_events_total", "Events appended to the log."))?,
            points: IntCounter::with_opts(Opts::new(
                "runledger_log_points_total",
                "Points of metrics in the events appended.",
            ))?,
            bytes: IntCounter::with_opts(Opts::new("runledger_log_bytes_total", "Bytes of the events appended."))?,
            batch_requests: Histogram::with_opts(
                HistogramOpts::new("runledger_log_batch_requests", "Requests in one group commit.").buckets(sizes),
            )?,
            commit_seconds: Histogram::with_opts(
                HistogramOpts::new("runledger_log_commit_seconds", "Time of one group commit.").buckets(seconds),
            )?,
            queue_bytes: IntGauge::with_opts(Opts::new(
                "runledger_log_queue_bytes",
                "Bytes of requests that wait for a group commit.",
            ))?,
        };
        registry.register(Box::new(metrics.events.clone()))?;
        registry.register(Box::new(metrics.points.clone()))?;
        registry.register(Box::new(metrics.bytes.clone()))?;
        registry.register(Box::new(metrics.batch_requests.clone()))?;
        registry.register(Box::new(metrics.commit_seconds.clone()))?;
        registry.register(Box::new(metrics.queue_bytes.clone()))?;
        Ok(metrics)
    }

    #[expect(clippy::cast_precision_loss, reason = "a batch has at most some thousand requests")]
    pub(crate) fn flushed(&self, requests: &[AppendRequest], elapsed: Duration) {
        let events: usize = requests.iter().map(|request| request.events.len()).sum();
        let bytes: usize = requests.iter().flat_map(|request| &request.events).map(crate::EncodedEvent::bytes).sum();
        let points: usize = requests.iter().flat_map(|request| &request.events).map(|event| event.point_count).sum();
        self.events.inc_by(events as u64);
        self.points.inc_by(points as u64);
        self.bytes.inc_by(bytes as u64);
        self.batch_requests.observe(requests.len() as f64);
        self.commit_seconds.observe(elapsed.as_secs_f64());
    }

    pub(crate) fn queue_bytes(&self, bytes: usize) {
        self.queue_bytes.set(i64::try_from(bytes).unwrap_or(i64::MAX));
    }
}
