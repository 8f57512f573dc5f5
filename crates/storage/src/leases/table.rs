//! The leases that all processes see, in the database of the log. A lease that has expired is as good as none.

use std::sync::Arc;
use std::time::Duration;

use crate::{Db, Error, Statement};

/// The table, as one holder writes it.
#[derive(Debug)]
pub(super) struct LeaseTable {
    db: Arc<dyn Db>,
    holder: String,
    ttl_ms: i64,
}

/// Leases of the dead are cleared away after this many milliseconds.
const KEPT: i64 = 60_000;

impl LeaseTable {
    pub(super) fn new(db: Arc<dyn Db>, holder: String, ttl: Duration) -> Self {
        Self { db, holder, ttl_ms: i64::try_from(ttl.as_millis()).unwrap_or(i64::MAX) }
    }

    /// Takes the name unless another holder has it. Who has it already gets it again, so that a call whose answer was lost
    /// can be repeated.
    pub(super) async fn take(&self, name: &str) -> Result<bool, Error> {
        let now = self.db.now_ms();
        let sql = format!(
            "INSERT INTO leases (name, holder, until) VALUES ($1, $2, {now} + $3) \
             ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until \
             WHERE leases.until < {now} OR leases.holder = excluded.holder RETURNING name"
        );
        let params = vec![name.into(), (&self.holder).into(), self.ttl_ms.into()];
        Ok(!self.db.write(&Statement::new(sql, params)).await?.is_empty())
    }

    /// Renews the leases and returns the names of those that are still this holder's.
    pub(super) async fn renew<'a>(&self, names: impl Iterator<Item = &'a str>) -> Result<Vec<String>, Error> {
        let mut statement = Statement::default();
        let (ttl, holder) = (statement.bind(self.ttl_ms), statement.bind(&self.holder));
        let names = statement.bind_list(names);
        let now = self.db.now_ms();
        statement.sql = format!(
            "UPDATE leases SET until = {now} + {ttl} WHERE holder = {holder} AND name IN {names} RETURNING name"
        );
        self.db.write(&statement).await?.into_iter().map(|mut row| row.text(0)).collect()
    }

    pub(super) async fn free(&self, names: &[&str]) -> Result<(), Error> {
        let mut statement = Statement::default();
        let holder = statement.bind(&self.holder);
        let names = statement.bind_list(names.iter().copied());
        statement.sql = format!("DELETE FROM leases WHERE holder = {holder} AND name IN {names}");
        self.db.write(&statement).await.map(drop)
    }

    /// Removes what the dead left behind.
    pub(super) async fn clear_expired(&self) -> Result<(), Error> {
        let sql = format!("DELETE FROM leases WHERE until < {} - $1", self.db.now_ms());
        self.db.write(&Statement::new(sql, vec![KEPT.into()])).await.map(drop)
    }

    pub(super) async fn held(&self, prefix: &str) -> Result<Vec<String>, Error> {
        let now = self.db.now_ms();
        let sql =
            format!("SELECT name FROM leases WHERE substr(name, 1, length($1)) = $1 AND until >= {now} ORDER BY name");
        let rows = self.db.fetch(&Statement::new(sql, vec![prefix.into()])).await?;
        rows.into_iter().map(|mut row| row.text(0)).collect()
    }
}
