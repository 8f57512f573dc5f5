//! Selections of runs under a short id, so that the address of a comparison of many is short.
//!
//! They are tags of the experiment that the first run belongs to, as saved views are. An id holds that experiment's id and a
//! digest of the runs: the same runs in the same order have the same id, and what an id stands for never changes.

use axum::extract::{Path, State};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use runledger_domain::command::{delete_experiment_tag, set_experiment_tag};
use runledger_domain::{DomainError, Experiment, KeyValue, validate};
use runledger_storage::compare::hex;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use utoipa::ToSchema;
use uuid::Uuid;

use super::asked::Asked;
use super::document::Missing;
use crate::args::parse_experiment_id;
use crate::wire::Answer;
use crate::{ApiError, AppState, RequestContext};

/// What the keys of such tags begin with; the digest follows.
const PREFIX: &str = "runledger.selection.";
/// Runs of a selection.
const RUNS: usize = 200;
/// Selections of an experiment.
const MOST: usize = 100;
/// Characters of what is kept in all, the most that every MLflow client takes for a tag.
const LENGTH: usize = 5_000;
/// Hexadecimal digits of a digest.
const DIGITS: usize = 16;

#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = NewSelection)]
pub(crate) struct New {
    /// 1 to 200, in the order in which they are to be shown.
    #[schema(min_items = 1, max_items = 200)]
    run_ids: Vec<String>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Selection)]
struct SelectionOut {
    selection_id: String,
    run_ids: Vec<String>,
}

/// What the tag holds, as JSON.
#[derive(Debug, Deserialize, Serialize)]
struct Kept {
    /// Milliseconds since the epoch.
    at: i64,
    /// See [`pack`].
    runs: String,
}

/// Keeps a selection of runs. The same runs in the same order are one selection.
///
/// An experiment keeps the latest 100; another one takes the place of the oldest.
#[utoipa::path(post, path = "/selections", tag = "runs", operation_id = "keep_selection", request_body = New,
    responses((status = 200, description = "The selection.", body = SelectionOut), Missing))]
pub(crate) async fn keep(
    State(app): State<AppState>,
    context: RequestContext,
    Asked(New { run_ids }): Asked<New>,
) -> Result<Answer, ApiError> {
    let first = run_ids.first().filter(|_| run_ids.len() <= RUNS);
    let first = first.ok_or_else(|| {
        ApiError::invalid(format!("'run_ids' takes 1 to {RUNS} runs, not {}. Select fewer.", run_ids.len()))
    })?;
    for run_id in &run_ids {
        validate::run_id(run_id)?;
    }
    let run = app.run(first).await?;
    let experiment = app.experiment(run.experiment_id).await?;
    let digest = digest(&run_ids);
    let key = format!("{PREFIX}{digest}");
    if !experiment.tags.contains_key(&key) {
        if let Some(oldest) = oldest_of_too_many(&experiment) {
            app.execute(&context, delete_experiment_tag(&experiment, oldest)?).await?;
        }
        let kept = Kept { at: app.clock.now_ms(), runs: pack(&run_ids) };
        let value = serde_json::to_string(&kept).map_err(ApiError::internal)?;
        if value.chars().count() > LENGTH {
            return Err(ApiError::invalid("The ids of these runs are too long for so many of them. Select fewer."));
        }
        app.execute(&context, set_experiment_tag(&experiment, KeyValue { key, value })?).await?;
    }
    Answer::new(&SelectionOut { selection_id: format!("{}-{digest}", experiment.experiment_id), run_ids })
}

/// The runs of a selection.
#[utoipa::path(get, path = "/selections/{selection_id}", tag = "runs", operation_id = "get_selection",
    params(("selection_id" = String, Path)),
    responses((status = 200, description = "The selection.", body = SelectionOut), Missing))]
pub(crate) async fn one(State(app): State<AppState>, Path(selection_id): Path<String>) -> Result<Answer, ApiError> {
    let missing = || {
        let shown = validate::cut(&selection_id, 100);
        DomainError::not_found(format!(
            "There is no selection '{shown}' any more: an experiment keeps its latest {MOST}. Select the runs again."
        ))
    };
    let (experiment_id, digest) = selection_id.split_once('-').ok_or_else(missing)?;
    let experiment = app.experiment(parse_experiment_id(experiment_id)?).await?;
    let kept = experiment.tags.get(&format!("{PREFIX}{digest}")).ok_or_else(missing)?;
    let kept: Option<Kept> = serde_json::from_str(kept).ok();
    // A tag of that name that somebody else made is no selection.
    let run_ids = kept.and_then(|kept| unpack(&kept.runs)).ok_or_else(missing)?;
    Answer::new(&SelectionOut { selection_id: selection_id.clone(), run_ids })
}

/// Whether the tag of an experiment is a selection.
pub(crate) fn is_selection(key: &str) -> bool {
    key.starts_with(PREFIX)
}

/// The key of the selection that has to make room for another one.
fn oldest_of_too_many(experiment: &Experiment) -> Option<String> {
    let kept = experiment.tags.iter().filter(|(key, _)| is_selection(key));
    let mut aged: Vec<(i64, &String)> =
        kept.map(|(key, value)| (serde_json::from_str(value).map_or(0, |Kept { at, .. }| at), key)).collect();
    aged.sort_unstable();
    aged.first().filter(|_| aged.len() >= MOST).map(|(_, key)| (*key).clone())
}

/// The ids separated by commas, so short that 200 fit into what every MLflow client takes for a tag: those that the server makes
/// in Base64, others as they are behind a `=`.
fn pack(run_ids: &[String]) -> String {
    let packed = run_ids.iter().map(|run_id| match Uuid::try_parse(run_id) {
        Ok(uuid) if uuid.simple().to_string() == *run_id => URL_SAFE_NO_PAD.encode(uuid),
        _ => format!("={run_id}"),
    });
    packed.collect::<Vec<_>>().join(",")
}

fn unpack(packed: &str) -> Option<Vec<String>> {
    let run_id = |text: &str| {
        if let Some(run_id) = text.strip_prefix('=') {
            return Some(run_id.to_owned());
        }
        let uuid = Uuid::from_slice(&URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
        Some(uuid.simple().to_string())
    };
    packed.split(',').map(run_id).collect()
}

fn digest(run_ids: &[String]) -> String {
    let mut digits = hex(&Sha256::digest(run_ids.join(",")));
    digits.truncate(DIGITS);
    digits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_any_form_come_back_and_two_hundred_fit_into_a_tag() {
        let odd = ["ABCDEF0123456789ABCDEF0123456789", "my-run", "0123456789012345678901", "läuft"].map(str::to_owned);
        assert_eq!(unpack(&pack(&odd)).unwrap(), odd);
        let many: Vec<String> = (0..RUNS).map(|number| format!("{:032x}", u128::MAX - number as u128)).collect();
        let packed = pack(&many);
        assert_eq!(unpack(&packed).unwrap(), many);
        let value = serde_json::to_string(&Kept { at: i64::MAX, runs: packed }).unwrap();
        assert!(value.len() <= LENGTH, "{}", value.len());
        assert_eq!(unpack("none"), None);
    }
}
