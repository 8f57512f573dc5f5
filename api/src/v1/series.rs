//! Histories of metrics as charts draw them, as JSON or in the binary form of [`columns`].

mod columns;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use futures::{StreamExt, TryStreamExt, stream};
use http::HeaderMap;
use runledger_domain::points::{Axis, Drawing, Series, series as sampled};
use serde::{Deserialize, Serialize};
use tokio::task::spawn_blocking;
use utoipa::ToSchema;

use super::asked::Asked;
use super::moment::Moment;
use super::past;
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
    /// The histories as they were then; `as_of` is another name of it.
    #[serde(alias = "as_of")]
    at: Option<Moment>,
    /// How much of the moving average so far is left one unit of x later: 0 for none, below 1. The unit is the mean distance of
    /// all points of the history, but at least a 300th of its length.
    #[serde(default)]
    #[schema(default = 0, minimum = 0, exclusive_maximum = 1)]
    smooth: f64,
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
    /// The moving average over the whole history, at the last point of each bucket; absent unless `smooth` was asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    smooth: Vec<f64>,
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
///
/// With `Accept: application/octet-stream` the columns come as doubles, several times smaller and faster than as JSON: four bytes
/// with the length of a head, little-endian as everything; the head, JSON that ends in spaces, so that what follows begins at a
/// multiple of eight bytes; then for each series in `head.series` its `columns`, one after another, each of `length` doubles. The
/// rest of a series is in the head.
#[utoipa::path(post, path = "/series", tag = "runs", operation_id = "get_series", request_body = Wanted,
    responses((status = 200, description = "The histories.",
        content((Drawn = "application/json"), (Vec<u8> = "application/octet-stream")))))]
pub(crate) async fn series(
    State(app): State<AppState>,
    headers: HeaderMap,
    Asked(wanted): Asked<Wanted>,
) -> Result<Response, ApiError> {
    let Wanted { runs, metrics, x, from, to, buckets, at, smooth } = wanted;
    if runs.len().saturating_mul(metrics.len()) > SERIES {
        return Err(ApiError::invalid(format!(
            "At most {SERIES} series, runs times metrics, can be asked for at a time."
        )));
    }
    if !(0.0..1.0).contains(&smooth) {
        return Err(ApiError::invalid(format!("`smooth` is at least 0 and less than 1, not {smooth}.")));
    }
    let axis = match x {
        X::Step => Axis::Step,
        X::Time => Axis::Time,
    };
    let range = (from.unwrap_or(i64::MIN), to.unwrap_or(i64::MAX));
    let drawing = Drawing { axis, range, buckets: buckets.clamp(1, MOST_BUCKETS), smoothing: smooth };
    let app = &app;
    let past = match at {
        Some(at) => Some(past::histories(app, &runs, &metrics, at).await?),
        None => None,
    };
    let past = past.as_ref();
    let mut pairs = Vec::with_capacity(runs.len() * metrics.len());
    for run in &runs {
        pairs.extend(metrics.iter().map(|metric| (run.clone(), metric.clone())));
    }
    let drawn: Vec<SeriesOut> = stream::iter(pairs)
        .map(|(run_id, metric)| async move {
            let history = match past {
                Some(past) => past.get(&run_id).and_then(|run| run.get(&metric)).cloned().unwrap_or_default(),
                None => app.views.history(&run_id, &metric).await?,
            };
            let drawn = spawn_blocking(move || sampled(&history, &drawing)).await;
            Ok::<_, ApiError>(SeriesOut::new(run_id, metric, drawn.map_err(ApiError::internal)?))
        })
        .buffered(AT_ONCE)
        .try_collect()
        .await?;
    let series: Vec<SeriesOut> = drawn.into_iter().filter(|series| series.points > 0).collect();
    let points = series.iter().map(|series| series.x.len()).sum();
    if columns::wanted(&headers) {
        return Ok(columns::write(&series)?.into_response());
    }
    Ok(Answer::of_many(points, move || Answer::new(&Drawn { series })).await?.into_response())
}

impl SeriesOut {
    fn new(run_id: String, metric: String, drawn: Series) -> Self {
        let Series { points, x, min, max, last, smooth, nans, infinities } = drawn;
        let infs = infinities.into_iter().map(|(x, positive)| (x, if positive { 1 } else { -1 })).collect();
        Self { run_id, metric, points, x, min, max, last, smooth, nans, infs }
    }
}
