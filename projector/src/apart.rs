//! Projecting a few events into views of their own, such as those that show the past of some runs.

use runledger_domain::{Clock, RecordedEvent};
use runledger_storage::Error;
use runledger_storage::views::{Shards, Views};
use std::sync::Arc;

use crate::applier::{Applier, Batch, Unprojectable};

/// Events of one batch.
const BATCH: usize = 4_000;

/// Projects the events, which are in the order of their positions, into views that are empty and that nobody else writes.
///
/// What cannot be projected is left out, as it is from all views.
pub async fn project_apart(views: Views, clock: Arc<dyn Clock>, events: Vec<RecordedEvent>) -> Result<(), Error> {
    let mut applier = Applier::new(views, clock, Unprojectable::SetAside);
    let (mut from, mut done) = (0, 0);
    while let Some(left) = events.get(done..).filter(|left| !left.is_empty()) {
        let batch: Vec<RecordedEvent> = left.iter().take(BATCH).cloned().collect();
        let upto = batch.last().map_or(from, |last| last.position);
        // It stops at an event that sweeps over many rows.
        from = applier.apply(Shards::ALL, from, Batch { events: batch, upto }).await?.position;
        done += left.iter().take_while(|event| event.position <= from).count();
    }
    Ok(())
}
