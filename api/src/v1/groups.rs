//! The table of runs in groups: how many runs have the same values, and what their metrics are.
//!
//! The runs of a group are those of `runs/query` with its values added to the filter.

use axum::extract::State;
use runledger_domain::validate;
use runledger_storage::search::{Grammar, RunQuery, check_filter};
use runledger_storage::{GroupColumn, MetricSpread, RunGroup};
use serde::{Deserialize, Serialize};
use tokio::time::Instant;
use utoipa::ToSchema;

use super::asked::{Asked, View};
use super::moment::Moment;
use super::past_table::{Shown, shown};
use super::words::Number;
use crate::args::parse_experiment_id;
use crate::wire::Answer;
use crate::{ApiError, AppState};

/// Columns to group by.
const COLUMNS: usize = 4;
/// Metrics in an answer.
const METRICS: usize = 50;
/// Groups in an answer.
const GROUPS: i64 = 1_000;
/// Runs that are looked at, as many as a table can have.
const RUNS: usize = 1_000_000;

/// Which runs are grouped, and how.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = GroupsQuery)]
pub(crate) struct Grouped {
    experiment_ids: Vec<String>,
    #[serde(default)]
    filter: String,
    #[serde(default)]
    #[schema(default = "active")]
    view: View,
    /// `params.<key>`, `tags.<key>`, `status` or `user`.
    #[schema(min_items = 1, max_items = 4)]
    group: Vec<String>,
    /// Keys of metrics.
    #[serde(default)]
    #[schema(max_items = 50)]
    metrics: Vec<String>,
    /// The runs as they were then; see `runs/query`.
    #[schema(nullable = false)]
    at: Option<Moment>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = GroupsAnswer)]
struct GroupsOut {
    groups: Vec<GroupOut>,
    /// There are more, which have fewer runs.
    more: bool,
    /// Runs that match.
    matched: i64,
    /// Runs of the experiments without the filter.
    total: i64,
    /// The position of the log that the groups show.
    position: i64,
    /// Events that the views have yet to see.
    lag_events: i64,
    ms: u64,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RunGroup)]
struct GroupOut {
    /// One for each column; null where the runs have none.
    values: Vec<Option<String>>,
    runs: i64,
    /// The latest start, in milliseconds since the epoch.
    start: i64,
    /// One for each metric.
    metrics: Vec<SpreadOut>,
}

/// Over the latest values of those runs that have one which is a number.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = GroupSpread)]
struct SpreadOut {
    runs: i64,
    #[schema(required = true)]
    min: Option<Number>,
    /// None also where infinities have none.
    #[schema(required = true)]
    mean: Option<Number>,
    #[schema(required = true)]
    max: Option<Number>,
}

/// The groups of the runs that match, the largest first.
#[utoipa::path(post, path = "/runs/groups", tag = "runs", operation_id = "group_runs", request_body = Grouped,
    responses((status = 200, description = "The groups.", body = GroupsOut)))]
pub(crate) async fn query(State(app): State<AppState>, Asked(asked): Asked<Grouped>) -> Result<Answer, ApiError> {
    let begun = Instant::now();
    let Grouped { experiment_ids, filter, view, group, metrics, at } = asked;
    if group.is_empty() || group.len() > COLUMNS || metrics.len() > METRICS {
        return Err(ApiError::invalid(format!(
            "Runs are grouped by 1 to {COLUMNS} columns, and at most {METRICS} metrics can be asked for at a time."
        )));
    }
    let columns = group.iter().map(|name| column(name)).collect::<Result<Vec<_>, _>>()?;
    let ids = experiment_ids.iter().map(|id| parse_experiment_id(id)).collect::<Result<Vec<_>, _>>()?;
    check_filter(&filter)?;
    let lag_events = app.views.catch_up().await?;
    let Shown { views, position, now, .. } = shown(&app, &ids, at).await?;
    let view = view.into();
    let search = RunQuery {
        experiment_ids: &ids,
        filter: &filter,
        order_by: &[],
        view,
        max_results: RUNS,
        page_token: None,
        grammar: Grammar::Own { now },
    };
    let mut groups = views.run_groups(&search, &columns, &metrics, GROUPS + 1).await??;
    let more = groups.len() > usize::try_from(GROUPS).unwrap_or_default();
    groups.truncate(usize::try_from(GROUPS).unwrap_or_default());
    let total = views.count_runs(&ids, view).await?;
    Answer::new(&GroupsOut {
        matched: groups.iter().map(|group| group.runs).sum(),
        groups: groups.into_iter().map(GroupOut::from).collect(),
        more,
        total,
        position,
        lag_events,
        ms: u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX),
    })
}

fn column(name: &str) -> Result<GroupColumn, ApiError> {
    match name.split_once('.') {
        Some(("params", key)) => Ok(GroupColumn::Param(key.to_owned())),
        Some(("tags", key)) => Ok(GroupColumn::Tag(key.to_owned())),
        None if name == "status" => Ok(GroupColumn::Status),
        None if name == "user" => Ok(GroupColumn::User),
        _ => Err(ApiError::invalid(format!(
            "Runs cannot be grouped by '{}'. Group by params.<key>, tags.<key>, status or user.",
            validate::cut(name, 100)
        ))),
    }
}

impl From<RunGroup> for GroupOut {
    fn from(RunGroup { values, runs, last_start, metrics }: RunGroup) -> Self {
        Self { values, runs, start: last_start, metrics: metrics.into_iter().map(SpreadOut::from).collect() }
    }
}

impl From<MetricSpread> for SpreadOut {
    fn from(MetricSpread { runs, min, mean, max }: MetricSpread) -> Self {
        Self { runs, min: min.map(Number), mean: mean.map(Number), max: max.map(Number) }
    }
}
