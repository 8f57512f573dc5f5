//! `runledger-hot PATH TIMES`: does one of the hot paths over and over, for a profiler, or for `benches/instructions.sh`, which counts
//! the instructions of one time.

use std::hint::black_box;

use clap::{Parser, ValueEnum};
use runledger_domain::event::RunCreated;
use runledger_domain::points::{Axis, Batch, BatchBuilder, Columns, Drawing, Point, merge, outline, series};
use runledger_domain::{Event, RecordedEvent, StreamId};
use runledger_storage::search::{Grammar, RunQuery, ViewType, compile_runs};

type Failure = Box<dyn std::error::Error>;

/// Points of a request, as the burst of the benchmarks has them: 100 steps of 10 metrics.
const STEPS: i64 = 100;
const KEYS: [&str; 10] = ["m0", "m1", "m2", "m3", "m4", "m5", "m6", "m7", "m8", "m9"];
/// Points of a history that is drawn or merged.
const LONG: i64 = 20_000;

#[derive(Debug, Parser)]
#[command(name = "runledger-hot", version)]
struct Cli {
    #[arg(value_enum)]
    path: Path,
    times: u64,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Path {
    /// The body of a `log-batch` with 1000 points, to columns.
    Parse,
    /// 1000 points to an event's bytes.
    Encode,
    /// The same bytes to points.
    Decode,
    /// An event of 1000 points to the changes of the views.
    Project,
    /// A filter and an order to statements.
    Filter,
    /// 16 pieces to a history of 20 000 points.
    Merge,
    /// A history of 20 000 points to 1000 buckets.
    Draw,
    /// The outline of a history of 20 000 points, as one segment.
    Outline,
}

fn main() -> Result<(), Failure> {
    let Cli { path, times } = Cli::parse();
    match path {
        Path::Parse => {
            let body = body();
            again(times, || Ok(runledger_api::read_log_batch(black_box(body.as_bytes()))?))
        }
        Path::Encode => {
            let event = Event::MetricsLogged(batch());
            again(times, || Ok(black_box(&event).encode()))
        }
        Path::Decode => {
            let recorded = logged(2);
            again(times, || Ok(black_box(&recorded).decode()?))
        }
        Path::Project => {
            let events = [created(), logged(2)];
            again(times, || Ok(runledger_projector::fold(black_box(&events), 0)))
        }
        Path::Filter => {
            let order = ["metrics.m5 DESC".to_owned()];
            let query = RunQuery {
                experiment_ids: &[1],
                filter: "metrics.m3 > 0.9 and params.p1 = 'v7' and tags.team LIKE 'vis%' and attributes.status = 'FINISHED'",
                order_by: &order,
                view: ViewType::ActiveOnly,
                max_results: 100,
                page_token: None,
                grammar: Grammar::Mlflow,
            };
            again(times, || Ok(compile_runs(black_box(&query))?))
        }
        Path::Merge => {
            let history = history();
            let piece = history.len() / 16;
            let pieces: Vec<Columns> =
                (0..16).map(|number| history.slice(number * piece..(number + 1) * piece)).collect();
            again(times, || Ok(merge(black_box(&pieces).iter().cloned())))
        }
        Path::Draw => {
            let history = history();
            let drawing = Drawing { range: (i64::MIN, i64::MAX), buckets: 1000, smoothing: 0.0 };
            again(times, || Ok(series(black_box(&history), Axis::Step, &drawing)))
        }
        Path::Outline => {
            let history = history();
            again(times, || Ok(outline(black_box(&history))))
        }
    }
}

fn again<T>(times: u64, mut once: impl FnMut() -> Result<T, Failure>) -> Result<(), Failure> {
    for _ in 0..times {
        drop(black_box(once()?));
    }
    Ok(())
}

fn batch() -> Batch {
    let mut builder = BatchBuilder::with_capacity(1000);
    for step in 0..STEPS {
        for (number, key) in (0..).zip(KEYS) {
            builder.push(key, point(step * 31 + number));
        }
    }
    builder.finish()
}

fn body() -> String {
    let batch = batch();
    let mut metrics = Vec::new();
    for (key, range) in batch.per_key() {
        metrics.extend(batch.columns().slice(range).iter().map(|Point { step, timestamp, value }| {
            format!(r#"{{"key": "{key}", "value": {value}, "timestamp": {timestamp}, "step": {step}}}"#)
        }));
    }
    format!(r#"{{"run_id": "0123456789abcdef0123456789abcdef", "metrics": [{}]}}"#, metrics.join(", "))
}

fn history() -> Columns {
    (0..LONG).map(point).collect()
}

/// A curve that falls, with noise.
#[expect(clippy::cast_precision_loss, reason = "steps are small")]
fn point(step: i64) -> Point {
    let noise = (step * 7_919 % 1_009) as f64 / 1_009.0;
    Point { step, timestamp: 1_790_000_000_000 + step * 250, value: 1.0 / (1.0 + step as f64 / 1_000.0) + noise / 10.0 }
}

fn created() -> RecordedEvent {
    let run_id = "0123456789abcdef0123456789abcdef".to_owned();
    let created = RunCreated {
        experiment_id: 1,
        name: "hot".to_owned(),
        user_id: "bench".to_owned(),
        start_time: 0,
        artifact_uri: format!("mlflow-artifacts:/1/{run_id}/artifacts"),
        tags: Vec::new(),
        run_id,
    };
    recorded(1, &Event::RunCreated(created))
}

fn logged(position: i64) -> RecordedEvent {
    recorded(position, &Event::MetricsLogged(batch()))
}

fn recorded(position: i64, event: &Event) -> RecordedEvent {
    let (payload, points) = event.encode();
    RecordedEvent {
        position,
        stream: StreamId::run("0123456789abcdef0123456789abcdef"),
        kind: event.kind().to_owned(),
        schema_version: event.schema_version(),
        payload,
        points,
        recorded_at: 0,
        trace: None,
    }
}
