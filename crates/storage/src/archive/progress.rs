//! How far the commands that archive are, in a table from which servers take their metrics.

use crate::{Error, EventLog, Statement};

/// What a command says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArchiveProgress {
    /// `events` or `metrics`.
    pub command: String,
    /// Events, or bytes of points.
    pub done: i64,
    /// How many there are to do, as far as it is known.
    pub target: i64,
    /// Milliseconds since the epoch; moves as long as the command works.
    pub updated_at: i64,
}

impl EventLog {
    /// Writes down how far the command is, and that it works.
    pub async fn report_archiving(&self, command: &str, done: i64, target: i64) -> Result<(), Error> {
        let sql = format!(
            "INSERT INTO archive_progress (command, done, target, updated_at) VALUES ($1, $2, $3, {}) \
             ON CONFLICT (command) DO UPDATE SET done = excluded.done, target = excluded.target, \
             updated_at = excluded.updated_at RETURNING command",
            self.db().now_ms()
        );
        let params = vec![command.into(), done.into(), target.into()];
        self.db().write(&Statement::new(sql, params)).await.map(drop)
    }

    /// What the commands that ever worked said last.
    pub async fn archiving(&self) -> Result<Vec<ArchiveProgress>, Error> {
        let sql = "SELECT command, done, target, updated_at FROM archive_progress ORDER BY command";
        let rows = self.db().fetch(&Statement::new(sql, vec![])).await?;
        let progress = rows.into_iter().map(|mut row| {
            let (done, target, updated_at) = (row.int(1)?, row.int(2)?, row.int(3)?);
            Ok(ArchiveProgress { command: row.text(0)?, done, target, updated_at })
        });
        progress.collect()
    }
}
