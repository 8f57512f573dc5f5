//! The event log, the read model and the search over it, for any SQL database behind [`Db`].
//!
//! Invariant: nothing here names a database. What must differ between them lives in `storage-postgres` and
//! `storage-sqlite`; `conformance` owns the behaviour that both must show.

pub mod append;
mod archive;
mod audit;
pub mod compare;
#[cfg(feature = "conformance")]
pub mod conformance;
pub mod search;
pub mod views;
pub mod webhooks;

mod db;
mod error;
mod generations;
mod group_commit;
mod guards;
mod leases;
mod log;
mod metrics;
mod reactors;
mod read_model;

pub use append::{AppendBatch, AppendRequest, EncodedEvent, Outcome, Rejection};
pub use archive::{Archive, ArchiveProgress, ArchivedObject, ArchivedPart, GRACE, StoredEvent};
pub use audit::{Audit, AuditedEvent, Change};
pub use db::{BulkInsert, Column, ColumnQuery, ColumnType, Db, Row, Statement, Transaction, Value};
pub use error::Error;
pub use generations::{Generation, GenerationState, Generations, Phase, Places, Purpose};
pub use guards::{GuardRow, GuardSnapshot};
pub use leases::{Lease, Leases};
pub use log::{EventLog, GuardState, Milestone, ReadLimit, Selection, Until};
pub use metrics::LogMetrics;
pub use read_model::{
    Artifact, ArtifactEntry, ArtifactState, Cell, Completion, CompletionKind, DatasetSummary, DeletedExperiment,
    DeletedLoggedModel, DeletedLoggedModels, DeletedRun, DeletedRuns, ExperimentActivity, ExperimentSummary, Field,
    Fields, GroupColumn, HistoryPage, ListedModel, MetricSpread, MetricSummary, NamedVersion, Outlined, Page,
    PastEvents, PastLimits, PastRun, Projection, ReadModel, Removal, RunCounts, RunGroup, RunHead, SideViews,
    TableColumn, TableRow, UploadCounts, VIEWS,
};
