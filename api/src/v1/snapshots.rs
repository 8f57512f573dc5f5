//! Which runs a table shows and in which order, kept for a while, so that its rows never shift under the reader.

use std::collections::{HashSet, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use super::past_table::PastTable;

/// The runs of a table.
#[derive(Debug)]
pub(crate) struct Snapshot {
    pub(crate) id: String,
    /// All that match, in their order.
    pub(crate) runs: Vec<i64>,
    /// Runs of the view without the filter.
    pub(crate) total: i64,
    /// The position of the log that it shows.
    pub(crate) position: i64,
    /// Where the runs are read, if the table is one of the past.
    pub(crate) past: Option<Arc<PastTable>>,
}

/// The latest snapshots of all tables, the last used at the end.
#[derive(Debug, Default)]
pub(crate) struct Snapshots(Mutex<VecDeque<Arc<Snapshot>>>);

/// Run numbers kept in all, 32 MB.
const NUMBERS: usize = 4_000_000;
/// The views behind tables of the past count as many.
const PAST: usize = NUMBERS / 4;
const SNAPSHOTS: usize = 256;

impl Snapshots {
    pub(crate) fn keep(&self, snapshot: Snapshot) -> Arc<Snapshot> {
        let snapshot = Arc::new(snapshot);
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.push_back(Arc::clone(&snapshot));
        while kept.len() > SNAPSHOTS || kept.len() > 1 && weight(&kept) > NUMBERS {
            kept.pop_front();
        }
        snapshot
    }

    /// `None`: it was forgotten, or is another process's.
    pub(crate) fn find(&self, id: &str) -> Option<Arc<Snapshot>> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let place = kept.iter().position(|snapshot| snapshot.id == id)?;
        let snapshot = kept.remove(place)?;
        kept.push_back(Arc::clone(&snapshot));
        Some(snapshot)
    }
}

/// Several tables may stand on the same views.
fn weight(kept: &VecDeque<Arc<Snapshot>>) -> usize {
    let views: HashSet<_> = kept.iter().filter_map(|kept| kept.past.as_ref().map(Arc::as_ptr)).collect();
    kept.iter().map(|kept| kept.runs.len()).sum::<usize>() + views.len() * PAST
}

#[cfg(test)]
mod tests {
    use super::*;

    fn snapshot(id: usize, runs: usize) -> Snapshot {
        Snapshot { id: id.to_string(), runs: vec![0; runs], total: 0, position: 0, past: None }
    }

    #[test]
    fn the_one_that_was_not_used_for_longest_is_forgotten_first() {
        let snapshots = Snapshots::default();
        for id in 0..SNAPSHOTS {
            snapshots.keep(snapshot(id, 1));
        }
        assert!(snapshots.find("0").is_some());
        snapshots.keep(snapshot(SNAPSHOTS, 1));
        assert!(snapshots.find("0").is_some() && snapshots.find("1").is_none());
    }

    #[test]
    fn large_ones_crowd_each_other_out_but_the_newest_stays() {
        let snapshots = Snapshots::default();
        snapshots.keep(snapshot(1, NUMBERS / 2));
        snapshots.keep(snapshot(2, NUMBERS + 1));
        assert!(snapshots.find("1").is_none() && snapshots.find("2").is_some());
    }
}
