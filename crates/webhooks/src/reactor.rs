//! The reactor: owes what happens to whoever asked for it, and sends it.

use runledger_domain::{Clock, Event, IdGen, RecordedEvent, RegisteredModel, StreamId};
use runledger_storage::webhooks::{Attempt, DeliveryState, NewDelivery, WaitingDelivery, Webhook};
use runledger_storage::{Error, EventLog, Leases, ReadModel};
use serde_json::Value;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;

use crate::metrics::Outcome;
use crate::{Answer, Sender, Topic, WebhookMetrics, payload};

/// What the reactor works with. Clones share everything.
#[derive(Clone, Debug)]
pub struct Deps {
    pub log: EventLog,
    pub views: ReadModel,
    pub leases: Leases,
    pub clock: Arc<dyn Clock>,
    pub ids: Arc<dyn IdGen>,
    pub sender: Sender,
    pub metrics: WebhookMetrics,
}

/// The name of the reactor, of its place in the log, and of its lease.
pub const REACTOR: &str = "reactor/webhooks";

/// How long what another process did may go unnoticed.
const POLL: Duration = Duration::from_millis(500);
/// The pause between two looks at a log that moves: a webhook need not come sooner, and each look asks the database.
const BEAT: Duration = Duration::from_millis(50);
/// The pause after a failure of the database.
const PAUSE: Duration = Duration::from_secs(1);
/// How often a process that does not send looks whether it should.
const CANDIDATURE: Duration = Duration::from_secs(2);
/// Positions that one step looks at.
const PAGE: i64 = 5_000;
/// Positions without a debt after which the place is saved all the same.
const SAVE_EVERY: i64 = 100_000;
/// Deliveries on their way at a time.
const AT_ONCE: usize = 32;
/// Registered models whose state is remembered from event to event.
const REMEMBERED: usize = 1_000;
/// How long a delivery is tried, in milliseconds: three days.
const PATIENCE: i64 = 3 * 24 * 60 * 60 * 1_000;
/// Attempts of what the receiver itself refuses: more of the same will hardly help, and others wait behind it.
const REFUSALS: i64 = 5;
/// The longest pause between two attempts, in milliseconds.
const LONGEST_PAUSE: i64 = 30_000;
/// How long settled deliveries stay in the log of deliveries, in milliseconds: thirty days.
const KEPT: i64 = 30 * 24 * 60 * 60 * 1_000;
/// How often old ones are cleared away.
const CLEARING: Duration = Duration::from_hours(1);

const OF_MODELS: [&str; 8] = [
    "RegisteredModelCreated",
    "RegisteredModelTagsSet",
    "RegisteredModelTagDeleted",
    "RegisteredModelAliasSet",
    "RegisteredModelAliasDeleted",
    "ModelVersionCreated",
    "ModelVersionTagsSet",
    "ModelVersionTagDeleted",
];
const OF_RUNS: [&str; 4] = ["RunCreated", "RunUpdated", "RunDeleted", "RunRestored"];

/// Reacts until `shutdown`, as long as no other process does.
pub async fn run(deps: Deps, shutdown: CancellationToken) {
    let candidate = async {
        loop {
            match deps.leases.try_acquire(REACTOR).await {
                Ok(Some(lease)) => {
                    let work = Reactor::new(deps.clone()).work();
                    lease.lost().run_until_cancelled(work).await;
                    tracing::warn!("another process may send webhooks now");
                }
                Ok(None) => sleep(CANDIDATURE).await,
                Err(error) => {
                    tracing::error!(error = &error as &dyn std::error::Error, "no webhooks are sent, trying again");
                    sleep(PAUSE).await;
                }
            }
        }
    };
    // What is on its way is sent again after the next start, under the same id.
    shutdown.run_until_cancelled(candidate).await;
}

#[derive(Debug)]
struct Reactor {
    deps: Deps,
    /// Every event up to this position is owed to whoever asked.
    position: i64,
    /// What the log knows of it.
    saved: Option<i64>,
    /// Models as they were at `position`.
    models: HashMap<String, RegisteredModel>,
    sending: JoinSet<Sent>,
    /// The webhooks and subjects of what is on its way.
    busy: HashSet<(String, String)>,
    cleared_at: Instant,
}

/// A delivery that came to an end, and what it came to.
#[derive(Debug)]
struct Sent {
    delivery: WaitingDelivery,
    answer: Result<Answer, String>,
}

impl Reactor {
    fn new(deps: Deps) -> Self {
        let (models, sending, busy) = (HashMap::new(), JoinSet::new(), HashSet::new());
        Self { deps, position: 0, saved: None, models, sending, busy, cleared_at: Instant::now() }
    }

    async fn work(mut self) {
        let mut signal = self.deps.log.signal();
        let mut known = false;
        loop {
            signal.mark_unchanged();
            match self.step(&mut known).await {
                Ok(true) => {}
                Ok(false) => {
                    tokio::select! {
                        _ = timeout(POLL, signal.changed()) => sleep(BEAT).await,
                        Some(sent) = self.sending.join_next() => self.settle(sent).await,
                    }
                }
                Err(error) => {
                    tracing::error!(error = &error as &dyn std::error::Error, "webhooks wait, trying again");
                    known = false;
                    sleep(PAUSE).await;
                }
            }
        }
    }

    /// Owes and sends what there is; tells whether there may be more at once.
    async fn step(&mut self, known: &mut bool) -> Result<bool, Error> {
        if !*known {
            self.saved = self.deps.log.reactor_position(REACTOR).await?;
            self.position = self.saved.unwrap_or_default();
            self.models.clear();
            *known = true;
        }
        while let Some(sent) = self.sending.try_join_next() {
            self.settle(sent).await;
        }
        let moved = self.owe().await?;
        let begun = self.send_due().await?;
        if self.cleared_at.elapsed() >= CLEARING {
            self.cleared_at = Instant::now();
            self.deps.log.webhooks().forget_settled(self.deps.clock.now_ms() - KEPT).await?;
        }
        Ok(moved || begun)
    }

    /// Looks at the next events, and writes down what they mean to whom.
    async fn owe(&mut self) -> Result<bool, Error> {
        // In this order: a webhook that is made after its absence was seen is not owed what was in the log before.
        let head = self.deps.log.head().await?;
        let webhooks = self.deps.log.webhooks().active().await?;
        self.deps.metrics.lag_events.set((head - self.position).max(0));
        if head <= self.position {
            return Ok(false);
        }
        let upto = if webhooks.is_empty() { head } else { head.min(self.position + PAGE) };
        let owed = if webhooks.is_empty() { Vec::new() } else { self.owed(&webhooks, upto).await? };
        if !owed.is_empty() || upto - self.saved.unwrap_or_default() >= SAVE_EVERY || self.saved.is_none() {
            let now = self.deps.clock.now_ms();
            self.deps.log.webhooks().owe(REACTOR, self.saved, upto, owed, now).await?;
            self.saved = Some(upto);
        }
        if webhooks.is_empty() {
            self.models.clear();
        }
        self.position = upto;
        Ok(upto < head)
    }

    async fn owed(&mut self, webhooks: &[Webhook], upto: i64) -> Result<Vec<NewDelivery>, Error> {
        let of_runs =
            |webhook: &Webhook| webhook.events.iter().filter_map(|name| Topic::named(name)).any(Topic::is_of_runs);
        let mut kinds = OF_MODELS.to_vec();
        // Models that are renamed or gone are known under their new name or not at all.
        kinds.extend(["RegisteredModelRenamed", "RegisteredModelDeleted"]);
        if webhooks.iter().any(of_runs) {
            kinds.extend(OF_RUNS);
        }
        let mut owed = Vec::new();
        for recorded in self.deps.log.read_kinds(&kinds, self.position, upto).await? {
            let event = match recorded.decode() {
                Ok(event) => event,
                Err(error) => {
                    // Waiting would not make it readable, and the others must not wait for it.
                    tracing::error!(error = &error as &dyn std::error::Error, position = recorded.position, "skipping");
                    continue;
                }
            };
            let Some((topic, data)) = self.meaning(&recorded, &event).await? else { continue };
            let asked = webhooks.iter().filter(|webhook| {
                webhook.active_since <= recorded.recorded_at && webhook.events.iter().any(|name| name == topic.name())
            });
            owed.extend(asked.map(|webhook| NewDelivery {
                delivery_id: self.deps.ids.random_id().to_string(),
                webhook_id: webhook.webhook_id.clone(),
                position: recorded.position,
                subject: recorded.stream.as_str().to_owned(),
                event: topic.name().to_owned(),
                body: payload::body(topic, recorded.recorded_at, &data),
            }));
        }
        Ok(owed)
    }

    async fn meaning(&mut self, recorded: &RecordedEvent, event: &Event) -> Result<Option<(Topic, Value)>, Error> {
        if let Some(id) = recorded.stream.registered_model_id() {
            let model = self.model(id, recorded, event).await?;
            return Ok(model.and_then(|model| payload::of_registry(event, model)));
        }
        let (Some(run_id), Some(topic)) = (recorded.stream.run_id(), payload::topic_of_run(event)) else {
            return Ok(None);
        };
        Ok(Box::pin(self.deps.views.run(run_id)).await?.map(|run| (topic, payload::of_run(&run))))
    }

    /// The model as it is after the event.
    async fn model(
        &mut self,
        id: &str,
        recorded: &RecordedEvent,
        event: &Event,
    ) -> Result<Option<&RegisteredModel>, Error> {
        if self.models.len() >= REMEMBERED && !self.models.contains_key(id) {
            self.models.clear();
        }
        if let Some(model) = self.models.get_mut(id) {
            model.evolve(event, recorded.recorded_at);
        } else {
            let mut model = None;
            for earlier in self.deps.log.read_streams(&[StreamId::registered_model(id)], 0).await? {
                let (true, Ok(event)) = (earlier.position <= recorded.position, earlier.decode()) else { continue };
                match &mut model {
                    None => model = RegisteredModel::begin(&event, earlier.recorded_at),
                    Some(model) => model.evolve(&event, earlier.recorded_at),
                }
            }
            self.models.extend(model.map(|model| (id.to_owned(), model)));
        }
        Ok(self.models.get(id))
    }

    /// Begins to send what is due; tells whether it began anything.
    async fn send_due(&mut self) -> Result<bool, Error> {
        let room = AT_ONCE.saturating_sub(self.sending.len());
        if room == 0 {
            return Ok(false);
        }
        let now = self.deps.clock.now_ms();
        let limit = i64::try_from(AT_ONCE * 2).unwrap_or_default();
        let due = self.deps.log.webhooks().due(now, limit).await?;
        let mut begun = 0;
        for delivery in due {
            let subject = (delivery.webhook_id.clone(), delivery.subject.clone());
            if begun < room && self.busy.insert(subject) {
                let (sender, now) = (self.deps.sender.clone(), self.deps.clock.now_ms());
                self.sending.spawn(async move {
                    let WaitingDelivery { url, secret, delivery_id, body, .. } = &delivery;
                    let answer = sender.send(url, secret.as_deref(), delivery_id, body, now).await;
                    Sent { delivery, answer }
                });
                begun += 1;
            }
        }
        Ok(begun > 0)
    }

    /// Writes down what a delivery came to.
    async fn settle(&mut self, sent: Result<Sent, tokio::task::JoinError>) {
        let Sent { delivery, answer } = match sent {
            Ok(sent) => sent,
            Err(error) => {
                // Nothing is known of what it was; all subjects are free again, at worst something is sent twice.
                tracing::error!(%error, "a delivery broke off");
                self.busy.clear();
                return;
            }
        };
        let now = self.deps.clock.now_ms();
        let (attempt, outcome) = judge(&delivery, &answer, now);
        self.deps.metrics.attempted(outcome);
        let WaitingDelivery { delivery_id, webhook_id, subject, .. } = delivery;
        if outcome != Outcome::Delivered {
            let error = attempt.error.as_deref().unwrap_or_default();
            tracing::warn!(
                webhook_id,
                delivery_id,
                error,
                given_up = outcome == Outcome::Failed,
                "webhook not delivered"
            );
        }
        if let Err(error) = self.deps.log.webhooks().attempted(&delivery_id, &webhook_id, &attempt, now).await {
            tracing::error!(error = &error as &dyn std::error::Error, delivery_id, "a delivery may be sent twice");
        }
        self.busy.remove(&(webhook_id, subject));
    }
}

/// What is to become of a delivery after its answer.
fn judge(delivery: &WaitingDelivery, answer: &Result<Answer, String>, now: i64) -> (Attempt, Outcome) {
    let status = answer.as_ref().ok().map(|answer| answer.status);
    let attempts = delivery.attempts + 1;
    let error = match answer {
        Ok(Answer { status: 200..300, .. }) => None,
        Ok(Answer { status, body }) if body.is_empty() => Some(format!("the receiver answered {status}")),
        Ok(Answer { status, body }) => Some(format!("the receiver answered {status}: {body}")),
        Err(reason) => Some(reason.clone()),
    };
    let refused = matches!(status, Some(300..500)) && !matches!(status, Some(408 | 425 | 429));
    let exhausted = now - delivery.owed_since > PATIENCE || (refused && attempts >= REFUSALS);
    let (state, outcome) = match error {
        None => (DeliveryState::Delivered, Outcome::Delivered),
        Some(_) if exhausted => (DeliveryState::Failed, Outcome::Failed),
        Some(_) => (DeliveryState::Pending, Outcome::Retried),
    };
    let pause = LONGEST_PAUSE.min(1_000 << delivery.attempts.clamp(0, 10));
    (Attempt { state, response_status: status.map(i64::from), error, due_at: now + pause }, outcome)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(attempts: i64, answer: Result<u16, &str>, now: i64) -> (DeliveryState, i64) {
        let delivery = WaitingDelivery {
            delivery_id: "d".to_owned(),
            webhook_id: "w".to_owned(),
            subject: "registered-model/1".to_owned(),
            body: "{}".to_owned(),
            attempts,
            owed_since: 0,
            url: "https://example.org".to_owned(),
            secret: None,
        };
        let answer = answer.map(|status| Answer { status, body: String::new() }).map_err(str::to_owned);
        let (attempt, _) = judge(&delivery, &answer, now);
        (attempt.state, attempt.due_at - now)
    }

    #[test]
    fn failures_are_tried_again_with_growing_pauses() {
        assert_eq!(judged(0, Ok(204), 0).0, DeliveryState::Delivered);
        assert_eq!(judged(0, Err("refused"), 0), (DeliveryState::Pending, 1_000));
        assert_eq!(judged(3, Ok(503), 0), (DeliveryState::Pending, 8_000));
        assert_eq!(judged(1_000, Ok(429), PATIENCE), (DeliveryState::Pending, LONGEST_PAUSE));
        assert_eq!(judged(9, Err("refused"), PATIENCE + 1).0, DeliveryState::Failed);
    }

    #[test]
    fn what_the_receiver_refuses_is_given_up_sooner() {
        assert_eq!(judged(REFUSALS - 2, Ok(404), 0).0, DeliveryState::Pending);
        assert_eq!(judged(REFUSALS - 1, Ok(404), 0).0, DeliveryState::Failed);
        assert_eq!(judged(REFUSALS - 1, Ok(302), 0).0, DeliveryState::Failed, "redirects are not followed");
        assert_eq!(judged(REFUSALS - 1, Ok(429), 0).0, DeliveryState::Pending);
    }
}
