//! `runs/log-batch` and `runs/log-metric`: the hot path.
//!
//! A body is parsed once, from its bytes into columns, with no allocation per point: keys are borrowed from the body, and
//! the builder keeps each of them once.

mod fields;
mod list;
mod scalar;

use axum::extract::State;
use runledger_domain::command::{LogBatch, Measured, log_batch as decide};
use runledger_domain::points::BatchBuilder;
use runledger_domain::{DomainError, KeyValue, limits, validate};
use serde_json::Deserializer;

use crate::args::{not_json, object_bytes};
use crate::body::JsonBody;
use crate::wire::Answer;
use crate::{ApiError, AppState, RequestContext};
use fields::{Fields, Metric};
use list::{Received, RequestSeed};
use scalar::Place;
use serde::de::DeserializeSeed;

pub(crate) async fn log_batch(
    State(app): State<AppState>,
    context: RequestContext,
    body: JsonBody,
) -> Result<Answer, ApiError> {
    let batch = body.parse(parse_batch).await?;
    if batch.params.is_empty() {
        app.execute(&context, decide(batch, None)).await?;
    } else {
        app.log_params(&context, batch, true).await?;
    }
    Ok(Answer::empty())
}

pub(crate) async fn log_metric(
    State(app): State<AppState>,
    context: RequestContext,
    body: JsonBody,
) -> Result<Answer, ApiError> {
    app.execute(&context, decide(body.parse(parse_metric).await?, None)).await?;
    Ok(Answer::empty())
}

/// Reads and checks the body of a `log-batch`, as for the benchmarks. The error is the message for the client.
pub fn read_log_batch(body: &[u8]) -> Result<LogBatch, String> {
    parse_batch(body).map_err(|refusal| refusal.message)
}

/// Reads and checks the body of a `log-batch`.
fn parse_batch(bytes: &[u8]) -> Result<LogBatch, ApiError> {
    let bytes = object_bytes(bytes)?;
    // A point takes about 70 bytes of JSON.
    let expected = (bytes.len() / 64).min(limits::BATCH_METRICS);
    let mut received = Received::with_capacity(expected);
    let mut deserializer = Deserializer::from_slice(&bytes);
    let parsed = RequestSeed(&mut received).deserialize(&mut deserializer).and_then(|()| deserializer.end());
    if let Some(refusal) = received.refusal.take() {
        return Err(refusal);
    }
    parsed.map_err(|error| not_json(&error))?;
    let Received { run_id, metrics, metrics_seen, measured, params, params_seen, tags, tags_seen, .. } = received;
    let run_id = run_id.filter(|id| !id.is_empty()).ok_or_else(|| DomainError::missing("run_id"))?;
    validate::run_id(&run_id)?;
    check_count("metrics", metrics_seen, limits::BATCH_METRICS)?;
    check_count("params", params_seen, limits::BATCH_PARAMS)?;
    check_count("tags", tags_seen, limits::BATCH_TAGS)?;
    check_count("metrics, params, and tags", metrics_seen + params_seen + tags_seen, limits::BATCH_TOTAL)?;
    check_unique(&params)?;
    let measured = measured.into_iter().map(|(model_id, metrics)| Measured { model_id, metrics }).collect();
    Ok(LogBatch { run_id, metrics: metrics.finish(), params, tags, measured })
}

/// Reads and checks the body of a `log-metric`.
fn parse_metric(bytes: &[u8]) -> Result<LogBatch, ApiError> {
    let bytes = object_bytes(bytes)?;
    let fields: Fields<'_> = serde_json::from_slice(&bytes).map_err(|error| not_json(&error))?;
    let run_id = fields.run_id()?;
    let Metric { key, point, model } = fields.metric(Place::Request)?;
    let mut metrics = BatchBuilder::with_capacity(1);
    metrics.push(&key, point);
    let measured = model.map(|model| Measured { model_id: model.model_id, metrics: vec![model.metric] });
    Ok(LogBatch { run_id, metrics: metrics.finish(), measured: measured.into_iter().collect(), ..LogBatch::default() })
}

fn check_count(what: &str, got: usize, limit: usize) -> Result<(), ApiError> {
    if got <= limit {
        return Ok(());
    }
    Err(ApiError::invalid(format!(
        "A batch logging request can contain at most {limit} {what}. Got {got} {what}. Please split up {what} across \
         multiple requests and try again."
    )))
}

fn check_unique(params: &[KeyValue]) -> Result<(), ApiError> {
    let mut keys: Vec<&str> = params.iter().map(|param| param.key.as_str()).collect();
    keys.sort_unstable();
    let mut repeated: Vec<&str> = keys.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| pair[0]).collect();
    repeated.dedup();
    if repeated.is_empty() {
        return Ok(());
    }
    let list: Vec<String> = repeated.iter().map(|key| format!("'{key}'")).collect();
    Err(ApiError::invalid(format!(
        "Duplicate parameter keys have been submitted: [{}]. Please ensure the request contains only one param value per \
         param key.",
        list.join(", ")
    )))
}

#[cfg(test)]
mod tests;
