//! Memory for the parts of large files, bounded for the whole process however many files are on their way.
//!
//! Whoever waits here must be able to wait: a part is held for as long as its transfer takes, and its transfer must not depend
//! on memory that is asked for later.

use tokio::sync::{Semaphore, SemaphorePermit};

/// Bytes of a part of a large file; smaller files go in one piece. S3 wants at least 5 MiB.
pub(crate) const PART: usize = 8 << 20;

const MIB: usize = 1 << 20;
/// Three parts: enough to keep a gigabit busy. What a process takes is about twice as much, as its allocator keeps some for each
/// thread, and it should stay below 100 MiB.
const TOTAL_MIB: u32 = 24;

/// Memory belongs to the process, so its bound does too.
static FREE_MIB: Semaphore = Semaphore::const_new(TOTAL_MIB as usize);

/// The right to keep some bytes, given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Held {
    /// `None` never occurs: nobody closes the semaphore.
    _permit: Option<SemaphorePermit<'static>>,
}

/// Waits until that many bytes are free. More than there is in all counts as all of it.
pub(crate) async fn hold(bytes: usize) -> Held {
    let wanted = u32::try_from(bytes.div_ceil(MIB)).unwrap_or(TOTAL_MIB).clamp(1, TOTAL_MIB);
    Held { _permit: FREE_MIB.acquire_many(wanted).await.ok() }
}
