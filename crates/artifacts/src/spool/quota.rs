//! How many bytes the spool may hold, and how many it holds.

use prometheus::{IntGauge, Opts, Registry};
use std::io;
use std::path::Path;

/// The quota, kept in the gauges that show it.
#[derive(Clone, Debug)]
pub(super) struct Quota {
    used: IntGauge,
    limit: IntGauge,
}

/// The quota is used up.
#[derive(Debug)]
pub(super) struct Exceeded;

/// Bytes of an upload under way; given back when it is dropped.
#[derive(Debug)]
pub(super) struct Reservation {
    used: IntGauge,
    limit: u64,
    bytes: u64,
}

/// 90 % of the space that is free or used by the spool.
pub(super) fn default(folder: &Path, used: u64) -> io::Result<u64> {
    let system = nix::sys::statvfs::statvfs(folder)?;
    Ok((system.blocks_available() * system.fragment_size() + used) / 10 * 9)
}

impl Quota {
    pub(super) fn register(registry: &Registry, used: u64, limit: u64) -> Result<Self, prometheus::Error> {
        let gauge = |name, help, value| {
            let gauge = IntGauge::with_opts(Opts::new(name, help))?;
            gauge.set(signed(value));
            registry.register(Box::new(gauge.clone()))?;
            Ok::<_, prometheus::Error>(gauge)
        };
        Ok(Self {
            used: gauge("runledger_spool_bytes", "Bytes of uploads in the spool.", used)?,
            limit: gauge("runledger_spool_quota_bytes", "Bytes that the spool may hold.", limit)?,
        })
    }

    pub(super) fn reserve_nothing(&self) -> Reservation {
        Reservation { used: self.used.clone(), limit: self.limit(), bytes: 0 }
    }

    pub(super) fn release(&self, bytes: u64) {
        self.used.sub(signed(bytes));
    }

    pub(super) fn used(&self) -> u64 {
        u64::try_from(self.used.get()).unwrap_or_default()
    }

    pub(super) fn limit(&self) -> u64 {
        u64::try_from(self.limit.get()).unwrap_or_default()
    }
}

impl Reservation {
    /// Takes more bytes of the quota.
    pub(super) fn grow(&mut self, bytes: u64) -> Result<(), Exceeded> {
        self.used.add(signed(bytes));
        self.bytes += bytes;
        if self.used.get() > signed(self.limit) { Err(Exceeded) } else { Ok(()) }
    }

    /// Takes over what another reservation holds.
    pub(super) fn absorb(&mut self, mut other: Self) {
        self.bytes += std::mem::take(&mut other.bytes);
    }

    /// Leaves the bytes counted; they are now those of a file that stays.
    pub(super) fn keep(mut self) {
        self.bytes = 0;
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.used.sub(signed(self.bytes));
    }
}

fn signed(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}
