//! What roles and commands are made of, opened as the settings say.

use prometheus::Registry;
use runledger_archive::ObjectArchive;
use runledger_artifacts::{ArtifactStore, Spool};
use runledger_domain::{Clock, IdGen, SystemClock, SystemIds};
use runledger_operations::Author;
use runledger_projector::{Builder, Status};
use runledger_queue::{InProcess, LADDER, RabbitMq, RabbitMqSettings, UploadQueue};
use runledger_service::Check;
use runledger_storage::{Db, EventLog, Generations, Leases, LogMetrics, Places, ReadModel};
use runledger_storage_postgres::PostgresDb;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep};

use crate::Failure;
use crate::backend::Backend;
use crate::config::Config;

/// Jobs that the in-process queue holds; the log keeps the others.
const QUEUED_UPLOADS: usize = 4_096;

/// How long a rebuild that was killed holds up the next one. Losing the lease too early does no harm, as the checkpoints refuse
/// the second of two.
const BUILDER_TTL: Duration = Duration::from_secs(4);

/// How long the views may take to catch up.
const PATIENCE: Duration = Duration::from_mins(1);

/// How long a check waits for the queue.
const MOMENT: Duration = Duration::from_secs(1);

/// The log and the views of one process, with its time, ids and metrics.
#[derive(Debug)]
pub(crate) struct Parts {
    pub(crate) registry: Registry,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Arc<dyn IdGen>,
    pub(crate) log: EventLog,
    pub(crate) views: Arc<dyn Db>,
    pub(crate) generations: Generations,
    places: Arc<dyn Places>,
    log_db: Arc<dyn Db>,
    pub(crate) read_model: ReadModel,
    pub(crate) leases: Leases,
    /// Set where other processes may share the database, and must be woken.
    pub(crate) postgres: Option<PostgresDb>,
    /// What was archived.
    pub(crate) archive: Arc<ObjectArchive>,
}

impl Parts {
    pub(crate) fn new(backend: Backend) -> Result<Self, Failure> {
        let registry = Registry::new();
        let ids: Arc<dyn IdGen> = Arc::new(SystemIds);
        let leases = match &backend.postgres {
            Some(_) => Leases::shared(Arc::clone(&backend.log), ids.random_id().to_string()),
            None => Leases::alone(),
        };
        let (generations, log_db) = (Generations::new(Arc::clone(&backend.log)), Arc::clone(&backend.log));
        let metrics = LogMetrics::register(&registry)?;
        let log = EventLog::start(Arc::clone(&backend.log), Arc::clone(&backend.append), metrics);
        let log = match &backend.postgres {
            Some(_) => log.with_archive(Arc::<ObjectArchive>::clone(&backend.archive)),
            // Nothing leaves a log that is one file.
            None => log,
        };
        let read_model = ReadModel::new(Arc::clone(&backend.views), log.clone());
        let read_model = read_model.with_segments(Arc::<ObjectArchive>::clone(&backend.archive));
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let Backend { views, places, postgres, archive, .. } = backend;
        Ok(Self {
            registry,
            clock,
            ids,
            log,
            views,
            generations,
            places,
            log_db,
            read_model,
            leases,
            postgres,
            archive,
        })
    }

    pub(crate) async fn spool(&self, config: &Config) -> Result<Spool, Failure> {
        Ok(Spool::open(&config.spool, &config.objects, config.spool_quota, &self.registry).await?)
    }

    /// `consumes`: this process works on jobs. `dispatches`: it publishes them, and sees to it that the queues are there.
    pub(crate) fn queue(
        &self,
        config: &Config,
        consumes: bool,
        dispatches: bool,
    ) -> Result<Arc<dyn UploadQueue>, Failure> {
        let Some(url) = &config.amqp_url else { return Ok(Arc::new(InProcess::new(QUEUED_UPLOADS, &LADDER))) };
        let prefetch = u16::try_from(config.uploads_at_once).unwrap_or(u16::MAX);
        let settings = RabbitMqSettings {
            consume: consumes.then_some(prefetch),
            dispatches,
            ..RabbitMqSettings::new(url.clone(), self.registry.clone())
        };
        Ok(Arc::new(RabbitMq::start(&settings)?))
    }

    /// Appends in the name of an operator's command.
    pub(crate) fn author(&self, command: &str) -> Author {
        Author {
            log: self.log.clone(),
            clock: Arc::clone(&self.clock),
            ids: Arc::clone(&self.ids),
            actor: format!("runledger {command}"),
            request_id: self.ids.random_id().simple().to_string(),
        }
    }

    /// What rebuilds the views by an operator's command, as no other process does meanwhile, on either database.
    pub(crate) fn builder(&self, command: &str, workers: usize) -> Builder {
        Builder {
            log: self.log.clone(),
            registry: self.generations.clone(),
            places: Arc::clone(&self.places),
            active: Arc::clone(&self.views),
            objects: Some(Arc::<ObjectArchive>::clone(&self.archive)),
            leases: self.command_leases(),
            clock: Arc::clone(&self.clock),
            name: format!("`runledger {command}` of process {}", std::process::id()),
            workers,
            status: Status::default(),
        }
    }

    /// Leases among all processes, on either database. One that was killed loses its own soon.
    pub(crate) fn command_leases(&self) -> Leases {
        Leases::shared_for(Arc::clone(&self.log_db), self.ids.random_id().to_string(), BUILDER_TTL)
    }

    /// Opens the views of a generation that is not the active one.
    pub(crate) async fn open_generation(&self, generation: i64) -> Result<Arc<dyn Db>, Failure> {
        Ok(self.places.open(generation).await?)
    }

    /// Waits until the views show everything that is in the log now.
    pub(crate) async fn await_views(&self) -> Result<(), Failure> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let behind = self.read_model.catch_up().await?;
            if behind == 0 {
                return Ok(());
            }
            if Instant::now() > deadline {
                let hint = "start `runledger server` or `runledger projector`, and try again when it has caught up";
                return Err(format!("the views are {behind} events behind the log; {hint}").into());
            }
            sleep(Duration::from_millis(200)).await;
        }
    }

    pub(crate) fn database_check(&self) -> Check {
        let log = self.log.clone();
        Check::new("database", true, move || {
            let log = log.clone();
            async move { log.head().await.map(drop).map_err(|error| chain(&error)) }
        })
    }
}

pub(crate) async fn open_store(config: &Config, registry: &Registry) -> Result<ArtifactStore, Failure> {
    let store = ArtifactStore::open(&config.artifact_store, &config.objects).await?;
    store.register_metrics(registry)?;
    Ok(store)
}

pub(crate) fn store_check(store: &ArtifactStore, essential: bool) -> Check {
    let store = store.clone();
    Check::new("artifact store", essential, move || {
        let store = store.clone();
        async move { store.probe().await.map_err(|error| chain(&error)) }
    })
}

pub(crate) fn spool_check(spool: &Spool) -> Check {
    let spool = spool.clone();
    Check::new("spool", true, move || {
        let spool = spool.clone();
        async move { spool.probe().await.map_err(|error| chain(&error)) }
    })
}

pub(crate) fn queue_check(queue: &Arc<dyn UploadQueue>, essential: bool) -> Check {
    let queue = Arc::clone(queue);
    Check::new("queue", essential, move || {
        let queue = Arc::clone(&queue);
        async move {
            // It connects while everything else starts, and anew after a failure, mostly at once.
            let deadline = Instant::now() + MOMENT;
            while queue.health().is_err() && Instant::now() < deadline {
                sleep(MOMENT / 20).await;
            }
            queue.health().map_err(|problem| format!("{problem}; start the broker, or change --amqp-url"))
        }
    })
}

/// The message of an error with those of its causes.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let causes: Vec<String> =
        std::iter::successors(Some(error), |error| error.source()).map(ToString::to_string).collect();
    causes.join(": ")
}
