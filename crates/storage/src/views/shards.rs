//! Shards of the views: how several projectors split the runs among them.
//!
//! The number of shards is fixed, because each has a checkpoint. A run belongs to the shard that the last hex digit of its id
//! says, so that SQL can tell it, too. All that does not belong to one run belongs to shard 0.

use crate::read_model::VIEWS;

/// A set of shards.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shards(u8);

impl Shards {
    /// How many there are; they are numbered from 0.
    pub const COUNT: usize = 8;
    pub const NONE: Self = Self(0);
    pub const ALL: Self = Self(u8::MAX);
    /// The shard of everything that does not belong to one run.
    pub const COMMON: usize = 0;

    /// The shard of the run.
    pub fn of_run(run_id: &str) -> usize {
        run_id.chars().next_back().map_or(Self::COMMON, of_digit)
    }

    pub fn contains(self, shard: usize) -> bool {
        shard < Self::COUNT && self.0 >> shard & 1 == 1
    }

    /// Whether the run belongs to one of the shards.
    pub fn contains_run(self, run_id: &str) -> bool {
        self == Self::ALL || self.contains(Self::of_run(run_id))
    }

    pub fn is_empty(self) -> bool {
        self == Self::NONE
    }

    pub fn len(self) -> usize {
        self.iter().count()
    }

    /// The shards that are in both.
    #[must_use]
    pub fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// The shards that are not in the other.
    #[must_use]
    pub fn difference(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// As a number, one bit for each.
    pub(super) fn bits(self) -> i64 {
        self.0.into()
    }

    /// Reads [`Self::bits`].
    pub(super) fn of_bits(bits: i64) -> Self {
        (0..Self::COUNT).filter(|shard| bits >> shard & 1 == 1).collect()
    }

    /// The numbers of the shards, in order.
    pub fn iter(self) -> impl Iterator<Item = usize> {
        (0..Self::COUNT).filter(move |shard| self.contains(*shard))
    }

    /// The name of the shard's checkpoint.
    pub(crate) fn checkpoint(shard: usize) -> String {
        format!("{VIEWS}/{shard}")
    }

    /// The condition that a column with a run's id belongs to one of the shards, as the tail of a WHERE clause.
    pub(super) fn and_holds(self, column: &str) -> String {
        if self == Self::ALL {
            return String::new();
        }
        // What is no hex digit belongs to shard 0, so that shard is told by what does not belong to others.
        let (operator, named) = if self.contains(Self::COMMON) { ("NOT IN", Self(!self.0)) } else { ("IN", self) };
        let digits = "0123456789abcdefABCDEF".chars().filter(|digit| named.contains(of_digit(*digit)));
        let digits: Vec<String> = digits.map(|digit| format!("'{digit}'")).collect();
        // With no digit at all, nothing is left.
        let digits = if digits.is_empty() { "NULL".to_owned() } else { digits.join(", ") };
        format!(" AND substr({column}, length({column}), 1) {operator} ({digits})")
    }
}

impl FromIterator<usize> for Shards {
    fn from_iter<T: IntoIterator<Item = usize>>(shards: T) -> Self {
        Self(shards.into_iter().filter(|shard| *shard < Self::COUNT).fold(0, |bits, shard| bits | 1 << shard))
    }
}

fn of_digit(digit: char) -> usize {
    digit.to_digit(16).map_or(Shards::COMMON, |value| value as usize % Shards::COUNT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_belongs_to_the_shard_of_its_last_digit() {
        let shards = ["a0", "ff", "3A", "b8", "run", "", "é"].map(Shards::of_run);
        assert_eq!(shards, [0, 7, 2, 0, 0, 0, 0]);
    }

    #[test]
    fn a_set_lists_what_it_was_made_of() {
        let shards: Shards = [7, 1, 3, 1].into_iter().collect();
        assert_eq!(shards.iter().collect::<Vec<_>>(), [1, 3, 7]);
        assert_eq!(shards.len(), 3);
        assert_eq!((0..Shards::COUNT).collect::<Shards>(), Shards::ALL);
        assert!(Shards::default().is_empty());
        assert_eq!((shards.bits(), Shards::of_bits(shards.bits())), (0b1000_1010, shards));
        let others: Shards = [3, 4].into_iter().collect();
        assert_eq!(shards.intersection(others).iter().collect::<Vec<_>>(), [3]);
        assert_eq!(shards.difference(others).iter().collect::<Vec<_>>(), [1, 7]);
    }
}
