//! Places on a chart's x axis: whole numbers for steps and times, doubles for the values of a metric.

/// Where a point lies on an x axis.
pub trait Place: Copy + PartialOrd {
    /// How far `to` lies behind `from`; 0 if it lies before.
    fn distance(from: Self, to: Self) -> f64;

    /// In which of `parts` equal parts of the range from `first` to `last` this place lies, counted from 0.
    fn part(self, first: Self, last: Self, parts: usize) -> usize;
}

impl Place for i64 {
    #[expect(clippy::cast_precision_loss, reason = "a distance of more than 2^53 need not be exact")]
    fn distance(from: Self, to: Self) -> f64 {
        (i128::from(to) - i128::from(from)).max(0) as f64
    }

    fn part(self, first: Self, last: Self, parts: usize) -> usize {
        let (offset, width) = (self.abs_diff(first), last.abs_diff(first));
        // Only ranges beyond all use need more than 64 bits, in which a division takes several times as long.
        let part = match (offset.checked_mul(parts as u64), width.checked_add(1)) {
            (Some(offset), Some(width)) => offset / width,
            _ => {
                return usize::try_from(u128::from(offset) * parts as u128 / (u128::from(width) + 1))
                    .unwrap_or_default();
            }
        };
        usize::try_from(part).unwrap_or_default()
    }
}

impl Place for f64 {
    fn distance(from: Self, to: Self) -> f64 {
        (to - from).clamp(0.0, Self::MAX)
    }

    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "parts are few, and what a share of them is cut off is not asked for"
    )]
    fn part(self, first: Self, last: Self, parts: usize) -> usize {
        // Halves, because the width of all doubles is none.
        let (offset, width) = (self / 2.0 - first / 2.0, last / 2.0 - first / 2.0);
        let part = if width > 0.0 { offset / width * parts as Self } else { 0.0 };
        (part as usize).min(parts.saturating_sub(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ends_of_a_range_lie_in_its_first_and_last_part() {
        for (first, last) in [(0.0, 1.0), (-3.5, -3.25), (f64::MIN, f64::MAX)] {
            assert_eq!((first.part(first, last, 7), last.part(first, last, 7)), (0, 6), "{first} to {last}");
        }
        assert_eq!((i64::MIN.part(i64::MIN, i64::MAX, 7), i64::MAX.part(i64::MIN, i64::MAX, 7)), (0, 6));
        assert_eq!((0.5.part(0.0, 1.0, 4), 2.0.part(2.0, 2.0, 4)), (2, 0));
    }

    #[test]
    fn distances_are_finite_and_not_negative() {
        assert!((f64::distance(f64::MIN, f64::MAX) - f64::MAX).abs() < 1.0);
        assert!(f64::distance(2.0, 1.0).abs() < f64::EPSILON && i64::distance(2, 1).abs() < f64::EPSILON);
    }
}
