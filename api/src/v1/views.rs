//! Saved views of an experiment's runs: a name, and the part of the page's address that says what is shown.
//!
//! They are tags of the experiment, so they are in its events as everything else, and no table of their own is needed.

use axum::extract::{Path, State};
use runledger_domain::command::{delete_experiment_tag, set_experiment_tag};
use runledger_domain::{DomainError, Experiment, KeyValue, validate};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::asked::Asked;
use super::document::{Done, Missing};
use crate::args::parse_experiment_id;
use crate::wire::Answer;
use crate::{ApiError, AppState, RequestContext};

/// What the keys of such tags begin with; the id of the view follows.
const PREFIX: &str = "runledger.view.";
/// Views of an experiment.
const MOST: usize = 100;
/// Characters of an id.
const ID: usize = 40;
/// Characters of a name.
const NAME: usize = 100;
/// Characters of what is kept in all, the most that every MLflow client takes for a tag.
const LENGTH: usize = 5_000;

/// A named state of the table of runs.
// It is what the tag holds, as JSON.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
pub(crate) struct SavedView {
    /// At most 100 characters.
    name: String,
    /// Query parameters of the page of runs, such as `q=metrics.loss+%3C+1&group=params.optimizer`.
    search: String,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ListedView)]
struct ViewOut {
    view_id: String,
    #[serde(flatten)]
    view: SavedView,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ViewsAnswer)]
struct Views {
    views: Vec<ViewOut>,
}

/// The views of the experiment, by name.
#[utoipa::path(get, path = "/experiments/{id}/views", tag = "experiments", operation_id = "list_views",
    params(("id" = String, Path)), responses((status = 200, description = "The views.", body = Views), Missing))]
pub(crate) async fn list(State(app): State<AppState>, Path(id): Path<String>) -> Result<Answer, ApiError> {
    let experiment = app.experiment(parse_experiment_id(&id)?).await?;
    let mut views: Vec<ViewOut> = experiment
        .tags
        .iter()
        // A tag of that name that somebody else made is no view.
        .filter_map(|(key, value)| {
            let view = serde_json::from_str(value).ok()?;
            Some(ViewOut { view_id: key.strip_prefix(PREFIX)?.to_owned(), view })
        })
        .collect();
    views.sort_by(|a, b| (&a.view.name, &a.view_id).cmp(&(&b.view.name, &b.view_id)));
    Answer::new(&Views { views })
}

/// Saves the view under this id, in place of one that is there.
#[utoipa::path(put, path = "/experiments/{id}/views/{view_id}", tag = "experiments", operation_id = "save_view",
    params(("id" = String, Path), ("view_id" = String, Path, description = "1 to 40 letters, digits, `-` and `_`.")),
    request_body = SavedView, responses(Done, Missing))]
pub(crate) async fn save(
    State(app): State<AppState>,
    context: RequestContext,
    Path((id, view_id)): Path<(String, String)>,
    Asked(view): Asked<SavedView>,
) -> Result<Answer, ApiError> {
    let key = key(&view_id)?;
    if view.name.trim().is_empty() {
        return Err(ApiError::invalid("'name' must say what the view is called."));
    }
    validate::length("name", NAME, &view.name)?;
    let value = serde_json::to_string(&view).map_err(ApiError::internal)?;
    if value.chars().count() > LENGTH {
        return Err(ApiError::invalid(format!(
            "A view has room for {LENGTH} characters. Show fewer columns, or make the filter shorter."
        )));
    }
    let experiment = app.experiment(parse_experiment_id(&id)?).await?;
    if !experiment.tags.contains_key(&key) && count(&experiment) >= MOST {
        return Err(ApiError::invalid(format!(
            "An experiment can have at most {MOST} views. Delete one before you save another."
        )));
    }
    app.execute(&context, set_experiment_tag(&experiment, KeyValue { key, value })?).await?;
    Ok(Answer::empty())
}

/// Deletes the view.
#[utoipa::path(delete, path = "/experiments/{id}/views/{view_id}", tag = "experiments", operation_id = "delete_view",
    params(("id" = String, Path), ("view_id" = String, Path)), responses(Done, Missing))]
pub(crate) async fn delete(
    State(app): State<AppState>,
    context: RequestContext,
    Path((id, view_id)): Path<(String, String)>,
) -> Result<Answer, ApiError> {
    let key = key(&view_id)?;
    let experiment = app.experiment(parse_experiment_id(&id)?).await?;
    if !experiment.tags.contains_key(&key) {
        let message = format!("The experiment {} has no view '{view_id}'.", experiment.experiment_id);
        return Err(DomainError::not_found(message).into());
    }
    app.execute(&context, delete_experiment_tag(&experiment, key)?).await?;
    Ok(Answer::empty())
}

fn count(experiment: &Experiment) -> usize {
    experiment.tags.keys().filter(|key| key.starts_with(PREFIX)).count()
}

fn key(view_id: &str) -> Result<String, ApiError> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if view_id.is_empty() || view_id.len() > ID || !view_id.chars().all(plain) {
        return Err(ApiError::invalid(format!(
            "'{}' is no id of a view: that is 1 to {ID} letters, digits, '-' and '_'.",
            validate::cut(view_id, 100)
        )));
    }
    Ok(format!("{PREFIX}{view_id}"))
}
