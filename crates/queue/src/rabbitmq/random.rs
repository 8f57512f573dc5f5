//! Chance for what only has to differ from one process to the next. No outcome depends on it.

use std::hash::{BuildHasher, RandomState};

/// A number below the limit; 0 if the limit is 0.
pub(super) fn below(limit: u32) -> u32 {
    let random = RandomState::new().hash_one(());
    u32::try_from(random % u64::from(limit.max(1))).unwrap_or_default()
}
