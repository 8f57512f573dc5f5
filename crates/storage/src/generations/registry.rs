//! The registry of generations: a table beside the log.

use std::sync::Arc;

use super::{Generation, GenerationState, Phase, Purpose};
use crate::views::ViewGroups;
use crate::{Db, Error, Row, Statement};

const COLUMNS: &str =
    "generation, state, purpose, projection, phase, position, target, digest, builder, begun_at, updated_at, views";

/// The generations of the views of one log.
#[derive(Clone, Debug)]
pub struct Generations {
    db: Arc<dyn Db>,
}

impl Generations {
    /// `db` is the log's.
    pub fn new(db: Arc<dyn Db>) -> Self {
        Self { db }
    }

    /// Every generation whose tables may be there, in the order of their making.
    pub async fn all(&self) -> Result<Vec<Generation>, Error> {
        let sql = format!("SELECT {COLUMNS} FROM view_generations ORDER BY generation");
        self.db.fetch(&Statement::new(sql, vec![])).await?.into_iter().map(generation).collect()
    }

    /// The generation that everybody reads.
    pub async fn active(&self) -> Result<Generation, Error> {
        let active = self.all().await?.into_iter().find(|generation| generation.state == GenerationState::Active);
        active.ok_or_else(|| corrupt("active", "no generation of the views is active"))
    }

    /// Begins a generation, with a number that none had before. `views` are built from the log.
    pub async fn begin(
        &self,
        purpose: Purpose,
        views: ViewGroups,
        projection: i64,
        target: i64,
        builder: &str,
    ) -> Result<Generation, Error> {
        let now = self.db.now_ms();
        let sql = format!(
            "INSERT INTO view_generations ({COLUMNS}) \
             SELECT MAX(generation) + 1, 'building', $1, $2, 'loading', 0, $3, NULL, $4, {now}, {now}, $5 \
             FROM view_generations RETURNING {COLUMNS}"
        );
        let views = (views != ViewGroups::ALL).then(|| views.to_string());
        let params = vec![purpose.as_str().into(), projection.into(), target.into(), builder.into(), views.into()];
        let rows = self.db.write(&Statement::new(sql, params)).await?;
        rows.into_iter().next().map(generation).ok_or_else(|| corrupt("new", "no row was made"))?
    }

    /// Writes down how far the building is, and that somebody is at it.
    pub async fn report(
        &self,
        number: i64,
        phase: Phase,
        position: i64,
        target: i64,
        builder: &str,
    ) -> Result<(), Error> {
        let now = self.db.now_ms();
        let sql = format!(
            "UPDATE view_generations SET phase = $1, position = $2, target = $3, builder = $4, updated_at = {now} \
             WHERE generation = $5 RETURNING generation"
        );
        let params = vec![phase.as_str().into(), position.into(), target.into(), builder.into(), number.into()];
        self.db.write(&Statement::new(sql, params)).await.map(drop)
    }

    /// Writes down what the generation said when it was compared.
    pub async fn set_digest(&self, number: i64, digest: &str) -> Result<(), Error> {
        let sql = "UPDATE view_generations SET digest = $1 WHERE generation = $2 RETURNING generation";
        self.db.write(&Statement::new(sql, vec![digest.into(), number.into()])).await.map(drop)
    }

    pub async fn set_state(&self, number: i64, state: GenerationState) -> Result<(), Error> {
        self.db.write(&Self::setting_state(number, state)).await.map(drop)
    }

    /// Forgets a generation whose tables are gone. The one with the highest number is remembered, so that no number comes twice:
    /// somebody may still be closing what had it.
    pub async fn forget(&self, number: i64) -> Result<(), Error> {
        let sql = "DELETE FROM view_generations WHERE generation = $1 AND state = 'discarded' \
                   AND generation < (SELECT MAX(generation) FROM view_generations) RETURNING generation";
        self.db.write(&Statement::new(sql, vec![number.into()])).await.map(drop)
    }

    /// The statement of [`Self::set_state`].
    pub fn setting_state(number: i64, state: GenerationState) -> Statement {
        let sql = "UPDATE view_generations SET state = $1 WHERE generation = $2 RETURNING generation";
        Statement::new(sql, vec![state.as_str().into(), number.into()])
    }
}

fn generation(mut row: Row) -> Result<Generation, Error> {
    let number = row.int(0)?;
    let (state, purpose, phase) = (row.text(1)?, row.text(2)?, row.text(4)?);
    let views = row.opt_text(11)?;
    let unknown = |text: &str| corrupt(&number.to_string(), &format!("{text:?} is from a later version of Runledger"));
    Ok(Generation {
        number,
        state: GenerationState::parse(&state).ok_or_else(|| unknown(&state))?,
        purpose: Purpose::parse(&purpose).ok_or_else(|| unknown(&purpose))?,
        views: views.map_or(Ok(ViewGroups::ALL), |names| ViewGroups::parse(&names).ok_or_else(|| unknown(&names)))?,
        projection: row.int(3)?,
        phase: Phase::parse(&phase).ok_or_else(|| unknown(&phase))?,
        position: row.int(5)?,
        target: row.int(6)?,
        digest: row.opt_text(7)?,
        builder: row.text(8)?,
        begun_at: row.int(9)?,
        updated_at: row.int(10)?,
    })
}

fn corrupt(id: &str, reason: &str) -> Error {
    Error::Corrupt { table: "view_generations", id: id.to_owned(), reason: reason.to_owned() }
}
