//! Webhooks: who is told about what happens.
//!
//! They are configuration beside the log, not history in it: they hold secrets, which must not stay for ever, and nothing is
//! rebuilt from them.

mod deliveries;

pub use deliveries::{Attempt, Delivery, DeliveryState, NewDelivery, WaitingDelivery};

use std::fmt;
use std::sync::Arc;

use crate::{Db, Error, Row, Statement};

/// The webhooks of one log, and what is owed to them.
#[derive(Clone, Debug)]
pub struct Webhooks {
    db: Arc<dyn Db>,
}

/// One receiver. Times are milliseconds since the epoch.
#[derive(Clone, PartialEq, Eq)]
pub struct Webhook {
    pub webhook_id: String,
    pub name: String,
    pub url: String,
    pub description: Option<String>,
    /// Signs the deliveries; never shown again.
    pub secret: Option<String>,
    /// Names such as `model_version.created`.
    pub events: Vec<String>,
    pub active: bool,
    pub created_at: i64,
    pub updated_at: i64,
    /// Since when it is active without a break, or when it was the last time. Set by [`Webhooks::put`].
    pub active_since: i64,
}

const COLUMNS: &str =
    "webhook_id, name, url, description, secret, events, active, created_at, updated_at, active_since";

impl Webhooks {
    pub(crate) fn new(db: Arc<dyn Db>) -> Self {
        Self { db }
    }

    /// A page of those that were not deleted, newest first.
    pub async fn list(&self, limit: i64, offset: i64) -> Result<Vec<Webhook>, Error> {
        let sql = format!(
            "SELECT {COLUMNS} FROM webhooks WHERE deleted_at IS NULL ORDER BY created_at DESC, webhook_id LIMIT $1 OFFSET $2"
        );
        self.fetch(Statement::new(sql, vec![limit.into(), offset.into()])).await
    }

    /// Those that are to be told of what happens now.
    pub async fn active(&self) -> Result<Vec<Webhook>, Error> {
        let sql = format!("SELECT {COLUMNS} FROM webhooks WHERE deleted_at IS NULL AND active = TRUE");
        self.fetch(Statement::new(sql, vec![])).await
    }

    pub async fn get(&self, webhook_id: &str) -> Result<Option<Webhook>, Error> {
        let sql = format!("SELECT {COLUMNS} FROM webhooks WHERE webhook_id = $1 AND deleted_at IS NULL");
        Ok(self.fetch(Statement::new(sql, vec![webhook_id.into()])).await?.pop())
    }

    /// Adds the webhook, or changes the one with its id.
    pub async fn put(&self, webhook: &Webhook) -> Result<(), Error> {
        let sql = format!(
            "INSERT INTO webhooks ({COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9) \
             ON CONFLICT (webhook_id) DO UPDATE SET name = excluded.name, url = excluded.url, \
             description = excluded.description, secret = excluded.secret, events = excluded.events, \
             active = excluded.active, updated_at = excluded.updated_at, active_since = \
             CASE WHEN webhooks.active THEN webhooks.active_since ELSE excluded.active_since END"
        );
        let params = vec![
            (&webhook.webhook_id).into(),
            (&webhook.name).into(),
            (&webhook.url).into(),
            webhook.description.clone().into(),
            webhook.secret.clone().into(),
            webhook.events.join(",").into(),
            webhook.active.into(),
            webhook.created_at.into(),
            webhook.updated_at.into(),
        ];
        self.db.write(&Statement::new(sql, params)).await.map(drop)
    }

    /// Deletes the webhook; what it was still owed is given up. Tells whether there was one.
    pub async fn delete(&self, webhook_id: &str, now: i64) -> Result<bool, Error> {
        let mut transaction = self.db.begin().await?;
        // The secret is of no more use.
        let sql = "UPDATE webhooks SET deleted_at = $1, updated_at = $1, secret = NULL \
                   WHERE webhook_id = $2 AND deleted_at IS NULL";
        let deleted = transaction.execute(&Statement::new(sql, vec![now.into(), webhook_id.into()])).await?;
        let sql = "UPDATE webhook_deliveries SET state = 'failed', error = 'The webhook was deleted.' \
                   WHERE webhook_id = $1 AND state = 'pending'";
        transaction.execute(&Statement::new(sql, vec![webhook_id.into()])).await?;
        transaction.commit().await?;
        Ok(deleted > 0)
    }

    async fn fetch(&self, statement: Statement) -> Result<Vec<Webhook>, Error> {
        self.db.fetch(&statement).await?.into_iter().map(webhook).collect()
    }
}

fn webhook(mut row: Row) -> Result<Webhook, Error> {
    Ok(Webhook {
        webhook_id: row.text(0)?,
        name: row.text(1)?,
        url: row.text(2)?,
        description: row.opt_text(3)?,
        secret: row.opt_text(4)?,
        events: row.text(5)?.split(',').map(str::to_owned).collect(),
        active: row.bool(6)?,
        created_at: row.int(7)?,
        updated_at: row.int(8)?,
        active_since: row.int(9)?,
    })
}

impl fmt::Debug for Webhook {
    /// Without the secret, and without the URL, which may hold one.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { webhook_id, name, events, active, .. } = self;
        f.debug_struct("Webhook")
            .field("webhook_id", webhook_id)
            .field("name", name)
            .field("events", events)
            .field("active", active)
            .finish_non_exhaustive()
    }
}
