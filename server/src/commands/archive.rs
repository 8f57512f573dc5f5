//! `runledger archive`: moves old data to the artifact store, where everything that reads it finds it.

mod events;
mod metrics;

use std::time::Duration;

use crate::Failure;
use crate::backend::Backend;
use crate::cli::ArchiveCommand;
use crate::config::Config;
use crate::parts::Parts;

/// How long another run of this command is waited for: longer than a lease outlives one that was killed.
const PATIENCE: Duration = Duration::from_secs(12);

pub(crate) async fn run(config: &Config, command: ArchiveCommand) -> Result<(), Failure> {
    if config.database_url.is_none() && matches!(command, ArchiveCommand::Events(_)) {
        return Err("events can be archived on PostgreSQL alone: on SQLite the log is one table in one file, and what was taken \
                    out of it would not make the file smaller. Keep the file, or move to PostgreSQL: give --database-url to a \
                    new server, and fill it with `runledger import mlflow`"
            .into());
    }
    let parts = Parts::new(Backend::open_migrated(config).await?)?;
    let leases = parts.command_leases();
    let lease = leases.acquire("archive", PATIENCE).await?;
    let lease = lease.ok_or("another `runledger archive` is at work; try again when it has finished")?;
    let work = async {
        match command {
            ArchiveCommand::Events(args) => Box::pin(events::run(&parts, &args)).await,
            ArchiveCommand::Metrics(args) => Box::pin(metrics::run(&parts, &args)).await,
        }
    };
    let outcome = tokio::select! {
        outcome = work => outcome,
        () = lease.lost().cancelled() => {
            Err("the lease was lost: the database did not answer in time; run it again, it goes on where it was".into())
        }
    };
    lease.release().await;
    outcome
}
