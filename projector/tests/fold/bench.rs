//! A log, its views and a projector in a temporary folder, moved step by step.

use runledger_domain::command::Decision;
use runledger_domain::{Event, IdGen, StreamId, SystemClock, SystemIds};
use runledger_projector::{Deps, Projector, ProjectorMetrics};
use runledger_storage::views::Views;
use runledger_storage::{AppendRequest, Db, EventLog, LogMetrics, ReadModel};
use runledger_storage_sqlite::{SqliteAppend, SqliteDb};
use std::sync::Arc;

pub(crate) struct Bench {
    pub(crate) log: EventLog,
    pub(crate) views: Arc<dyn Db>,
    pub(crate) read_model: ReadModel,
    pub(crate) projector: Projector,
    _folder: tempfile::TempDir,
}

impl Bench {
    pub(crate) async fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let db = SqliteDb::open_log(folder.path()).await.unwrap();
        let views: Arc<dyn Db> = Arc::new(SqliteDb::open_views(folder.path()).await.unwrap());
        let registry = prometheus::Registry::new();
        let metrics = LogMetrics::register(&registry).unwrap();
        let log = EventLog::start(Arc::new(db.clone()), Arc::new(SqliteAppend::new(&db)), metrics);
        let read_model = ReadModel::new(Arc::clone(&views), log.clone());
        let deps = Deps {
            log: log.clone(),
            views: Views::new(Arc::clone(&views)),
            read_model: read_model.clone(),
            clock: Arc::new(SystemClock),
            metrics: ProjectorMetrics::register(&registry).unwrap(),
        };
        Self { log, views, read_model, projector: Projector::new(deps), _folder: folder }
    }

    /// Appends the events in one request, as of the given time.
    pub(crate) async fn append_at(&self, at: i64, events: Vec<(StreamId, Event)>) {
        let decision = Decision { events, guards: vec![] };
        let request = AppendRequest::encode(decision, || SystemIds.event_id(), at, String::new(), String::new());
        self.log.append(request).await.unwrap().unwrap();
    }

    pub(crate) async fn append(&self, events: Vec<(StreamId, Event)>) {
        self.append_at(7, events).await;
    }

    /// Projects to the end of the log.
    pub(crate) async fn project(&mut self) {
        while !self.projector.step().await.unwrap().caught_up {}
    }
}
