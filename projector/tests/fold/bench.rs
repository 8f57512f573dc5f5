//! A log, its views and a projector in a temporary folder, moved step by step.

use prometheus::Registry;
use runledger_domain::command::Decision;
use runledger_domain::{Event, IdGen, StreamId, SystemClock, SystemIds};
use runledger_projector::{Builder, Deps, Projector, ProjectorMetrics, Status};
use runledger_storage::conformance::snapshot;
use runledger_storage::views::{Shards, Views};
use runledger_storage::{AppendRequest, Db, EncodedEvent, EventLog, Generations, Leases, LogMetrics, ReadModel};
use runledger_storage_sqlite::{SqliteAppend, SqliteDb, SqlitePlaces, SqliteViews};
use std::sync::Arc;

pub(crate) struct Bench {
    pub(crate) log: EventLog,
    pub(crate) views: Arc<dyn Db>,
    pub(crate) read_model: ReadModel,
    pub(crate) projector: Projector,
    pub(crate) log_db: SqliteDb,
    folder: tempfile::TempDir,
}

impl Bench {
    pub(crate) async fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let db = SqliteDb::open_log(folder.path()).await.unwrap();
        let views: Arc<dyn Db> = Arc::new(SqliteViews::open(folder.path(), &db).await.unwrap());
        let metrics = LogMetrics::register(&Registry::new()).unwrap();
        let log = EventLog::start(Arc::new(db.clone()), Arc::new(SqliteAppend::new(&db)), metrics);
        let read_model = ReadModel::new(Arc::clone(&views), log.clone());
        let projector = projector(&log, &views, "alone", Leases::alone());
        Self { log, views, read_model, projector, log_db: db, folder }
    }

    /// Appends an event of a kind that nobody knows, which stops a rebuild wherever it is read, and returns its position.
    pub(crate) async fn append_odd(&self, stream: StreamId) -> i64 {
        let odd = EncodedEvent {
            event_id: SystemIds.event_id(),
            stream,
            kind: "FromTheFuture",
            schema_version: 1,
            payload: "{}".to_owned(),
            points: None,
            point_count: 0,
            recorded_at: 7,
        };
        let (actor, request_id) = (String::new(), String::new());
        let request = AppendRequest { events: vec![odd], guards: vec![], actor, request_id, trace: None };
        self.log.append(request).await.unwrap().unwrap()
    }

    /// What rebuilds the views.
    pub(crate) fn builder(&self, leases: &Leases) -> Builder {
        Builder {
            log: self.log.clone(),
            registry: Generations::new(Arc::new(self.log_db.clone())),
            places: Arc::new(SqlitePlaces::new(self.folder.path(), self.log_db.clone())),
            active: Arc::clone(&self.views),
            objects: None,
            leases: leases.clone(),
            clock: Arc::new(SystemClock),
            name: "the test".to_owned(),
            workers: 3,
            status: Status::default(),
        }
    }

    /// The views as another process opens them.
    pub(crate) async fn opened_anew(&self) -> Arc<dyn Db> {
        Arc::new(SqliteViews::open(self.folder.path(), &self.log_db).await.unwrap())
    }

    /// One more projector on the same views.
    pub(crate) fn projector(&self, id: &str, leases: &Leases) -> Projector {
        projector(&self.log, &self.views, id, leases.clone())
    }

    /// Two projectors that have just come, and share the shards.
    pub(crate) async fn two_projectors(&self, leases: &Leases, names: [&str; 2]) -> [Projector; 2] {
        let mut projectors = names.map(|name| self.projector(name, leases));
        for _ in 0..2 {
            for projector in &mut projectors {
                projector.rebalance().await.unwrap();
            }
        }
        let shares = projectors.each_ref().map(|projector| projector.shards().len());
        assert_eq!(shares, [Shards::COUNT / 2; 2]);
        projectors
    }

    /// What one projector makes of the whole log.
    pub(crate) async fn projected_by_one(&self) -> Vec<String> {
        let folder = tempfile::tempdir_in(self.folder.path()).unwrap();
        let views: Arc<dyn Db> = Arc::new(SqliteDb::open_views(folder.path()).await.unwrap());
        let mut projector = projector(&self.log, &views, "one", Leases::alone());
        while !projector.step().await.unwrap().caught_up {}
        snapshot(views.as_ref()).await.unwrap()
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

fn projector(log: &EventLog, views: &Arc<dyn Db>, id: &str, leases: Leases) -> Projector {
    Projector::new(Deps {
        log: log.clone(),
        views: Views::new(Arc::clone(views)),
        read_model: ReadModel::new(Arc::clone(views), log.clone()),
        leases,
        id: id.to_owned(),
        clock: Arc::new(SystemClock),
        metrics: ProjectorMetrics::register(&Registry::new()).unwrap(),
    })
}
