//! The projector's Prometheus metrics.

use prometheus::{Gauge, Histogram, HistogramOpts, IntCounter, IntGauge, Opts, Registry};

/// Counts and gauges of one projector. Clones share their values.
#[derive(Clone, Debug)]
pub struct ProjectorMetrics {
    pub(crate) shards: IntGauge,
    pub(crate) events: IntCounter,
    pub(crate) lag_events: IntGauge,
    pub(crate) lag_seconds: Gauge,
    pub(crate) caught_up: Gauge,
    pub(crate) dead_letters: IntCounter,
    pub(crate) step_seconds: Histogram,
}

impl ProjectorMetrics {
    /// Makes the metrics and registers them.
    pub fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        let seconds = prometheus::exponential_buckets(0.001, 2.0, 14)?;
        let metrics = Self {
            shards: IntGauge::with_opts(Opts::new(
                "runledger_projector_shards",
                "Shards of the views that this process works on.",
            ))?,
            events: IntCounter::with_opts(Opts::new("runledger_projector_events_total", "Events projected."))?,
            lag_events: IntGauge::with_opts(Opts::new(
                "runledger_projector_lag_events",
                "Events in the log that the shards of this process do not show yet.",
            ))?,
            lag_seconds: Gauge::with_opts(Opts::new(
                "runledger_projector_lag_seconds",
                "Age of the oldest event that the shards of this process do not show yet.",
            ))?,
            caught_up: Gauge::with_opts(Opts::new(
                "runledger_projector_caught_up_timestamp_seconds",
                "When the shards of this process last showed all of the log; 0 before the first time.",
            ))?,
            dead_letters: IntCounter::with_opts(Opts::new(
                "runledger_projector_dead_letters_total",
                "Events that could not be projected.",
            ))?,
            step_seconds: Histogram::with_opts(
                HistogramOpts::new("runledger_projector_step_seconds", "Time of one batch.").buckets(seconds),
            )?,
        };
        registry.register(Box::new(metrics.shards.clone()))?;
        registry.register(Box::new(metrics.events.clone()))?;
        registry.register(Box::new(metrics.lag_events.clone()))?;
        registry.register(Box::new(metrics.lag_seconds.clone()))?;
        registry.register(Box::new(metrics.caught_up.clone()))?;
        registry.register(Box::new(metrics.dead_letters.clone()))?;
        registry.register(Box::new(metrics.step_seconds.clone()))?;
        Ok(metrics)
    }
}
