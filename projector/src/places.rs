//! Where the shards of this projector stand, and which of them are next.
//!
//! Shards at one position are a group, which is read for and applied together. A group that lags, after it was taken over from
//! another projector, goes first, and only up to the next group, which it then joins.

use runledger_storage::views::Shards;

#[derive(Clone, Debug)]
pub(crate) struct Places {
    held: Shards,
    positions: [i64; Shards::COUNT],
}

/// Shards at one position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Group {
    pub(crate) shards: Shards,
    pub(crate) position: i64,
    /// Where the next group is.
    pub(crate) upto: Option<i64>,
}

impl Places {
    pub(crate) fn new(held: Shards, positions: [i64; Shards::COUNT]) -> Self {
        Self { held, positions }
    }

    /// The group that is furthest behind; `None` without any shard.
    pub(crate) fn next(&self) -> Option<Group> {
        let held = || self.held.iter().zip(self.held.iter().filter_map(|shard| self.positions.get(shard).copied()));
        let position = held().map(|(_, position)| position).min()?;
        let shards = held().filter(|(_, at)| *at == position).map(|(shard, _)| shard).collect();
        let upto = held().map(|(_, at)| at).filter(|at| *at > position).min();
        Some(Group { shards, position, upto })
    }

    pub(crate) fn moved(&mut self, shards: Shards, position: i64) {
        for (shard, at) in self.positions.iter_mut().enumerate() {
            if shards.contains(shard) {
                *at = position;
            }
        }
    }

    /// How far all shards have come; `None` where others hold some of them.
    pub(crate) fn complete(&self) -> Option<i64> {
        if self.held == Shards::ALL { self.positions.iter().min().copied() } else { None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shards(numbers: &[usize]) -> Shards {
        numbers.iter().copied().collect()
    }

    #[test]
    fn a_group_that_lags_goes_up_to_the_next_and_joins_it() {
        let mut places = Places::new(shards(&[1, 2, 3, 6]), [0, 9, 4, 9, 0, 0, 12, 0]);
        assert_eq!(places.next(), Some(Group { shards: shards(&[2]), position: 4, upto: Some(9) }));
        places.moved(shards(&[2]), 9);
        assert_eq!(places.next(), Some(Group { shards: shards(&[1, 2, 3]), position: 9, upto: Some(12) }));
        places.moved(shards(&[1, 2, 3]), 12);
        assert_eq!(places.next(), Some(Group { shards: shards(&[1, 2, 3, 6]), position: 12, upto: None }));
        assert_eq!(places.complete(), None, "the other shards may be anywhere");
    }

    #[test]
    fn who_holds_everything_knows_how_far_everything_is() {
        let places = Places::new(Shards::ALL, [5, 5, 5, 3, 5, 5, 5, 5]);
        assert_eq!(places.complete(), Some(3));
        assert_eq!(Places::new(Shards::NONE, [0; Shards::COUNT]).next(), None);
    }
}
