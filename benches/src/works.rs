//! The works: each prepares its load, drives it, and gives a report.

mod artifacts;
mod lifecycle;
mod logging;
mod queries;
mod seed;

use crate::{
    args::{Common, Work},
    client::Connection,
    error::BenchError,
    lag,
    load::{self, Client},
    process,
    report::Report,
    session, table,
};

/// Does what the command line asks. `None` when the command has printed its own answer.
pub(crate) async fn perform(work: Work) -> Result<Option<Report>, BenchError> {
    let report = match work {
        Work::Burst { common, lag } => lag::after(&lag, logging::burst(&common).await?).await?,
        Work::SharedRun { common, lag } => lag::after(&lag, logging::shared_run(&common).await?).await?,
        Work::LogMetric(common) => logging::log_metric(&common).await?,
        Work::Lifecycle(common) => lifecycle::lifecycle(&common).await?,
        Work::Seed { common, runs, first } => seed::seed(&common, runs, first).await?,
        Work::Search(common) => queries::search(&common).await?,
        Work::Listing(common) => queries::listing(&common).await?,
        Work::History { common, points } => queries::history(&common, points).await?,
        Work::Chart { common, points } => queries::chart(&common, points).await?,
        Work::Artifacts { common, direction, kib } => artifacts::artifacts(&common, direction, kib).await?,
        Work::Memory { name, pid, moment } => process::memory(&name, pid, &moment)?,
        Work::Start { name, health, log, patience, detach, command } => {
            process::start(&name, &process::Start { health, log, patience, detach, command }).await?
        }
        Work::Table { files } => {
            table::print(&files)?;
            return Ok(None);
        }
    };
    Ok(Some(report))
}

/// Connections for every client, and one more to prepare with.
pub(crate) struct Prepared {
    pub(crate) setup: Connection,
    pub(crate) clients: Vec<Connection>,
    pub(crate) experiment_id: String,
}

/// Opens what every work needs.
pub(crate) async fn prepare(common: &Common) -> Result<Prepared, BenchError> {
    let target = common.target()?;
    let mut setup = target.connection();
    let experiment_id = session::experiment(&mut setup, &common.experiment).await?;
    let clients = (0..common.clients).map(|_| target.connection()).collect();
    Ok(Prepared { setup, clients, experiment_id })
}

/// Drives `clients` as `common` asks and reports it as `work`.
pub(crate) async fn measure<C: Client>(
    work: &str,
    common: &Common,
    mut setup: Connection,
    clients: Vec<C>,
) -> Result<Report, BenchError> {
    let count = clients.len();
    let before = process::own_cpu()?;
    let tally = load::drive(clients, common.warm_up, common.limit()).await;
    let used = process::own_cpu()? - before;
    let mut report = Report::of(work, count, &tally);
    report.generator_cpu = (report.seconds > 0.0).then(|| used / report.seconds);
    report.server_version = session::version(&mut setup).await;
    common.name.put(&mut report);
    Ok(report)
}
