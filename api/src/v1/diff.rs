//! What became of a run between two moments, and by which events.

use axum::extract::{Path, State};
use runledger_domain::points::Point;
use runledger_domain::{Event, FieldValue, Run, StreamId};
use runledger_storage::{Audit, AuditedEvent, ReadLimit, Until};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use tokio::task::spawn_blocking;
use utoipa::{IntoParams, ToSchema};

use super::asked::Asked;
use super::document::Missing;
use super::moment::Moment;
use super::past::MilestoneOut;
use super::words::{self, Number};
use crate::wire::Answer;
use crate::{ApiError, AppState};

/// What is read of the run at a time.
const PAGE: ReadLimit = ReadLimit { events: 500, bytes: 8 << 20 };

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Between {
    /// Before the run was created if it is left out.
    #[param(nullable = false)]
    from: Option<Moment>,
    /// Now if it is left out.
    #[param(nullable = false)]
    to: Option<Moment>,
}

/// What became of a run between two moments.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RunDiff)]
struct Diff {
    run_id: String,
    /// The last event that counts at each end; null where the run was not there yet.
    #[schema(required = true)]
    from: Option<MilestoneOut>,
    #[schema(required = true)]
    to: Option<MilestoneOut>,
    fields: Vec<ChangeOut>,
    params: Vec<ChangeOut>,
    tags: Vec<ChangeOut>,
    /// Their last values.
    metrics: Vec<ChangeOut>,
}

/// A value that is other than before.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RunDifference)]
struct ChangeOut {
    key: String,
    #[schema(schema_with = words::difference)]
    change: &'static str,
    /// A text or a time, or of metrics the last point as `{value, step, timestamp}`; null where there was none.
    old: Value,
    new: Value,
    /// How many events had a part in it, and the last of them.
    events: usize,
    #[schema(required = true)]
    by: Option<By>,
}

/// The event that did it.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ChangedBy)]
struct By {
    position: i64,
    at: i64,
    kind: String,
    actor: String,
    request_id: String,
}

/// The fold of the run's stream, up to where it was read.
#[derive(Debug, Default)]
struct Tracing {
    from: Option<Moment>,
    to: Option<Moment>,
    before: Option<Run>,
    after: Option<Run>,
    first: Option<MilestoneOut>,
    last: Option<MilestoneOut>,
    /// By field, or `metrics.<key>`.
    by: BTreeMap<String, (usize, By)>,
}

/// What became of a run between two moments, and by which events.
#[utoipa::path(get, path = "/runs/{run_id}/diff", tag = "runs", operation_id = "diff_run",
    params(("run_id" = String, Path), Between),
    responses((status = 200, description = "The differences.", body = Diff), Missing))]
pub(crate) async fn of_run(
    State(app): State<AppState>,
    Path(run_id): Path<String>,
    Asked(Between { from, to }): Asked<Between>,
) -> Result<Answer, ApiError> {
    let is_backwards = |from: Moment, to: Moment| match (from.until(), to.until()) {
        (Until::Position(from), Until::Position(to)) | (Until::Time(from), Until::Time(to)) => to < from,
        _ => false,
    };
    if from.zip(to).is_some_and(|(from, to)| is_backwards(from, to)) {
        return Err(ApiError::invalid("'to' is before 'from'; exchange them."));
    }
    let run = app.run(&run_id).await?;
    // An experiment takes its runs along when it is deleted.
    let streams = [StreamId::run(&run_id), StreamId::experiment(run.experiment_id)];
    let mut tracing = Tracing { from, to, ..Tracing::default() };
    let mut position = 0;
    loop {
        let of = Audit { streams: &streams, ..Audit::default() };
        let page = app.log.audit_after(&of, position, PAGE, true).await?;
        let Some(end) = page.last().map(|event| event.position) else { break };
        position = end;
        // Decoding points is work enough to leave the runtime's threads to others.
        tracing = spawn_blocking(move || tracing.add(&page)).await.map_err(ApiError::internal)?;
    }
    Answer::new(&tracing.diff(run_id))
}

impl Tracing {
    fn add(mut self, page: &[AuditedEvent]) -> Self {
        for recorded in page {
            let is_in = |moment: Option<Moment>| moment.is_some_and(|moment| counts(recorded, moment.until()));
            // An event that does not read is the projector's to report; the rest is told without it.
            let Ok(event) = recorded.decode() else { continue };
            let milestone = || MilestoneOut { position: recorded.position, at: recorded.recorded_at };
            if is_in(self.from) {
                Run::trace(&mut self.before, &event);
                Run::trace(&mut self.after, &event);
                if self.before.is_some() {
                    (self.first, self.last) = (Some(milestone()), Some(milestone()));
                }
            } else if self.to.is_none() || is_in(self.to) {
                self.trace(recorded, &event);
                if self.after.is_some() {
                    self.last = Some(milestone());
                }
            }
        }
        self
    }

    fn trace(&mut self, recorded: &AuditedEvent, event: &Event) {
        let latest = |run: &Option<Run>, key: &str| run.as_ref().and_then(|run| run.metrics.get(key)).copied();
        let keys: Vec<(String, Option<Point>)> = match event {
            Event::MetricsLogged(batch) => {
                batch.keys().iter().map(|key| (key.clone(), latest(&self.after, key))).collect()
            }
            _ => Vec::new(),
        };
        let changed = Run::trace(&mut self.after, event);
        let fields = changed.into_iter().map(|change| change.field);
        let measured = keys.into_iter().filter(|(key, old)| latest(&self.after, key) != *old);
        let touched: BTreeSet<String> = fields.chain(measured.map(|(key, _)| format!("metrics.{key}"))).collect();
        for field in touched {
            let by = By {
                position: recorded.position,
                at: recorded.recorded_at,
                kind: recorded.kind.clone(),
                actor: recorded.actor.clone(),
                request_id: recorded.request_id.clone(),
            };
            let events = self.by.get(&field).map_or(1, |(events, _)| events + 1);
            self.by.insert(field, (events, by));
        }
    }

    fn diff(self, run_id: String) -> Diff {
        let parts = |run: &Option<Run>| run.as_ref().map(Parts::of).unwrap_or_default();
        let (old, new) = (parts(&self.before), parts(&self.after));
        let compare = |prefix: &str, old: &BTreeMap<String, Value>, new: &BTreeMap<String, Value>| {
            let keys: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
            let changes = keys.into_iter().filter_map(|key| {
                let (old, new) = (old.get(key), new.get(key));
                let change = match (old, new) {
                    (None, _) => "added",
                    (_, None) => "removed",
                    (old, new) if old == new => return None,
                    _ => "changed",
                };
                let by = self.by.get(&format!("{prefix}{key}"));
                Some(ChangeOut {
                    key: key.clone(),
                    change,
                    old: old.cloned().unwrap_or_default(),
                    new: new.cloned().unwrap_or_default(),
                    events: by.map_or(0, |(events, _)| *events),
                    by: by.map(|(_, by)| by.clone()),
                })
            });
            changes.collect()
        };
        Diff {
            fields: compare("", &old.fields, &new.fields),
            params: compare("params.", &old.params, &new.params),
            tags: compare("tags.", &old.tags, &new.tags),
            metrics: compare("metrics.", &old.metrics, &new.metrics),
            run_id,
            from: self.first,
            to: self.last,
        }
    }
}

/// The values of a run by key.
#[derive(Debug, Default)]
struct Parts {
    fields: BTreeMap<String, Value>,
    params: BTreeMap<String, Value>,
    tags: BTreeMap<String, Value>,
    metrics: BTreeMap<String, Value>,
}

impl Parts {
    fn of(run: &Run) -> Self {
        let texts = |texts: &BTreeMap<String, String>| {
            texts.iter().map(|(key, value)| (key.clone(), Value::from(value.as_str()))).collect()
        };
        let fields = run.fields().into_iter().map(|(name, value)| {
            let value = match value {
                FieldValue::Text(text) => Value::from(text),
                FieldValue::Time(time) => Value::from(time),
            };
            (name.to_owned(), value)
        });
        let metric =
            |point: &Point| json!({"value": Number(point.value), "step": point.step, "timestamp": point.timestamp});
        Self {
            fields: fields.collect(),
            params: texts(&run.params),
            tags: texts(&run.tags),
            metrics: run.metrics.iter().map(|(key, point)| (key.clone(), metric(point))).collect(),
        }
    }
}

fn counts(event: &AuditedEvent, until: Until) -> bool {
    match until {
        Until::Position(position) => event.position <= position,
        Until::Time(time) => event.recorded_at <= time,
    }
}
