//! `runledger server`: every role in one process, on whatever database the settings choose.

use prometheus::Registry;
use runledger_artifacts::{ArtifactStore, Spool};
use runledger_domain::{Clock, IdGen, SystemClock, SystemIds};
use runledger_ingest_worker::WorkerMetrics;
use runledger_projector::ProjectorMetrics;
use runledger_queue::{InProcess, LADDER};
use runledger_service::Supervisor;
use runledger_storage::views::Views;
use runledger_storage::{EventLog, LogMetrics, ReadModel};
use runledger_storage_postgres::relay_wake_ups;
use std::sync::Arc;
use tokio::net::TcpListener;

use crate::backend::Backend;
use crate::config::Config;
use crate::{Failure, banner, default_experiment};

/// Jobs that the in-process queue holds; the log keeps the others.
const QUEUED_UPLOADS: usize = 4_096;

/// Runs until a signal, or until a role crashes.
pub(crate) async fn run(config: Config) -> Result<(), Failure> {
    // The address is taken first: a port that is in use should not cost a migration.
    let listener = TcpListener::bind(&config.listen)
        .await
        .map_err(|source| format!("cannot listen on {}: {source}. Choose another --listen.", config.listen))?;
    let backend = Backend::open(&config).await?;
    let registry = Registry::new();
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let ids: Arc<dyn IdGen> = Arc::new(SystemIds);
    let log = EventLog::start(backend.log, backend.append, LogMetrics::register(&registry)?);
    let read_model = ReadModel::new(Arc::clone(&backend.views), log.clone());
    let settings = runledger_api::Settings {
        allowed_hosts: config.allowed_hosts.clone(),
        allowed_origins: config.allowed_origins.clone(),
        ..runledger_api::Settings::default()
    };
    default_experiment::ensure(&log, clock.as_ref(), ids.as_ref(), &settings.artifact_root).await?;

    let spool = Spool::open(config.data_dir.join("spool"), config.spool_quota, &registry).await?;
    let folder = || config.data_dir.join("artifacts").display().to_string();
    let store = ArtifactStore::open(&config.artifact_store.clone().unwrap_or_else(folder)).await?;

    let mut supervisor = Supervisor::default();
    let ingest = runledger_ingest_worker::Deps {
        log: log.clone(),
        views: read_model.clone(),
        spool: spool.clone(),
        store: store.clone(),
        queue: Arc::new(InProcess::new(QUEUED_UPLOADS, &LADDER)),
        clock: Arc::clone(&clock),
        ids: Arc::clone(&ids),
        metrics: WorkerMetrics::register(&registry)?,
    };
    supervisor.spawn("ingest worker", runledger_ingest_worker::run(ingest, supervisor.shutdown()));
    if config.projector {
        let projector = runledger_projector::Deps {
            log: log.clone(),
            views: Views::new(backend.views),
            read_model: read_model.clone(),
            clock: Arc::clone(&clock),
            metrics: ProjectorMetrics::register(&registry)?,
        };
        supervisor.spawn("projector", runledger_projector::run(projector, supervisor.shutdown()));
    }
    if let Some(db) = backend.postgres {
        let relay = relay_wake_ups(db, log.clone(), read_model.clone());
        let shutdown = supervisor.shutdown();
        supervisor.spawn("wake-ups", async move { shutdown.run_until_cancelled(relay).await.unwrap_or_default() });
    }

    let address = listener.local_addr()?;
    let artifacts = runledger_api::ArtifactDeps { spool, store };
    let deps = runledger_api::Deps { log, views: read_model, clock, ids, registry, artifacts, settings };
    let api = runledger_api::run(listener, deps, supervisor.shutdown());
    supervisor.spawn("api", async move {
        if let Err(error) = api.await {
            tracing::error!(%error, "the API stopped");
        }
    });
    banner::print(&config, address)?;
    Ok(supervisor.run().await?)
}
