//! What there is to say about a filter while it is being typed: a mistake, keys that nothing has, and how it could go on.

use axum::extract::State;
use runledger_storage::Completion;
use runledger_storage::search::{
    Grammar, MarkedToken, Mistake, Namespace, RunQuery, UsedKey, ViewType, check_filter, compile_runs, expected_at,
    marked_tokens,
};
use serde::{Deserialize, Serialize};
use std::ops::Range;
use utoipa::ToSchema;

use super::asked::Asked;
use super::words;
use crate::args::parse_experiment_id;
use crate::wire::Answer;
use crate::{ApiError, App, AppState};

/// Experiments that keys are looked for in.
const EXPERIMENTS: usize = 100;

/// A filter as far as it is written.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = FilterQuery)]
pub(crate) struct Check {
    filter: String,
    /// Where its keys should be known; at most 100.
    #[serde(default)]
    #[schema(max_items = 100)]
    experiment_ids: Vec<String>,
    /// Where to complete it, in characters.
    #[schema(nullable = false)]
    cursor: Option<usize>,
}

/// What there is to say about a filter. Spans are in characters of it, from the first to before the second.
#[derive(Debug, Default, Serialize, ToSchema)]
#[schema(as = FilterCheck)]
struct Checked {
    /// Whether it can be read.
    ok: bool,
    /// Whether MLflow's search takes it as well.
    mlflow: bool,
    /// Its pieces, for whoever colours it; none of what is too long to be a filter.
    tokens: Vec<TokenOut>,
    /// What is wrong where it cannot.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    message: Option<String>,
    /// Where the mistake is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<usize>>, nullable = false, min_items = 2, max_items = 2)]
    span: Option<(usize, usize)>,
    /// Of a filter that reads well, where experiments are given.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    warnings: Option<Vec<Warning>>,
    /// Where a cursor is given.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    completions: Option<Vec<CompletionOut>>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FilterWarning)]
struct Warning {
    message: String,
    #[schema(value_type = Vec<usize>, min_items = 2, max_items = 2)]
    span: (usize, usize),
}

/// A piece of a filter; between two of them are spaces at most.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FilterToken)]
struct TokenOut {
    #[schema(schema_with = words::mark)]
    kind: &'static str,
    #[schema(value_type = Vec<usize>, min_items = 2, max_items = 2)]
    span: (usize, usize),
}

/// What may stand from `from` to before `to`.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FilterCompletion)]
struct CompletionOut {
    /// As it is called.
    text: String,
    /// As it is written, with the quotes that it needs.
    insert: String,
    from: usize,
    to: usize,
    #[schema(schema_with = words::completion)]
    kind: &'static str,
}

/// What there is to say about a filter while it is being typed.
#[utoipa::path(post, path = "/filter/check", tag = "runs", operation_id = "check_filter", request_body = Check,
    responses((status = 200, description = "Whether it can be read, and how it could go on.", body = Checked)))]
pub(crate) async fn check(
    State(app): State<AppState>,
    Asked(Check { filter, experiment_ids, cursor }): Asked<Check>,
) -> Result<Answer, ApiError> {
    let ids = experiment_ids.iter().map(|id| parse_experiment_id(id)).collect::<Result<Vec<_>, _>>()?;
    if ids.len() > EXPERIMENTS {
        return Err(ApiError::invalid(format!("At most {EXPERIMENTS} experiments can be given, not {}.", ids.len())));
    }
    if !ids.is_empty() {
        app.views.catch_up().await?;
    }
    let mut checked = match check_filter(&filter) {
        Ok(used) => {
            let mut checked = Checked { ok: true, mlflow: is_mlflow(&filter), ..Checked::default() };
            if !ids.is_empty() {
                let unknown = app.views.unknown_keys(&ids, used).await?;
                checked.warnings = Some(unknown.iter().map(warning).collect());
            }
            checked
        }
        Err(Mistake { error, span }) => {
            Checked { message: Some(error.to_string()), span: Some(ends(&span)), ..Checked::default() }
        }
    };
    checked.tokens = marked_tokens(&filter).iter().map(token).collect();
    if let Some(cursor) = cursor {
        checked.completions = Some(completions(&app, &ids, &filter, cursor).await?);
    }
    Answer::new(&checked)
}

/// Whether it can be read by the grammar of which ours has more.
fn is_mlflow(filter: &str) -> bool {
    let query = RunQuery {
        experiment_ids: &[],
        filter,
        order_by: &[],
        view: ViewType::ActiveOnly,
        max_results: 1,
        page_token: None,
        grammar: Grammar::Mlflow,
    };
    compile_runs(&query).is_ok()
}

async fn completions(app: &App, ids: &[i64], filter: &str, cursor: usize) -> Result<Vec<CompletionOut>, ApiError> {
    let Some(expected) = expected_at(filter, cursor) else { return Ok(Vec::new()) };
    let found = app.views.completions(ids, &expected).await?;
    let (from, to) = ends(&expected.span);
    let out = |Completion { text, insert, kind }| CompletionOut { text, insert, from, to, kind: kind.name() };
    Ok(found.into_iter().map(out).collect())
}

fn warning(UsedKey { namespace, key, span }: &UsedKey) -> Warning {
    let what = match namespace {
        Namespace::Metrics => "metric",
        Namespace::Params => "param",
        Namespace::Tags => "tag",
    };
    let key = runledger_domain::validate::cut(key, 100);
    Warning { message: format!("No run here has a {what} '{key}'."), span: ends(span) }
}

fn token(MarkedToken { mark, span }: &MarkedToken) -> TokenOut {
    TokenOut { kind: mark.name(), span: ends(span) }
}

fn ends(span: &Range<usize>) -> (usize, usize) {
    (span.start, span.end)
}
