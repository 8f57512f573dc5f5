//! Cross-validation: two models, each a run with a run for each fold below it.

use runledger_domain::RunStatus;
use runledger_domain::points::Point;

use super::noise::Noise;
use super::{SampleExperiment, SampleRun, dataset, images, lines, pair};

const MINUTE: i64 = 60_000;
const FOLDS: u32 = 5;
const ROUNDS: u32 = 100;

/// A model, its error without noise, and how important it found each feature.
const MODELS: [(&str, f64, [f64; 6]); 2] = [
    ("gradient-boosting", 0.131, [0.34, 0.22, 0.16, 0.12, 0.09, 0.07]),
    ("random-forest", 0.146, [0.29, 0.26, 0.15, 0.13, 0.10, 0.07]),
];
const FEATURES: [&str; 6] = ["living_area", "quality", "year_built", "garage_area", "lot_area", "bathrooms"];

pub(super) fn experiment(now: i64) -> SampleExperiment {
    let note = "# House prices\n\nFive folds for each model; the parent has the mean. The error is the RMSE of the **logarithm** of \
                the price.\n";
    let begin = now - 3 * 60 * MINUTE;
    let models = MODELS
        .iter()
        .zip(0..)
        .map(|(&(name, error, weights), number)| model(name, error, &weights, begin + number * 50 * MINUTE));
    SampleExperiment {
        name: "house-prices",
        tags: vec![pair("mlflow.note.content", note), pair("team", "pricing")],
        runs: models.collect(),
    }
}

fn model(name: &'static str, error: f64, weights: &[f64; 6], start: i64) -> SampleRun {
    let folds: Vec<(SampleRun, f64)> = (0..FOLDS).map(|number| fold(name, error, number, start)).collect();
    let mean = folds.iter().map(|(_, error)| error).sum::<f64>() / f64::from(FOLDS);
    let end = folds.iter().map(|(run, _)| run.end).max().unwrap_or(start) + MINUTE;
    let mut table = vec!["fold,rmse".to_owned()];
    table.extend(folds.iter().zip(1..).map(|((_, error), number)| format!("{number},{error:.4}")));
    let important: Vec<(&str, f64)> = FEATURES.into_iter().zip(*weights).collect();
    let readme = format!("# {name}\n\nMean error over {FOLDS} folds: **{mean:.4}**. `folds.csv` has each.\n");
    SampleRun {
        name: name.to_owned(),
        user: "ben",
        status: RunStatus::Finished,
        start,
        end,
        params: vec![pair("model", name), pair("folds", FOLDS), pair("target", "log(price)")],
        tags: vec![pair("mlflow.source.name", "cross_validate.py")],
        metrics: vec![("rmse_mean", vec![Point { step: 0, timestamp: end, value: mean }])],
        datasets: vec![dataset("ames-housing", "9b1d40aa", "https://jse.amstat.org/v19n3/decock.pdf", "training")],
        files: vec![
            ("folds.csv", lines(&table)),
            ("plots/importance.svg", images::bars("Importance of features", &important)),
            ("README.md", readme.into_bytes()),
        ],
        children: folds.into_iter().map(|(run, _)| run).collect(),
    }
}

/// The run of a fold, and its error.
fn fold(model: &'static str, error: f64, number: u32, start: i64) -> (SampleRun, f64) {
    let mut noise = Noise::new(u64::from(number) * 2 + u64::from(model.starts_with('g')));
    let start = start + i64::from(number) * 8 * MINUTE;
    let target = error + 0.009 * noise.normal();
    let points: Vec<Point> = (0..ROUNDS)
        .map(|round| Point {
            step: i64::from(round),
            timestamp: start + i64::from(round) * 4_000,
            value: target + 0.27 * (-f64::from(round) / 17.0).exp() + 0.001 * noise.normal(),
        })
        .collect();
    let reached = points.last().map_or(target, |point| point.value);
    let run = SampleRun {
        name: format!("{model}-fold-{}", number + 1),
        user: "ben",
        status: RunStatus::Finished,
        start,
        end: start + 7 * MINUTE,
        params: vec![pair("model", model), pair("fold", number + 1), pair("rounds", ROUNDS)],
        tags: vec![pair("mlflow.source.name", "cross_validate.py")],
        metrics: vec![("rmse", points)],
        datasets: Vec::new(),
        files: Vec::new(),
        children: Vec::new(),
    };
    (run, reached)
}
