//! A history as a chart draws it: buckets that keep the least, the greatest and the last value, so that no spike is hidden.
//!
//! What cannot be drawn on a scale, NaN and infinity, is told apart with its place.

use super::join::join;
use super::place::Place;
use super::smooth::smooth;
use super::{Columns, Point};

/// What a chart's x axis shows, unless it is a metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Axis {
    Step,
    /// Milliseconds since the epoch.
    Time,
}

/// Which part of a history is drawn, and how.
#[derive(Clone, Copy, Debug)]
pub struct Drawing<X = i64> {
    /// The least and the greatest x that are drawn.
    pub range: (X, X),
    /// At most so many values a column.
    pub buckets: usize,
    /// How much of the average so far a value leaves, from 0 to below 1, one unit of x later: the mean distance of the points, but at
    /// least a 300th of all of x.
    pub smoothing: f64,
}

/// A metric of one run, ready to be drawn. The columns have one length, but for `smooth`.
#[derive(Clone, Debug, PartialEq)]
pub struct Series<X = i64> {
    /// Points in the range, whatever their values.
    pub points: usize,
    /// Of the last point of each bucket.
    pub x: Vec<X>,
    pub min: Vec<f64>,
    pub max: Vec<f64>,
    pub last: Vec<f64>,
    /// The average at the last point of each bucket; empty without smoothing.
    pub smooth: Vec<f64>,
    /// Where NaN is, at most [`MARKS`].
    pub nans: Vec<X>,
    /// Where infinity is, and whether it is positive; at most [`MARKS`].
    pub infinities: Vec<(X, bool)>,
}

/// Places of NaN and of infinity in one series; more could not be told apart in a chart.
pub const MARKS: usize = 200;

/// The points whose x lies within the range (both ends included), in at most `buckets` equal ranges of x. As long as there are no
/// more points than buckets, each point is its own bucket.
///
/// The average runs over the whole history before anything else, so that a curve does not depend on the range or the buckets.
pub fn series(history: &Columns, axis: Axis, drawing: &Drawing) -> Series {
    let x_of = |point: &Point| match axis {
        Axis::Step => point.step,
        Axis::Time => point.timestamp,
    };
    // Histories come in the order of time, in which steps mostly grow.
    if axis == Axis::Time || history.steps().is_sorted() {
        return draw(history.iter().map(|point| (x_of(&point), point.value)), drawing);
    }
    let mut points: Vec<Point> =
        history.iter().filter(|point| drawing.smooths() || drawing.shows(x_of(point))).collect();
    points.sort_by(Point::chart_cmp);
    draw(points.iter().map(|point| (x_of(point), point.value)), drawing)
}

/// The same with the values of another metric of the run as x, which are put together with the points by step: the value at the
/// step of a point, or else at the nearest step before it. The points are in the order of x, also where that metric falls.
pub fn series_over(history: &Columns, over: &Columns, drawing: &Drawing<f64>) -> Series<f64> {
    draw(join(history, over).into_iter(), drawing)
}

/// Of points in the order of x, which are gone through twice and not copied.
fn draw<X: Place>(points: impl Iterator<Item = (X, f64)> + Clone, drawing: &Drawing<X>) -> Series<X> {
    let mut averages = Vec::new();
    if drawing.smooths() {
        let finite: Vec<(X, f64)> = points.clone().filter(|(_, value)| value.is_finite()).collect();
        averages = smooth(&finite, drawing.smoothing);
    }
    let mut series = Series::default();
    let (mut drawable, mut ends) = (0, None);
    for (x, value) in points.clone().filter(|(x, _)| drawing.shows(*x)) {
        series.points += 1;
        if value.is_finite() {
            drawable += 1;
            ends = Some((ends.map_or(x, |(first, _)| first), x));
        } else if value.is_nan() && series.nans.len() < MARKS {
            series.nans.push(x);
        } else if value.is_infinite() && series.infinities.len() < MARKS {
            series.infinities.push((x, value > 0.0));
        }
    }
    let Some((first, last)) = ends else { return series };
    let buckets = drawing.buckets;
    let single = drawable <= buckets;
    let mut drawn: Vec<Bucket<X>> = Vec::with_capacity(buckets.min(drawable));
    let mut averages = averages.into_iter();
    let finite = points.filter(|(_, value)| value.is_finite());
    let with_averages = finite.map(|(x, value)| (x, value, averages.next().unwrap_or(value)));
    for (index, (x, value, average)) in with_averages.filter(|(x, ..)| drawing.shows(*x)).enumerate() {
        let place = if single { index } else { x.part(first, last, buckets) };
        match drawn.last_mut().filter(|bucket| bucket.place == place) {
            Some(bucket) => {
                let (min, max) = (bucket.min.min(value), bucket.max.max(value));
                *bucket = Bucket { place, x, min, max, last: value, average };
            }
            None => drawn.push(Bucket { place, x, min: value, max: value, last: value, average }),
        }
    }
    series.x = drawn.iter().map(|bucket| bucket.x).collect();
    series.min = drawn.iter().map(|bucket| bucket.min).collect();
    series.max = drawn.iter().map(|bucket| bucket.max).collect();
    series.last = drawn.iter().map(|bucket| bucket.last).collect();
    if drawing.smooths() {
        series.smooth = drawn.iter().map(|bucket| bucket.average).collect();
    }
    series
}

struct Bucket<X> {
    place: usize,
    x: X,
    min: f64,
    max: f64,
    last: f64,
    average: f64,
}

impl<X: Place> Drawing<X> {
    fn smooths(&self) -> bool {
        self.smoothing > 0.0
    }

    fn shows(&self, x: X) -> bool {
        (self.range.0..=self.range.1).contains(&x)
    }
}

// Derived, it would ask for a default x.
impl<X> Default for Series<X> {
    fn default() -> Self {
        let (x, min, max, last) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        Self { points: 0, x, min, max, last, smooth: Vec::new(), nans: Vec::new(), infinities: Vec::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::{series as series_of, *};
    use proptest::prelude::*;

    fn all(buckets: usize) -> Drawing {
        Drawing { range: (i64::MIN, i64::MAX), buckets, smoothing: 0.0 }
    }

    fn series(history: &Columns, drawing: &Drawing) -> Series {
        series_of(history, Axis::Step, drawing)
    }

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
        let drawn = series(&history(&[(0, 1.0), (5, -2.0), (5, 3.0)]), &all(10));
        assert_eq!((drawn.points, drawn.x, drawn.last), (3, vec![0, 5, 5], vec![1.0, -2.0, 3.0]));
    }

    #[test]
    fn a_spike_survives_and_the_last_value_is_the_last() {
        let mut points: Vec<(i64, f64)> = (0..1000).map(|step| (step, 0.0)).collect();
        points[501].1 = 99.0;
        let drawn = series(&history(&points), &all(10));
        assert_eq!(drawn.x, (1..=10).map(|bucket| bucket * 100 - 1).collect::<Vec<_>>());
        assert_eq!(extremes(&drawn.max).1, 99.0f64.to_bits());
        assert_eq!(drawn.last, vec![0.0; 10]);
    }

    #[test]
    fn nan_and_infinity_are_told_apart() {
        let points = [(0, f64::NAN), (1, 1.0), (2, f64::INFINITY), (3, f64::NEG_INFINITY)];
        let drawn = series(&history(&points), &all(2));
        assert_eq!((drawn.points, drawn.x, drawn.nans), (4, vec![1], vec![0]));
        assert_eq!(drawn.infinities, vec![(2, true), (3, false)]);
        assert_eq!(
            series_of(&history(&points), Axis::Time, &Drawing { range: (3, 3), ..all(2) }).infinities,
            vec![(3, false)]
        );
    }

    #[test]
    fn the_curve_does_not_depend_on_what_is_shown_of_it() {
        let wave = |step: i64| f64::from(i32::try_from(step * 37 % 101).unwrap());
        let history = history(&(0..3_000).map(|step| (step, wave(step))).collect::<Vec<_>>());
        let full = series(&history, &Drawing { smoothing: 0.9, ..all(usize::MAX) });
        let part = series(&history, &Drawing { smoothing: 0.9, range: (1_000, 2_000), ..all(20) });
        assert_eq!((full.smooth.len(), part.smooth.len()), (3_000, 20));
        for (x, value) in part.x.iter().zip(&part.smooth) {
            let at = full.x.binary_search(x).unwrap();
            assert_eq!(value.to_bits(), full.smooth[at].to_bits(), "at {x}");
        }
        assert!(series(&history, &all(20)).smooth.is_empty());
    }

    #[test]
    fn the_values_of_another_metric_are_an_axis() {
        let losses = history(&(0..1_000).map(|step| (step, if step == 501 { 99.0 } else { 0.0 })).collect::<Vec<_>>());
        let epochs =
            history(&(0..10i32).map(|epoch| (i64::from(epoch) * 100, 0.5 * f64::from(epoch))).collect::<Vec<_>>());
        let drawing = Drawing { range: (f64::MIN, f64::MAX), buckets: 20, smoothing: 0.0 };
        let drawn = series_over(&losses, &epochs, &drawing);
        assert_eq!((drawn.points, drawn.x.len()), (1_000, 10));
        assert_eq!(extremes(&drawn.x), (0.0f64.to_bits(), 4.5f64.to_bits()));
        assert_eq!(extremes(&drawn.max).1, 99.0f64.to_bits());
        let part = series_over(&losses, &epochs, &Drawing { range: (1.0, 1.5), ..drawing });
        assert_eq!(part.points, 200);
    }

    proptest! {
        #[test]
        fn nothing_is_drawn_that_is_not_there_and_no_extreme_is_lost(
            points in prop::collection::vec((any::<i64>(), -9.0f64..9.0), 1..80),
            buckets in 1usize..20,
        ) {
            let drawn = series(&history(&points), &all(buckets));
            prop_assert!(drawn.x.len() <= buckets.max(points.len().min(buckets)));
            prop_assert!(drawn.x.is_sorted());
            let (least, greatest) = extremes(points.iter().map(|(_, value)| value));
            prop_assert_eq!(extremes(&drawn.min).0, least);
            prop_assert_eq!(extremes(&drawn.max).1, greatest);
        }
    }
}
