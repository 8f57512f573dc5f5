//! `logged-models/search`.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use runledger_domain::DomainError;
use runledger_storage::search::{LoggedModelOrder, LoggedModelQuery, MeasuredOn, compile_logged_models};
use serde::Serialize;

use crate::args::parse_experiment_id;
use crate::search::with_lag;
use crate::wire::{Answer, LoggedModelOut};
use crate::{ApiError, AppState, Args};

/// Models on a page where the request does not say, and where it says 0.
const DEFAULT: i64 = 50;
const OF_ZERO: usize = 100;
/// Most models on a page; who asks for more gets them page by page.
const MOST: usize = 50_000;

pub(crate) async fn search(State(app): State<AppState>, args: Args) -> Result<Response, ApiError> {
    #[derive(Serialize)]
    struct Models<'a> {
        #[serde(skip_serializing_if = "Vec::is_empty")]
        models: Vec<LoggedModelOut<'a>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        next_page_token: Option<String>,
    }
    let ids = args.given_texts("experiment_ids")?.ok_or_else(|| DomainError::missing("experiment_ids"))?;
    let ids = ids.iter().map(|id| parse_experiment_id(id)).collect::<Result<Vec<_>, _>>()?;
    let asked = args.int("max_results")?.unwrap_or(DEFAULT);
    let max_results = usize::try_from(asked).map_err(|_negative| {
        ApiError::invalid(format!(
            "Invalid value {asked} for parameter 'max_results' supplied. It must be a positive integer"
        ))
    })?;
    let search = compile_logged_models(&LoggedModelQuery {
        experiment_ids: &ids,
        filter: args.text("filter")?.unwrap_or_default(),
        datasets: &datasets(&args)?,
        order_by: &order_by(&args)?,
        max_results: if max_results == 0 { OF_ZERO } else { max_results.min(MOST) },
        page_token: args.text("page_token")?,
    })?;
    if ids.is_empty() {
        return Ok(Answer::empty().into_response());
    }
    let lag = app.views.catch_up().await?;
    let page = app.views.search_logged_models(&search).await?;
    let points: usize = page.items.iter().map(|model| model.metrics.len()).sum();
    let answer = Answer::of_many(page.items.len() + points, move || {
        let models = page.items.iter().map(LoggedModelOut::new).collect();
        Answer::new(&Models { models, next_page_token: page.next_page_token })
    });
    Ok(with_lag(answer.await?, lag))
}

fn datasets(args: &Args) -> Result<Vec<MeasuredOn>, ApiError> {
    let dataset = |dataset: &Args| {
        let name = dataset
            .filled("dataset_name")?
            .map(str::to_owned)
            .ok_or_else(|| ApiError::invalid("`dataset_name` in the `datasets` clause must be specified."))?;
        Ok(MeasuredOn { name, digest: dataset.filled("dataset_digest")?.map(str::to_owned) })
    };
    args.objects("datasets")?.unwrap_or_default().iter().map(dataset).collect()
}

fn order_by(args: &Args) -> Result<Vec<LoggedModelOrder>, ApiError> {
    let field = |field: &Args| {
        Ok(LoggedModelOrder {
            field_name: field.text_or_empty("field_name")?,
            descending: !field.flag("ascending")?.unwrap_or(true),
            dataset_name: field.filled("dataset_name")?.map(str::to_owned),
            dataset_digest: field.filled("dataset_digest")?.map(str::to_owned),
        })
    };
    args.objects("order_by")?.unwrap_or_default().iter().map(field).collect()
}
