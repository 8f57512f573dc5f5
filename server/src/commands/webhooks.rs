//! `runledger webhooks`: who is told about what happens, what became of it, and telling it again.

use runledger_storage::webhooks::{Delivery, DeliveryState, Webhook};
use std::io::{self, Write};

use crate::Failure;
use crate::backend::Backend;
use crate::cli::WebhooksCommand;
use crate::config::Config;
use crate::parts::Parts;

/// Webhooks and deliveries that are looked at at a time.
const PAGE: i64 = 1_000;

pub(crate) async fn run(config: &Config, command: WebhooksCommand) -> Result<(), Failure> {
    let parts = Parts::new(Backend::open_migrated(config).await?)?;
    let webhooks = parts.log.webhooks();
    let mut out = io::stdout();
    match command {
        WebhooksCommand::List => {
            for webhook in webhooks.list(PAGE, 0).await? {
                let Webhook { webhook_id, name, url, events, active, .. } = webhook;
                let state = if active { "active" } else { "disabled" };
                writeln!(out, "{webhook_id}  {state:<8}  {name}  {url}  {}", events.join(" "))?;
            }
        }
        WebhooksCommand::Deliveries { webhook_id, state, limit } => {
            let state = match state.as_deref() {
                None => None,
                Some(name) => Some(DeliveryState::parse(name).ok_or_else(|| {
                    format!("there is no state {name:?} of deliveries; use pending, delivered or failed")
                })?),
            };
            for delivery in webhooks.deliveries(&webhook_id, state, None, limit).await? {
                let Delivery { delivery_id, position, event, state, attempts, response_status, error, .. } = delivery;
                let status = response_status.map(|status| format!("  HTTP {status}")).unwrap_or_default();
                let error = error.map(|error| format!("  {error}")).unwrap_or_default();
                let state = state.as_str();
                writeln!(
                    out,
                    "{delivery_id}  {state:<9}  event {position} {event}  {attempts} attempts{status}{error}"
                )?;
            }
        }
        WebhooksCommand::Redeliver { delivery_ids, failed_of } => {
            let mut chosen = delivery_ids;
            if let Some(webhook_id) = failed_of {
                let failed = webhooks.deliveries(&webhook_id, Some(DeliveryState::Failed), None, PAGE).await?;
                chosen.extend(failed.into_iter().map(|delivery| delivery.delivery_id));
            }
            for delivery_id in &chosen {
                if !webhooks.redeliver(delivery_id, parts.clock.now_ms()).await? {
                    return Err(format!("there is no delivery {delivery_id}, or its webhook was deleted").into());
                }
            }
            writeln!(out, "{} deliveries go out again", chosen.len())?;
        }
    }
    Ok(())
}
