//! `webhooks`: who is told about what happens, as MLflow 3 has it. Deliveries are sent by the reactor; see [`crate::v1`] for
//! their log.

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::{get, post};
use runledger_domain::{DomainError, validate};
use runledger_storage::webhooks::Webhook;
use runledger_webhooks::{Topic, check_url, example};
use serde::Serialize;
use serde_json::{Value, json};

use crate::offset_token::{read_token, write_token};
use crate::wire::Answer;
use crate::{ApiError, App, AppState, Args};

/// Longest name, in characters.
const NAME: usize = 63;
const DEFAULT_PAGE: usize = 100;
const LARGEST_PAGE: usize = 1_000;

/// The routes below one of MLflow's prefixes.
pub(crate) fn routes(prefix: &str) -> Router<AppState> {
    Router::new()
        .route(&format!("{prefix}/webhooks"), get(list).post(create))
        .route(&format!("{prefix}/webhooks/{{webhook_id}}"), get(one).patch(update).delete(delete))
        .route(&format!("{prefix}/webhooks/{{webhook_id}}/test"), post(test))
}

/// A webhook without its secret.
#[derive(Debug, Serialize)]
pub(crate) struct WebhookOut {
    webhook_id: String,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    url: String,
    events: Vec<Value>,
    status: &'static str,
    creation_timestamp: i64,
    last_updated_timestamp: i64,
}

async fn create(State(app): State<AppState>, args: Args) -> Result<Answer, ApiError> {
    let now = app.clock.now_ms();
    let webhook = Webhook {
        webhook_id: app.ids.random_id().to_string(),
        name: args.required("name")?.to_owned(),
        url: args.required("url")?.to_owned(),
        description: args.filled("description")?.map(str::to_owned),
        secret: args.filled("secret")?.map(str::to_owned),
        events: events(&args)?.ok_or_else(|| DomainError::missing("events"))?,
        active: args.choice("status", is_active)?.unwrap_or(true),
        created_at: now,
        updated_at: now,
        active_since: now,
    };
    app.keep(webhook).await
}

async fn list(State(app): State<AppState>, args: Args) -> Result<Answer, ApiError> {
    #[derive(Serialize)]
    struct Page {
        #[serde(skip_serializing_if = "Vec::is_empty")]
        webhooks: Vec<WebhookOut>,
        #[serde(skip_serializing_if = "Option::is_none")]
        next_page_token: Option<String>,
    }
    let asked = args.int("max_results")?.filter(|number| *number != 0);
    let limit = asked.map_or(Some(DEFAULT_PAGE), |number| usize::try_from(number).ok());
    let limit = limit.filter(|number| (1..=LARGEST_PAGE).contains(number));
    let limit = limit.ok_or_else(|| ApiError::invalid("max_results must be between 1 and 1000."))?;
    let from = args.filled("page_token")?.map_or(Ok(0), read_token)?;
    let (most, offset) = (limit_as_sql(limit + 1), limit_as_sql(from));
    let mut found = app.log.webhooks().list(most, offset).await?;
    let next_page_token = (found.len() > limit).then(|| write_token(from + limit));
    found.truncate(limit);
    Answer::new(&Page { webhooks: found.into_iter().map(WebhookOut::from).collect(), next_page_token })
}

async fn one(State(app): State<AppState>, Path(webhook_id): Path<String>) -> Result<Answer, ApiError> {
    Answer::new(&json!({"webhook": WebhookOut::from(app.webhook(&webhook_id).await?)}))
}

/// What is absent stays as it is; an empty description or secret is taken away.
async fn update(State(app): State<AppState>, Path(webhook_id): Path<String>, args: Args) -> Result<Answer, ApiError> {
    let mut webhook = app.webhook(&webhook_id).await?;
    if let Some(name) = args.filled("name")? {
        name.clone_into(&mut webhook.name);
    }
    if let Some(url) = args.filled("url")? {
        url.clone_into(&mut webhook.url);
    }
    if let Some(description) = args.text("description")? {
        webhook.description = Some(description.to_owned());
    }
    if let Some(secret) = args.text("secret")? {
        webhook.secret = Some(secret.to_owned()).filter(|secret| !secret.is_empty());
    }
    if let Some(events) = events(&args)? {
        webhook.events = events;
    }
    if let Some(active) = args.choice("status", is_active)? {
        webhook.active = active;
    }
    webhook.updated_at = app.clock.now_ms();
    app.keep(webhook).await
}

async fn delete(State(app): State<AppState>, Path(webhook_id): Path<String>) -> Result<Answer, ApiError> {
    if app.log.webhooks().delete(&webhook_id, app.clock.now_ms()).await? {
        Ok(Answer::empty())
    } else {
        Err(unknown(&webhook_id))
    }
}

/// Sends an example at once, of the event that is given or else of the webhook's first.
async fn test(State(app): State<AppState>, Path(webhook_id): Path<String>, args: Args) -> Result<Answer, ApiError> {
    let webhook = app.webhook(&webhook_id).await?;
    let topic = match args.object("event")? {
        Some(event) => Some(topic(&event)?),
        None => webhook.events.first().and_then(|name| Topic::named(name)),
    };
    let topic = topic.ok_or_else(|| ApiError::internal("a webhook without a known event"))?;
    let (now, delivery_id) = (app.clock.now_ms(), app.ids.random_id().to_string());
    let body = example(topic, now);
    let answer = app.webhook_sender.send(&webhook.url, webhook.secret.as_deref(), &delivery_id, &body, now).await;
    let result = match answer {
        Ok(answer) => json!({
            "success": answer.status < 400, "response_status": answer.status, "response_body": answer.body,
        }),
        Err(reason) => json!({"success": false, "error_message": format!("Failed to test webhook: {reason}")}),
    };
    Answer::new(&json!({"result": result}))
}

impl App {
    /// The webhook, which must be there.
    pub(crate) async fn webhook(&self, webhook_id: &str) -> Result<Webhook, ApiError> {
        validate::no_nul("webhook_id", webhook_id)?;
        self.log.webhooks().get(webhook_id).await?.ok_or_else(|| unknown(webhook_id))
    }

    /// Checks the webhook, keeps it and answers with it.
    async fn keep(&self, webhook: Webhook) -> Result<Answer, ApiError> {
        check_name(&webhook.name)?;
        check_url(&webhook.url, self.webhook_sender.is_private_allowed())
            .await
            .map_err(|error| ApiError::invalid(error.to_string()))?;
        self.log.webhooks().put(&webhook).await?;
        Answer::new(&json!({"webhook": WebhookOut::from(webhook)}))
    }
}

/// The events asked for, if any.
fn events(args: &Args) -> Result<Option<Vec<String>>, ApiError> {
    let Some(given) = args.objects("events")?.filter(|given| !given.is_empty()) else { return Ok(None) };
    let mut names: Vec<String> = Vec::with_capacity(given.len());
    for event in &given {
        let name = topic(event)?.name();
        if !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    }
    Ok(Some(names))
}

fn topic(event: &Args) -> Result<Topic, ApiError> {
    let (entity, action) = (event.required("entity")?, event.required("action")?);
    Topic::find(entity, action).ok_or_else(|| {
        let entity = validate::cut(entity, 100).to_ascii_lowercase();
        let actions: Vec<String> = Topic::actions(&entity).iter().map(|action| format!("'{action}'")).collect();
        let action = validate::cut(action, 100).to_ascii_lowercase();
        ApiError::invalid(if actions.is_empty() {
            format!("There is no entity '{entity}' that a webhook can be told about.")
        } else {
            format!("Invalid action '{action}' for entity '{entity}'. Valid actions are: [{}]", actions.join(", "))
        })
    })
}

fn is_active(text: &str) -> Option<bool> {
    match text {
        "ACTIVE" | "1" => Some(true),
        "DISABLED" | "2" => Some(false),
        _ => None,
    }
}

/// MLflow's rule for the names of webhooks.
fn check_name(name: &str) -> Result<(), ApiError> {
    let ends = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    let inside = name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'));
    if inside && ends(name.chars().next()) && ends(name.chars().next_back()) && name.len() <= NAME {
        return Ok(());
    }
    Err(ApiError::invalid(format!(
        "Webhook name '{}' is invalid. It must start and end with a letter or digit, be less than 63 characters long, and \
         contain only letters, digits, dots (.), underscores (_), and hyphens (-).",
        validate::cut(name, 200)
    )))
}

fn unknown(webhook_id: &str) -> ApiError {
    DomainError::not_found(format!("Webhook with ID {} not found.", validate::cut(webhook_id, 200))).into()
}

fn limit_as_sql(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

impl From<Webhook> for WebhookOut {
    fn from(webhook: Webhook) -> Self {
        let event = |name: &String| {
            let (entity, action) = name.split_once('.').unwrap_or_default();
            json!({"entity": entity.to_ascii_uppercase(), "action": action.to_ascii_uppercase()})
        };
        Self {
            events: webhook.events.iter().map(event).collect(),
            webhook_id: webhook.webhook_id,
            name: webhook.name,
            description: webhook.description,
            url: webhook.url,
            status: if webhook.active { "ACTIVE" } else { "DISABLED" },
            creation_timestamp: webhook.created_at,
            last_updated_timestamp: webhook.updated_at,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_mlflows_rule() {
        for good in ["a", "ci-hook", "A.b_c-9", &"x".repeat(63)] {
            assert!(check_name(good).is_ok(), "{good}");
        }
        for bad in ["-a", "a-", "a b", "é", &"x".repeat(64)] {
            assert!(check_name(bad).is_err(), "{bad}");
        }
    }
}
