//! Histories of metrics as charts draw them.

use axum::extract::State;
use futures::{StreamExt, TryStreamExt, stream};
use runledger_domain::points::{Axis, Series, series as sampled};
use serde::{Deserialize, Serialize};
use tokio::task::spawn_blocking;
use utoipa::ToSchema;

use super::asked::Asked;
use crate::wire::Answer;
use crate::{ApiError, AppState};

/// Series in an answer.
const SERIES: usize = 500;
/// Histories read at a time.
const AT_ONCE: usize = 4;
const MOST_BUCKETS: usize = 2_000;

#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = SeriesAxis)]
enum X {
    #[default]
    Step,
    Time,
}

/// Which histories, and how finely. Runs times metrics are at most 500.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = SeriesQuery)]
pub(crate) struct Wanted {
    runs: Vec<String>,
    metrics: Vec<String>,
    #[serde(default)]
    #[schema(default = "step")]
    x: X,
    /// The least x, a step or milliseconds since the epoch.
    from: Option<i64>,
    /// The greatest x.
    to: Option<i64>,
    /// More than 2000 count as 2000.
    #[serde(default = "default_buckets")]
    #[schema(default = 500)]
    buckets: usize,
}

/// A metric of one run. The columns have one length, a value per bucket; as long as there are no more points than buckets,
/// each point is its own bucket. NaN and infinity are left out of them.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Series)]
struct SeriesOut {
    run_id: String,
    metric: String,
    /// Points in the range, before bucketing.
    points: usize,
    /// Of the last point of each bucket.
    x: Vec<i64>,
    min: Vec<f64>,
    max: Vec<f64>,
    last: Vec<f64>,
    /// Where NaN is, at most 200.
    nans: Vec<i64>,
    /// Where infinity is, and 1 or -1; at most 200.
    infs: Vec<(i64, i8)>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SeriesAnswer)]
struct Drawn {
    /// Those that have points in the range, in the order of runs and within a run of metrics.
    series: Vec<SeriesOut>,
}

fn default_buckets() -> usize {
    500
}

/// Histories of metrics as charts draw them.
#[utoipa::path(post, path = "/series", tag = "runs", operation_id = "get_series", request_body = Wanted,
    responses((status = 200, description = "The histories.", body = Drawn)))]
pub(crate) async fn series(State(app): State<AppState>, Asked(wanted): Asked<Wanted>) -> Result<Answer, ApiError> {
    let Wanted { runs, metrics, x, from, to, buckets } = wanted;
    if runs.len().saturating_mul(metrics.len()) > SERIES {
        return Err(ApiError::invalid(format!(
            "At most {SERIES} series, runs times metrics, can be asked for at a time."
        )));
    }
    let axis = match x {
        X::Step => Axis::Step,
        X::Time => Axis::Time,
    };
    let (range, buckets) = ((from.unwrap_or(i64::MIN), to.unwrap_or(i64::MAX)), buckets.clamp(1, MOST_BUCKETS));
    let app = &app;
    let mut pairs = Vec::with_capacity(runs.len() * metrics.len());
    for run in &runs {
        pairs.extend(metrics.iter().map(|metric| (run.clone(), metric.clone())));
    }
    let drawn: Vec<SeriesOut> = stream::iter(pairs)
        .map(|(run_id, metric)| async move {
            let history = app.views.history(&run_id, &metric).await?;
            let drawn = spawn_blocking(move || sampled(&history, axis, range, buckets)).await;
            Ok::<_, ApiError>(SeriesOut::new(run_id, metric, drawn.map_err(ApiError::internal)?))
        })
        .buffered(AT_ONCE)
        .try_collect()
        .await?;
    let series: Vec<SeriesOut> = drawn.into_iter().filter(|series| series.points > 0).collect();
    let points = series.iter().map(|series| series.x.len()).sum();
    Answer::of_many(points, move || Answer::new(&Drawn { series })).await
}

impl SeriesOut {
    fn new(run_id: String, metric: String, drawn: Series) -> Self {
        let Series { points, x, min, max, last, nans, infinities } = drawn;
        let infs = infinities.into_iter().map(|(x, positive)| (x, if positive { 1 } else { -1 })).collect();
        Self { run_id, metric, points, x, min, max, last, nans, infs }
    }
}
