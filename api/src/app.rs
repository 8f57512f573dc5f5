//! What all handlers share.

use prometheus::Registry;
use runledger_domain::command::Decision;
use runledger_domain::guard::GuardKey;
use runledger_domain::{Clock, IdGen};
use runledger_operations::{Author, LogTail};
use runledger_service::Readiness;
use runledger_storage::{EventLog, Leases, Outcome, ReadModel, Rejection, SideViews};
use runledger_webhooks::Sender;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio_util::sync::CancellationToken;

use crate::artifacts::IncomingUploads;
use crate::body::BodyMemory;
use crate::lines::Lines;
use crate::metrics::HttpMetrics;
use crate::params::ParamCache;
use crate::v1::{PastTables, Snapshots};
use crate::writes::Writes;
use crate::{ApiError, ArtifactDeps, Deps, RequestContext, Settings};

/// Experiments whose artifact location is remembered.
const LOCATIONS: usize = 10_000;

/// The state of the router.
pub(crate) type AppState = Arc<App>;

#[derive(Debug)]
pub(crate) struct App {
    pub(crate) log: EventLog,
    pub(crate) views: ReadModel,
    pub(crate) side_views: Arc<dyn SideViews>,
    pub(crate) leases: Leases,
    pub(crate) artifacts: ArtifactDeps,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Arc<dyn IdGen>,
    pub(crate) registry: Registry,
    pub(crate) readiness: Readiness,
    pub(crate) settings: Settings,
    pub(crate) webhook_sender: Sender,
    pub(crate) metrics: HttpMetrics,
    pub(crate) writes: Writes,
    pub(crate) params: ParamCache,
    /// By the name of the registered model.
    pub(crate) registered_models: Lines,
    pub(crate) body_memory: BodyMemory,
    pub(crate) incoming: IncomingUploads,
    /// Artifact locations by experiment id. They never change.
    locations: Mutex<HashMap<i64, Arc<str>>>,
    pub(crate) snapshots: Snapshots,
    pub(crate) past_tables: PastTables,
    /// For readers who follow the log event by event.
    pub(crate) tail: LogTail,
    /// When this process began to serve, in milliseconds since the epoch.
    pub(crate) started_at: i64,
    /// Ends what would otherwise go on for as long as its reader wants.
    pub(crate) stopping: CancellationToken,
}

impl App {
    pub(crate) fn new(deps: Deps, stopping: CancellationToken) -> Result<Self, prometheus::Error> {
        let Deps {
            log,
            views,
            side_views,
            leases,
            clock,
            ids,
            registry,
            readiness,
            artifacts,
            webhook_sender,
            settings,
        } = deps;
        let metrics = HttpMetrics::register(&registry)?;
        let started_at = clock.now_ms();
        let tail = LogTail::new(log.clone());
        Ok(Self {
            log,
            views,
            side_views,
            leases,
            artifacts,
            clock,
            ids,
            registry,
            readiness,
            settings,
            webhook_sender,
            metrics,
            writes: Writes::default(),
            params: ParamCache::default(),
            registered_models: Lines::default(),
            body_memory: BodyMemory::default(),
            incoming: IncomingUploads::default(),
            locations: Mutex::default(),
            snapshots: Snapshots::default(),
            past_tables: PastTables::default(),
            tail,
            started_at,
            stopping,
        })
    }

    /// Appends what a command decided. `claimed` is the user that the request names, for events without a better actor.
    ///
    /// The outer error is a failure, the inner one a guard that did not hold.
    pub(crate) async fn append(
        &self,
        context: &RequestContext,
        claimed: Option<&str>,
        decision: Decision,
    ) -> Result<Outcome, ApiError> {
        Ok(self.author(context, claimed).append(decision).await?)
    }

    /// Who appends for this request.
    pub(crate) fn author(&self, context: &RequestContext, claimed: Option<&str>) -> Author {
        Author {
            log: self.log.clone(),
            clock: Arc::clone(&self.clock),
            ids: Arc::clone(&self.ids),
            actor: context.actor(claimed),
            request_id: context.request_id.clone(),
        }
    }

    /// Appends what a command decided, for commands whose guards have an answer for everything they may find. Returns the
    /// position of the last event.
    pub(crate) async fn execute(&self, context: &RequestContext, decision: Decision) -> Result<i64, ApiError> {
        self.append(context, None, decision).await?.map_err(|rejection| refusal(&rejection))
    }

    /// Where the runs of the experiment keep their artifacts; `RESOURCE_DOES_NOT_EXIST` if there is no such experiment.
    pub(crate) async fn artifact_location(&self, experiment_id: i64) -> Result<Arc<str>, ApiError> {
        let known = |locations: &HashMap<i64, Arc<str>>| locations.get(&experiment_id).cloned();
        if let Some(location) = known(&self.locations.lock().unwrap_or_else(PoisonError::into_inner)) {
            return Ok(location);
        }
        let location: Arc<str> = self.experiment(experiment_id).await?.artifact_location.into();
        let mut locations = self.locations.lock().unwrap_or_else(PoisonError::into_inner);
        if locations.len() >= LOCATIONS {
            locations.clear();
        }
        locations.insert(experiment_id, Arc::clone(&location));
        Ok(location)
    }
}

/// The answer for a guard that did not hold.
pub(crate) fn refusal(rejection: &Rejection) -> ApiError {
    let Rejection { guard, found } = rejection;
    match guard.violation(*found) {
        Some(error) => error.into(),
        None => ApiError::internal(format!("nobody handled the guard {} that found {found:?}", key_kind(&guard.key))),
    }
}

fn key_kind(key: &GuardKey) -> String {
    key.to_string().split('/').next().unwrap_or_default().to_owned()
}
