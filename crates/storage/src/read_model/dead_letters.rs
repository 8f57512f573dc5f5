//! The events that could not be projected, for those who look after the views.

use super::{ReadModel, VIEWS};
use crate::views::{DEAD_LETTER_COLUMNS, DeadLetter, dead_letter};
use crate::{Error, Statement};

impl ReadModel {
    /// The latest ones, newest first.
    pub async fn dead_letters(&self, limit: i64) -> Result<Vec<DeadLetter>, Error> {
        let sql = format!(
            "SELECT {DEAD_LETTER_COLUMNS} FROM dead_letters WHERE projection = $1 ORDER BY position DESC LIMIT $2"
        );
        let statement = Statement::new(sql, vec![VIEWS.into(), limit.into()]);
        self.db.fetch(&statement).await?.into_iter().map(dead_letter).collect()
    }

    /// The one of the event at this position, if there is one.
    pub async fn dead_letter(&self, position: i64) -> Result<Option<DeadLetter>, Error> {
        let sql = format!("SELECT {DEAD_LETTER_COLUMNS} FROM dead_letters WHERE projection = $1 AND position = $2");
        let rows = self.db.fetch(&Statement::new(sql, vec![VIEWS.into(), position.into()])).await?;
        rows.into_iter().next().map(dead_letter).transpose()
    }

    /// How many there are.
    pub async fn count_dead_letters(&self) -> Result<i64, Error> {
        let rows = self.db.fetch(&Statement::new("SELECT COUNT(*) FROM dead_letters", vec![])).await?;
        rows.first().map_or(Ok(0), |row| row.int(0))
    }

    /// How many are marked to be tried again and wait for the projector.
    pub async fn count_asked_letters(&self) -> Result<i64, Error> {
        let sql = "SELECT COUNT(*) FROM dead_letters WHERE projection = $1 AND retry_asked_at IS NOT NULL";
        let rows = self.db.fetch(&Statement::new(sql, vec![VIEWS.into()])).await?;
        rows.first().map_or(Ok(0), |row| row.int(0))
    }
}
