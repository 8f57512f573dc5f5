//! The `Range` of a request.

use http::{HeaderMap, header};
use std::ops::Range;

/// What a request wants of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    Whole,
    /// Not empty, and within the file.
    Part(Range<u64>),
    /// A range that the file does not reach: 416.
    Nothing,
}

/// Reads `Range` and `If-Range`. Several ranges, other units and what cannot be read count as none, which HTTP allows.
pub(crate) fn wanted(headers: &HeaderMap, etag: &str, size: u64) -> Wanted {
    if headers.get(header::IF_RANGE).is_some_and(|known| known.as_bytes() != etag.as_bytes()) {
        return Wanted::Whole;
    }
    let range = headers.get(header::RANGE).and_then(|range| range.to_str().ok());
    range.and_then(parse).map_or(Wanted::Whole, |(first, last)| clip(first, last, size))
}

/// First and last byte; without a first one, the number of bytes at the end.
fn parse(range: &str) -> Option<(Option<u64>, Option<u64>)> {
    let (first, last) = range.trim().strip_prefix("bytes=")?.split_once('-')?;
    let number = |text: &str| match text.trim() {
        "" => Some(None),
        digits if digits.bytes().all(|byte| byte.is_ascii_digit()) => Some(Some(digits.parse().unwrap_or(u64::MAX))),
        _ => None,
    };
    match (number(first)?, number(last)?) {
        (None, None) => None,
        (Some(first), Some(last)) if last < first => None,
        range => Some(range),
    }
}

fn clip(first: Option<u64>, last: Option<u64>, size: u64) -> Wanted {
    let range = match (first, last) {
        (Some(first), last) => first..last.map_or(size, |last| size.min(last.saturating_add(1))),
        (None, count) => size.saturating_sub(count.unwrap_or_default())..size,
    };
    if range.is_empty() { Wanted::Nothing } else { Wanted::Part(range) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(range: &str, size: u64) -> Wanted {
        let headers = HeaderMap::from_iter([(header::RANGE, range.parse().unwrap())]);
        wanted(&headers, "\"e\"", size)
    }

    #[test]
    fn ranges_are_clipped_to_the_file() {
        assert_eq!(of("bytes=0-0", 10), Wanted::Part(0..1));
        assert_eq!(of("bytes=2-5", 10), Wanted::Part(2..6));
        assert_eq!(of("bytes=2-", 10), Wanted::Part(2..10));
        assert_eq!(of("bytes=-3", 10), Wanted::Part(7..10));
        assert_eq!(of("bytes=-30", 10), Wanted::Part(0..10));
        assert_eq!(of("bytes=5-99999999999999999999999", 10), Wanted::Part(5..10));
    }

    #[test]
    fn ranges_outside_are_not_satisfiable() {
        for range in ["bytes=10-", "bytes=10-12", "bytes=-0"] {
            assert_eq!(of(range, 10), Wanted::Nothing, "{range}");
        }
        assert_eq!(of("bytes=0-", 0), Wanted::Nothing);
    }

    #[test]
    fn what_is_no_single_range_counts_as_none() {
        for range in ["bytes=1-2,4-5", "lines=1-2", "bytes=5-2", "bytes=-", "bytes=a-b", "bytes", "bytes=+1-2"] {
            assert_eq!(of(range, 10), Wanted::Whole, "{range}");
        }
    }

    #[test]
    fn a_range_of_another_version_gets_the_whole_file() {
        let of = |known: &str| {
            let known = (header::IF_RANGE, known.parse().unwrap());
            wanted(&HeaderMap::from_iter([(header::RANGE, "bytes=1-2".parse().unwrap()), known]), "\"e\"", 10)
        };
        assert_eq!(of("\"e\""), Wanted::Part(1..3));
        assert_eq!(of("\"f\""), Wanted::Whole);
    }

    proptest! {
        #[test]
        fn a_part_is_never_outside_the_file(range in "bytes=[0-9]{0,4}-[0-9]{0,4}", size in 0..5000u64) {
            if let Wanted::Part(part) = of(&range, size) {
                prop_assert!(part.start < part.end && part.end <= size);
            }
        }
    }
}
