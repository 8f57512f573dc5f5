//! Sending spans to a receiver, over OTLP by HTTP and protobuf.
//!
//! Where to, with which headers and how many, say the standard variables of OpenTelemetry, which its SDK reads: `OTEL_EXPORTER_OTLP_…`,
//! `OTEL_TRACES_SAMPLER`, `OTEL_BSP_…`, `OTEL_RESOURCE_ATTRIBUTES`. Spans wait in a bounded queue; what the receiver does not
//! take in time is thrown away, and no request waits for it.

use opentelemetry::KeyValue;
use opentelemetry::trace::TracerProvider;
use opentelemetry_otlp::{ExporterBuildError, SpanExporter, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider};
use std::time::Duration;
use thiserror::Error;
use tracing::{Level, Metadata, Subscriber};
use tracing_opentelemetry::OpenTelemetryLayer;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::{FilterFn, Filtered, LevelFilter};
use tracing_subscriber::registry::LookupSpan;

use crate::TARGET;
use crate::client::Client;

/// How long the last spans may take to be sent.
const LAST: Duration = Duration::from_secs(3);

/// What is not read by OpenTelemetry's SDK itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceSettings {
    /// The name of the service, where the variables give none.
    pub service: Option<String>,
    /// For one request to the receiver.
    pub timeout: Duration,
}

/// The settings for traces cannot be used.
#[derive(Debug, Error)]
pub enum TraceError {
    #[error(
        "traces cannot be sent as the variables OTEL_EXPORTER_OTLP_… say; they are sent over http/protobuf, mostly to port 4318"
    )]
    Exporter { source: ExporterBuildError },
    #[error("there is no HTTP client to send traces with")]
    Client { source: reqwest::Error },
}

type Traces<S> = Filtered<OpenTelemetryLayer<S, SdkTracer>, FilterFn, S>;

/// Called within the runtime.
pub(crate) fn provider(settings: &TraceSettings) -> Result<SdkTracerProvider, TraceError> {
    let client = Client::new(settings.timeout).map_err(|source| TraceError::Client { source })?;
    let exporter = SpanExporter::builder().with_http().with_http_client(client);
    let exporter = exporter.build().map_err(|source| TraceError::Exporter { source })?;
    let mut resource = Resource::builder()
        .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
        .with_attribute(KeyValue::new("process.pid", i64::from(std::process::id())));
    if let Some(service) = settings.service.clone() {
        resource = resource.with_service_name(service);
    }
    Ok(SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource.build()).build())
}

/// Takes in the spans of traces, and what is wrong while they last.
pub(crate) fn layer<S>(provider: &SdkTracerProvider) -> Traces<S>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    // What is told of the code, threads and times of polling, is more than all the rest.
    let layer = tracing_opentelemetry::layer()
        .with_tracer(provider.tracer("runledger"))
        .with_context_activation(false)
        .with_tracked_inactivity(false)
        .with_location(false)
        .with_threads(false)
        .with_target(false);
    layer.with_filter(
        FilterFn::new(concerns_traces as fn(&Metadata<'_>) -> bool).with_max_level_hint(LevelFilter::DEBUG),
    )
}

fn concerns_traces(metadata: &Metadata<'_>) -> bool {
    if metadata.is_span() {
        metadata.target() == TARGET
    } else {
        *metadata.level() <= Level::WARN && metadata.target().starts_with("runledger")
    }
}

pub(crate) async fn finish(provider: SdkTracerProvider) {
    let finished = tokio::task::spawn_blocking(move || provider.shutdown_with_timeout(LAST)).await;
    if let Ok(Err(error)) = finished {
        tracing::warn!(%error, "the last spans were not sent");
    }
}
