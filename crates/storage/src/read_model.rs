//! The read model: what the views hold, completed by what the log knows beyond them.
//!
//! Guarantee: a look-up by id answers everything that was acknowledged before it began, however far behind the views are: it
//! reads the checkpoint, then the rows, then folds the tail of the stream. Folding an event twice has no effect, so the rows
//! may be newer than the checkpoint. Searches call [`ReadModel::catch_up`] first.

mod activity;
mod artifacts;
mod children;
mod completion;
mod dead_letters;
mod deleted;
mod experiments;
mod groups;
mod history;
mod history_page;
mod logged_models;
mod outline;
mod overview;
mod past;
mod past_table;
mod progress;
mod registry;
mod runs;
mod sections;
mod table;
mod uploads;

pub use activity::ExperimentActivity;
pub use artifacts::{Artifact, ArtifactEntry, ArtifactState};
pub use completion::{Completion, CompletionKind};
pub use deleted::{DeletedExperiment, DeletedRun, DeletedRuns};
pub use groups::{GroupColumn, MetricSpread, RunGroup};
pub use history::MetricSummary;
pub use history_page::HistoryPage;
pub use logged_models::{DeletedLoggedModel, DeletedLoggedModels};
pub use outline::Outlined;
pub use overview::{ExperimentSummary, Field, Fields, RunCounts};
pub use past::PastRun;
pub use past_table::{PastEvents, PastLimits, SideViews};
pub use progress::{Projection, UploadCounts};
pub(crate) use registry::rows as registry_rows;
pub use registry::{ListedModel, NamedVersion};
pub use runs::{DatasetSummary, RunHead};
pub use table::{Cell, TableColumn, TableRow};
pub use uploads::Removal;

use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, Semaphore, watch};
use tokio::time::{Instant, timeout};

use crate::views::SegmentObjects;
use crate::{Db, Error, EventLog, Statement};

/// The name of the projection that fills the views. In the table `projections` it is followed by `/` and the shard.
pub const VIEWS: &str = "views";

/// The lowest checkpoint of all shards; a shard without one has not begun.
const CHECKPOINT: &str = "SELECT CASE WHEN COUNT(*) = 8 THEN MIN(position) ELSE 0 END AS checkpoint FROM projections WHERE name IN \
    ('views/0', 'views/1', 'views/2', 'views/3', 'views/4', 'views/5', 'views/6', 'views/7')";

/// How long a search waits for the views.
const PATIENCE: Duration = Duration::from_secs(1);
/// How often the checkpoint is looked up while somebody waits for another process's projector.
const POLL: Duration = Duration::from_millis(20);

/// Queries over the views.
#[derive(Clone, Debug)]
pub struct ReadModel {
    db: Arc<dyn Db>,
    log: EventLog,
    checkpoint: watch::Sender<i64>,
    /// Told when somebody waits for the views.
    awaited: Arc<Notify>,
    /// Lets one of the waiting requests look up the checkpoint for all.
    poll: Arc<Semaphore>,
    /// Where segments are that are in no row.
    segments: Option<Arc<dyn SegmentObjects>>,
}

/// One page of a search.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    pub items: Vec<T>,
    /// Present when there is more.
    pub next_page_token: Option<String>,
}

impl ReadModel {
    pub fn new(db: Arc<dyn Db>, log: EventLog) -> Self {
        let (checkpoint, _) = watch::channel(0);
        Self { db, log, checkpoint, awaited: Arc::default(), poll: Arc::new(Semaphore::new(1)), segments: None }
    }

    /// The same reads, also of segments that lie in objects.
    #[must_use]
    pub fn with_segments(self, segments: Arc<dyn SegmentObjects>) -> Self {
        Self { segments: Some(segments), ..self }
    }

    fn segments(&self) -> Option<&dyn SegmentObjects> {
        self.segments.as_deref()
    }

    /// The position up to which the views are complete, in every shard.
    pub async fn checkpoint(&self) -> Result<i64, Error> {
        let rows = self.db.fetch(&Statement::new(CHECKPOINT, vec![])).await?;
        rows.first().map_or(Ok(0), |row| row.int(0))
    }

    /// Changes whenever all shards of the views are known to have moved.
    pub fn signal(&self) -> watch::Receiver<i64> {
        self.checkpoint.subscribe()
    }

    /// Tells waiting searches how far every shard of the views has come.
    pub fn advanced(&self, position: i64) {
        self.checkpoint.send_if_modified(|known| std::mem::replace(known, (*known).max(position)) < position);
    }

    /// Ends once somebody in this process waits for the views to move.
    pub async fn awaited(&self) {
        self.awaited.notified().await;
    }

    /// Waits until the views have reached the log's present head, at most a second, and returns how many events they are
    /// still behind.
    pub async fn catch_up(&self) -> Result<i64, Error> {
        let head = self.log.head().await?;
        let mut checkpoint = self.checkpoint.subscribe();
        let deadline = Instant::now() + PATIENCE;
        loop {
            let known = *checkpoint.borrow_and_update();
            if known >= head {
                return Ok(0);
            }
            self.awaited.notify_one();
            if let Ok(_turn) = self.poll.try_acquire() {
                self.advanced(self.checkpoint().await?);
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(head - known);
            }
            // A time-out only means that it is time to look again.
            drop(timeout(POLL.min(left), checkpoint.changed()).await);
        }
    }
}
