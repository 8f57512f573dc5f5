//! How long a job waits between two attempts.

use std::time::Duration;

/// How long a job waits after its first, second, … failed attempt. After one more it is given up.
pub const LADDER: [Duration; 5] = [
    Duration::from_secs(1),
    Duration::from_secs(5),
    Duration::from_secs(30),
    Duration::from_mins(5),
    Duration::from_mins(30),
];

/// The rung after the failed attempt: the last one from there on.
pub(crate) fn rung(attempt: u32, rungs: usize) -> usize {
    (attempt as usize).min(rungs).saturating_sub(1)
}

/// Whether the ladder ends with the attempt.
pub(crate) fn is_last(attempt: u32, rungs: usize) -> bool {
    attempt as usize > rungs
}
