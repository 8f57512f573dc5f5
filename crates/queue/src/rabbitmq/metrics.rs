//! The queue's Prometheus metrics.

use prometheus::{Histogram, HistogramOpts, IntCounter, IntGauge, IntGaugeVec, Opts, Registry};

use super::upkeep::Survey;

/// Clones share their values.
#[derive(Clone, Debug)]
pub(super) struct QueueMetrics {
    pub(super) connected: IntGauge,
    pub(super) blocked: IntGauge,
    pub(super) reconnects: IntCounter,
    pub(super) published: IntCounter,
    pub(super) publish_seconds: Histogram,
    pub(super) returned: IntCounter,
    pub(super) poison: IntCounter,
    messages: IntGaugeVec,
}

impl QueueMetrics {
    /// Makes the metrics and registers them.
    pub(super) fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        let gauge = |name, help| {
            let gauge = IntGauge::with_opts(Opts::new(name, help))?;
            registry.register(Box::new(gauge.clone()))?;
            Ok::<_, prometheus::Error>(gauge)
        };
        let counter = |name, help| {
            let counter = IntCounter::with_opts(Opts::new(name, help))?;
            registry.register(Box::new(counter.clone()))?;
            Ok::<_, prometheus::Error>(counter)
        };
        let seconds = prometheus::exponential_buckets(0.001, 2.0, 16)?;
        let publish_seconds = Histogram::with_opts(
            HistogramOpts::new(
                "runledger_queue_publish_seconds",
                "Time until the broker confirmed a group of messages.",
            )
            .buckets(seconds),
        )?;
        registry.register(Box::new(publish_seconds.clone()))?;
        let messages = IntGaugeVec::new(
            Opts::new(
                "runledger_queue_messages",
                "Messages that wait in the queues, without those in the hands of workers.",
            ),
            &["queue"],
        )?;
        registry.register(Box::new(messages.clone()))?;
        Ok(Self {
            connected: gauge("runledger_queue_connected", "1 while the broker can be used.")?,
            blocked: gauge(
                "runledger_queue_blocked",
                "1 while the broker takes no messages, for want of memory or disk.",
            )?,
            reconnects: counter("runledger_queue_reconnects_total", "Connections to the broker after the first.")?,
            published: counter("runledger_queue_published_total", "Messages that the broker has confirmed.")?,
            publish_seconds,
            returned: counter("runledger_queue_returned_total", "Messages that found no queue.")?,
            poison: counter("runledger_queue_poison_total", "Messages that were no job and went to the dead letters.")?,
            messages,
        })
    }

    pub(super) fn depths(&self, survey: &Survey) {
        for (queue, messages) in [("ready", survey.ready), ("retry", survey.retry), ("dead", survey.dead)] {
            self.messages.with_label_values(&[queue]).set(messages.into());
        }
    }
}
