//! Prometheus metrics of a rebuild, which another process does: the registry tells how far it is.

use prometheus::{IntGauge, Opts, Registry};
use runledger_storage::{Error, GenerationState, Generations};
use std::time::Duration;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

/// How often the registry is looked at.
const PERIOD: Duration = Duration::from_secs(2);

/// What the registry says. Clones share their values.
#[derive(Clone, Debug)]
pub struct RebuildGauges {
    generation: IntGauge,
    running: IntGauge,
    position: IntGauge,
    target: IntGauge,
}

impl RebuildGauges {
    /// Makes the metrics and registers them.
    pub fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        let gauge = |name: &str, help: &str| {
            let gauge = IntGauge::with_opts(Opts::new(name, help))?;
            registry.register(Box::new(gauge.clone()))?;
            Ok::<_, prometheus::Error>(gauge)
        };
        Ok(Self {
            generation: gauge("runledger_views_generation", "The generation of the views that is in use.")?,
            running: gauge("runledger_replay_running", "1 while the views are rebuilt, else 0.")?,
            position: gauge("runledger_replay_position_events", "Events that the rebuilt views hold.")?,
            target: gauge("runledger_replay_target_events", "Events that the rebuilt views are to hold.")?,
        })
    }

    /// Keeps them up with the registry until `shutdown`.
    pub async fn run(self, generations: Generations, shutdown: CancellationToken) {
        let mut last = None;
        while !shutdown.is_cancelled() {
            if let Err(error) = self.look(&generations, &mut last).await {
                tracing::warn!(error = &error as &dyn std::error::Error, "the generations of the views cannot be read");
            }
            tokio::select! {
                () = shutdown.cancelled() => {}
                () = sleep(PERIOD) => {}
            }
        }
    }

    /// A rebuild runs if its row has moved since `last`; one that was killed has a row, too.
    async fn look(&self, generations: &Generations, last: &mut Option<(i64, i64)>) -> Result<(), Error> {
        let all = generations.all().await?;
        if let Some(active) = all.iter().find(|generation| generation.state == GenerationState::Active) {
            self.generation.set(active.number);
        }
        let building = all.iter().filter(|generation| generation.state == GenerationState::Building);
        let newest = building.max_by_key(|generation| generation.updated_at);
        let seen = newest.map(|generation| (generation.number, generation.updated_at));
        let running = seen.is_some() && seen != *last;
        *last = seen;
        self.running.set(i64::from(running));
        if let Some(generation) = newest.filter(|_| running) {
            self.position.set(generation.position);
            self.target.set(generation.target);
        }
        Ok(())
    }
}
