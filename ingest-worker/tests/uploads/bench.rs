//! A log, a spool, a store and a worker in a temporary folder, moved step by step.

use bytes::Bytes;
use futures::{StreamExt, stream};
use prometheus::Registry;
use runledger_artifacts::{ArtifactPath, ArtifactStore, Spool, Staged, StoreSettings};
use runledger_domain::command::Decision;
use runledger_domain::event::{ArtifactDeleted, ArtifactStaged, ArtifactStored, ArtifactUploadRetried};
use runledger_domain::{Clock, Event, IdGen, StreamId, SystemClock, SystemIds};
use runledger_ingest_worker::{Deps, Dispatcher, DispatcherDeps, Worker, WorkerMetrics};
use runledger_projector::{Projector, ProjectorMetrics};
use runledger_queue::InProcess;
use runledger_storage::views::Views;
use runledger_storage::{AppendRequest, EventLog, Leases, LogMetrics, ReadModel};
use runledger_storage_sqlite::{SqliteAppend, SqliteDb};
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tokio::time::timeout;

pub(crate) const HELLO: &[u8] = b"hello";

/// Two retries, so that the third attempt is the last.
const LADDER: [Duration; 2] = [Duration::from_millis(1), Duration::from_millis(2)];

pub(crate) struct Bench {
    pub(crate) deps: Deps,
    dispatcher: Dispatcher,
    projector: Projector,
    folder: TempDir,
}

/// A file where the store needs a folder; the store works again when it is dropped.
pub(crate) struct Blocked(PathBuf);

impl Drop for Blocked {
    fn drop(&mut self) {
        std::fs::remove_file(&self.0).unwrap();
    }
}

impl Bench {
    pub(crate) async fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let registry = Registry::new();
        let events = SqliteDb::open_log(folder.path()).await.unwrap();
        let rows = Arc::new(SqliteDb::open_views(folder.path()).await.unwrap());
        let append = Arc::new(SqliteAppend::new(&events));
        let log = EventLog::start(Arc::new(events), append, LogMetrics::register(&registry).unwrap());
        let views = ReadModel::new(Arc::<SqliteDb>::clone(&rows), log.clone());
        let settings = StoreSettings::default();
        let place = |name: &str| folder.path().join(name).display().to_string();
        let deps = Deps {
            log: log.clone(),
            views: views.clone(),
            spool: Spool::open(&place("spool"), &settings, None, &registry).await.unwrap(),
            store: ArtifactStore::open(&place("store"), &settings).await.unwrap(),
            queue: Arc::new(InProcess::new(1000, &LADDER)),
            leases: Leases::alone(),
            clock: Arc::new(SystemClock),
            ids: Arc::new(SystemIds),
            metrics: WorkerMetrics::register(&registry).unwrap(),
            uploads_at_once: 2,
            orphan_age: Duration::ZERO,
        };
        let projector = Projector::new(runledger_projector::Deps {
            log,
            views: Views::new(rows),
            read_model: views,
            leases: Leases::alone(),
            id: "bench".to_owned(),
            clock: Arc::new(SystemClock),
            metrics: ProjectorMetrics::register(&registry).unwrap(),
        });
        let dispatcher = begin_dispatching(&deps).await;
        Self { deps, dispatcher, projector, folder }
    }

    /// Does what the API does for a PUT; returns the id of the upload.
    pub(crate) async fn stage(&self, path: &str, content: &[u8]) -> String {
        let upload_id = SystemIds.random_id().simple().to_string();
        let body = stream::iter([Ok::<_, io::Error>(Bytes::copy_from_slice(content))]);
        let Staged { upload_id, size, sha256 } = self.deps.spool.stage(&upload_id, body).await.unwrap();
        let (id, path_of) = (upload_id.clone(), path.to_owned());
        let staged = ArtifactStaged { upload_id: id, path: path_of, size, sha256, traceparent: None };
        self.append(path, Event::ArtifactStaged(staged)).await;
        upload_id
    }

    /// Does what the API does for a DELETE.
    pub(crate) async fn delete(&self, path: &str) {
        self.append(path, Event::ArtifactDeleted(ArtifactDeleted { path: path.to_owned() })).await;
    }

    /// Does what an operator's retry does.
    pub(crate) async fn retry(&self, path: &str, upload_id: &str) {
        let retried = ArtifactUploadRetried { upload_id: upload_id.to_owned(), path: path.to_owned() };
        self.append(path, Event::ArtifactUploadRetried(retried)).await;
    }

    pub(crate) async fn record_stored(&self, path: &str, upload_id: &str) {
        let stored = ArtifactStored { upload_id: upload_id.to_owned(), path: path.to_owned() };
        self.append(path, Event::ArtifactStored(stored)).await;
    }

    /// Brings the bytes to the store and stops there, as a worker does that dies.
    pub(crate) async fn copy_only(&self, path: &str, upload_id: &str, content: &[u8]) {
        let found = self.events(path).await;
        let sha256 = found.into_iter().find_map(|event| match event {
            Event::ArtifactStaged(staged) if staged.upload_id == upload_id => Some(staged.sha256),
            _ => None,
        });
        let staged = Staged { upload_id: upload_id.to_owned(), size: content.len() as u64, sha256: sha256.unwrap() };
        let path = ArtifactPath::parse(path).unwrap();
        self.deps.store.put_file(&path, &self.deps.spool, &staged, SystemClock.now_ms()).await.unwrap();
    }

    pub(crate) async fn dispatch(&mut self) {
        while self.dispatcher.step().await.unwrap() > 0 {}
    }

    pub(crate) async fn project(&mut self) {
        while !self.projector.step().await.unwrap().caught_up {}
    }

    /// Works on one job if there is one, and tells whether there was.
    pub(crate) async fn handle_next(&self) -> bool {
        let worker = Worker::new(self.deps.clone());
        match timeout(Duration::from_millis(20), worker.next()).await {
            Ok(delivery) => {
                worker.handle(delivery.unwrap()).await;
                true
            }
            Err(_nothing) => false,
        }
    }

    pub(crate) async fn drain(&mut self) {
        self.dispatch().await;
        while self.handle_next().await {}
    }

    /// A process that died and was started again: the queue is empty, the rest is as it was.
    pub(crate) async fn restart(&mut self) {
        self.deps.queue = Arc::new(InProcess::new(1000, &LADDER));
        self.dispatcher = begin_dispatching(&self.deps).await;
    }

    pub(crate) fn block(&self, folder: &str) -> Blocked {
        let path = self.folder.path().join("store").join(folder);
        std::fs::write(&path, "not a folder").unwrap();
        Blocked(path)
    }

    pub(crate) async fn stored(&self, path: &str) -> Option<Vec<u8>> {
        let found = self.deps.store.get(&ArtifactPath::parse(path).unwrap(), None).await.ok()?;
        Some(found.bytes.map(|piece| piece.unwrap().to_vec()).concat().await)
    }

    pub(crate) async fn events(&self, path: &str) -> Vec<Event> {
        let events = self.deps.log.read_streams(&[StreamId::artifact(path)], 0).await.unwrap();
        events.iter().map(|event| event.decode().unwrap()).collect()
    }

    pub(crate) async fn kinds(&self, path: &str) -> Vec<&'static str> {
        self.events(path).await.iter().map(Event::kind).collect()
    }

    async fn append(&self, path: &str, event: Event) {
        let decision = Decision { events: vec![(StreamId::artifact(path), event)], guards: Vec::new() };
        let request = AppendRequest::encode(decision, || SystemIds.event_id(), 0, String::new(), String::new());
        self.deps.log.append(request).await.unwrap().unwrap();
    }
}

pub(crate) fn dispatcher_deps(deps: &Deps) -> DispatcherDeps {
    let Deps { log, views, queue, clock, .. } = deps.clone();
    DispatcherDeps { log, views, queue, clock }
}

async fn begin_dispatching(deps: &Deps) -> Dispatcher {
    let mut dispatcher = Dispatcher::new(dispatcher_deps(deps));
    dispatcher.take_over().await.unwrap();
    dispatcher
}
