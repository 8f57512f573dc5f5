//! What became of the deliveries of a webhook, and delivering again.

use axum::extract::{Path, State};
use runledger_domain::{DomainError, validate};
use runledger_storage::webhooks::{Delivery, DeliveryState};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::asked::Asked;
use super::document::{Done, Missing};
use super::words;
use crate::wire::Answer;
use crate::{ApiError, AppState};

/// Deliveries in an answer.
const DELIVERIES: i64 = 1_000;

#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[schema(as = DeliveryState)]
#[serde(rename_all = "lowercase")]
enum Chosen {
    Pending,
    Delivered,
    Failed,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Listed {
    /// Only those in this state.
    #[param(nullable = false, inline)]
    state: Option<Chosen>,
    /// Only of events before this position of the log.
    #[param(nullable = false)]
    before: Option<i64>,
    /// At most so many, and never more than 1000.
    #[serde(default = "default_limit")]
    #[param(default = 100)]
    limit: i64,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DeliveriesAnswer)]
struct List {
    deliveries: Vec<DeliveryOut>,
}

/// What became of an event that a webhook is owed.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Delivery)]
struct DeliveryOut {
    delivery_id: String,
    /// Of the event in the log.
    position: i64,
    event: String,
    /// What is sent, as JSON.
    body: String,
    #[schema(schema_with = words::delivery_state)]
    state: &'static str,
    attempts: i64,
    /// Milliseconds since the epoch, as all times here.
    owed_since: i64,
    /// When a pending one is tried next.
    #[schema(required = true)]
    due_at: Option<i64>,
    #[schema(required = true)]
    attempted_at: Option<i64>,
    #[schema(required = true)]
    response_status: Option<i64>,
    #[schema(required = true)]
    error: Option<String>,
}

fn default_limit() -> i64 {
    100
}

/// What became of the deliveries of a webhook, the latest first.
#[utoipa::path(get, path = "/webhooks/{webhook_id}/deliveries", tag = "operations", operation_id = "list_deliveries",
    params(("webhook_id" = String, Path), Listed),
    responses((status = 200, description = "The deliveries.", body = List), Missing))]
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
#[utoipa::path(post, path = "/webhook-deliveries/{delivery_id}/redeliver", tag = "operations", operation_id = "redeliver",
    params(("delivery_id" = String, Path)), responses(Done, Missing))]
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
