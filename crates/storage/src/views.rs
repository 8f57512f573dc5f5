//! Writing the views: what a projection changed, and the checkpoint, in one transaction.
//!
//! Guarantee: the checkpoint moves only from the position that the writer believes in. Two projectors on one database cannot
//! both apply an event: the slower one gets [`Error::Conflict`] and reads again.

mod artifacts;
mod changes;
mod segments;
mod sweep;
mod tables;

pub use changes::{
    Changes, DeadLetter, ExperimentRow, LinkedDataset, LinkedModel, RunRow, RunText, Sweep, Turn, UploadRow, UploadTurn,
};
pub use segments::SegmentKey;
pub(crate) use segments::read_segment;

use runledger_domain::RunStatus;
use std::sync::Arc;

use crate::read_model::VIEWS;
use crate::{Db, Error, Row, Statement, Transaction};

/// The views of one database.
#[derive(Clone, Debug)]
pub struct Views {
    db: Arc<dyn Db>,
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
        mut changes: Changes,
        merges: &[SegmentKey],
    ) -> Result<(), Error> {
        let mut transaction = self.db.begin().await?;
        move_checkpoint(transaction.as_mut(), expected, position).await?;
        let (purged_runs, sweep) = (std::mem::take(&mut changes.purged_runs), changes.sweep.take());
        tables::write(transaction.as_mut(), changes).await?;
        for key in merges {
            segments::merge_level(transaction.as_mut(), key).await?;
        }
        sweep::purge_runs(transaction.as_mut(), &purged_runs).await?;
        if let Some(sweep) = sweep {
            sweep::carry_out(transaction.as_mut(), sweep).await?;
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
