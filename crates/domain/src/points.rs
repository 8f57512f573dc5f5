//! Metric points: their columns, their binary form, and MLflow's rules for metric histories.
//!
//! Points live in [`Columns`], one array per field, from the request to the chart. [`Columns::encode`] is the stored
//! form, [`Batch`] groups the points of one event by metric key. Everything here is a pure function of its input.

mod batch;
mod codec;
mod columns;
mod history;
mod join;
mod outline;
mod place;
mod sample;
mod series;
mod smooth;

pub use batch::{Batch, BatchBuilder, BatchError};
pub use codec::{CodecError, MAX_POINTS};
pub use columns::Columns;
pub use history::merge;
pub use outline::{GROUP, outline};
pub use place::Place;
pub use sample::{sample_interval, sample_positions};
pub use series::{Axis, Drawing, MARKS, Series, series, series_over};

use std::cmp::Ordering;

/// One value of a metric.
///
/// Equality compares the bits of the value: a NaN equals itself, and `-0.0` differs from `0.0`. The orders below are
/// those of MLflow, which see it otherwise.
#[derive(Clone, Copy, Debug, Default)]
pub struct Point {
    pub step: i64,
    /// Milliseconds since the epoch.
    pub timestamp: i64,
    pub value: f64,
}

/// The name of a double that JSON has no number for, as MLflow's client reads it.
pub fn double_name(value: f64) -> Option<&'static str> {
    if value.is_nan() {
        Some("NaN")
    } else if value.is_infinite() {
        Some(if value > 0.0 { "Infinity" } else { "-Infinity" })
    } else {
        None
    }
}

impl Point {
    /// Whether this point replaces `other` as the latest value of a metric: it is strictly greater by step, timestamp
    /// and value, where NaN counts as 0.
    ///
    /// Of two points at one step and time with the values NaN and 0, the one that came first therefore stays.
    pub fn supersedes(&self, other: &Self) -> bool {
        self.step
            .cmp(&other.step)
            .then(self.timestamp.cmp(&other.timestamp))
            .then_with(|| stored(self.value).total_cmp(&stored(other.value)))
            .is_gt()
    }

    /// The order of `metrics/get-history`: timestamp, step, value; see [`Point::chart_cmp`] for the order of values.
    ///
    /// Points that compare equal are exact repeats, of which MLflow keeps one.
    pub fn history_cmp(&self, other: &Self) -> Ordering {
        self.timestamp
            .cmp(&other.timestamp)
            .then(self.step.cmp(&other.step))
            .then_with(|| value_cmp(self.value, other.value))
    }

    /// The order in which charts sample a history: step, timestamp, value.
    ///
    /// Among values, NaN ranks as 0, directly after the number 0, and `-0.0` equals `0.0`.
    pub fn chart_cmp(&self, other: &Self) -> Ordering {
        self.step
            .cmp(&other.step)
            .then(self.timestamp.cmp(&other.timestamp))
            .then_with(|| value_cmp(self.value, other.value))
    }
}

impl PartialEq for Point {
    fn eq(&self, other: &Self) -> bool {
        (self.step, self.timestamp, self.value.to_bits()) == (other.step, other.timestamp, other.value.to_bits())
    }
}

impl Eq for Point {}

/// A total order of values in which NaN is 0 with a flag, as MLflow stores it.
fn value_cmp(a: f64, b: f64) -> Ordering {
    stored(a).total_cmp(&stored(b)).then(a.is_nan().cmp(&b.is_nan()))
}

/// The number that MLflow stores for a value.
fn stored(value: f64) -> f64 {
    // Adding zero turns -0.0, which `total_cmp` tells from 0.0, into 0.0.
    if value.is_nan() { 0.0 } else { value + 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(step: i64, timestamp: i64, value: f64) -> Point {
        Point { step, timestamp, value }
    }

    #[test]
    fn the_latest_point_is_the_greatest_by_step_then_timestamp_then_value() {
        let latest = point(5, 100, 1.0);
        for (challenger, wins) in [
            (point(6, 0, -1.0), true),
            (point(4, 900, 9.0), false),
            (point(5, 101, 0.0), true),
            (point(5, 99, 9.0), false),
            (point(5, 100, 1.5), true),
            (point(5, 100, 1.0), false),
            (point(5, 100, f64::NAN), false),
            (point(5, 100, f64::INFINITY), true),
        ] {
            assert_eq!(challenger.supersedes(&latest), wins, "{challenger:?}");
        }
        assert!(point(5, 100, f64::NAN).supersedes(&point(5, 100, -1.0)));
        assert!(!point(5, 100, f64::NAN).supersedes(&point(5, 100, 0.0)));
        assert!(!point(5, 100, 0.0).supersedes(&point(5, 100, f64::NAN)));
        assert!(!point(5, 100, 0.0).supersedes(&point(5, 100, -0.0)));
    }

    #[test]
    fn values_are_ordered_with_nan_directly_after_zero() {
        let ascending = [f64::NEG_INFINITY, -1.0, -f64::MIN_POSITIVE, 0.0, f64::NAN, 5e-324, 1.0, f64::INFINITY];
        for (i, a) in ascending.iter().enumerate() {
            for (j, b) in ascending.iter().enumerate() {
                assert_eq!(value_cmp(*a, *b), i.cmp(&j), "{a} against {b}");
            }
        }
        assert!(value_cmp(-0.0, 0.0).is_eq());
        assert!(value_cmp(f64::from_bits(0xfff8_0000_0000_0001), f64::NAN).is_eq());
    }
}
