//! `runledger events`: the log, event by event.

mod export;
mod jsonl;
mod partitions;
mod table;

use chrono::{DateTime, SecondsFormat};
use runledger_domain::StreamId;
use runledger_domain::points::{Batch, Point, double_name};
use runledger_operations::{About, Interest, LogTail, ToldEvent};
use runledger_storage::{Audit, AuditedEvent, ReadLimit};
use serde_json::{Map, Value, json};
use std::io::{self, Write};
use std::time::Duration;
use tokio::time::sleep;

use crate::Failure;
use crate::backend::Backend;
use crate::cli::EventsCommand;
use crate::config::Config;
use crate::parts::Parts;

/// How often the log is looked at for new events.
const POLL: Duration = Duration::from_millis(200);
/// Characters of a payload that a line shows.
const SHOWN: usize = 200;

pub(crate) async fn run(config: &Config, command: EventsCommand) -> Result<(), Failure> {
    let parts = Parts::new(Backend::open_migrated(config).await?)?;
    let outcome = match command {
        EventsCommand::Tail { follow, run, experiment, kind, from, limit, json } => {
            let about = about(&parts, run, experiment).await?;
            let shown = Tail { log: LogTail::new(parts.log.clone()), interest: Interest { about, kind }, json };
            shown.run(&parts, from, limit, follow).await
        }
        EventsCommand::Show { position } => show(&parts, position).await,
        EventsCommand::Export { format, to, from, partition } => export::run(&parts, format, to, from, partition).await,
    };
    match outcome {
        // Who reads has seen enough, such as `head`.
        Err(error) if error.downcast_ref::<io::Error>().is_some_and(|e| e.kind() == io::ErrorKind::BrokenPipe) => {
            Ok(())
        }
        outcome => outcome,
    }
}

/// What is named must be there.
async fn about(parts: &Parts, run: Option<String>, experiment: Option<String>) -> Result<About, Failure> {
    if let Some(run_id) = run {
        let found = parts.read_model.run(&run_id).await?;
        return Ok(About::run(&found.ok_or_else(|| format!("there is no run {run_id}"))?));
    }
    let Some(id) = experiment else { return Ok(About::Everything) };
    let number = id.parse().map_err(|_not_a_number| format!("{id:?} is no id of an experiment, which is a number"))?;
    let found = parts.read_model.experiment(number).await?;
    Ok(About::experiment(&found.ok_or_else(|| format!("there is no experiment {id}"))?))
}

struct Tail {
    log: LogTail,
    interest: Interest,
    json: bool,
}

impl Tail {
    async fn run(&self, parts: &Parts, from: Option<i64>, limit: usize, follow: bool) -> Result<(), Failure> {
        let head = parts.log.head().await?;
        let mut position = if let Some(from) = from {
            from - 1
        } else {
            let latest = self.log.latest(limit, &self.interest).await?;
            self.print(latest.iter().map(AsRef::as_ref))?;
            latest.last().map_or(head, |told| told.event.position.max(head))
        };
        while follow || position < head {
            let page = self.log.after(position, &self.interest).await?;
            self.print(page.events.iter().map(AsRef::as_ref))?;
            if page.position == position {
                sleep(POLL).await;
            }
            position = page.position;
        }
        Ok(())
    }

    fn print<'a>(&self, events: impl Iterator<Item = &'a ToldEvent>) -> Result<(), Failure> {
        let mut out = io::stdout().lock();
        for told in events {
            if self.json {
                let mut object = as_object(&told.event);
                if let Some(id) = told.experiment_id {
                    object.insert("experiment_id".to_owned(), id.to_string().into());
                }
                writeln!(out, "{}", Value::Object(object))?;
            } else {
                let AuditedEvent { position, stream, kind, payload, actor, .. } = &told.event;
                let (at, stream) = (time(told.event.recorded_at), stream.as_str());
                let cut = runledger_domain::validate::cut(payload, SHOWN);
                let more = if cut.len() < payload.len() { "…" } else { "" };
                writeln!(out, "{position:>10}  {at}  {kind:<22} {stream}  by {actor}  {cut}{more}")?;
            }
        }
        Ok(out.flush()?)
    }
}

async fn show(parts: &Parts, position: i64) -> Result<(), Failure> {
    let limit = ReadLimit { events: 1, bytes: 1 };
    let found = parts.log.audit_after(&Audit::default(), position.saturating_sub(1), limit, true).await?;
    let Some(event) = found.into_iter().find(|event| event.position == position) else {
        return Err(format!("there is no event {position}; the log ends at {}", parts.log.head().await?).into());
    };
    let mut object = as_object(&event);
    object.insert("recorded".to_owned(), time(event.recorded_at).into());
    object.insert("schema_version".to_owned(), event.schema_version.into());
    match event.decode() {
        Ok(runledger_domain::Event::MetricsLogged(batch)) => {
            object.insert("points".to_owned(), points(&batch));
        }
        Ok(_) => {}
        Err(error) => {
            object.insert("unreadable".to_owned(), crate::parts::chain(&error).into());
        }
    }
    writeln!(io::stdout().lock(), "{:#}", Value::Object(object))?;
    Ok(())
}

/// The event without points. A payload that is no JSON is shown as text.
pub(super) fn as_object(event: &AuditedEvent) -> Map<String, Value> {
    let payload: Value = serde_json::from_str(&event.payload).unwrap_or_else(|_no_json| event.payload.as_str().into());
    let object = json!({
        "position": event.position,
        "at": event.recorded_at,
        "stream": StreamId::as_str(&event.stream),
        "kind": event.kind,
        "actor": event.actor,
        "request_id": event.request_id,
        "payload": payload,
    });
    match object {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
}

/// By key, each point as `[step, timestamp, value]`.
fn points(batch: &Batch) -> Value {
    let of_key = |(key, range): (&str, std::ops::Range<usize>)| {
        let points = range.filter_map(|index| batch.columns().get(index));
        (
            key.to_owned(),
            points.map(|Point { step, timestamp, value }| json!([step, timestamp, double(value)])).collect(),
        )
    };
    Value::Object(batch.per_key().map(of_key).collect())
}

/// A double that JSON has no number for is a text.
fn double(value: f64) -> Value {
    double_name(value).map_or_else(|| value.into(), Value::from)
}

pub(super) fn time(milliseconds: i64) -> String {
    let time = DateTime::from_timestamp_millis(milliseconds);
    time.map_or_else(|| milliseconds.to_string(), |time| time.to_rfc3339_opts(SecondsFormat::Millis, true))
}
