//! Histories of metrics as charts draw them, as JSON or in the binary form of [`columns`].

mod columns;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use futures::{StreamExt, TryStreamExt, stream};
use http::HeaderMap;
use runledger_domain::points::{Axis, Columns, Drawing, Place, Series, series as sampled, series_over};
use runledger_storage::Outlined;
use serde::{Deserialize, Serialize};
use serde_json::Number;
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::OnceCell;
use tokio::task::spawn_blocking;
use utoipa::ToSchema;

use super::asked::Asked;
use super::moment::Moment;
use super::past;
use crate::wire::Answer;
use crate::{ApiError, App, AppState};

/// Series in an answer.
const SERIES: usize = 500;
/// Histories read at a time.
const AT_ONCE: usize = 4;
const MOST_BUCKETS: usize = 2_000;

/// What x is: the step, the time, or another metric of the same run, such as an epoch. A point then lies at that metric's value of
/// the same step, or else of the nearest step before it; without any it is not drawn.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = SeriesAxis)]
enum X {
    #[default]
    Step,
    /// Milliseconds since the epoch.
    Time,
    Metric(String),
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
    /// The least x: a step, milliseconds since the epoch, or a value of the metric.
    #[schema(value_type = Option<f64>)]
    from: Option<Number>,
    /// The greatest x.
    #[schema(value_type = Option<f64>)]
    to: Option<Number>,
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
///
/// Where there are 256 points or more for each bucket, buckets end where 64 neighbours do: no value is hidden, but one near the end of a
/// bucket may count to the next one's `last`.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Series)]
struct SeriesOut {
    run_id: String,
    metric: String,
    /// Points in the range, before bucketing; among a quarter of a million or more, those that were sent twice may count twice.
    points: usize,
    /// Of the last point of each bucket: whole numbers unless x is a metric.
    #[schema(value_type = Vec<f64>)]
    x: Vec<Number>,
    min: Vec<f64>,
    max: Vec<f64>,
    last: Vec<f64>,
    /// The moving average over the whole history, at the last point of each bucket; absent unless `smooth` was asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    smooth: Vec<f64>,
    /// Where NaN is, at most 200.
    #[schema(value_type = Vec<f64>)]
    nans: Vec<Number>,
    /// Where infinity is, and 1 or -1; at most 200.
    #[schema(value_type = Vec<(f64, i8)>)]
    infs: Vec<(Number, i8)>,
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
    let (axis, over) = match x {
        X::Step => (Axis::Step, None),
        X::Time => (Axis::Time, None),
        X::Metric(over) => (Axis::Step, Some(over)),
    };
    let picture = Arc::new(Picture { axis, from, to, buckets: buckets.clamp(1, MOST_BUCKETS), smoothing: smooth });
    let app = &app;
    let past = match at {
        Some(at) => {
            let keys: Vec<String> = metrics.iter().chain(&over).cloned().collect();
            Some(past::histories(app, &runs, &keys, at).await?)
        }
        None => None,
    };
    let histories = &Histories { app, past };
    let over = over.as_deref();
    let mut pairs = Vec::with_capacity(runs.len() * metrics.len());
    for run in &runs {
        // What the charts of a run have as x is read once, and kept only until the last of them is drawn.
        let places = Arc::new(OnceCell::new());
        pairs.extend(metrics.iter().map(|metric| (run.clone(), metric.clone(), Arc::clone(&places))));
    }
    let drawn: Vec<SeriesOut> = stream::iter(pairs)
        .map(|(run_id, metric, places)| {
            let picture = Arc::clone(&picture);
            async move {
                let history = match over {
                    Some(_) => Outlined { points: histories.get(&run_id, &metric).await?, omitted: 0 },
                    None => histories.outlined(&run_id, &metric, &picture).await?,
                };
                let places: Option<Arc<Columns>> = match over {
                    Some(over) => {
                        let read = async || histories.get(&run_id, over).await.map(Arc::new);
                        Some(Arc::clone(places.get_or_try_init(read).await?))
                    }
                    None => None,
                };
                let draw = move || picture.draw(run_id, metric, &history, places.as_deref());
                spawn_blocking(draw).await.map_err(ApiError::internal)
            }
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

/// Where histories are read: as they are or, with `past`, as they were.
struct Histories<'a> {
    app: &'a App,
    past: Option<BTreeMap<String, BTreeMap<String, Columns>>>,
}

impl Histories<'_> {
    async fn get(&self, run_id: &str, metric: &str) -> Result<Columns, ApiError> {
        match &self.past {
            Some(past) => Ok(past.get(run_id).and_then(|run| run.get(metric)).cloned().unwrap_or_default()),
            None => Ok(self.app.views.history(run_id, metric).await?),
        }
    }

    /// As much of the history as the picture shows.
    async fn outlined(&self, run_id: &str, metric: &str, picture: &Picture) -> Result<Outlined, ApiError> {
        if self.past.is_some() {
            return Ok(Outlined { points: self.get(run_id, metric).await?, omitted: 0 });
        }
        Ok(self.app.views.outlined(run_id, metric, picture.axis, &picture.drawing()).await?)
    }
}

/// What of each history is drawn, and how.
struct Picture {
    axis: Axis,
    from: Option<Number>,
    to: Option<Number>,
    buckets: usize,
    smoothing: f64,
}

impl Picture {
    /// With `places`, another history of the run, over the values of it instead of the axis.
    fn draw(&self, run_id: String, metric: String, history: &Outlined, places: Option<&Columns>) -> SeriesOut {
        let Outlined { points, omitted } = history;
        if let Some(places) = places {
            let bound = |bound: &Option<Number>, none| bound.as_ref().and_then(Number::as_f64).unwrap_or(none);
            let range = (bound(&self.from, f64::MIN), bound(&self.to, f64::MAX));
            let drawing = Drawing { range, buckets: self.buckets, smoothing: self.smoothing };
            // What is drawn over a metric lies at its finite values, all of which are numbers of JSON.
            let number = |x| Number::from_f64(x).unwrap_or_else(|| 0.into());
            return SeriesOut::new(run_id, metric, series_over(points, places, &drawing), number);
        }
        let mut drawn = sampled(points, self.axis, &self.drawing());
        drawn.points += omitted;
        SeriesOut::new(run_id, metric, drawn, Number::from)
    }

    /// What is drawn over the axis.
    fn drawing(&self) -> Drawing {
        let from = self.from.as_ref().map_or(i64::MIN, |from| whole(from, f64::ceil));
        let to = self.to.as_ref().map_or(i64::MAX, |to| whole(to, f64::floor));
        Drawing { range: (from, to), buckets: self.buckets, smoothing: self.smoothing }
    }
}

/// A bound of steps or times, the nearest one inside for a fraction.
#[expect(clippy::cast_possible_truncation, reason = "beyond all steps is the first or the last of them")]
fn whole(bound: &Number, inside: fn(f64) -> f64) -> i64 {
    bound.as_i64().unwrap_or_else(|| inside(bound.as_f64().unwrap_or_default()) as i64)
}

impl SeriesOut {
    fn new<X: Place>(run_id: String, metric: String, drawn: Series<X>, number: fn(X) -> Number) -> Self {
        let Series { points, x, min, max, last, smooth, nans, infinities } = drawn;
        let x = x.into_iter().map(number).collect();
        let nans = nans.into_iter().map(number).collect();
        let infs = infinities.into_iter().map(|(x, positive)| (number(x), if positive { 1 } else { -1 })).collect();
        Self { run_id, metric, points, x, min, max, last, smooth, nans, infs }
    }
}
