//! Writing the views: what a projection changed, and the checkpoint, in one transaction.
//!
//! Guarantee: the checkpoint moves only from the position that the writer believes in. Two projectors on one database cannot
//! both apply an event: the slower one gets [`Error::Conflict`] and reads again.

mod segments;
mod tables;

pub use segments::SegmentKey;
pub(crate) use segments::read_segment;

use runledger_domain::event::{ArtifactStaged, DatasetInput, ModelOutput};
use runledger_domain::points::{Columns, Point};
use runledger_domain::{KeyValue, RunStatus};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use crate::read_model::VIEWS;
use crate::{Db, Error, Row, Statement, Transaction};

/// The views of one database.
#[derive(Clone, Debug)]
pub struct Views {
    db: Arc<dyn Db>,
}

/// A row of `runs`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunRow {
    /// The log position of the run's creation.
    pub run_no: i64,
    pub run_id: String,
    pub experiment_id: i64,
    pub name: String,
    pub user_id: String,
    pub status: RunStatus,
    pub start_time: i64,
    pub end_time: Option<i64>,
    pub deleted: bool,
    pub deleted_time: Option<i64>,
    pub artifact_uri: String,
}

/// A row of `experiments`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExperimentRow {
    pub experiment_id: i64,
    pub name: String,
    pub artifact_location: String,
    pub deleted: bool,
    pub creation_time: i64,
    pub last_update_time: i64,
}

/// Something that touches rows which the projection does not name one by one. It is carried out after all other changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sweep {
    /// Every run of the experiment is deleted or restored.
    Runs { experiment_id: i64, deleted: bool, at: i64 },
    /// The artifact, or every artifact below the folder, is gone.
    Artifacts { path: String },
}

/// An event that could not be applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadLetter {
    pub position: i64,
    pub stream_id: String,
    pub kind: String,
    pub error: String,
    pub failed_at: i64,
}

/// What a batch of events changes. Each key occurs once, with its final value. Runs are named by `run_no`.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    pub experiments: BTreeMap<i64, ExperimentRow>,
    /// `None` deletes the tag.
    pub experiment_tags: BTreeMap<(i64, String), Option<String>>,
    pub runs: BTreeMap<i64, RunRow>,
    pub params: Vec<RunText>,
    /// `None` deletes the tag.
    pub tags: BTreeMap<(i64, String), (i64, Option<String>)>,
    /// The greatest point of the batch by MLflow's rule, by run and key.
    pub metrics: HashMap<(i64, Arc<str>), (i64, Point)>,
    /// New history by run and key, with the log position of its first event.
    pub segments: BTreeMap<(i64, Arc<str>), (i64, Columns)>,
    pub datasets: Vec<LinkedDataset>,
    pub models: Vec<LinkedModel>,
    pub staged: BTreeMap<String, (i64, ArtifactStaged)>,
    pub settled: Vec<SettledArtifact>,
    pub dead_letters: Vec<DeadLetter>,
    pub sweep: Option<Sweep>,
}

/// A param of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunText {
    pub run_no: i64,
    pub experiment_id: i64,
    pub entry: KeyValue,
}

/// A data set that a run used; `position` is the event's.
#[derive(Clone, Debug)]
pub struct LinkedDataset {
    pub position: i64,
    pub run_no: i64,
    pub experiment_id: i64,
    pub input: DatasetInput,
}

/// A model that a run consumed or produced; `position` is the event's.
#[derive(Clone, Debug)]
pub struct LinkedModel {
    pub position: i64,
    pub run_no: i64,
    /// `input` or `output`.
    pub direction: &'static str,
    pub model: ModelOutput,
}

/// An upload that came to its end; `error` is the reason when it was given up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettledArtifact {
    pub path: String,
    pub upload_id: String,
    pub at: i64,
    pub error: Option<String>,
}

impl Views {
    pub fn new(db: Arc<dyn Db>) -> Self {
        Self { db }
    }

    /// Makes the checkpoint at 0 where there is none yet, and returns where it stands.
    pub async fn checkpoint(&self) -> Result<i64, Error> {
        let mut transaction = self.db.begin().await?;
        let insert = "INSERT INTO projections (name, position) VALUES ($1, 0) ON CONFLICT (name) DO NOTHING";
        transaction.execute(&Statement::new(insert, vec![VIEWS.into()])).await?;
        let select = Statement::new("SELECT position FROM projections WHERE name = $1", vec![VIEWS.into()]);
        let rows = transaction.fetch(&select).await?;
        transaction.commit().await?;
        rows.first().map_or(Ok(0), |row| row.int(0))
    }

    /// The rows of the runs that exist.
    pub async fn runs(&self, run_ids: &[&str]) -> Result<Vec<RunRow>, Error> {
        let mut found = Vec::new();
        for chunk in run_ids.chunks(500) {
            let mut statement = Statement::default();
            let ids = statement.bind_list(chunk.iter().copied());
            statement.sql = format!("SELECT {} FROM runs WHERE run_id IN {ids}", tables::names(&tables::RUNS));
            for row in self.db.fetch(&statement).await? {
                found.push(run_row(row)?);
            }
        }
        Ok(found)
    }

    /// The rows of the experiments that exist.
    pub async fn experiments(&self, ids: &[i64]) -> Result<Vec<ExperimentRow>, Error> {
        let mut statement = Statement::default();
        let list = statement.bind_list(ids.iter().copied());
        let names = tables::names(&tables::EXPERIMENTS);
        statement.sql = format!("SELECT {names} FROM experiments WHERE experiment_id IN {list}");
        self.db.fetch(&statement).await?.into_iter().map(experiment_row).collect()
    }

    /// Applies the changes, merges the segments, and moves the checkpoint from `expected` to `position`.
    ///
    /// [`Error::Conflict`]: another projector moved it.
    pub async fn apply(
        &self,
        expected: i64,
        position: i64,
        changes: Changes,
        merges: &[SegmentKey],
    ) -> Result<(), Error> {
        let mut transaction = self.db.begin().await?;
        move_checkpoint(transaction.as_mut(), expected, position).await?;
        tables::write(transaction.as_mut(), changes).await?;
        for key in merges {
            segments::merge_level(transaction.as_mut(), key).await?;
        }
        transaction.commit().await
    }
}

/// Goes first, so that a second projector waits here and then gives way, before it has done any work.
async fn move_checkpoint(transaction: &mut dyn Transaction, expected: i64, position: i64) -> Result<(), Error> {
    let sql = "UPDATE projections SET position = $1 WHERE name = $2 AND position = $3";
    let moved = transaction.execute(&Statement::new(sql, vec![position.into(), VIEWS.into(), expected.into()])).await?;
    if moved == 1 { Ok(()) } else { Err(Error::Conflict { what: "the checkpoint of the views" }) }
}

fn run_row(mut row: Row) -> Result<RunRow, Error> {
    let run_no = row.int(0)?;
    let status = row.text(5)?;
    let status = RunStatus::parse(&status).ok_or_else(|| Error::Corrupt {
        table: "runs",
        id: run_no.to_string(),
        reason: format!("status {status:?}"),
    })?;
    Ok(RunRow {
        run_no,
        run_id: row.text(1)?,
        experiment_id: row.int(2)?,
        name: row.text(3)?,
        user_id: row.text(4)?,
        status,
        start_time: row.int(6)?,
        end_time: row.opt_int(7)?,
        deleted: row.bool(8)?,
        deleted_time: row.opt_int(9)?,
        artifact_uri: row.text(10)?,
    })
}

fn experiment_row(mut row: Row) -> Result<ExperimentRow, Error> {
    Ok(ExperimentRow {
        experiment_id: row.int(0)?,
        name: row.text(1)?,
        artifact_location: row.text(2)?,
        deleted: row.bool(3)?,
        creation_time: row.int(4)?,
        last_update_time: row.int(5)?,
    })
}
