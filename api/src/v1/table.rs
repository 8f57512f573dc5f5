//! The table of runs: any part of it, at a fixed order.

use axum::extract::State;
use http::StatusCode;
use runledger_domain::ErrorCode;
use runledger_storage::search::{Aggregate, Grammar, RunQuery, check_filter};
use runledger_storage::{Cell, TableColumn, TableRow};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use tokio::time::Instant;
use utoipa::ToSchema;

use super::asked::{Asked, View};
use super::document::Forgotten;
use super::moment::Moment;
use super::past_table::{Shown, shown};
use super::snapshots::Snapshot;
use super::words::{self, Number};
use crate::args::parse_experiment_id;
use crate::wire::Answer;
use crate::{ApiError, App, AppState};

/// Rows in an answer.
const ROWS: usize = 500;
/// Columns in an answer.
const COLUMNS: usize = 200;
/// Runs that a table can have.
const RUNS: usize = 1_000_000;

/// A part of the table of runs.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = RunsQuery)]
pub(crate) struct Query {
    experiment_ids: Vec<String>,
    /// In our grammar, of which MLflow's is a part.
    #[serde(default)]
    filter: String,
    /// Such as ``metrics.`val/acc` DESC`` or `max(metrics.acc)`.
    #[serde(default)]
    order_by: Vec<String>,
    #[serde(default)]
    #[schema(default = "active")]
    view: View,
    /// `params.<key>`, `tags.<key>`, or `metrics.<key>` with `:min`, `:max` or `:last` behind it, without quotes; at most 200.
    #[serde(default)]
    #[schema(max_items = 200)]
    columns: Vec<String>,
    #[serde(default)]
    #[schema(default = 0)]
    offset: usize,
    #[serde(default = "default_limit")]
    #[schema(default = 100, maximum = 500)]
    limit: usize,
    /// The table as it was then, of at most 10 000 runs with at most 100 000 events.
    #[schema(nullable = false)]
    at: Option<Moment>,
    /// The id of an earlier answer, for more rows of the same table.
    snapshot: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RunsAnswer)]
struct Part {
    /// By this id other parts of the same table are asked for.
    snapshot: String,
    /// Runs that match.
    matched: usize,
    /// Runs of the experiments without the filter.
    total: i64,
    /// The position of the log that the table shows.
    position: i64,
    /// Events that the views have yet to see.
    lag_events: i64,
    ms: u64,
    rows: Vec<RowOut>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RunRow)]
struct RowOut {
    run_id: String,
    experiment_id: String,
    name: String,
    user: String,
    #[schema(schema_with = words::run_status)]
    status: &'static str,
    /// Milliseconds since the epoch.
    start: i64,
    /// Milliseconds since the epoch.
    #[schema(required = true)]
    end: Option<i64>,
    deleted: bool,
    /// One for each column: a param or tag, the last value of a metric, or null.
    #[schema(schema_with = words::cells)]
    values: Vec<Option<Value>>,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Value {
    Number(Number),
    Text(String),
}

fn default_limit() -> usize {
    100
}

/// A part of the table of runs.
///
/// The answer names a snapshot; with it any other part of the same table can be asked for, and its rows never shift.
#[utoipa::path(post, path = "/runs/query", tag = "runs", operation_id = "query_runs", request_body = Query,
    responses((status = 200, description = "The rows.", body = Part), Forgotten))]
pub(crate) async fn query(State(app): State<AppState>, Asked(query): Asked<Query>) -> Result<Answer, ApiError> {
    let begun = Instant::now();
    if query.limit > ROWS || query.columns.len() > COLUMNS {
        return Err(ApiError::invalid(format!(
            "At most {ROWS} rows and {COLUMNS} columns can be asked for at a time."
        )));
    }
    let columns = query.columns.iter().map(|name| column(name)).collect::<Result<Vec<_>, _>>()?;
    // What was just changed from the page is seen in its rows, whichever snapshot they are of.
    let lag_events = app.views.catch_up().await?;
    let snapshot = match &query.snapshot {
        Some(id) => app.snapshots.find(id).ok_or_else(forgotten)?,
        None => snapshot(&app, &query).await?,
    };
    let from = query.offset.min(snapshot.runs.len());
    let to = from.saturating_add(query.limit).min(snapshot.runs.len());
    let numbers = snapshot.runs.get(from..to).unwrap_or_default();
    let views = snapshot.past.as_ref().map_or(&app.views, |past| &past.views);
    let rows = views.table_rows(numbers, &columns).await?.into_iter().map(RowOut::from).collect();
    let ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    let Snapshot { id, runs, total, position, .. } = &*snapshot;
    let (snapshot, matched) = (id.clone(), runs.len());
    Answer::new(&Part { snapshot, matched, total: *total, position: *position, lag_events, ms, rows })
}

async fn snapshot(app: &App, query: &Query) -> Result<Arc<Snapshot>, ApiError> {
    let ids = query.experiment_ids.iter().map(|id| parse_experiment_id(id)).collect::<Result<Vec<_>, _>>()?;
    let view = query.view.into();
    // Only this tells where in the filter a mistake is.
    check_filter(&query.filter)?;
    let Shown { views, position, now, past } = shown(app, &ids, query.at).await?;
    let search = RunQuery {
        experiment_ids: &ids,
        filter: &query.filter,
        order_by: &query.order_by,
        view,
        max_results: RUNS,
        page_token: None,
        grammar: Grammar::Own { now },
    };
    let runs = views.run_numbers(&search).await??;
    let total = views.count_runs(&ids, view).await?;
    let id = app.ids.random_id().simple().to_string();
    Ok(app.snapshots.keep(Snapshot { id, runs, total, position, past }))
}

pub(super) fn forgotten() -> ApiError {
    let message = "This table was forgotten, or is another server's. Ask for it again without `snapshot`.";
    ApiError::new(ErrorCode::ResourceDoesNotExist, message).with_status(StatusCode::GONE)
}

fn column(name: &str) -> Result<TableColumn, ApiError> {
    match name.split_once('.') {
        Some(("params", key)) => Ok(TableColumn::Param(key.to_owned())),
        Some(("metrics", key)) => Ok(metric_column(key)),
        Some(("tags", key)) => Ok(TableColumn::Tag(key.to_owned())),
        _ => Err(ApiError::invalid(format!(
            "There is no column '{}'. A column is params.<key>, metrics.<key> or tags.<key>.",
            runledger_domain::validate::cut(name, 100)
        ))),
    }
}

/// A colon may be in a key as well: what is no aggregate belongs to it.
fn metric_column(name: &str) -> TableColumn {
    let aggregate = name.rsplit_once(':').and_then(|(key, word)| Some((key, Aggregate::parse(word)?)));
    let (key, aggregate) = aggregate.unwrap_or((name, Aggregate::Last));
    TableColumn::Metric(key.to_owned(), aggregate)
}

impl From<TableRow> for RowOut {
    fn from(TableRow { head, cells }: TableRow) -> Self {
        let value = |cell| match cell {
            Cell::Empty => None,
            Cell::Text(text) => Some(Value::Text(text)),
            Cell::Number(value) => Some(Value::Number(Number(value))),
        };
        Self {
            run_id: head.run_id,
            experiment_id: head.experiment_id.to_string(),
            name: head.name,
            user: head.user_id,
            status: head.status.as_str(),
            start: head.start_time,
            end: head.end_time,
            deleted: head.deleted,
            values: cells.into_iter().map(value).collect(),
        }
    }
}
