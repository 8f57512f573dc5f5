//! `runledger dead-letters`: events that the views do not show because they could not be applied.

use runledger_storage::views::{DeadLetter, Views};
use runledger_storage::{Audit, ReadLimit};
use serde_json::{Value, json};
use std::io::{self, Write};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep};

use super::events::{as_object, time};
use crate::Failure;
use crate::backend::Backend;
use crate::cli::DeadLettersCommand;
use crate::config::Config;
use crate::parts::{Parts, chain};

/// Dead letters of the queue that are shown.
const OF_THE_QUEUE: usize = 1_000;
/// How long a projector may take to take marked letters up.
const PATIENCE: Duration = Duration::from_secs(15);

pub(crate) async fn run(config: &Config, command: DeadLettersCommand) -> Result<(), Failure> {
    let parts = Parts::new(Backend::open_migrated(config).await?)?;
    match command {
        DeadLettersCommand::List { limit, json } => list(config, &parts, limit, json).await,
        DeadLettersCommand::Show { position } => show(&parts, position).await,
        DeadLettersCommand::Retry { positions, all } => retry(&parts, &positions, all).await,
    }
}

async fn list(config: &Config, parts: &Parts, limit: i64, as_json: bool) -> Result<(), Failure> {
    let letters = parts.read_model.dead_letters(limit).await?;
    let of_the_queue = match &config.amqp_url {
        Some(_) => parts.queue(config, false, false)?.dead_letters(OF_THE_QUEUE).await,
        None => Ok(Vec::new()),
    };
    let all = parts.read_model.count_dead_letters().await?;
    let mut out = io::stdout().lock();
    for letter in &letters {
        if as_json {
            writeln!(out, "{}", as_value(letter))?;
        } else {
            let DeadLetter { position, stream_id, kind, error, failed_at, retry_asked_at, .. } = letter;
            let asked = if retry_asked_at.is_some() { "  (to be tried again)" } else { "" };
            writeln!(out, "{position:>10}  {}  {kind:<22} {stream_id}  {error}{asked}", time(*failed_at))?;
        }
    }
    match of_the_queue {
        Ok(messages) => {
            for message in messages.iter().filter(|_| !as_json) {
                let upload = message.upload_id.as_deref().unwrap_or("(unknown upload)");
                writeln!(out, "     queue  {upload}  {}  `runledger uploads retry` takes its id", message.reason)?;
            }
        }
        Err(error) => tracing::warn!(error = chain(&error), "the dead letters of the queue cannot be read"),
    }
    if !as_json {
        writeln!(
            out,
            "{} of {all} events that could not be applied; `retry` and `show` take their positions",
            letters.len()
        )?;
    }
    Ok(out.flush()?)
}

async fn show(parts: &Parts, position: i64) -> Result<(), Failure> {
    let letter = parts.read_model.dead_letter(position).await?;
    let letter = letter.ok_or_else(|| missing(position))?;
    let limit = ReadLimit { events: 1, bytes: 1 };
    let event = parts.log.audit_after(&Audit::default(), position - 1, limit, false).await?;
    let mut shown = as_value(&letter);
    if let (Value::Object(fields), Some(event)) = (&mut shown, event.first()) {
        fields.insert("event".to_owned(), Value::Object(as_object(event)));
    }
    writeln!(io::stdout().lock(), "{shown:#}")?;
    Ok(())
}

/// Marks the letters, and waits for the projector, which alone writes the views.
async fn retry(parts: &Parts, positions: &[i64], all: bool) -> Result<(), Failure> {
    for position in positions {
        parts.read_model.dead_letter(*position).await?.ok_or_else(|| missing(*position))?;
    }
    let views = Views::new(Arc::clone(&parts.views));
    let marked = views.ask_to_retry((!all).then_some(positions), parts.clock.now_ms()).await?;
    let deadline = Instant::now() + PATIENCE;
    while parts.read_model.count_asked_letters().await? > 0 {
        if Instant::now() > deadline {
            let hint = "a projector will take them up: start `runledger server` or `runledger projector`";
            return Err(
                format!("{marked} events are marked to be applied again, and no projector did so yet; {hint}").into()
            );
        }
        sleep(Duration::from_millis(100)).await;
    }
    let mut stay = 0;
    for position in positions {
        if let Some(letter) = parts.read_model.dead_letter(*position).await? {
            stay += 1;
            writeln!(io::stdout().lock(), "{position:>10}  failed again: {}", letter.error)?;
        }
    }
    if all {
        stay = parts.read_model.count_dead_letters().await?;
    }
    writeln!(io::stdout().lock(), "{marked} events tried again, with those of their streams")?;
    if stay > 0 {
        Err(format!("{stay} of them could not be applied again; `runledger dead-letters list` says why").into())
    } else {
        Ok(())
    }
}

fn missing(position: i64) -> String {
    format!("the event {position} is no dead letter; `runledger dead-letters list` shows those that are")
}

fn as_value(letter: &DeadLetter) -> Value {
    json!({
        "position": letter.position,
        "stream": letter.stream_id,
        "kind": letter.kind,
        "error": letter.error,
        "failed_at": letter.failed_at,
        "retry_asked_at": letter.retry_asked_at,
    })
}
