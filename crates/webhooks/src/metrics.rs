//! The Prometheus metrics of webhooks.

use prometheus::{IntCounterVec, IntGauge, Opts, Registry};

/// Counts deliveries. Clones share their values.
#[derive(Clone, Debug)]
pub struct WebhookMetrics {
    attempts: IntCounterVec,
    pub(crate) lag_events: IntGauge,
}

/// What one attempt came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Delivered,
    /// It is tried again.
    Retried,
    /// It was given up.
    Failed,
}

impl WebhookMetrics {
    /// Makes the metrics and registers them. All outcomes are there from the start, so that the first of a kind is an increase.
    pub fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        let attempts = Opts::new("runledger_webhook_attempts_total", "Webhook deliveries tried, by what they came to.");
        let attempts = IntCounterVec::new(attempts, &["outcome"])?;
        let lag = "Events that the webhooks' reactor has yet to look at, in the process that runs it.";
        let lag_events = IntGauge::new("runledger_webhook_lag_events", lag)?;
        registry.register(Box::new(attempts.clone()))?;
        registry.register(Box::new(lag_events.clone()))?;
        for outcome in [Outcome::Delivered, Outcome::Retried, Outcome::Failed] {
            attempts.with_label_values(&[outcome.as_str()]);
        }
        Ok(Self { attempts, lag_events })
    }

    pub(crate) fn attempted(&self, outcome: Outcome) {
        self.attempts.with_label_values(&[outcome.as_str()]).inc();
    }
}

impl Outcome {
    fn as_str(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Retried => "retried",
            Self::Failed => "failed",
        }
    }
}
