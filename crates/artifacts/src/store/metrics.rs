//! How long the artifact store takes, and how often it fails.

use prometheus::{HistogramOpts, HistogramVec, IntCounterVec, Opts, Registry};
use std::time::Instant;

/// Times of operations. Clones share their values.
#[derive(Clone, Debug)]
pub(super) struct StoreMetrics {
    seconds: HistogramVec,
    failures: IntCounterVec,
}

/// What is asked of the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operation {
    Put,
    /// Until the first bytes can be read.
    Get,
    Head,
    Delete,
    Probe,
}

impl StoreMetrics {
    /// Makes the metrics. All operations are there from the start, so that the first failure is an increase.
    pub(super) fn new() -> Result<Self, prometheus::Error> {
        let buckets = vec![0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0];
        let seconds = HistogramOpts::new("runledger_store_seconds", "Time of one operation of the artifact store.");
        let failures = Opts::new("runledger_store_failures_total", "Operations of the artifact store that failed.");
        let metrics = Self {
            seconds: HistogramVec::new(seconds.buckets(buckets), &["operation"])?,
            failures: IntCounterVec::new(failures, &["operation"])?,
        };
        for operation in [Operation::Put, Operation::Get, Operation::Head, Operation::Delete, Operation::Probe] {
            metrics.seconds.with_label_values(&[operation.as_str()]);
            metrics.failures.with_label_values(&[operation.as_str()]);
        }
        Ok(metrics)
    }

    pub(super) fn register(&self, registry: &Registry) -> Result<(), prometheus::Error> {
        registry.register(Box::new(self.seconds.clone()))?;
        registry.register(Box::new(self.failures.clone()))
    }

    /// Measures the work.
    pub(super) async fn of<T, E>(
        &self,
        operation: Operation,
        work: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        let begun = Instant::now();
        let outcome = work.await;
        self.seconds.with_label_values(&[operation.as_str()]).observe(begun.elapsed().as_secs_f64());
        if outcome.is_err() {
            self.failures.with_label_values(&[operation.as_str()]).inc();
        }
        outcome
    }
}

impl Operation {
    fn as_str(self) -> &'static str {
        match self {
            Self::Put => "put",
            Self::Get => "get",
            Self::Head => "head",
            Self::Delete => "delete",
            Self::Probe => "probe",
        }
    }
}
