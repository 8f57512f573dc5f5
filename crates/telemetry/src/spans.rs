//! How spans take up a trace that came from elsewhere, and where in their trace they are.

use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId, TraceState};
use runledger_domain::TraceContext;
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;

/// Makes the span, which has not begun yet, one that `parent` caused.
pub fn begin(span: Span, parent: Option<TraceContext>) -> Span {
    if let Some(parent) = parent.filter(|_| !span.is_disabled()) {
        let context = opentelemetry::Context::new().with_remote_span_context(remote(parent));
        // It fails for a span that nobody records, whose parent does not matter.
        drop(span.set_parent(context));
    }
    span
}

/// Says that the span has to do with others, of other traces.
pub fn links(span: &Span, others: impl Iterator<Item = TraceContext>) {
    if !span.is_disabled() {
        others.for_each(|other| span.add_link(remote(other)));
    }
}

/// The place of the span in its trace; `None` if there are no traces, or if it is no span of a trace.
pub fn of(span: &Span) -> Option<TraceContext> {
    if span.is_disabled() {
        return None;
    }
    let context = span.context();
    let span = context.span();
    let place = span.span_context();
    place.is_valid().then(|| TraceContext {
        trace_id: place.trace_id().to_bytes(),
        span_id: place.span_id().to_bytes(),
        flags: place.trace_flags().to_u8(),
    })
}

/// As [`of`] the span that is at work.
pub fn current() -> Option<TraceContext> {
    of(&Span::current())
}

/// A number as a trace takes it: one without a sign would be shown as text.
pub fn number(number: impl TryInto<i64>) -> i64 {
    number.try_into().unwrap_or(i64::MAX)
}

fn remote(context: TraceContext) -> SpanContext {
    let (trace_id, span_id) = (TraceId::from_bytes(context.trace_id), SpanId::from_bytes(context.span_id));
    SpanContext::new(trace_id, span_id, TraceFlags::new(context.flags), true, TraceState::NONE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{LogFormat, TARGET, listeners};
    use opentelemetry_sdk::trace::SdkTracerProvider;
    use tracing::dispatcher::with_default;
    use tracing::{debug_span, info_span};

    fn parent(flags: &str) -> TraceContext {
        TraceContext::parse(&format!("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-{flags}")).unwrap()
    }

    #[test]
    fn a_span_goes_on_with_the_trace_that_it_is_given() {
        let provider = SdkTracerProvider::builder().build();
        with_default(&listeners(LogFormat::Text, "trace", Some(&provider)).unwrap(), || {
            let span = begin(debug_span!(target: TARGET, "outer"), Some(parent("01")));
            let outer = of(&span).unwrap();
            assert_eq!((outer.trace_id, outer.is_sampled()), (parent("01").trace_id, true));
            assert_ne!(outer.span_id, parent("01").span_id);
            let inner = span.in_scope(|| of(&debug_span!(target: TARGET, "inner"))).unwrap();
            assert_eq!(inner.trace_id, outer.trace_id);
            assert_eq!(span.in_scope(current), Some(outer));

            let skipped = begin(debug_span!(target: TARGET, "skipped"), Some(parent("00")));
            assert!(!of(&skipped).unwrap().is_sampled(), "what the client does not record is not recorded here");
            let root = of(&debug_span!(target: TARGET, "root")).unwrap();
            assert_ne!(root.trace_id, outer.trace_id);
            assert_eq!(of(&info_span!("of the log")), None);
        });
    }

    #[test]
    fn without_a_receiver_there_are_no_spans() {
        with_default(&listeners(LogFormat::Text, "trace", None).unwrap(), || {
            let span = begin(debug_span!(target: TARGET, "alone"), Some(parent("01")));
            assert!(span.is_disabled());
            assert_eq!(of(&span), None);
            assert_eq!(of(&info_span!("of the log")), None);
        });
    }
}
