//! How many bytes the spool may hold, and how many it holds.
//!
//! Other processes add and remove too, so what is held is counted again from time to time. Between two counts it may be off by
//! what they did.

use prometheus::{IntGauge, Opts, Registry};
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// The quota, kept in the gauges that show it.
#[derive(Clone, Debug)]
pub(super) struct Quota {
    used: IntGauge,
    limit: IntGauge,
    uploads: IntGauge,
    /// The part of `used` that is under way in this process, and that no count finds.
    reserved: Arc<AtomicI64>,
}

/// What lies in the spool, whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counted {
    pub(super) uploads: u64,
    pub(super) bytes: u64,
}

/// Bytes of an upload under way; given back when it is dropped.
#[derive(Debug)]
pub(super) struct Reservation {
    quota: Quota,
    bytes: u64,
}

/// 90 % of the space that is free or used by the spool.
pub(super) fn default(folder: &Path, used: u64) -> io::Result<u64> {
    let system = nix::sys::statvfs::statvfs(folder)?;
    Ok((system.blocks_available() * system.fragment_size() + used) / 10 * 9)
}

impl Quota {
    /// `limit` is in bytes.
    pub(super) fn register(registry: &Registry, counted: Counted, limit: u64) -> Result<Self, prometheus::Error> {
        let gauge = |name, help, value| {
            let gauge = IntGauge::with_opts(Opts::new(name, help))?;
            gauge.set(signed(value));
            registry.register(Box::new(gauge.clone()))?;
            Ok::<_, prometheus::Error>(gauge)
        };
        Ok(Self {
            used: gauge("runledger_spool_bytes", "Bytes of uploads in the spool.", counted.bytes)?,
            limit: gauge("runledger_spool_quota_bytes", "Bytes that the spool may hold.", limit)?,
            uploads: gauge("runledger_spool_uploads", "Uploads in the spool.", counted.uploads)?,
            reserved: Arc::default(),
        })
    }

    pub(super) fn reserve_nothing(&self) -> Reservation {
        Reservation { quota: self.clone(), bytes: 0 }
    }

    /// Takes an upload that was removed off the count.
    pub(super) fn release(&self, bytes: u64) {
        self.used.sub(signed(bytes));
        self.uploads.dec();
    }

    /// Takes over what was found in the spool. What is under way stays counted.
    pub(super) fn count(&self, counted: Counted) {
        self.used.set(signed(counted.bytes) + self.reserved.load(Ordering::Acquire));
        self.uploads.set(signed(counted.uploads));
    }

    pub(super) fn used(&self) -> u64 {
        u64::try_from(self.used.get()).unwrap_or_default()
    }

    pub(super) fn limit(&self) -> u64 {
        u64::try_from(self.limit.get()).unwrap_or_default()
    }

    /// Whether what is held and what is under way is within the limit.
    pub(super) fn holds(&self) -> bool {
        self.used.get() <= self.limit.get()
    }
}

impl Reservation {
    /// Takes more bytes of the quota, whether or not it has them.
    pub(super) fn grow(&mut self, bytes: u64) {
        self.quota.used.add(signed(bytes));
        self.quota.reserved.fetch_add(signed(bytes), Ordering::AcqRel);
        self.bytes += bytes;
    }

    /// Takes over what another reservation holds.
    pub(super) fn absorb(&mut self, mut other: Self) {
        self.bytes += std::mem::take(&mut other.bytes);
    }

    /// Leaves the bytes counted; they are now those of an upload that stays.
    pub(super) fn keep(mut self) {
        let bytes = std::mem::take(&mut self.bytes);
        self.quota.reserved.fetch_sub(signed(bytes), Ordering::AcqRel);
        self.quota.uploads.inc();
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.quota.used.sub(signed(self.bytes));
        self.quota.reserved.fetch_sub(signed(self.bytes), Ordering::AcqRel);
    }
}

fn signed(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}
