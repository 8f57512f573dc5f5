//! `runs/search`, `experiments/search` and the legacy `experiments/list`.
//!
//! A search waits until the views have seen what was acknowledged before it began, but not longer than a second. If events
//! are still missing, it answers with what is there, and the header `X-Runledger-Lag-Events` says how many.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderName, HeaderValue};
use runledger_domain::Run;
use runledger_storage::Page;
use runledger_storage::search::{ExperimentQuery, Grammar, RunQuery, ViewType, compile_experiments, compile_runs};
use serde::Serialize;

use crate::args::{parse_experiment_id, wrong_type};
use crate::wire::{Answer, ExperimentOut, RunOut};
use crate::{ApiError, App, AppState, Args};

/// Most results on a page.
const MOST: usize = 50_000;
/// Runs on a page where the request does not say.
const DEFAULT_RUNS: i64 = 1_000;
const LAG: HeaderName = HeaderName::from_static("x-runledger-lag-events");

#[derive(Serialize)]
struct Experiments<'a> {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    experiments: Vec<ExperimentOut<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_page_token: Option<String>,
}

pub(crate) async fn search_runs(State(app): State<AppState>, args: Args) -> Result<Response, ApiError> {
    #[derive(Serialize)]
    struct Runs<'a> {
        #[serde(skip_serializing_if = "Vec::is_empty")]
        runs: Vec<RunOut<'a>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        next_page_token: Option<String>,
    }
    let (page, lag) = app.runs_page(&args).await?;
    let answer = Answer::of_many(page.items.len(), move || {
        let runs = page.items.iter().map(RunOut::new).collect();
        Answer::new(&Runs { runs, next_page_token: page.next_page_token })
    });
    Ok(with_lag(answer.await?, lag))
}

pub(crate) async fn search_experiments(State(app): State<AppState>, args: Args) -> Result<Response, ApiError> {
    let max_results = args.int("max_results")?.unwrap_or(0);
    let positive = usize::try_from(max_results).ok().filter(|n| *n > 0).ok_or_else(|| not_positive(max_results))?;
    if positive > MOST {
        return Err(ApiError::invalid(format!(
            "Invalid value {max_results} for parameter 'max_results' supplied. It must be at most {MOST}"
        )));
    }
    app.experiments_page(&args, positive).await
}

/// `experiments/list`, which MLflow had until 2.0: like a search for all.
pub(crate) async fn list_experiments(State(app): State<AppState>, args: Args) -> Result<Response, ApiError> {
    let max_results = args.int("max_results")?.and_then(|n| usize::try_from(n).ok()).filter(|n| *n > 0);
    app.experiments_page(&args, max_results.unwrap_or(MOST).min(MOST)).await
}

impl App {
    /// The runs that the arguments of `runs/search` ask for, and how many events the views lack.
    pub(crate) async fn runs_page(&self, args: &Args) -> Result<(Page<Run>, i64), ApiError> {
        let ids = args.texts("experiment_ids")?;
        let ids = ids.iter().map(|id| parse_experiment_id(id)).collect::<Result<Vec<_>, _>>()?;
        let max_results = args.int("max_results")?.unwrap_or(DEFAULT_RUNS);
        let positive = usize::try_from(max_results).ok().filter(|n| *n > 0).ok_or_else(|| not_positive(max_results))?;
        if positive > MOST {
            return Err(wrong_type("max_results", &max_results.into()));
        }
        let search = compile_runs(&RunQuery {
            experiment_ids: &ids,
            filter: args.text("filter")?.unwrap_or_default(),
            order_by: &args.texts("order_by")?,
            view: args.choice("run_view_type", view_type)?.unwrap_or_default(),
            max_results: positive,
            page_token: args.text("page_token")?,
            grammar: Grammar::Mlflow,
        })?;
        if ids.is_empty() {
            return Ok((Page { items: Vec::new(), next_page_token: None }, 0));
        }
        let lag = self.views.catch_up().await?;
        Ok((self.views.search_runs(&search).await?, lag))
    }

    async fn experiments_page(&self, args: &Args, max_results: usize) -> Result<Response, ApiError> {
        let search = compile_experiments(&ExperimentQuery {
            filter: args.text("filter")?.unwrap_or_default(),
            order_by: &args.texts("order_by")?,
            view: args.choice("view_type", view_type)?.unwrap_or_default(),
            max_results,
            page_token: args.text("page_token")?,
        })?;
        let lag = self.views.catch_up().await?;
        let page = self.views.search_experiments(&search).await?;
        let experiments = page.items.iter().map(ExperimentOut::new).collect();
        Ok(with_lag(Answer::new(&Experiments { experiments, next_page_token: page.next_page_token })?, lag))
    }
}

/// Tells in a header how many events the answer does not know of.
pub(crate) fn with_lag(answer: Answer, lag: i64) -> Response {
    let mut response = answer.into_response();
    if lag > 0 {
        response.headers_mut().insert(LAG, HeaderValue::from(lag));
    }
    response
}

fn not_positive(max_results: i64) -> ApiError {
    ApiError::invalid(format!(
        "Invalid value {max_results} for parameter 'max_results' supplied. It must be a positive integer"
    ))
}

fn view_type(text: &str) -> Option<ViewType> {
    Some(match text {
        "ACTIVE_ONLY" | "1" => ViewType::ActiveOnly,
        "DELETED_ONLY" | "2" => ViewType::DeletedOnly,
        "ALL" | "3" => ViewType::All,
        _ => return None,
    })
}
