//! The task that renews the leases of a process, all with one statement, and releases those that were dropped.

use std::future::Future;
use std::sync::Arc;
use tokio::time::{Instant, sleep_until, timeout_at};
use tokio_util::sync::CancellationToken;

use super::{Held, Shared, State};
use crate::Error;
use crate::leases::table::LeaseTable;

/// Keeps the leases until `closed`.
pub(super) async fn keep(shared: Arc<Shared>, closed: CancellationToken) {
    let Some(table) = &shared.table else { return };
    let (period, pause) = (shared.ttl / 3, shared.ttl / 20);
    let mut due = Instant::now() + period;
    loop {
        tokio::select! {
            () = closed.cancelled() => {}
            () = shared.dropped.notified() => {}
            () = sleep_until(due) => {
                let renewed = shared.renew(table).await;
                due = Instant::now() + if renewed { period } else { pause };
            }
        }
        if !shared.release_dropped(table).await {
            due = due.min(Instant::now() + pause);
        }
        if closed.is_cancelled() {
            return;
        }
    }
}

impl Shared {
    /// Renews what is held, and tells the holders of what is lost. Returns whether the database answered.
    async fn renew(&self, table: &LeaseTable) -> bool {
        let held = self.in_state(State::Held);
        if held.is_empty() {
            return true;
        }
        let asked = Instant::now();
        let renewing = async {
            let renewed = table.renew(held.iter().map(|(name, _)| name.as_str())).await?;
            table.clear_expired().await?;
            Ok(renewed)
        };
        let answer = self.before_any_is_lost(renewing).await;
        if let Some(renewed) = &answer {
            for (name, number) in &held {
                if renewed.contains(name) {
                    self.renewed(name, *number, asked);
                } else {
                    self.lose(|lost_name, held| lost_name == name && held.number == *number);
                }
            }
        }
        answer.is_some()
    }

    /// Frees the names whose leases were dropped, and returns whether that is done. What cannot be freed expires.
    async fn release_dropped(&self, table: &LeaseTable) -> bool {
        let dropped = self.in_state(State::Dropped);
        if dropped.is_empty() {
            return true;
        }
        let names: Vec<&str> = dropped.iter().map(|(name, _)| name.as_str()).collect();
        let freed = self.before_any_is_lost(table.free(&names)).await.is_some();
        for (name, number) in &dropped {
            let expired = self.names().held.get(name).is_some_and(|held| Instant::now() >= held.until + self.ttl);
            if freed || expired {
                self.forget(name, *number);
            }
        }
        freed
    }

    /// Lets the database take no longer than every lease is surely held; `None` when it failed or did take longer.
    async fn before_any_is_lost<T>(&self, work: impl Future<Output = Result<T, Error>>) -> Option<T> {
        let earliest = self.names().held.values().filter(|held| held.state == State::Held).map(|held| held.until).min();
        let answer = timeout_at(earliest.unwrap_or_else(|| Instant::now() + self.ttl), work).await;
        let now = Instant::now();
        self.lose(|_, held| held.until <= now);
        match answer {
            Ok(Ok(answer)) => return Some(answer),
            Ok(Err(error)) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "the leases could not be kept, trying again");
            }
            Err(_elapsed) => tracing::warn!("the database did not answer before a lease was lost"),
        }
        None
    }

    fn in_state(&self, state: State) -> Vec<(String, u64)> {
        let names = self.names();
        let held = names.held.iter().filter(|(_, held)| held.state == state);
        held.map(|(name, held)| (name.clone(), held.number)).collect()
    }

    /// Tells the holders of those leases which are lost.
    fn lose(&self, is_lost: impl Fn(&str, &Held) -> bool) {
        for (name, held) in &mut self.names().held {
            if held.state == State::Held && is_lost(name, held) {
                tracing::warn!(name, "a lease was lost");
                held.state = State::Lost;
                held.lost.cancel();
            }
        }
    }
}
