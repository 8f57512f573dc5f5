//! How far reactors have come in the log: what acts on events, once, and is not repeated when the views are rebuilt.

use crate::{Error, EventLog, Statement};

impl EventLog {
    /// The position up to which the reactor has acted; `None` when it never did.
    pub async fn reactor_position(&self, name: &str) -> Result<Option<i64>, Error> {
        let sql = "SELECT position FROM reactors WHERE name = $1";
        let rows = self.db().fetch(&Statement::new(sql, vec![name.into()])).await?;
        rows.first().map(|row| row.int(0)).transpose()
    }

    /// How far each reactor has come that ever acted, by name.
    pub async fn reactors(&self) -> Result<Vec<(String, i64)>, Error> {
        let sql = "SELECT name, position FROM reactors ORDER BY name";
        let rows = self.db().fetch(&Statement::new(sql, vec![])).await?;
        rows.into_iter().map(|mut row| Ok((row.text(0)?, row.int(1)?))).collect()
    }

    /// Moves the reactor from where it believes to be.
    ///
    /// [`Error::Conflict`]: another process moved it.
    pub async fn move_reactor(&self, name: &str, expected: Option<i64>, position: i64) -> Result<(), Error> {
        let moved = self.db().write(&moving(name, expected, position)).await?;
        if moved.is_empty() { Err(Error::Conflict { what: "the place of a reactor" }) } else { Ok(()) }
    }
}

/// The statement that moves the reactor, and answers a row if it was where it believes to be.
pub(crate) fn moving(name: &str, expected: Option<i64>, position: i64) -> Statement {
    match expected {
        None => Statement::new(
            "INSERT INTO reactors (name, position) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING RETURNING name",
            vec![name.into(), position.into()],
        ),
        Some(expected) => Statement::new(
            "UPDATE reactors SET position = $1 WHERE name = $2 AND position = $3 RETURNING name",
            vec![position.into(), name.into(), expected.into()],
        ),
    }
}
