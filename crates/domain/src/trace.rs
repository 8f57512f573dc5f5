//! The trace that something belongs to, in the form of the W3C: which trace, which of its spans, and whether it is recorded.

use std::fmt::{self, Display};

/// A place in a trace. Whatever a request causes names it as its parent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TraceContext {
    pub trace_id: [u8; 16],
    pub span_id: [u8; 8],
    /// Bit 0: the trace is recorded.
    pub flags: u8,
}

impl TraceContext {
    /// Length of the stored form, in bytes.
    pub const BYTES: usize = 25;

    /// Reads the header `traceparent` of version 00: `00-<32 hex>-<16 hex>-<2 hex>`, in lower case, ids not all zero.
    pub fn parse(header: &str) -> Option<Self> {
        let mut parts = header.split('-');
        let (version, trace_id, span_id) = (parts.next()?, bytes(parts.next()?)?, bytes(parts.next()?)?);
        let [flags] = bytes(parts.next()?)?;
        let context = Self { trace_id, span_id, flags };
        (version == "00" && parts.next().is_none() && context.is_valid()).then_some(context)
    }

    /// Reads what [`Self::encode`] wrote; `None` for anything else.
    pub fn decode(stored: &[u8]) -> Option<Self> {
        let (trace_id, rest) = stored.split_first_chunk()?;
        let (span_id, rest) = rest.split_first_chunk()?;
        let [flags] = rest else { return None };
        Some(Self { trace_id: *trace_id, span_id: *span_id, flags: *flags }).filter(Self::is_valid)
    }

    /// The stored form: the ids and the flags, one after the other.
    pub fn encode(&self) -> [u8; Self::BYTES] {
        let mut stored = [self.flags; Self::BYTES];
        stored[..16].copy_from_slice(&self.trace_id);
        stored[16..24].copy_from_slice(&self.span_id);
        stored
    }

    /// Whether somebody records the trace.
    pub fn is_sampled(&self) -> bool {
        self.flags & 1 == 1
    }

    /// The id of the trace, 32 hex digits.
    pub fn trace_id(&self) -> String {
        format!("{:032x}", u128::from_be_bytes(self.trace_id))
    }

    fn is_valid(&self) -> bool {
        self.trace_id != [0; 16] && self.span_id != [0; 8]
    }
}

/// The header `traceparent`.
impl Display for TraceContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (trace_id, span_id) = (u128::from_be_bytes(self.trace_id), u64::from_be_bytes(self.span_id));
        write!(f, "00-{trace_id:032x}-{span_id:016x}-{:02x}", self.flags)
    }
}

fn bytes<const N: usize>(hex: &str) -> Option<[u8; N]> {
    let plain = |digit: u8| matches!(digit, b'0'..=b'9' | b'a'..=b'f');
    if hex.len() != 2 * N || !hex.bytes().all(plain) {
        return None;
    }
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(hex.as_bytes().chunks(2)) {
        *byte = u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn a_header_reads_back() {
        let context = TraceContext::parse(HEADER).unwrap();
        assert_eq!(context.to_string(), HEADER);
        assert_eq!(context.trace_id(), "4bf92f3577b34da6a3ce929d0e0e4736");
        assert_eq!(TraceContext::decode(&context.encode()), Some(context));
        assert!(context.is_sampled());
        assert!(!TraceContext::parse(&HEADER.replace("-01", "-00")).unwrap().is_sampled());
    }

    #[test]
    fn anything_else_is_no_context() {
        for not_one in [
            "",
            "00-xyz",
            "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-00",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-+1",
        ] {
            assert_eq!(TraceContext::parse(not_one), None, "{not_one}");
        }
        for stored in [vec![], vec![0; 25], vec![1; 24], vec![1; 26]] {
            assert_eq!(TraceContext::decode(&stored), None);
        }
    }
}
