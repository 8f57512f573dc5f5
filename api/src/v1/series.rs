//! Histories of metrics as charts draw them.

use axum::extract::State;
use futures::{StreamExt, TryStreamExt, stream};
use runledger_domain::points::{Axis, Series, series as sampled};
use serde::{Deserialize, Serialize};
use tokio::task::spawn_blocking;

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

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum X {
    #[default]
    Step,
    Time,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Wanted {
    runs: Vec<String>,
    metrics: Vec<String>,
    #[serde(default)]
    x: X,
    from: Option<i64>,
    to: Option<i64>,
    #[serde(default = "default_buckets")]
    buckets: usize,
    /// A position of the log, or milliseconds since the epoch: the histories as they were then.
    #[serde(alias = "as_of")]
    at: Option<Moment>,
}

#[derive(Debug, Serialize)]
struct SeriesOut {
    run_id: String,
    metric: String,
    points: usize,
    x: Vec<i64>,
    min: Vec<f64>,
    max: Vec<f64>,
    last: Vec<f64>,
    nans: Vec<i64>,
    /// Where, and 1 or -1.
    infs: Vec<(i64, i8)>,
}

fn default_buckets() -> usize {
    500
}

pub(crate) async fn series(State(app): State<AppState>, Asked(wanted): Asked<Wanted>) -> Result<Answer, ApiError> {
    #[derive(Serialize)]
    struct Drawn {
        series: Vec<SeriesOut>,
    }
    let Wanted { runs, metrics, x, from, to, buckets, at } = wanted;
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
