//! The outline of a piece of a history: the few of its points that a chart of many pieces shows.
//!
//! Of every group of neighbours the least, the greatest and the last value stay, as in M4 (Jugel et al., VLDB 2014), but by groups of a
//! fixed size instead of the pixels of one chart. A chart of the outline shows the very values of the history, each at its own place,
//! and no spike is hidden; only what a bucket says of the group that its border cuts may be less than the points would say.

use super::Columns;

/// Neighbours of which at most seven stay.
pub const GROUP: usize = 64;

/// The first point of the piece, its last, and of each group of [`GROUP`] the least, the greatest and the last finite value and the
/// first NaN and infinities, in their order. `None` if steps fall, because neighbours are then none in a chart by step.
pub fn outline(piece: &Columns) -> Option<Columns> {
    if !piece.steps().is_sorted() {
        return None;
    }
    let mut kept = Columns::with_capacity(piece.len() / GROUP * 3 + 2);
    let last = piece.len().saturating_sub(1);
    let mut places = Vec::new();
    for (number, values) in piece.values().chunks(GROUP).enumerate() {
        let start = number * GROUP;
        let ends = [(start == 0).then_some(0), (start + values.len() > last).then_some(last)];
        places.clear();
        places.extend(Group::of(values).places().into_iter().flatten().map(|place| start + place));
        places.extend(ends.into_iter().flatten());
        places.sort_unstable();
        places.dedup();
        kept.extend(places.iter().map(|place| piece.at(*place)));
    }
    Some(kept)
}

/// Places in a group of values.
#[derive(Default)]
struct Group {
    least: Option<usize>,
    greatest: Option<usize>,
    last: Option<usize>,
    nan: Option<usize>,
    positive: Option<usize>,
    negative: Option<usize>,
}

impl Group {
    fn of(values: &[f64]) -> Self {
        let mut group = Self::default();
        let at = |place: Option<usize>| place.map(|place| values[place]);
        for (place, &value) in values.iter().enumerate() {
            if value.is_finite() {
                if at(group.least).is_none_or(|least| value < least) {
                    group.least = Some(place);
                }
                if at(group.greatest).is_none_or(|greatest| value > greatest) {
                    group.greatest = Some(place);
                }
                group.last = Some(place);
            } else {
                let first = match value {
                    f64::INFINITY => &mut group.positive,
                    f64::NEG_INFINITY => &mut group.negative,
                    _ => &mut group.nan,
                };
                first.get_or_insert(place);
            }
        }
        group
    }

    fn places(&self) -> [Option<usize>; 6] {
        [self.least, self.greatest, self.last, self.nan, self.positive, self.negative]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::points::{Axis, Drawing, Point, series};
    use proptest::prelude::*;

    fn history(values: &[f64]) -> Columns {
        values.iter().zip(0..).map(|(&value, step)| Point { step, timestamp: step * 10, value }).collect()
    }

    fn drawing(buckets: usize) -> Drawing {
        Drawing { range: (i64::MIN, i64::MAX), buckets, smoothing: 0.0 }
    }

    #[test]
    fn spikes_ends_and_what_is_no_number_stay() {
        let mut values = vec![0.0; 1_000];
        (values[500], values[501], values[502]) = (99.0, f64::NAN, f64::NEG_INFINITY);
        values[999] = f64::NAN;
        let kept = outline(&history(&values)).unwrap();
        let steps: Vec<i64> = kept.steps().to_vec();
        assert!(steps.is_sorted_by(|one, other| one < other));
        assert_eq!((steps[0], *steps.last().unwrap()), (0, 999));
        assert!([500, 501, 502, 998].iter().all(|step| steps.contains(step)), "{steps:?}");
        assert!(kept.len() < 1_000 / 20, "{}", kept.len());
        let drawn = series(&kept, Axis::Step, &drawing(5));
        assert_eq!((drawn.nans, drawn.infinities), (vec![501, 999], vec![(502, false)]));
    }

    #[test]
    fn steps_that_fall_have_no_outline() {
        let points = [(0, 0), (2, 1), (1, 2)];
        let fell: Columns = points.map(|(step, timestamp)| Point { step, timestamp, value: 0.0 }).into_iter().collect();
        assert_eq!(outline(&fell), None);
        assert_eq!(outline(&Columns::default()), Some(Columns::default()));
    }

    proptest! {
        #[test]
        fn a_bucket_differs_only_by_the_groups_at_its_ends(values in prop::collection::vec(-9.0f64..9.0, 2_000..5_000)) {
            let history = history(&values);
            let kept = outline(&history).unwrap();
            // Eight groups each, or more.
            let buckets = history.len() / GROUP / 8;
            let (whole, thin) = (series(&history, Axis::Step, &drawing(buckets)), series(&kept, Axis::Step, &drawing(buckets)));
            prop_assert_eq!(thin.x.len(), whole.x.len());
            for bucket in 0..buckets {
                let near = |x: i64| (whole.x[bucket] - x).unsigned_abs() < GROUP as u64;
                prop_assert!(near(thin.x[bucket]));
                prop_assert!(thin.max[bucket] <= whole.max[bucket] && thin.min[bucket] >= whole.min[bucket]);
                // What is inside, away from the ends, is there.
                let start = if bucket == 0 { 0 } else { usize::try_from(whole.x[bucket - 1]).unwrap() + 1 };
                let end = usize::try_from(whole.x[bucket]).unwrap();
                let inside = &values[start + GROUP..=end - GROUP];
                prop_assert!(inside.iter().all(|&value| (thin.min[bucket]..=thin.max[bucket]).contains(&value)));
            }
            let greatest = |max: &[f64]| max.iter().copied().fold(f64::MIN, f64::max).to_bits();
            prop_assert_eq!(greatest(&thin.max), greatest(&whole.max));
        }
    }
}
