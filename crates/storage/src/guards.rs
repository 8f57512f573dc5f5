//! The guards as a whole, for who proves that they agree with the log.

use crate::{Db, Error, EventLog, Statement, Transaction};

/// Guards per statement.
const PAGE: i64 = 10_000;

/// A row of the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GuardRow {
    pub key: String,
    pub parent: Option<String>,
    pub version: i64,
    pub deleted: bool,
}

/// All guards as they are at one moment.
#[expect(missing_debug_implementations, reason = "a transaction has nothing to show")]
pub struct GuardSnapshot {
    transaction: Box<dyn Transaction>,
    last: Option<String>,
    /// Where the log ends at that moment.
    pub head: i64,
}

impl EventLog {
    /// All guards as they are now.
    pub async fn guards(&self) -> Result<GuardSnapshot, Error> {
        let mut transaction = Db::snapshot(self.db()).await?;
        let last = Statement::new("SELECT position FROM events ORDER BY position DESC LIMIT 1", vec![]);
        let head = transaction.fetch(&last).await?.first().map_or(Ok(0), |row| row.int(0))?;
        Ok(GuardSnapshot { transaction, last: None, head })
    }
}

impl GuardSnapshot {
    /// The next of them, in the order of their keys; `None` at the end.
    pub async fn next(&mut self) -> Result<Option<Vec<GuardRow>>, Error> {
        let mut statement = Statement::default();
        let after = self.last.as_ref().map(|last| format!("WHERE key > {}", statement.bind(last)));
        let limit = statement.bind(PAGE);
        statement.sql = format!(
            "SELECT key, parent, version, deleted FROM guards {} ORDER BY key LIMIT {limit}",
            after.unwrap_or_default()
        );
        let mut rows = Vec::new();
        for mut row in self.transaction.fetch(&statement).await? {
            let (version, deleted) = (row.int(2)?, row.bool(3)?);
            rows.push(GuardRow { key: row.text(0)?, parent: row.opt_text(1)?, version, deleted });
        }
        self.last = rows.last().map(|row| row.key.clone());
        Ok((!rows.is_empty()).then_some(rows))
    }
}
