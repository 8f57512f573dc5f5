//! Writing the views: what a projection changed, and the checkpoint, in one transaction.
//!
//! Guarantee: the checkpoint of a shard moves only from the position that the writer believes in, and in the generation of the
//! views that it believes in. Two projectors on one database cannot both apply an event to a shard, and none carries over what
//! it knows of views that were replaced: it gets [`Error::Conflict`] and reads again.

mod artifacts;
mod changes;
mod datasets;
mod dead_letters;
mod groups;
mod indexes;
mod logged_models;
mod moved;
mod registry;
mod segments;
mod shards;
mod sweep;
mod tables;
mod taken;

pub use changes::{
    Changes, ExperimentRow, LinkedDataset, LinkedModel, MeasuredRow, MetricChange, RunRow, RunText, Sweep, Turn,
    UploadRow, UploadTurn,
};
pub(crate) use dead_letters::{COLUMNS as DEAD_LETTER_COLUMNS, letter as dead_letter};
pub use dead_letters::{DeadLetter, Settled};
pub use groups::{ViewGroup, ViewGroups};
pub use indexes::{defer_indexes, make_indexes};
pub(crate) use logged_models::{COLUMNS as LOGGED_MODEL_COLUMNS, fill_texts, logged_model};
pub use moved::{MovableRun, MovableSegment, SegmentObjects};
pub(crate) use moved::{PLACE, fetch as fetch_moved};
pub use segments::SegmentKey;
pub(crate) use segments::{decode_segment, read_segment};
pub use shards::Shards;
pub use taken::columns_of;

use runledger_domain::{ModelVersion, RegisteredModel, RunStatus};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use crate::read_model::registry_rows;
use crate::{Db, Error, Generation, Row, Statement, Transaction};

/// The views of one database, as one writer sees them. Clones share what it believes.
#[derive(Clone, Debug)]
pub struct Views {
    db: Arc<dyn Db>,
    /// The generation in which the checkpoints were last looked at.
    generation: Arc<AtomicI64>,
    /// It leaves the tables of other groups alone.
    writes: ViewGroups,
}

impl Views {
    pub fn new(db: Arc<dyn Db>) -> Self {
        Self::writing(db, ViewGroups::ALL)
    }

    /// The same for one that leaves the tables of other groups alone, whatever changes it is to apply.
    pub fn writing(db: Arc<dyn Db>, writes: ViewGroups) -> Self {
        Self { db, generation: Arc::new(AtomicI64::new(Generation::FIRST)), writes }
    }

    /// Where the shards stand. From now on the writer believes in the generation that this finds.
    pub async fn checkpoints(&self) -> Result<[i64; Shards::COUNT], Error> {
        let rows = self.db.fetch(&select_checkpoints()).await?;
        if let Some(row) = rows.first() {
            self.generation.store(row.int(1)?, Ordering::Relaxed);
        }
        positions(&rows)
    }

    /// Gives the views a number of their own, by which projectors tell them from others.
    pub async fn name_generation(&self, generation: i64) -> Result<(), Error> {
        let sql = "UPDATE projections SET generation = $1 RETURNING name";
        self.db.write(&Statement::new(sql, vec![generation.into()])).await?;
        self.generation.store(generation, Ordering::Relaxed);
        Ok(())
    }

    /// Negates the number of the views that the transaction sees, so that no projector goes on with them, and returns where their
    /// shards stand.
    pub async fn retire(transaction: &mut dyn Transaction) -> Result<[i64; Shards::COUNT], Error> {
        let sql = "UPDATE projections SET generation = -ABS(generation)";
        transaction.execute(&Statement::new(sql, vec![])).await?;
        Self::checkpoints_in(transaction).await
    }

    /// Where the shards stand, as the transaction sees them.
    pub async fn checkpoints_in(transaction: &mut dyn Transaction) -> Result<[i64; Shards::COUNT], Error> {
        positions(&transaction.fetch(&select_checkpoints()).await?)
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

    /// The runs of the experiment that belong to the shards and were created behind the number, in its order, at most `limit`.
    pub async fn runs_of(
        &self,
        experiment_id: i64,
        shards: Shards,
        behind: i64,
        limit: i64,
    ) -> Result<Vec<RunRow>, Error> {
        let (names, own_runs) = (tables::names(&tables::RUNS), shards.and_holds("run_id"));
        let sql = format!(
            "SELECT {names} FROM runs WHERE experiment_id = $1 AND run_no > $2{own_runs} ORDER BY run_no LIMIT $3"
        );
        let params = vec![experiment_id.into(), behind.into(), limit.into()];
        self.db.fetch(&Statement::new(sql, params)).await?.into_iter().map(run_row).collect()
    }

    /// The rows of the experiments that exist.
    pub async fn experiments(&self, ids: &[i64]) -> Result<Vec<ExperimentRow>, Error> {
        let mut statement = Statement::default();
        let list = statement.bind_list(ids.iter().copied());
        let names = tables::names(&tables::EXPERIMENTS);
        statement.sql = format!("SELECT {names} FROM experiments WHERE experiment_id IN {list}");
        self.db.fetch(&statement).await?.into_iter().map(experiment_row).collect()
    }

    /// The registered models that exist, of these ids.
    pub async fn registered_models(&self, ids: &[&str]) -> Result<Vec<RegisteredModel>, Error> {
        registry_rows::models(self.db.as_ref(), ids).await
    }

    /// The versions that exist, each with the id of its model, of these ids and numbers.
    pub async fn model_versions(&self, numbers: &[(&str, i64)]) -> Result<Vec<(String, ModelVersion)>, Error> {
        registry_rows::versions(self.db.as_ref(), numbers).await
    }

    /// Applies the changes, merges the segments, and moves the checkpoints of all the shards from `expected` to `position`.
    ///
    /// [`Error::Conflict`]: another projector moved one of them, or the views are of another generation.
    pub async fn apply(
        &self,
        shards: Shards,
        expected: i64,
        position: i64,
        mut changes: Changes,
        merges: &[SegmentKey],
    ) -> Result<(), Error> {
        let mut transaction = self.db.begin_derived().await?;
        let generation = self.generation.load(Ordering::Relaxed);
        move_checkpoints(transaction.as_mut(), generation, shards, expected, position).await?;
        changes.keep(self.writes);
        let datasets = std::mem::take(&mut changes.datasets);
        let (purged_runs, sweep) = (std::mem::take(&mut changes.purged_runs), changes.sweep.take());
        let (models, measured) = (std::mem::take(&mut changes.logged_models), std::mem::take(&mut changes.measured));
        let purged_measurers = std::mem::take(&mut changes.purged_measurers);
        dead_letters::settle(transaction.as_mut(), &changes.settled_letters).await?;
        logged_models::write(transaction.as_mut(), models, measured).await?;
        logged_models::purge_runs(transaction.as_mut(), &purged_measurers).await?;
        tables::write(transaction.as_mut(), changes).await?;
        for key in merges {
            segments::merge_level(transaction.as_mut(), key).await?;
        }
        // Several projectors write data sets. They come late, so that none waits long for another.
        datasets::write(transaction.as_mut(), datasets).await?;
        sweep::purge_runs(transaction.as_mut(), &purged_runs, self.writes).await?;
        if let Some(sweep) = sweep {
            sweep::carry_out(transaction.as_mut(), sweep, shards, self.writes).await?;
        }
        transaction.commit().await
    }
}

fn select_checkpoints() -> Statement {
    let mut statement = Statement::default();
    let names = statement.bind_list(Shards::ALL.iter().map(Shards::checkpoint));
    statement.sql = format!("SELECT position, generation FROM projections WHERE name IN {names} ORDER BY name");
    statement
}

/// Reads [`select_checkpoints`].
fn positions(rows: &[Row]) -> Result<[i64; Shards::COUNT], Error> {
    let positions = rows.iter().map(|row| row.int(0)).collect::<Result<Vec<_>, _>>()?;
    positions.try_into().map_err(|found: Vec<_>| Error::Corrupt {
        table: "projections",
        id: Shards::ALL.iter().map(Shards::checkpoint).collect::<Vec<_>>().join(", "),
        reason: format!("{} rows instead of {}", found.len(), Shards::COUNT),
    })
}

/// Goes first, so that a second projector waits here and then gives way, before it has done any work.
async fn move_checkpoints(
    transaction: &mut dyn Transaction,
    generation: i64,
    shards: Shards,
    expected: i64,
    position: i64,
) -> Result<(), Error> {
    let mut statement = Statement::default();
    let (position, expected) = (statement.bind(position), statement.bind(expected));
    let generation = statement.bind(generation);
    let names = statement.bind_list(shards.iter().map(Shards::checkpoint));
    statement.sql = format!(
        "UPDATE projections SET position = {position} \
         WHERE position = {expected} AND generation = {generation} AND name IN {names}"
    );
    let moved = transaction.execute(&statement).await?;
    if usize::try_from(moved) == Ok(shards.len()) {
        Ok(())
    } else {
        Err(Error::Conflict { what: "a checkpoint of the views" })
    }
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
