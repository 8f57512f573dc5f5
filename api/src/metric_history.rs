//! `metrics/*`: histories of metrics, whole and sampled for charts.
//!
//! The metrics of a response are written from the columns of the history, without a tree in between.

use axum::extract::State;
use runledger_domain::DomainError;
use runledger_domain::points::{Columns, sample_interval};
use runledger_storage::HistoryPage;
use serde::ser::SerializeSeq;
use serde::{Serialize, Serializer};
use std::borrow::Cow;
use std::ops::Range;

use crate::offset_token::{read_token, write_token};
use crate::wire::{Answer, MetricOut};
use crate::{ApiError, App, AppState, Args};

/// Most runs in one request.
const RUNS: usize = 100;
/// Most points in an answer of `get-history-bulk`.
const BULK_POINTS: usize = 25_000;
/// Most points per run in an answer of `get-history-bulk-interval`.
const INTERVAL_POINTS: usize = 2_500;
/// What MLflow appends to a refusal that its request schema makes.
const SEE_DOCS: &str = "See the API docs for more information about request parameters.";

#[derive(Serialize)]
struct History<'a> {
    #[serde(skip_serializing_if = "Points::is_empty")]
    metrics: Points<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_page_token: Option<String>,
}

/// Points of one metric of several runs.
#[derive(Default)]
struct Points<'a>(Vec<Piece<'a>>);

struct Piece<'a> {
    key: &'a str,
    /// Shown with each point where the answer covers several runs.
    run_id: Option<&'a str>,
    columns: Cow<'a, Columns>,
    shown: Range<usize>,
}

/// `metrics/get-history`: by timestamp, step and value. Without `max_results` all points from the page token on.
pub(crate) async fn get_history(State(app): State<AppState>, args: Args) -> Result<Answer, ApiError> {
    let (run_id, key) = (args.run_id()?, args.required("metric_key")?);
    let max_results = match args.int("max_results")? {
        Some(n) if n <= 0 => {
            return Err(ApiError::invalid(format!(
                "Invalid value {n} for parameter 'max_results' supplied. It must be a positive integer."
            )));
        }
        Some(n) => usize::try_from(n).unwrap_or(usize::MAX),
        None => usize::MAX,
    };
    let from = args.filled("page_token")?.map_or(Ok(0), read_token)?;
    let HistoryPage { points, total } = app.views.history_page(run_id, key, from, max_results).await?;
    let (count, to) = (points.len(), from.saturating_add(points.len()));
    let next_page_token = (to < total).then(|| write_token(to));
    let key = key.to_owned();
    let write = move || {
        let metrics = Points(vec![Piece { key: &key, run_id: None, columns: Cow::Owned(points), shown: 0..count }]);
        Answer::new(&History { metrics, next_page_token })
    };
    Answer::of_many(count, write).await
}

/// `metrics/get-history-bulk`: the histories of several runs one after the other, cut at a number of points.
pub(crate) async fn get_history_bulk(State(app): State<AppState>, args: Args) -> Result<Answer, ApiError> {
    /// Unlike elsewhere, the list is there even if it is empty.
    #[derive(Serialize)]
    struct Bulk<'a> {
        metrics: Points<'a>,
    }
    let mut run_ids = args.texts("run_id")?;
    if run_ids.is_empty() {
        return Err(ApiError::invalid("GetMetricHistoryBulk request must specify at least one run_id."));
    }
    if run_ids.len() > RUNS {
        return Err(ApiError::invalid(format!(
            "GetMetricHistoryBulk request cannot specify more than {RUNS} run_ids. Received {} run_ids.",
            run_ids.len()
        )));
    }
    let Some(key) = args.text("metric_key")? else {
        return Err(ApiError::invalid("GetMetricHistoryBulk request must specify a metric_key."));
    };
    let max_results =
        args.int("max_results")?.map_or(BULK_POINTS, |n| usize::try_from(n).unwrap_or(0)).min(BULK_POINTS);
    run_ids.sort_unstable();
    run_ids.dedup();
    let mut histories = Vec::new();
    let mut room = max_results;
    for run_id in run_ids {
        if room == 0 {
            break;
        }
        let columns = app.views.history(&run_id, key).await?;
        let shown = columns.len().min(room);
        room -= shown;
        histories.push((run_id, columns, shown));
    }
    let key = key.to_owned();
    Answer::of_many(max_results - room, move || Answer::new(&Bulk { metrics: Points::of_runs(&key, histories.iter()) }))
        .await
}

/// `metrics/get-history-bulk-interval`: a sample of each run's history for a chart, optionally of a range of steps.
pub(crate) async fn get_history_bulk_interval(State(app): State<AppState>, args: Args) -> Result<Answer, ApiError> {
    let (key, samples) = app.metric_samples(&args).await?;
    let samples: Vec<_> = samples
        .into_iter()
        .map(|(run_id, columns)| {
            let shown = columns.len();
            (run_id, columns, shown)
        })
        .collect();
    let points = samples.iter().map(|(_, _, shown)| shown).sum();
    let write = move || {
        let metrics = Points::of_runs(&key, samples.iter());
        Answer::new(&History { metrics, next_page_token: None })
    };
    Answer::of_many(points, write).await
}

impl App {
    /// The metric that the arguments of `metrics/get-history-bulk-interval` ask for, and a sample of it for each run.
    pub(crate) async fn metric_samples(&self, args: &Args) -> Result<(String, Vec<(String, Columns)>), ApiError> {
        let run_ids = args.texts("run_ids")?;
        if run_ids.is_empty() {
            return Err(DomainError::missing("run_ids").into());
        }
        if run_ids.len() > RUNS {
            return Err(ApiError::invalid(format!(
                "GetMetricHistoryBulkInterval request must specify at most {RUNS} run_ids. Received {} run_ids. {SEE_DOCS}",
                run_ids.len()
            )));
        }
        let key = args.required("metric_key")?;
        let max_results = match args.int("max_results")?.map(usize::try_from) {
            None => INTERVAL_POINTS,
            Some(Ok(n)) if (1..=INTERVAL_POINTS).contains(&n) => n,
            Some(_) => {
                return Err(ApiError::invalid(format!(
                    "max_results must be between 1 and {INTERVAL_POINTS}. {SEE_DOCS}"
                )));
            }
        };
        let steps = steps(args.int("start_step")?, args.int("end_step")?)?;
        let mut samples = Vec::new();
        for run_id in run_ids {
            let columns = sample_interval(&self.views.history(&run_id, key).await?, steps, max_results);
            samples.push((run_id, columns));
        }
        Ok((key.to_owned(), samples))
    }
}

fn steps(start: Option<i64>, end: Option<i64>) -> Result<Option<(i64, i64)>, ApiError> {
    match (start, end) {
        (Some(start), Some(end)) if start > end => Err(ApiError::invalid(format!(
            "end_step must be greater than start_step. Found start_step={start} and end_step={end}."
        ))),
        (Some(start), Some(end)) => Ok(Some((start, end))),
        (None, None) => Ok(None),
        _ => Err(ApiError::invalid("If either start step or end step are specified, both must be specified.")),
    }
}

impl<'a> Points<'a> {
    /// Of each run the first points, as many as its number says.
    fn of_runs(key: &'a str, runs: impl Iterator<Item = &'a (String, Columns, usize)>) -> Self {
        let piece = |(run_id, columns, shown): &'a (String, Columns, usize)| Piece {
            key,
            run_id: Some(run_id.as_str()),
            columns: Cow::Borrowed(columns),
            shown: 0..*shown,
        };
        Self(runs.map(piece).collect())
    }

    fn is_empty(&self) -> bool {
        self.0.iter().all(|piece| piece.shown.is_empty())
    }
}

impl Serialize for Points<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(None)?;
        for Piece { key, run_id, columns, shown } in &self.0 {
            for point in columns.iter().skip(shown.start).take(shown.len()) {
                list.serialize_element(&MetricOut::new(key, point, *run_id))?;
            }
        }
        list.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use runledger_domain::points::Point;

    #[test]
    fn points_are_written_with_their_run_and_without_null() {
        let columns: Columns =
            [(1, f64::NAN), (2, 0.5)].map(|(step, value)| Point { step, timestamp: 9, value }).into_iter().collect();
        let metrics = Points(vec![Piece { key: "m", run_id: Some("4f"), columns: Cow::Owned(columns), shown: 0..2 }]);
        let text = serde_json::to_string(&History { metrics, next_page_token: None }).unwrap();
        assert_eq!(
            text,
            r#"{"metrics":[{"key":"m","value":"NaN","timestamp":9,"step":1,"run_id":"4f"},"#.to_owned()
                + r#"{"key":"m","value":0.5,"timestamp":9,"step":2,"run_id":"4f"}]}"#
        );
        assert_eq!(
            serde_json::to_string(&History { metrics: Points::default(), next_page_token: None }).unwrap(),
            "{}"
        );
    }

    #[test]
    fn both_ends_of_an_interval_are_given_in_order() {
        assert_eq!(steps(Some(2), Some(2)).unwrap(), Some((2, 2)));
        assert!(steps(Some(2), None).is_err());
        assert!(steps(Some(6), Some(2)).unwrap_err().message.ends_with("Found start_step=6 and end_step=2."));
    }
}
