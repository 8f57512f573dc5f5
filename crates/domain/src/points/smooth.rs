//! Smoothing: an exponential moving average without the bias of its start, weighted by the distance on the x axis.

use super::place::Place;

/// A series of more points than this is smoothed as if it had so many; else a long one would never look smooth.
const UNITS: usize = 300;
/// The greatest weight; with 1 the first value would win for ever.
const GREATEST: f64 = 0.999;

/// The average at each of the points `(x, value)`, in their order, in which x does not fall. Their values are finite.
///
/// `weight`, from 0 to below 1, is how much of the average so far is left one unit of x later; a unit is the mean distance of the
/// points, but at least a 300th of all of x. A constant series stays exactly constant.
pub(super) fn smooth<X: Place>(points: &[(X, f64)], weight: f64) -> Vec<f64> {
    let kept = weight.clamp(0.0, GREATEST);
    let unit = unit(points);
    let (mut average, mut mass) = (0.0, 0.0);
    let mut previous = None;
    let mut averages = Vec::with_capacity(points.len());
    for &(x, value) in points {
        let steps = previous.map_or(1.0, |previous| X::distance(previous, x) / unit);
        previous = Some(x);
        // Points that share an x count as one step each, else the first of them would win for ever.
        let decay = kept.powf(if steps > 0.0 { steps } else { 1.0 });
        mass = mass * decay + (1.0 - decay);
        // The incremental form keeps a constant series free of rounding noise. Where a distance is so small that nothing decays, the
        // average stays.
        if mass > 0.0 {
            average += (1.0 - decay) / mass * (value - average);
        }
        averages.push(average);
    }
    averages
}

/// The distance on the x axis that counts as one step of the average.
fn unit<X: Place>(points: &[(X, f64)]) -> f64 {
    let (Some(first), Some(last)) = (points.first(), points.last()) else { return 1.0 };
    let parts = u32::try_from((points.len() - 1).clamp(1, UNITS)).unwrap_or(1);
    let unit = X::distance(first.0, last.0) / f64::from(parts);
    if unit > 0.0 { unit } else { 1.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn close(left: f64, right: f64) -> bool {
        (left - right).abs() < 1e-12
    }

    #[test]
    fn the_first_value_is_not_pulled_to_zero() {
        let averages = smooth(&[(0, 10.0), (1, 10.5)], 0.9);
        assert!(close(averages[0], 10.0), "{averages:?}");
        assert!((10.2..10.3).contains(&averages[1]), "{averages:?}");
    }

    #[test]
    fn values_far_apart_count_more_steps() {
        // Of the first value a quarter is left after two units, but the mean distance is the unit: 1.5.
        let averages = smooth(&[(0, 0.0), (1, 0.0), (3, 1.0)], 0.5);
        let decay = 0.5f64.powf(2.0 / 1.5);
        let mass = (0.5 * 0.5f64.powf(1.0 / 1.5) + (1.0 - 0.5f64.powf(1.0 / 1.5))) * decay + (1.0 - decay);
        assert!(close(averages[2], (1.0 - decay) / mass), "{averages:?}");
    }

    #[test]
    fn points_at_one_place_are_averaged() {
        let averages = smooth(&[(5, 0.0), (5, 1.0), (5, 1.0)], 0.5);
        assert!(averages.is_sorted() && averages[2] > 0.8, "{averages:?}");
    }

    proptest! {
        #[test]
        fn it_stays_between_the_values_and_a_constant_stays_itself(
            mut points in prop::collection::vec((any::<i64>(), -9.0f64..9.0), 1..60),
            weight in 0.0f64..1.0,
        ) {
            points.sort_by_key(|point| point.0);
            let least = points.iter().map(|point| point.1).fold(f64::INFINITY, f64::min);
            let greatest = points.iter().map(|point| point.1).fold(f64::NEG_INFINITY, f64::max);
            for average in smooth(&points, weight) {
                prop_assert!((least - 1e-9..=greatest + 1e-9).contains(&average), "{average}");
            }
            let constant: Vec<(i64, f64)> = points.iter().map(|point| (point.0, least)).collect();
            prop_assert!(smooth(&constant, weight).iter().all(|average| (average - least).abs() < f64::MIN_POSITIVE));
        }
    }
}
