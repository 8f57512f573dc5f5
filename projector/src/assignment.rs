//! Which shards this projector works on: a fair share of them, by leases.
//!
//! The leases spare work and conflicts. What makes two projectors safe is that a checkpoint moves only from where its writer
//! believes it to be.

use runledger_storage::views::Shards;
use runledger_storage::{Error, Lease, Leases};
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::time::Instant;

/// How often the others are looked at.
const PERIOD: Duration = Duration::from_secs(1);

const PREFIX: &str = "projector/";
const MEMBERS: &str = "projector/member/";

/// The place of one projector among others.
#[derive(Debug)]
pub(crate) struct Assignment {
    leases: Leases,
    /// The lease by which the others count this projector.
    member_name: String,
    member: Option<Lease>,
    shards: BTreeMap<usize, Lease>,
    looked_at: Option<Instant>,
}

impl Assignment {
    pub(crate) fn new(leases: Leases, id: &str) -> Self {
        let member_name = format!("{MEMBERS}{id}");
        Self { leases, member_name, member: None, shards: BTreeMap::new(), looked_at: None }
    }

    pub(crate) fn held(&self) -> Shards {
        self.shards.keys().copied().collect()
    }

    /// Whether it is time to look at the others, or a lease was lost.
    pub(crate) fn is_due(&self) -> bool {
        self.looked_at.is_none_or(|at| at.elapsed() >= PERIOD) || self.shards.values().any(is_lost)
    }

    /// Gives back what is more than a fair share, and takes what is free of it.
    pub(crate) async fn balance(&mut self) -> Result<(), Error> {
        self.looked_at = Some(Instant::now());
        self.shards.retain(|_, lease| !is_lost(lease));
        self.member.take_if(|lease| is_lost(lease));
        if self.member.is_none() {
            self.member = self.leases.try_acquire(&self.member_name).await?;
        }
        let names = self.leases.held(PREFIX).await?;
        let members = names.iter().filter(|name| name.starts_with(MEMBERS)).count();
        let share = Shards::COUNT.div_ceil(members.max(1));
        while self.shards.len() > share {
            let Some((_, surplus)) = self.shards.pop_last() else { break };
            surplus.release().await;
        }
        for shard in 0..Shards::COUNT {
            let name = lease_of(shard);
            if self.shards.len() < share
                && !names.contains(&name)
                && let Some(lease) = self.leases.try_acquire(&name).await?
            {
                self.shards.insert(shard, lease);
            }
        }
        Ok(())
    }

    /// Gives everything back, so that the others need not wait for it to expire.
    pub(crate) async fn leave(self) {
        for lease in self.shards.into_values().chain(self.member) {
            lease.release().await;
        }
    }
}

fn lease_of(shard: usize) -> String {
    format!("{PREFIX}shard/{shard}")
}

fn is_lost(lease: &Lease) -> bool {
    lease.lost().is_cancelled()
}
