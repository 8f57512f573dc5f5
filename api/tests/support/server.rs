//! The API over SQLite in a folder of its own, called without a socket.

use axum::Router;
use axum::body::Body;
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::BodyExt;
use prometheus::Registry;
use runledger_api::{ArtifactDeps, Deps, Settings, router};
use runledger_artifacts::{ArtifactStore, Spool, StoreSettings};
use runledger_domain::command::CreateExperiment;
use runledger_domain::{Clock, IdGen, RecordedEvent, SystemClock, SystemIds};
use runledger_projector::{ProjectorMetrics, project_apart};
use runledger_queue::{InProcess, LADDER};
use runledger_service::Readiness;
use runledger_storage::views::Views;
use runledger_storage::{AppendRequest, Db, Error, EventLog, Leases, LogMetrics, ReadModel, SideViews};
use runledger_storage_sqlite::{SqliteAppend, SqliteDb};
use runledger_webhooks::Sender;
use serde_json::{Value, json};
use std::sync::Arc;
use tempfile::TempDir;
use tokio_util::sync::{CancellationToken, DropGuard};
use tower::ServiceExt;

/// Views as the binary makes them.
#[derive(Debug)]
struct InMemory;

#[async_trait::async_trait]
impl SideViews for InMemory {
    async fn show(&self, events: Vec<RecordedEvent>) -> Result<Arc<dyn Db>, Error> {
        let db: Arc<dyn Db> = Arc::new(SqliteDb::views_in_memory().await?);
        project_apart(Views::new(Arc::clone(&db)), Arc::new(SystemClock), events).await?;
        Ok(db)
    }
}

/// A server with the experiment `Default`, and the projector beside it.
#[derive(Debug)]
pub(crate) struct Server {
    router: Router,
    _folder: TempDir,
    _stop: DropGuard,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Server {
    pub(crate) async fn start() -> Self {
        Self::start_with(Settings::default()).await
    }

    pub(crate) async fn start_with(settings: Settings) -> Self {
        let folder = TempDir::new().unwrap();
        let log_db = SqliteDb::open_log(folder.path()).await.unwrap();
        let views_db = Arc::new(SqliteDb::open_views(folder.path()).await.unwrap());
        let registry = Registry::new();
        let append = Arc::new(SqliteAppend::new(&log_db));
        let log = EventLog::start(Arc::new(log_db), append, LogMetrics::register(&registry).unwrap());
        let views = ReadModel::new(Arc::<SqliteDb>::clone(&views_db), log.clone());
        let stop = CancellationToken::new();
        let projector = runledger_projector::Deps {
            log: log.clone(),
            views: Views::new(views_db),
            read_model: views.clone(),
            leases: Leases::alone(),
            id: "test".to_owned(),
            clock: Arc::new(SystemClock),
            metrics: ProjectorMetrics::register(&registry).unwrap(),
        };
        tokio::spawn(runledger_projector::run(projector, stop.clone()));
        add_default_experiment(&log).await;
        let (clock, ids) = (Arc::new(SystemClock), Arc::new(SystemIds));
        let objects = StoreSettings::default();
        let place = |name: &str| format!("file://{}", folder.path().join(name).display());
        let artifacts = ArtifactDeps {
            spool: Spool::open(&place("spool"), &objects, None, &registry).await.unwrap(),
            store: ArtifactStore::open(&place("store"), &objects).await.unwrap(),
            queue: Arc::new(InProcess::new(1, &LADDER)),
        };
        let webhook_sender = Sender::new(false).unwrap();
        let (leases, readiness) = (Leases::alone(), Readiness::new(Vec::new()));
        let side_views = Arc::new(InMemory);
        let deps = Deps {
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
        };
        let router = router(deps).unwrap();
        Self { router, _folder: folder, _stop: stop.drop_guard() }
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Reply {
        let (parts, body) = self.router.clone().oneshot(request).await.unwrap().into_parts();
        let body = body.collect().await.unwrap().to_bytes().to_vec();
        Reply { status: parts.status, headers: parts.headers, body }
    }

    pub(crate) async fn call(&self, method: Method, path: &str, body: &str) -> Reply {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", "localhost:5000")
            .header("content-type", "application/json");
        self.send(request.body(Body::from(body.to_owned())).unwrap()).await
    }

    /// A POST below `/api/2.0/mlflow/`.
    pub(crate) async fn post(&self, path: &str, body: Value) -> Reply {
        self.call(Method::POST, &format!("/api/2.0/mlflow/{path}"), &body.to_string()).await
    }

    /// A GET below `/api/2.0/mlflow/`.
    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.call(Method::GET, &format!("/api/2.0/mlflow/{path}"), "").await
    }

    /// A new run in the experiment `Default`.
    pub(crate) async fn run(&self) -> String {
        let reply = self.post("runs/create", json!({"experiment_id": "0"})).await;
        reply.ok()["run"]["info"]["run_id"].as_str().unwrap().to_owned()
    }
}

impl Reply {
    /// The body of a success.
    #[track_caller]
    pub(crate) fn ok(&self) -> Value {
        assert_eq!(self.status, 200, "{}", self.text());
        serde_json::from_slice(&self.body).unwrap()
    }

    /// The status, code and message of a refusal.
    #[track_caller]
    pub(crate) fn refused(&self) -> (u16, String, String) {
        assert!(!self.status.is_success(), "{}", self.text());
        let body: Value = serde_json::from_slice(&self.body).unwrap();
        let text = |name: &str| body[name].as_str().unwrap().to_owned();
        (self.status.as_u16(), text("error_code"), text("message"))
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

async fn add_default_experiment(log: &EventLog) {
    let create = CreateExperiment {
        experiment_id: 0,
        name: "Default".to_owned(),
        artifact_location: String::new(),
        tags: Vec::new(),
    };
    let decision = create.decide("mlflow-artifacts:/").unwrap();
    let request = AppendRequest::encode(
        decision,
        || SystemIds.event_id(),
        SystemClock.now_ms(),
        "test".to_owned(),
        "start".to_owned(),
    );
    log.append(request).await.unwrap().unwrap();
}
