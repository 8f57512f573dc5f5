//! The history of one metric: sorted, and without exact repeats.

use super::{Columns, Point};

impl Columns {
    /// Sorts into the order of [`Point::history_cmp`] and drops exact repeats, of which the first is kept.
    ///
    /// A repeat has the same step, timestamp and value, where all NaNs are the same and `-0.0` is `0.0`. A history that
    /// is in order already costs one pass and no allocation.
    pub fn sort_dedup(&mut self) {
        let in_order = (1..self.len()).all(|i| self.at(i - 1).history_cmp(&self.at(i)).is_lt());
        if in_order {
            return;
        }
        let mut points: Vec<Point> = self.iter().collect();
        // The sort is stable, so that the first of several repeats stays first; it is fast on concatenated runs.
        points.sort_by(Point::history_cmp);
        points.dedup_by(|later, earlier| later.history_cmp(earlier).is_eq());
        *self = points.into_iter().collect();
    }
}

/// The union of several pieces of one history, in order and without repeats; the pieces may overlap and be unsorted.
pub fn merge(pieces: impl IntoIterator<Item = Columns>) -> Columns {
    let mut pieces = pieces.into_iter();
    let mut all = pieces.next().unwrap_or_default();
    for piece in pieces {
        all.append(&piece);
    }
    all.sort_dedup();
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn columns(points: &[(i64, i64, f64)]) -> Columns {
        points.iter().map(|&(step, timestamp, value)| Point { step, timestamp, value }).collect()
    }

    #[test]
    fn a_history_is_ordered_by_timestamp_then_step_then_value() {
        let mut history = columns(&[(2, 20, 0.5), (9, 10, 3.0), (1, 20, 0.7), (2, 20, f64::NAN), (2, 20, -0.5)]);
        history.sort_dedup();
        assert_eq!(history, columns(&[(9, 10, 3.0), (1, 20, 0.7), (2, 20, -0.5), (2, 20, f64::NAN), (2, 20, 0.5)]),);
    }

    #[test]
    fn the_first_of_several_repeats_is_kept() {
        let other_nan = f64::from_bits(f64::NAN.to_bits() ^ 1);
        let mut history = columns(&[(1, 1, -0.0), (1, 1, other_nan), (1, 1, 0.0), (1, 1, f64::NAN), (1, 1, 0.0)]);
        history.sort_dedup();
        assert_eq!(history, columns(&[(1, 1, -0.0), (1, 1, other_nan)]));
    }

    #[test]
    fn points_that_differ_only_in_value_are_all_kept() {
        let mut history = columns(&[(1, 1, 2.0), (1, 1, 1.0)]);
        history.sort_dedup();
        assert_eq!(history.values(), [1.0, 2.0]);
    }

    #[test]
    fn a_merge_of_nothing_is_empty() {
        assert!(merge([]).is_empty());
        assert!(merge([Columns::default(), Columns::default()]).is_empty());
    }

    proptest! {
        #[test]
        fn a_merge_does_not_depend_on_how_a_history_was_cut(
            points in prop::collection::vec((-3i64..3, -3i64..3, prop::sample::select(vec![-1.0, 0.0, f64::NAN, 1.0])), 0..60),
            cut in 0usize..60,
        ) {
            let points = columns(&points);
            let cut = cut.min(points.len());
            let mut whole = points.clone();
            whole.sort_dedup();
            let merged = merge([points.slice(cut..points.len()), points.slice(0..cut), points.clone()]);
            prop_assert_eq!(&merged, &whole);
            prop_assert!((1..merged.len()).all(|i| merged.at(i - 1).history_cmp(&merged.at(i)).is_lt()));
            prop_assert!(points.iter().all(|point| merged.iter().any(|kept| kept.history_cmp(&point).is_eq())));
        }
    }
}
