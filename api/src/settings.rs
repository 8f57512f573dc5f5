//! What the API needs from the process that runs it.

use prometheus::Registry;
use runledger_artifacts::{ArtifactStore, Spool};
use runledger_domain::{Clock, IdGen};
use runledger_queue::UploadQueue;
use runledger_service::Readiness;
use runledger_storage::{EventLog, Leases, ReadModel, SideViews};
use runledger_webhooks::Sender;
use std::sync::Arc;

use crate::MlflowPage;

/// The parts that the API works with.
#[derive(Debug)]
pub struct Deps {
    pub log: EventLog,
    pub views: ReadModel,
    /// For tables of runs as they were.
    pub side_views: Arc<dyn SideViews>,
    /// For changing objects that a worker may be changing too.
    pub leases: Leases,
    pub clock: Arc<dyn Clock>,
    pub ids: Arc<dyn IdGen>,
    /// Gets the metrics of the API, and is what `/metrics` shows.
    pub registry: Registry,
    /// What `/ready` shows.
    pub readiness: Readiness,
    pub artifacts: ArtifactDeps,
    /// Sends the tests of webhooks.
    pub webhook_sender: Sender,
    pub settings: Settings,
}

/// Where the bytes of artifacts are, and the jobs that move them.
#[derive(Clone, Debug)]
pub struct ArtifactDeps {
    /// Takes uploads in.
    pub spool: Spool,
    /// Where the ingest worker brings them.
    pub store: ArtifactStore,
    /// Keeps the jobs that were given up, until an operator settles them.
    pub queue: Arc<dyn UploadQueue>,
}

/// Choices of the operator.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where an experiment without a location of its own keeps its artifacts, such as `mlflow-artifacts:/`.
    pub artifact_root: String,
    /// Values of the `Host` header that are served besides loopback and private addresses: names with or without a port,
    /// `*.example.org` for all names below one, `*` for any.
    pub allowed_hosts: Vec<String>,
    /// Origins of pages that may send writes, such as `https://ml.example.org`; `*` for any. A page that this server
    /// itself delivered always may.
    pub allowed_origins: Vec<String>,
    /// Tell clients to exchange large files with the object store directly, where it can sign URLs.
    pub direct_transfers: bool,
    /// MLflow's own page, if it is to be served besides ours.
    pub mlflow_page: Option<MlflowPage>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            artifact_root: "mlflow-artifacts:/".to_owned(),
            allowed_hosts: Vec::new(),
            allowed_origins: Vec::new(),
            direct_transfers: false,
            mlflow_page: None,
        }
    }
}
