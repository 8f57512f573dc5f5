//! Points as a struct of arrays.

use std::ops::Range;

use super::Point;

/// A sequence of points, one array per field; the arrays have one length.
#[derive(Clone, Debug, Default)]
pub struct Columns {
    steps: Vec<i64>,
    timestamps: Vec<i64>,
    values: Vec<f64>,
}

impl Columns {
    /// No points yet, with room for `points`.
    pub fn with_capacity(points: usize) -> Self {
        Self {
            steps: Vec::with_capacity(points),
            timestamps: Vec::with_capacity(points),
            values: Vec::with_capacity(points),
        }
    }

    /// Takes over whole columns; `None` if their lengths differ.
    pub fn from_vecs(steps: Vec<i64>, timestamps: Vec<i64>, values: Vec<f64>) -> Option<Self> {
        (steps.len() == timestamps.len() && steps.len() == values.len()).then_some(Self { steps, timestamps, values })
    }

    pub fn steps(&self) -> &[i64] {
        &self.steps
    }

    /// Milliseconds since the epoch.
    pub fn timestamps(&self) -> &[i64] {
        &self.timestamps
    }

    pub fn values(&self) -> &[f64] {
        &self.values
    }

    pub fn len(&self) -> usize {
        self.steps.len()
    }

    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    pub fn get(&self, index: usize) -> Option<Point> {
        (index < self.len()).then(|| self.at(index))
    }

    pub fn iter(&self) -> impl ExactSizeIterator<Item = Point> + DoubleEndedIterator + Clone + '_ {
        (0..self.len()).map(|index| self.at(index))
    }

    pub fn push(&mut self, point: Point) {
        self.steps.push(point.step);
        self.timestamps.push(point.timestamp);
        self.values.push(point.value);
    }

    /// Appends all points of `other`.
    pub fn append(&mut self, other: &Self) {
        self.append_range(other, 0..other.len());
    }

    /// Appends the points of `other` at the positions `range`.
    ///
    /// # Panics
    /// If the range reaches beyond the end of `other`, as slicing does.
    pub fn append_range(&mut self, other: &Self, range: Range<usize>) {
        self.steps.extend_from_slice(&other.steps[range.clone()]);
        self.timestamps.extend_from_slice(&other.timestamps[range.clone()]);
        self.values.extend_from_slice(&other.values[range]);
    }

    /// A copy of the points at the positions `range`.
    ///
    /// # Panics
    /// If the range reaches beyond the end, as slicing does.
    #[must_use]
    pub fn slice(&self, range: Range<usize>) -> Self {
        Self {
            steps: self.steps[range.clone()].to_vec(),
            timestamps: self.timestamps[range.clone()].to_vec(),
            values: self.values[range].to_vec(),
        }
    }

    /// The point at a position that is known to exist.
    pub(super) fn at(&self, index: usize) -> Point {
        Point { step: self.steps[index], timestamp: self.timestamps[index], value: self.values[index] }
    }
}

/// Equality of bits, as for [`Point`].
impl PartialEq for Columns {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for Columns {}

impl Extend<Point> for Columns {
    fn extend<I: IntoIterator<Item = Point>>(&mut self, points: I) {
        let points = points.into_iter();
        let expected = points.size_hint().0;
        self.steps.reserve(expected);
        self.timestamps.reserve(expected);
        self.values.reserve(expected);
        points.for_each(|point| self.push(point));
    }
}

impl FromIterator<Point> for Columns {
    fn from_iter<I: IntoIterator<Item = Point>>(points: I) -> Self {
        let mut columns = Self::default();
        columns.extend(points);
        columns
    }
}
