//! The roles of a process: all of them for `runledger server`, one of them for processes apart.

use runledger_api::MlflowPage;
use runledger_artifacts::{ArtifactStore, Spool};
use runledger_ingest_worker::{DispatcherDeps, WorkerMetrics};
use runledger_projector::{ProjectorMetrics, RebuildGauges};
use runledger_queue::UploadQueue;
use runledger_service::{Readiness, Supervisor, serve_admin};
use runledger_storage::views::Views;
use runledger_storage_postgres::relay_wake_ups;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::time::sleep;

use crate::archive_gauges::ArchiveGauges;
use crate::backend::Backend;
use crate::config::Config;
use crate::parts::{Parts, open_store, queue_check, spool_check, store_check};
use crate::side_views::InMemory;
use crate::{Failure, banner, default_experiment};

/// What a process does.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Roles {
    /// HTTP, and the dispatcher that queues uploads.
    pub(crate) api: bool,
    pub(crate) worker: bool,
    pub(crate) projector: bool,
}

/// What the roles share that handle artifacts.
#[derive(Clone)]
struct Artifacts {
    spool: Spool,
    store: ArtifactStore,
    queue: Arc<dyn UploadQueue>,
}

/// How often the spool is counted anew, because other processes add to it and take from it.
const RECOUNT: Duration = Duration::from_secs(5);

/// Every role in one process, which migrates its database by itself.
pub(crate) async fn run_server(config: Config) -> Result<(), Failure> {
    let roles = Roles { api: true, worker: true, projector: config.projector };
    run(config, roles, Backend::open).await
}

/// One role beside other processes.
pub(crate) async fn run_apart(config: Config, name: &'static str, roles: Roles) -> Result<(), Failure> {
    config.check_apart(name, roles.api || roles.worker)?;
    run(config, roles, Backend::open_migrated).await
}

/// Runs until a signal, or until a role crashes.
async fn run(
    config: Config,
    roles: Roles,
    open: impl AsyncFnOnce(&Config) -> Result<Backend, Failure>,
) -> Result<(), Failure> {
    // Addresses are taken first: a port that is in use should not cost a migration. Nor should a wrong folder.
    let listener = if roles.api { Some(listen("listen", &config.listen).await?) } else { None };
    let admin = match &config.admin_listen {
        Some(address) => Some(listen("admin-listen", address).await?),
        None => None,
    };
    let mlflow_page = match &config.mlflow_ui {
        Some(page) if roles.api => Some(MlflowPage::open(&page.folder, page.at_root).await?),
        _ => None,
    };
    let parts = Parts::new(open(&config).await?)?;
    let mut supervisor = Supervisor::default();
    let mut checks = vec![parts.database_check()];
    if let Some(db) = parts.postgres.clone() {
        let relay = relay_wake_ups(db, parts.log.clone(), parts.read_model.clone());
        let shutdown = supervisor.shutdown();
        supervisor.spawn("wake-ups", async move { shutdown.run_until_cancelled(relay).await.unwrap_or_default() });
    }

    let artifacts = if roles.api || roles.worker {
        let (spool, store) = (parts.spool(&config).await?, open_store(&config, &parts.registry).await?);
        parts.archive.share(&store);
        let queue = parts.queue(&config, roles.worker, roles.api)?;
        // Requests do not wait for the queue and the store; a worker without them has nothing to do.
        let essential = !roles.api;
        checks.extend([spool_check(&spool), queue_check(&queue, essential), store_check(&store, essential)]);
        supervisor.spawn("spool", recount(spool.clone(), supervisor.shutdown()));
        Some(Artifacts { spool, store, queue })
    } else {
        None
    };
    if let (true, Some(artifacts)) = (roles.worker, &artifacts) {
        let deps = runledger_ingest_worker::Deps {
            log: parts.log.clone(),
            views: parts.read_model.clone(),
            spool: artifacts.spool.clone(),
            store: artifacts.store.clone(),
            queue: Arc::clone(&artifacts.queue),
            leases: parts.leases.clone(),
            clock: Arc::clone(&parts.clock),
            ids: Arc::clone(&parts.ids),
            metrics: WorkerMetrics::register(&parts.registry)?,
            uploads_at_once: config.uploads_at_once,
            orphan_age: config.orphan_age,
        };
        supervisor.spawn("ingest worker", runledger_ingest_worker::run(deps, supervisor.shutdown()));
    }
    if roles.projector {
        let deps = runledger_projector::Deps {
            log: parts.log.clone(),
            views: Views::new(Arc::clone(&parts.views)),
            read_model: parts.read_model.clone(),
            leases: parts.leases.clone(),
            id: parts.ids.random_id().to_string(),
            clock: Arc::clone(&parts.clock),
            metrics: ProjectorMetrics::register(&parts.registry)?,
        };
        supervisor.spawn("projector", runledger_projector::run(deps, supervisor.shutdown()));
        let rebuilds = RebuildGauges::register(&parts.registry)?;
        supervisor.spawn("rebuild gauges", rebuilds.run(parts.generations.clone(), supervisor.shutdown()));
        let archiving = ArchiveGauges::register(&parts.registry)?;
        supervisor.spawn("archive gauges", archiving.run(parts.log.clone(), supervisor.shutdown()));
    }

    let readiness = Readiness::new(checks);
    supervisor.spawn("readiness", readiness.clone().run(supervisor.shutdown()));
    if let Some(admin) = admin {
        let serving = serve_admin(admin, parts.registry.clone(), readiness.clone(), supervisor.shutdown());
        supervisor.spawn("admin", async move {
            if let Err(error) = serving.await {
                tracing::error!(%error, "the operators' port stopped");
            }
        });
    }
    if let (Some(listener), Some(artifacts)) = (listener, artifacts) {
        let settings = runledger_api::Settings {
            allowed_hosts: config.allowed_hosts.clone(),
            allowed_origins: config.allowed_origins.clone(),
            direct_transfers: config.direct_transfers,
            mlflow_page,
            ..runledger_api::Settings::default()
        };
        serve_api(&config, parts, artifacts, readiness, listener, settings, &mut supervisor).await?;
    } else {
        tracing::info!("ready to work");
    }
    Ok(supervisor.run().await?)
}

async fn serve_api(
    config: &Config,
    parts: Parts,
    artifacts: Artifacts,
    readiness: Readiness,
    listener: TcpListener,
    settings: runledger_api::Settings,
    supervisor: &mut Supervisor,
) -> Result<(), Failure> {
    let Parts { log, read_model, leases, clock, ids, registry, .. } = parts;
    default_experiment::ensure(&log, clock.as_ref(), ids.as_ref(), &settings.artifact_root).await?;
    let dispatcher = DispatcherDeps {
        log: log.clone(),
        views: read_model.clone(),
        queue: Arc::clone(&artifacts.queue),
        clock: Arc::clone(&clock),
    };
    let dispatching = runledger_ingest_worker::dispatch(dispatcher, leases.clone(), supervisor.shutdown());
    supervisor.spawn("dispatcher", dispatching);

    let webhook_sender = runledger_webhooks::Sender::new(config.private_webhooks)?;
    let webhooks = runledger_webhooks::Deps {
        log: log.clone(),
        views: read_model.clone(),
        leases: leases.clone(),
        clock: Arc::clone(&clock),
        ids: Arc::clone(&ids),
        sender: webhook_sender.clone(),
        metrics: runledger_webhooks::WebhookMetrics::register(&registry)?,
    };
    supervisor.spawn("webhooks", runledger_webhooks::run(webhooks, supervisor.shutdown()));

    let address = listener.local_addr()?;
    let Artifacts { spool, store, queue } = artifacts;
    let artifacts = runledger_api::ArtifactDeps { spool, store, queue };
    let deps = runledger_api::Deps {
        log,
        views: read_model,
        side_views: Arc::new(InMemory(Arc::clone(&clock))),
        leases,
        clock,
        ids,
        registry,
        readiness,
        artifacts,
        webhook_sender,
        settings,
    };
    let api = runledger_api::run(listener, deps, supervisor.shutdown());
    supervisor.spawn("api", async move {
        if let Err(error) = api.await {
            tracing::error!(%error, "the API stopped");
        }
    });
    Ok(banner::print(config, address)?)
}

async fn recount(spool: Spool, shutdown: tokio_util::sync::CancellationToken) {
    let counting = async {
        loop {
            sleep(RECOUNT).await;
            if let Err(error) = spool.recount().await {
                tracing::warn!(error = &error as &dyn std::error::Error, "the spool could not be counted");
            }
        }
    };
    shutdown.run_until_cancelled(counting).await;
}

async fn listen(setting: &str, address: &str) -> Result<TcpListener, Failure> {
    let listener = TcpListener::bind(address).await;
    Ok(listener.map_err(|source| format!("cannot listen on {address}: {source}. Choose another --{setting}."))?)
}
