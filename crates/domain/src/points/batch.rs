//! The points of one `log-batch` event, grouped by metric key.

use std::collections::HashMap;
use std::ops::Range;

use super::{Columns, Point};

/// Points grouped by key: those of the first key, then those of the second, and so on.
///
/// Keys and counts travel in the event's JSON payload, the columns beside it in binary form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Batch {
    keys: Vec<String>,
    counts: Vec<u32>,
    columns: Columns,
}

/// The parts of a stored batch that do not belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BatchError {
    #[error("a batch of points names {keys} keys but {counts} counts")]
    Keys { keys: usize, counts: usize },
    #[error("the counts of a batch of points add up to {counted}, but it holds {points} points")]
    Points { counted: u64, points: usize },
}

impl Batch {
    /// Joins the parts of a batch: `counts[i]` points belong to `keys[i]`.
    ///
    /// Fails if there is not one count per key, or if the counts do not add up to the number of points.
    pub fn new(keys: Vec<String>, counts: Vec<u32>, columns: Columns) -> Result<Self, BatchError> {
        if keys.len() != counts.len() {
            return Err(BatchError::Keys { keys: keys.len(), counts: counts.len() });
        }
        let counted: u64 = counts.iter().map(|&count| u64::from(count)).sum();
        if counted != columns.len() as u64 {
            return Err(BatchError::Points { counted, points: columns.len() });
        }
        Ok(Self { keys, counts, columns })
    }

    pub fn keys(&self) -> &[String] {
        &self.keys
    }

    /// The number of points of each key.
    pub fn counts(&self) -> &[u32] {
        &self.counts
    }

    pub fn columns(&self) -> &Columns {
        &self.columns
    }

    pub fn into_parts(self) -> (Vec<String>, Vec<u32>, Columns) {
        (self.keys, self.counts, self.columns)
    }

    /// Each key with the positions of its points in the columns.
    pub fn per_key(&self) -> impl Iterator<Item = (&str, Range<usize>)> {
        self.keys.iter().zip(&self.counts).scan(0, |start, (key, &count)| {
            let range = *start..*start + count as usize;
            *start = range.end;
            Some((key.as_str(), range))
        })
    }
}

/// Collects points in any order of keys; allocates per key, not per point.
#[derive(Debug, Default)]
pub struct BatchBuilder {
    keys: Vec<String>,
    counts: Vec<u32>,
    ids: HashMap<String, u32>,
    /// The id of the key that the last point had.
    last: u32,
    /// The id of the key of each point.
    key_of: Vec<u32>,
    columns: Columns,
}

impl BatchBuilder {
    /// No points yet, with room for `points`.
    pub fn with_capacity(points: usize) -> Self {
        Self { key_of: Vec::with_capacity(points), columns: Columns::with_capacity(points), ..Self::default() }
    }

    pub fn push(&mut self, key: &str, point: Point) {
        let id = self.id(key);
        self.last = id;
        self.counts[id as usize] += 1;
        self.key_of.push(id);
        self.columns.push(point);
    }

    pub fn len(&self) -> usize {
        self.columns.len()
    }

    pub fn is_empty(&self) -> bool {
        self.columns.is_empty()
    }

    /// Groups the points by key: keys in the order in which they were first seen, the points of a key as they came.
    pub fn finish(self) -> Batch {
        let Self { keys, counts, key_of, columns, .. } = self;
        let columns = if key_of.is_sorted() { columns } else { group(&columns, &key_of, &counts) };
        Batch { keys, counts, columns }
    }

    /// The id of a key, which is new if the key is.
    fn id(&mut self, key: &str) -> u32 {
        // Batches repeat one key or cycle through all of them, so the next id is nearly always one of these two.
        let next = if self.last as usize + 1 < self.keys.len() { self.last + 1 } else { 0 };
        for guess in [self.last, next] {
            if self.keys.get(guess as usize).is_some_and(|known| known == key) {
                return guess;
            }
        }
        if let Some(&id) = self.ids.get(key) {
            return id;
        }
        let id = u32::try_from(self.keys.len()).unwrap_or(u32::MAX);
        self.keys.push(key.to_owned());
        self.counts.push(0);
        self.ids.insert(key.to_owned(), id);
        id
    }
}

/// Counting sort by key.
fn group(columns: &Columns, key_of: &[u32], counts: &[u32]) -> Columns {
    let mut next: Vec<usize> = counts
        .iter()
        .scan(0, |start, &count| {
            let first = *start;
            *start += count as usize;
            Some(first)
        })
        .collect();
    let mut source = vec![0; columns.len()];
    for (position, &id) in key_of.iter().enumerate() {
        let target = &mut next[id as usize];
        source[*target] = position;
        *target += 1;
    }
    source.into_iter().map(|position| columns.at(position)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn point(step: i64) -> Point {
        Point { step, timestamp: 1000 + step, value: 0.5 }
    }

    #[test]
    fn points_are_grouped_by_key_in_the_order_of_first_sight() {
        let mut builder = BatchBuilder::default();
        for step in 0..3 {
            builder.push("loss", point(step));
            builder.push("accuracy", point(step));
        }
        builder.push("epoch", point(9));
        assert_eq!((builder.len(), builder.is_empty()), (7, false));
        let batch = builder.finish();
        assert_eq!(batch.keys(), ["loss", "accuracy", "epoch"]);
        assert_eq!(batch.counts(), [3, 3, 1]);
        assert_eq!(batch.columns().steps(), [0, 1, 2, 0, 1, 2, 9]);
        let ranges: Vec<_> = batch.per_key().collect();
        assert_eq!(ranges, [("loss", 0..3), ("accuracy", 3..6), ("epoch", 6..7)]);
    }

    #[test]
    fn a_batch_without_points_has_no_keys() {
        let batch = BatchBuilder::with_capacity(10).finish();
        assert_eq!(batch, Batch::default());
        assert_eq!(batch.per_key().count(), 0);
    }

    #[test]
    fn parts_that_do_not_belong_together_are_refused() {
        let columns: Columns = (0..3).map(point).collect();
        let keys = vec!["a".to_owned(), "b".to_owned()];
        assert_eq!(Batch::new(keys.clone(), vec![3], columns.clone()), Err(BatchError::Keys { keys: 2, counts: 1 }),);
        assert_eq!(
            Batch::new(keys.clone(), vec![3, u32::MAX], columns.clone()),
            Err(BatchError::Points { counted: 3 + u64::from(u32::MAX), points: 3 }),
        );
        let batch = Batch::new(keys, vec![0, 3], columns).unwrap();
        assert_eq!(batch.per_key().collect::<Vec<_>>(), [("a", 0..0), ("b", 0..3)]);
    }

    proptest! {
        #[test]
        fn a_batch_holds_each_key_with_its_points_in_order(ids in prop::collection::vec(0u8..6, 0..80)) {
            let mut builder = BatchBuilder::default();
            for (step, id) in (0i64..).zip(&ids) {
                builder.push(&format!("key {id}"), point(step));
            }
            let batch = builder.finish();
            for (key, range) in batch.per_key() {
                let expected: Columns =
                    (0i64..).zip(&ids).filter(|(_, id)| format!("key {id}") == key).map(|(step, _)| point(step)).collect();
                prop_assert!(!expected.is_empty());
                prop_assert_eq!(batch.columns().slice(range), expected);
            }
            let (keys, counts, columns) = batch.clone().into_parts();
            prop_assert_eq!(columns.len(), ids.len());
            prop_assert_eq!(Batch::new(keys, counts, columns), Ok(batch));
        }
    }
}
