//! A history as a chart draws it: buckets that keep the least, the greatest and the last value, so that no spike is hidden.
//!
//! What cannot be drawn on a scale, NaN and infinity, is told apart with its place.

use super::{Columns, Point};

/// What a chart's x axis shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Axis {
    Step,
    /// Milliseconds since the epoch.
    Time,
}

/// A metric of one run, ready to be drawn. The four columns have one length.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Series {
    /// Points in the range, whatever their values.
    pub points: usize,
    /// Of the last point of each bucket.
    pub x: Vec<i64>,
    pub min: Vec<f64>,
    pub max: Vec<f64>,
    pub last: Vec<f64>,
    /// Where NaN is, at most [`MARKS`].
    pub nans: Vec<i64>,
    /// Where infinity is, and whether it is positive; at most [`MARKS`].
    pub infinities: Vec<(i64, bool)>,
}

/// Places of NaN and of infinity in one series; more could not be told apart in a chart.
pub const MARKS: usize = 200;

/// The points whose x lies within `range` (both ends included), in at most `buckets` equal ranges of x. As long as there are no
/// more points than buckets, each point is its own bucket.
pub fn series(history: &Columns, axis: Axis, range: (i64, i64), buckets: usize) -> Series {
    let x_of = |point: &Point| match axis {
        Axis::Step => point.step,
        Axis::Time => point.timestamp,
    };
    let mut points: Vec<Point> = history.iter().filter(|point| (range.0..=range.1).contains(&x_of(point))).collect();
    // Histories come in the order of time, in which steps mostly grow.
    if axis == Axis::Step && !points.is_sorted_by_key(|point| point.step) {
        points.sort_by(Point::chart_cmp);
    }
    let mut series = Series { points: points.len(), ..Series::default() };
    points.retain(|point| {
        if point.value.is_nan() && series.nans.len() < MARKS {
            series.nans.push(x_of(point));
        } else if point.value.is_infinite() && series.infinities.len() < MARKS {
            series.infinities.push((x_of(point), point.value > 0.0));
        }
        point.value.is_finite()
    });
    let (Some(first), Some(last)) = (points.first().map(x_of), points.last().map(x_of)) else { return series };
    let single = points.len() <= buckets;
    let mut drawn: Vec<Bucket> = Vec::with_capacity(buckets.min(points.len()));
    for (index, point) in points.iter().enumerate() {
        let (x, value) = (x_of(point), point.value);
        let place = if single { index } else { place(x, first, last, buckets) };
        match drawn.last_mut().filter(|bucket| bucket.place == place) {
            Some(bucket) => {
                *bucket = Bucket { x, min: bucket.min.min(value), max: bucket.max.max(value), last: value, place };
            }
            None => drawn.push(Bucket { place, x, min: value, max: value, last: value }),
        }
    }
    series.x = drawn.iter().map(|bucket| bucket.x).collect();
    series.min = drawn.iter().map(|bucket| bucket.min).collect();
    series.max = drawn.iter().map(|bucket| bucket.max).collect();
    series.last = drawn.iter().map(|bucket| bucket.last).collect();
    series
}

struct Bucket {
    place: usize,
    x: i64,
    min: f64,
    max: f64,
    last: f64,
}

/// The bucket of `x` among equal parts of the range.
fn place(x: i64, first: i64, last: i64, buckets: usize) -> usize {
    let offset = i128::from(x) - i128::from(first);
    let width = i128::from(last) - i128::from(first) + 1;
    usize::try_from(offset * buckets.max(1) as i128 / width).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ALL: (i64, i64) = (i64::MIN, i64::MAX);

    /// Least and greatest, as bits: the very values that were logged.
    fn extremes<'a>(values: impl IntoIterator<Item = &'a f64>) -> (u64, u64) {
        let mut sorted: Vec<f64> = values.into_iter().copied().collect();
        sorted.sort_by(f64::total_cmp);
        (sorted[0].to_bits(), sorted[sorted.len() - 1].to_bits())
    }

    fn history(points: &[(i64, f64)]) -> Columns {
        points.iter().zip(0..).map(|(&(step, value), timestamp)| Point { step, timestamp, value }).collect()
    }

    #[test]
    fn few_points_stay_as_they_are() {
        let drawn = series(&history(&[(0, 1.0), (5, -2.0), (5, 3.0)]), Axis::Step, ALL, 10);
        assert_eq!((drawn.points, drawn.x, drawn.last), (3, vec![0, 5, 5], vec![1.0, -2.0, 3.0]));
    }

    #[test]
    fn a_spike_survives_and_the_last_value_is_the_last() {
        let mut points: Vec<(i64, f64)> = (0..1000).map(|step| (step, 0.0)).collect();
        points[501].1 = 99.0;
        let drawn = series(&history(&points), Axis::Step, ALL, 10);
        assert_eq!(drawn.x, (1..=10).map(|bucket| bucket * 100 - 1).collect::<Vec<_>>());
        assert_eq!(extremes(&drawn.max).1, 99.0f64.to_bits());
        assert_eq!(drawn.last, vec![0.0; 10]);
    }

    #[test]
    fn nan_and_infinity_are_told_apart() {
        let points = [(0, f64::NAN), (1, 1.0), (2, f64::INFINITY), (3, f64::NEG_INFINITY)];
        let drawn = series(&history(&points), Axis::Step, ALL, 2);
        assert_eq!((drawn.points, drawn.x, drawn.nans), (4, vec![1], vec![0]));
        assert_eq!(drawn.infinities, vec![(2, true), (3, false)]);
        assert_eq!(series(&history(&points), Axis::Time, (3, 3), 2).infinities, vec![(3, false)]);
    }

    proptest! {
        #[test]
        fn nothing_is_drawn_that_is_not_there_and_no_extreme_is_lost(
            points in prop::collection::vec((any::<i64>(), -9.0f64..9.0), 1..80),
            buckets in 1usize..20,
        ) {
            let drawn = series(&history(&points), Axis::Step, ALL, buckets);
            prop_assert!(drawn.x.len() <= buckets.max(points.len().min(buckets)));
            prop_assert!(drawn.x.is_sorted());
            let (least, greatest) = extremes(points.iter().map(|(_, value)| value));
            prop_assert_eq!(extremes(&drawn.min).0, least);
            prop_assert_eq!(extremes(&drawn.max).1, greatest);
        }
    }
}
