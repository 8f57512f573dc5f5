//! Prometheus metrics of `runledger archive`, which is another process: a table beside the log tells how far it is.

use prometheus::{IntGauge, Opts, Registry};
use runledger_storage::{Error, EventLog};
use std::time::Duration;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

/// How often the table is looked at.
const PERIOD: Duration = Duration::from_secs(2);

/// Those of both commands.
#[derive(Debug)]
pub(crate) struct ArchiveGauges {
    commands: [OfCommand; 2],
}

#[derive(Debug)]
struct OfCommand {
    name: &'static str,
    running: IntGauge,
    done: IntGauge,
    target: IntGauge,
    /// When the command said something, when that was last looked at.
    last: Option<i64>,
}

impl ArchiveGauges {
    /// Makes the metrics and registers them.
    pub(crate) fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        let gauge = |name: &str, help: &str| {
            let gauge = IntGauge::with_opts(Opts::new(name, help))?;
            registry.register(Box::new(gauge.clone()))?;
            Ok::<_, prometheus::Error>(gauge)
        };
        let events = OfCommand {
            name: "events",
            running: gauge("runledger_archive_events_running", "1 while `runledger archive events` works, else 0.")?,
            done: gauge("runledger_archive_events_done_events", "Events that were moved to the artifact store.")?,
            target: gauge("runledger_archive_events_target_events", "Events that are to be moved there.")?,
            last: None,
        };
        let metrics = OfCommand {
            name: "metrics",
            running: gauge("runledger_archive_metrics_running", "1 while `runledger archive metrics` works, else 0.")?,
            done: gauge(
                "runledger_archive_metrics_done_bytes",
                "Bytes of points that were moved to the artifact store.",
            )?,
            target: gauge(
                "runledger_archive_metrics_target_bytes",
                "Bytes of points that were found to be moved there.",
            )?,
            last: None,
        };
        Ok(Self { commands: [events, metrics] })
    }

    /// Keeps them up with the table until `shutdown`.
    pub(crate) async fn run(mut self, log: EventLog, shutdown: CancellationToken) {
        while !shutdown.is_cancelled() {
            if let Err(error) = self.look(&log).await {
                tracing::warn!(error = &error as &dyn std::error::Error, "the progress of archiving cannot be read");
            }
            tokio::select! {
                () = shutdown.cancelled() => {}
                () = sleep(PERIOD) => {}
            }
        }
    }

    /// A command is at work if its row has moved since the last look; one that was killed has a row, too.
    async fn look(&mut self, log: &EventLog) -> Result<(), Error> {
        let rows = log.archiving().await?;
        for command in &mut self.commands {
            let Some(row) = rows.iter().find(|row| row.command == command.name) else { continue };
            let running = command.last.replace(row.updated_at).is_some_and(|last| last != row.updated_at);
            command.running.set(i64::from(running));
            if running {
                command.done.set(row.done);
                command.target.set(row.target);
            }
        }
        Ok(())
    }
}
