//! What a process tells about its work: lines of the log, and spans of traces over OTLP.
//!
//! Spans for traces have a target of their own, [`TARGET`], and no log shows them; spans for the log are in no trace. Without
//! a receiver of traces nobody listens to that target, and such a span costs a look at a static.

mod client;
mod logs;
mod spans;
mod traces;

pub use logs::{LogError, LogFormat};
pub use spans::{begin, current, links, number, of};
pub use traces::{TraceError, TraceSettings};

use opentelemetry_sdk::trace::SdkTracerProvider;
use thiserror::Error;
use tracing::Dispatch;
use tracing_subscriber::Layer;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry;
use tracing_subscriber::util::SubscriberInitExt;

/// The target of spans that belong to a trace, to be given where they are made: `debug_span!(target: TARGET, …)`.
pub const TARGET: &str = "runledger::trace";

/// What goes on for the life of the process.
#[derive(Debug)]
#[must_use = "the last spans are sent by `finish`"]
pub struct Telemetry {
    provider: Option<SdkTracerProvider>,
}

/// Log or traces could not be started.
#[derive(Debug, Error)]
pub enum TelemetryError {
    #[error(transparent)]
    Log(#[from] LogError),
    #[error(transparent)]
    Trace(#[from] TraceError),
}

impl Telemetry {
    /// Starts the log of the process and, with settings for them, its traces. `filter` is a list of levels, such as
    /// `info,runledger_api=debug`. Called within the runtime, which sends the spans.
    pub fn start(format: &str, filter: &str, traces: Option<&TraceSettings>) -> Result<Self, TelemetryError> {
        let provider = traces.map(traces::provider).transpose()?;
        // A second call, as tests make it, keeps the first log.
        drop(listeners(format.parse()?, filter, provider.as_ref())?.try_init());
        Ok(Self { provider })
    }

    /// Sends the spans that wait, as far as the receiver takes them within a moment.
    pub async fn finish(self) {
        if let Some(provider) = self.provider {
            traces::finish(provider).await;
        }
    }
}

/// Who gets the lines and spans. Without traces the filter of the log is that of the process, so that what it leaves out costs
/// nothing; a layer that is absent but has a place would take in every span.
fn listeners(format: LogFormat, filter: &str, traces: Option<&SdkTracerProvider>) -> Result<Dispatch, LogError> {
    Ok(match traces {
        Some(traces) => {
            let log = logs::layer(format).with_filter(logs::levels(filter)?);
            registry().with(traces::layer(traces)).with(log).into()
        }
        None => registry().with(logs::levels(filter)?).with(logs::layer(format)).into(),
    })
}
