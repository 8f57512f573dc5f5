//! What is owed to webhooks, and what became of it.
//!
//! Guarantee: an event is owed once to each webhook that asked for it: the debts and the reactor's place in the log move in one
//! transaction. Of one webhook and one subject only the first that is pending is ever due, so that order is kept across failures.

use super::Webhooks;
use crate::ColumnType::{Int, Text};
use crate::{BulkInsert, Error, Row, Statement};

/// Something to be delivered.
#[derive(Clone, Debug)]
pub struct NewDelivery {
    pub delivery_id: String,
    pub webhook_id: String,
    /// The event's, in the log.
    pub position: i64,
    /// The event's stream.
    pub subject: String,
    /// The name of the event, such as `model_version.created`.
    pub event: String,
    /// JSON, sent as it is.
    pub body: String,
}

/// A delivery whose time has come.
#[derive(Clone, Debug)]
pub struct WaitingDelivery {
    pub delivery_id: String,
    pub webhook_id: String,
    pub subject: String,
    pub body: String,
    /// Attempts so far.
    pub attempts: i64,
    /// Milliseconds since the epoch.
    pub owed_since: i64,
    pub url: String,
    pub secret: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeliveryState {
    Pending,
    Delivered,
    Failed,
}

/// An entry of the delivery log. Times are milliseconds since the epoch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    pub delivery_id: String,
    pub webhook_id: String,
    pub position: i64,
    pub event: String,
    pub body: String,
    pub state: DeliveryState,
    pub attempts: i64,
    pub owed_since: i64,
    /// When a pending one is tried next.
    pub due_at: i64,
    pub attempted_at: Option<i64>,
    /// The receiver's HTTP status at the last attempt.
    pub response_status: Option<i64>,
    pub error: Option<String>,
}

/// What an attempt came to.
#[derive(Clone, Debug)]
pub struct Attempt {
    pub state: DeliveryState,
    pub response_status: Option<i64>,
    pub error: Option<String>,
    /// When a pending one is tried next, and until when its webhook is left in peace.
    pub due_at: i64,
}

const DELIVERIES: BulkInsert = BulkInsert {
    table: "webhook_deliveries",
    columns: &[
        ("delivery_id", Text),
        ("webhook_id", Text),
        ("position", Int),
        ("subject", Text),
        ("event", Text),
        ("body", Text),
        ("state", Text),
        ("attempts", Int),
        ("owed_since", Int),
        ("due_at", Int),
    ],
    suffix: "",
};

impl Webhooks {
    /// Notes what is owed, and moves the reactor from where it believes to be.
    ///
    /// [`Error::Conflict`]: another process moved it, and owes the same already.
    pub async fn owe(
        &self,
        reactor: &str,
        expected: Option<i64>,
        position: i64,
        deliveries: Vec<NewDelivery>,
        now: i64,
    ) -> Result<(), Error> {
        let mut transaction = self.db.begin().await?;
        let moved = transaction.fetch(&crate::reactors::moving(reactor, expected, position)).await?;
        if moved.is_empty() {
            return Err(Error::Conflict { what: "the place of a reactor" });
        }
        let row = |one: NewDelivery| {
            vec![
                one.delivery_id.into(),
                one.webhook_id.into(),
                one.position.into(),
                one.subject.into(),
                one.event.into(),
                one.body.into(),
                "pending".into(),
                0.into(),
                now.into(),
                now.into(),
            ]
        };
        transaction.insert(&DELIVERIES, deliveries.into_iter().map(row).collect()).await?;
        transaction.commit().await
    }

    /// Those whose time has come, in the order of the log, at most `limit`; none of a webhook that is disabled.
    pub async fn due(&self, now: i64, limit: i64) -> Result<Vec<WaitingDelivery>, Error> {
        let sql = "SELECT d.delivery_id, d.webhook_id, d.subject, d.body, d.attempts, d.owed_since, w.url, w.secret \
                   FROM webhook_deliveries d JOIN webhooks w ON w.webhook_id = d.webhook_id \
                   WHERE d.state = 'pending' AND d.due_at <= $1 AND w.active = TRUE AND w.deleted_at IS NULL \
                   AND NOT EXISTS (SELECT 1 FROM webhook_deliveries e WHERE e.state = 'pending' \
                       AND e.webhook_id = d.webhook_id AND e.subject = d.subject AND e.position < d.position) \
                   ORDER BY d.position, d.delivery_id LIMIT $2";
        let waiting = |mut row: Row| {
            Ok(WaitingDelivery {
                delivery_id: row.text(0)?,
                webhook_id: row.text(1)?,
                subject: row.text(2)?,
                body: row.text(3)?,
                attempts: row.int(4)?,
                owed_since: row.int(5)?,
                url: row.text(6)?,
                secret: row.opt_text(7)?,
            })
        };
        let rows = self.db.fetch(&Statement::new(sql, vec![now.into(), limit.into()])).await?;
        rows.into_iter().map(waiting).collect()
    }

    /// Writes down what the attempt came to. After a failure nothing is sent to the webhook until its time has come.
    pub async fn attempted(
        &self,
        delivery_id: &str,
        webhook_id: &str,
        attempt: &Attempt,
        now: i64,
    ) -> Result<(), Error> {
        let mut transaction = self.db.begin().await?;
        let sql = "UPDATE webhook_deliveries SET state = $1, attempts = attempts + 1, attempted_at = $2, due_at = $3, \
                   response_status = $4, error = $5 WHERE delivery_id = $6 AND state = 'pending'";
        let params = vec![
            attempt.state.as_str().into(),
            now.into(),
            attempt.due_at.into(),
            attempt.response_status.into(),
            attempt.error.clone().into(),
            delivery_id.into(),
        ];
        transaction.execute(&Statement::new(sql, params)).await?;
        if attempt.state == DeliveryState::Pending {
            let sql = "UPDATE webhook_deliveries SET due_at = $1 \
                       WHERE webhook_id = $2 AND state = 'pending' AND due_at < $1";
            transaction.execute(&Statement::new(sql, vec![attempt.due_at.into(), webhook_id.into()])).await?;
        }
        transaction.commit().await
    }

    /// The delivery log of a webhook, newest first, from below the position on where one is given.
    pub async fn deliveries(
        &self,
        webhook_id: &str,
        state: Option<DeliveryState>,
        before: Option<i64>,
        limit: i64,
    ) -> Result<Vec<Delivery>, Error> {
        let mut statement = Statement::default();
        let mut conditions = vec![format!("webhook_id = {}", statement.bind(webhook_id))];
        if let Some(state) = state {
            conditions.push(format!("state = {}", statement.bind(state.as_str())));
        }
        if let Some(before) = before {
            conditions.push(format!("position < {}", statement.bind(before)));
        }
        let limit = statement.bind(limit);
        statement.sql = format!(
            "SELECT delivery_id, webhook_id, position, event, body, state, attempts, owed_since, due_at, attempted_at, \
             response_status, error FROM webhook_deliveries WHERE {} ORDER BY position DESC, delivery_id LIMIT {limit}",
            conditions.join(" AND ")
        );
        self.db.fetch(&statement).await?.into_iter().map(delivery).collect()
    }

    /// Owes the delivery again, at once; tells whether there is such a one and its webhook.
    pub async fn redeliver(&self, delivery_id: &str, now: i64) -> Result<bool, Error> {
        let sql = "UPDATE webhook_deliveries SET state = 'pending', attempts = 0, owed_since = $1, due_at = $1 \
                   WHERE delivery_id = $2 \
                   AND webhook_id IN (SELECT webhook_id FROM webhooks WHERE deleted_at IS NULL) RETURNING delivery_id";
        let found = self.db.write(&Statement::new(sql, vec![now.into(), delivery_id.into()])).await?;
        Ok(!found.is_empty())
    }

    /// Forgets what was settled and is owed since before the time. Returns how many.
    pub async fn forget_settled(&self, before: i64) -> Result<u64, Error> {
        let mut transaction = self.db.begin().await?;
        let sql = "DELETE FROM webhook_deliveries WHERE state <> 'pending' AND owed_since < $1";
        let forgotten = transaction.execute(&Statement::new(sql, vec![before.into()])).await?;
        transaction.commit().await?;
        Ok(forgotten)
    }
}

impl DeliveryState {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::Pending, Self::Delivered, Self::Failed].into_iter().find(|state| state.as_str() == text)
    }
}

fn delivery(mut row: Row) -> Result<Delivery, Error> {
    let delivery_id = row.text(0)?;
    let state = row.text(5)?;
    let state = DeliveryState::parse(&state).ok_or_else(|| Error::Corrupt {
        table: "webhook_deliveries",
        id: delivery_id.clone(),
        reason: format!("state {state:?}"),
    })?;
    Ok(Delivery {
        delivery_id,
        webhook_id: row.text(1)?,
        position: row.int(2)?,
        event: row.text(3)?,
        body: row.text(4)?,
        state,
        attempts: row.int(6)?,
        owed_since: row.int(7)?,
        due_at: row.int(8)?,
        attempted_at: row.opt_int(9)?,
        response_status: row.opt_int(10)?,
        error: row.opt_text(11)?,
    })
}
