//! Sampling a history for a chart: the rule of `metrics/get-history-bulk-interval`.

use super::{Columns, Point};

/// At most `n` points of one metric's history for a chart.
///
/// The points whose step lies within `steps` (start and end, both included; `None` for all) are ordered by
/// [`Point::chart_cmp`], and [`sample_positions`] says which of them are taken. The history need not be sorted, but an
/// exact repeat in it counts as a row of its own.
pub fn sample_interval(history: &Columns, steps: Option<(i64, i64)>, n: usize) -> Columns {
    let (start, end) = steps.unwrap_or((i64::MIN, i64::MAX));
    // Steps mostly grow with time, and then the history is in chart order and need be neither copied nor sorted.
    let in_order = (1..history.len()).all(|i| history.at(i - 1).chart_cmp(&history.at(i)).is_le());
    if in_order {
        let from = history.steps().partition_point(|&step| step < start);
        let to = history.steps().partition_point(|&step| step <= end).max(from);
        return sample_positions(to - from, n).map(|row| history.at(from + row)).collect();
    }
    let mut rows: Vec<Point> = history.iter().filter(|point| (start..=end).contains(&point.step)).collect();
    rows.sort_by(Point::chart_cmp);
    sample_positions(rows.len(), n).map(|row| rows[row]).collect()
}

/// The positions, ascending, of the sample of `n` out of `rows` ordered rows.
///
/// The rows are split into `n` buckets as SQL's `NTILE(n)` does: the first `rows % n` buckets hold one row more than the
/// others, and with fewer rows than buckets each row has its own. The first row of each bucket is taken, except that the
/// last bucket gives its last row, so that a sample always ends where the history does.
pub fn sample_positions(rows: usize, n: usize) -> impl Iterator<Item = usize> {
    let buckets = n.min(rows);
    // With no bucket there is no position either, so any divisor will do.
    let (size, larger) = (rows / buckets.max(1), rows % buckets.max(1));
    (0..buckets).map(move |bucket| if bucket + 1 == buckets { rows - 1 } else { bucket * size + bucket.min(larger) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn positions(rows: usize, n: usize) -> Vec<usize> {
        sample_positions(rows, n).collect()
    }

    fn columns(points: &[(i64, i64, f64)]) -> Columns {
        points.iter().map(|&(step, timestamp, value)| Point { step, timestamp, value }).collect()
    }

    /// The rule word by word: number the rows with their buckets, take the first of each, then guarantee the last row.
    fn ntile_by_hand(rows: usize, n: usize) -> Vec<usize> {
        let (q, r) = (rows / n, rows % n);
        let bucket_sizes = (0..n).map(|bucket| if bucket < r { q + 1 } else { q });
        let numbered: Vec<usize> =
            bucket_sizes.enumerate().flat_map(|(b, size)| std::iter::repeat_n(b, size)).collect();
        let mut taken: Vec<usize> = (0..rows).filter(|&i| i == 0 || numbered[i] != numbered[i - 1]).collect();
        if let Some(&last) = taken.last()
            && last != rows - 1
        {
            if taken.len() == n {
                taken.pop();
            }
            taken.push(rows - 1);
        }
        taken
    }

    #[test]
    fn ten_rows_give_the_positions_that_mlflow_gives() {
        assert_eq!(positions(10, 1), [9]);
        assert_eq!(positions(10, 3), [0, 4, 9]);
        assert_eq!(positions(10, 4), [0, 3, 6, 9]);
        assert_eq!(positions(10, 7), [0, 2, 4, 6, 7, 8, 9]);
        for n in [10, 11, 2500, usize::MAX] {
            assert_eq!(positions(10, n), (0..10).collect::<Vec<_>>());
        }
        assert!(positions(0, 5).is_empty());
        assert!(positions(10, 0).is_empty());
    }

    #[test]
    fn the_bounds_of_the_interval_belong_to_it() {
        let history: Columns = (0..10).map(|step| Point { step, timestamp: 100 + step, value: 0.0 }).collect();
        assert_eq!(sample_interval(&history, Some((2, 4)), 10).steps(), [2, 3, 4]);
        assert_eq!(sample_interval(&history, Some((2, 8)), 2).steps(), [2, 8]);
        assert_eq!(sample_interval(&history, Some((4, 2)), 10).steps(), [0i64; 0]);
        assert_eq!(sample_interval(&history, Some((40, 50)), 10).steps(), [0i64; 0]);
        assert_eq!(sample_interval(&history, None, 3).steps(), [0, 4, 9]);
    }

    #[test]
    fn rows_are_taken_in_the_order_of_step_timestamp_value_and_nan() {
        let history = columns(&[(2, 10, 1.0), (1, 20, f64::NAN), (1, 20, 0.0), (1, 20, -1.0), (1, 30, -5.0)]);
        let expected = columns(&[(1, 20, -1.0), (1, 20, 0.0), (1, 20, f64::NAN), (1, 30, -5.0), (2, 10, 1.0)]);
        assert_eq!(sample_interval(&history, None, 100), expected);
    }

    proptest! {
        #[test]
        fn positions_follow_the_rule_word_by_word(rows in 0usize..300, n in 1usize..320) {
            prop_assert_eq!(positions(rows, n), ntile_by_hand(rows, n));
        }

        #[test]
        fn a_sorted_and_a_shuffled_history_give_the_same_sample(
            points in prop::collection::vec((-9i64..9, -3i64..3, -2i32..2), 0..80),
            bounds in prop::option::of((-10i64..10, -10i64..10)),
            n in 1usize..90,
        ) {
            let shuffled: Columns = points.iter()
                .map(|&(step, timestamp, value)| Point { step, timestamp, value: f64::from(value) }).collect();
            let mut sorted: Vec<Point> = shuffled.iter().collect();
            sorted.sort_by(Point::chart_cmp);
            let sorted: Columns = sorted.into_iter().collect();
            prop_assert_eq!(sample_interval(&shuffled, bounds, n), sample_interval(&sorted, bounds, n));
        }
    }
}
