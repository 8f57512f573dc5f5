//! The ingest worker's Prometheus metrics.

use prometheus::{Histogram, HistogramOpts, IntCounter, IntCounterVec, IntGauge, Opts, Registry};
use std::time::Duration;

use crate::janitor::Cleared;

/// Counts what becomes of uploads. Clones share their values.
#[derive(Clone, Debug)]
pub struct WorkerMetrics {
    uploads: IntCounterVec,
    pub(crate) in_flight: IntGauge,
    bytes: IntCounter,
    cleared: IntCounterVec,
    seconds: Histogram,
}

/// What became of one delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The object store has the upload now.
    Stored,
    /// The object store had it already.
    Repeated,
    /// A later upload or a deletion made it needless.
    Superseded,
    /// A deleted artifact has left the object store.
    Removed,
    /// It failed and comes again.
    Retried,
    /// It could not be begun, or not be recorded, and comes again soon.
    Deferred,
    /// It failed for the last time.
    Failed,
}

impl Outcome {
    const ALL: [Self; 7] =
        [Self::Stored, Self::Repeated, Self::Superseded, Self::Removed, Self::Retried, Self::Deferred, Self::Failed];

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Stored => "stored",
            Self::Repeated => "repeated",
            Self::Superseded => "superseded",
            Self::Removed => "removed",
            Self::Retried => "retried",
            Self::Deferred => "deferred",
            Self::Failed => "failed",
        }
    }
}

impl WorkerMetrics {
    /// Makes the metrics and registers them. All outcomes are there from the start, so that the first of a kind is an increase.
    pub fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        let uploads = Opts::new("runledger_uploads_total", "Upload jobs by what became of them.");
        let in_flight = Opts::new("runledger_uploads_in_flight", "Upload jobs being worked on.");
        let bytes = Opts::new("runledger_upload_bytes_total", "Bytes brought to the artifact store.");
        let cleared = Opts::new("runledger_janitor_cleared_total", "Leftovers of crashes that were cleared away.");
        let buckets = vec![0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0];
        let seconds = HistogramOpts::new("runledger_upload_seconds", "Time of one upload to the artifact store.");
        let metrics = Self {
            uploads: IntCounterVec::new(uploads, &["outcome"])?,
            in_flight: IntGauge::with_opts(in_flight)?,
            bytes: IntCounter::with_opts(bytes)?,
            cleared: IntCounterVec::new(cleared, &["what"])?,
            seconds: Histogram::with_opts(seconds.buckets(buckets))?,
        };
        for outcome in Outcome::ALL {
            metrics.uploads.with_label_values(&[outcome.as_str()]);
        }
        metrics.cleared(Cleared::default());
        registry.register(Box::new(metrics.uploads.clone()))?;
        registry.register(Box::new(metrics.in_flight.clone()))?;
        registry.register(Box::new(metrics.bytes.clone()))?;
        registry.register(Box::new(metrics.cleared.clone()))?;
        registry.register(Box::new(metrics.seconds.clone()))?;
        Ok(metrics)
    }

    pub(crate) fn settled(&self, outcome: Outcome) {
        self.uploads.with_label_values(&[outcome.as_str()]).inc();
    }

    pub(crate) fn stored(&self, bytes: u64, elapsed: Duration) {
        self.bytes.inc_by(bytes);
        self.seconds.observe(elapsed.as_secs_f64());
    }

    pub(crate) fn cleared(&self, cleared: Cleared) {
        let count = |what, number| self.cleared.with_label_values(&[what]).inc_by(number as u64);
        count("spool file", cleared.files);
        count("multipart upload", cleared.multiparts);
    }
}
