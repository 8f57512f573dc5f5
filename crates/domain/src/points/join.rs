//! Two metrics of a run put together by their steps: the one is drawn over the values of the other.

use super::{Columns, Point};

/// The points of `history` with the value that `over` has at their step, or else at the nearest step before it, as their x; in
/// the order of x, and among equal ones of steps.
///
/// Values of `over` that are not finite have no place on an axis and count as not logged. Points before its first value have no x
/// and are left out.
pub(super) fn join(history: &Columns, over: &Columns) -> Vec<(f64, f64)> {
    let places = by_step(over.iter().filter(|point| point.value.is_finite()));
    let mut places = places.iter().peekable();
    let mut x = None;
    let mut joined = Vec::with_capacity(history.len());
    for point in by_step(history.iter()) {
        while let Some(place) = places.next_if(|place| place.step <= point.step) {
            x = Some(place.value);
        }
        joined.extend(x.map(|x| (x, point.value)));
    }
    joined.sort_by(|(a, _), (b, _)| a.total_cmp(b));
    joined
}

fn by_step(points: impl Iterator<Item = Point>) -> Vec<Point> {
    let mut points: Vec<Point> = points.collect();
    if !points.is_sorted_by(|a, b| a.chart_cmp(b).is_le()) {
        points.sort_by(Point::chart_cmp);
    }
    points
}

#[cfg(test)]
mod tests {
    use super::*;

    fn history(points: &[(i64, f64)]) -> Columns {
        points.iter().zip(0..).map(|(&(step, value), timestamp)| Point { step, timestamp, value }).collect()
    }

    fn joined(points: &[(i64, f64)], over: &[(i64, f64)]) -> Vec<(String, String)> {
        join(&history(points), &history(over)).iter().map(|(x, y)| (x.to_string(), y.to_string())).collect()
    }

    fn texts(expected: &[(&str, &str)]) -> Vec<(String, String)> {
        expected.iter().map(|(x, y)| ((*x).to_owned(), (*y).to_owned())).collect()
    }

    #[test]
    fn a_step_takes_the_value_at_it_or_the_nearest_before() {
        let epochs = [(10, 1.0), (20, 2.0)];
        let losses = [(5, 9.0), (10, 8.0), (15, 7.0), (20, 6.0), (99, 5.0)];
        assert_eq!(joined(&losses, &epochs), texts(&[("1", "8"), ("1", "7"), ("2", "6"), ("2", "5")]));
        assert!(joined(&losses, &[]).is_empty());
    }

    #[test]
    fn of_two_values_at_a_step_the_later_counts_and_a_nan_does_not() {
        assert_eq!(joined(&[(1, 5.0)], &[(1, 0.25), (1, 0.5), (1, f64::NAN)]), texts(&[("0.5", "5")]));
    }

    #[test]
    fn values_that_fall_are_put_in_order_and_what_is_no_number_keeps_its_place() {
        let over = [(0, 3.0), (1, 1.0), (2, 2.0)];
        let drawn = joined(&[(2, 20.0), (0, f64::NAN), (1, 10.0)], &over);
        assert_eq!(drawn, texts(&[("1", "10"), ("2", "20"), ("3", "NaN")]));
    }
}
