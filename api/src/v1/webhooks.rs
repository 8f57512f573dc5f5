//! What became of the deliveries of a webhook, and delivering again.

use axum::extract::{Path, State};
use runledger_domain::{DomainError, validate};
use runledger_storage::webhooks::{Delivery, DeliveryState};
use serde::{Deserialize, Serialize};

use super::asked::Asked;
use crate::wire::Answer;
use crate::{ApiError, AppState};

/// Deliveries in an answer.
const DELIVERIES: i64 = 1_000;

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Chosen {
    Pending,
    Delivered,
    Failed,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Listed {
    state: Option<Chosen>,
    /// Only of events before this position of the log.
    before: Option<i64>,
    #[serde(default = "default_limit")]
    limit: i64,
}

#[derive(Debug, Serialize)]
struct List {
    deliveries: Vec<DeliveryOut>,
}

#[derive(Debug, Serialize)]
struct DeliveryOut {
    delivery_id: String,
    position: i64,
    event: String,
    body: String,
    state: &'static str,
    attempts: i64,
    owed_since: i64,
    /// When a pending one is tried next.
    due_at: Option<i64>,
    attempted_at: Option<i64>,
    response_status: Option<i64>,
    error: Option<String>,
}

fn default_limit() -> i64 {
    100
}

pub(crate) async fn deliveries(
    State(app): State<AppState>,
    Path(webhook_id): Path<String>,
    Asked(listed): Asked<Listed>,
) -> Result<Answer, ApiError> {
    let webhook = app.webhook(&webhook_id).await?;
    let state = listed.state.map(|state| match state {
        Chosen::Pending => DeliveryState::Pending,
        Chosen::Delivered => DeliveryState::Delivered,
        Chosen::Failed => DeliveryState::Failed,
    });
    let limit = listed.limit.clamp(1, DELIVERIES);
    let found = app.log.webhooks().deliveries(&webhook.webhook_id, state, listed.before, limit).await?;
    Answer::new(&List { deliveries: found.into_iter().map(DeliveryOut::from).collect() })
}

/// Owes a delivery again; the reactor sends it in a moment.
pub(crate) async fn redeliver(
    State(app): State<AppState>,
    Path(delivery_id): Path<String>,
) -> Result<Answer, ApiError> {
    validate::no_nul("delivery_id", &delivery_id)?;
    if app.log.webhooks().redeliver(&delivery_id, app.clock.now_ms()).await? {
        return Ok(Answer::empty());
    }
    let shown = validate::cut(&delivery_id, 100);
    let message = format!("There is no delivery '{shown}', or its webhook was deleted.");
    Err(DomainError::not_found(message).into())
}

impl From<Delivery> for DeliveryOut {
    fn from(delivery: Delivery) -> Self {
        Self {
            delivery_id: delivery.delivery_id,
            position: delivery.position,
            event: delivery.event,
            body: delivery.body,
            state: delivery.state.as_str(),
            attempts: delivery.attempts,
            owed_since: delivery.owed_since,
            due_at: (delivery.state == DeliveryState::Pending).then_some(delivery.due_at),
            attempted_at: delivery.attempted_at,
            response_status: delivery.response_status,
            error: delivery.error,
        }
    }
}
