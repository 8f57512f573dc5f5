//! The Markdown table: medians and spread of each figure for each server, beside the goal.

use std::{fs, io::Write as _, path::PathBuf};

use crate::{error::BenchError, report::Report};

/// The peers, in the order of the table's columns.
const PEERS: [&str; 2] = ["mlflow", "fasttrackml"];
const OURS: &str = "ours";

/// One line of the table: which results, which of their figures, and what we aim at.
struct Row {
    title: &'static str,
    work: &'static str,
    clients: usize,
    figure: fn(&Report) -> Option<f64>,
    unit: &'static str,
    /// Whether a smaller figure is better.
    falling: bool,
    goal: f64,
}

const fn row(title: &'static str, work: &'static str, clients: usize, unit: &'static str, goal: f64) -> Row {
    Row { title, work, clients, figure: |report| Some(report.operations_per_s), unit, falling: false, goal }
}

impl Row {
    const fn points(mut self) -> Self {
        self.figure = |report| report.points_per_s;
        self
    }

    const fn falls(mut self, figure: fn(&Report) -> Option<f64>) -> Self {
        self.figure = figure;
        self.falling = true;
        self
    }

    const fn megabytes(mut self) -> Self {
        self.figure = |report| report.megabytes_per_s;
        self
    }
}

/// The works and their goals.
const ROWS: [Row; 30] = [
    row("burst, 16 clients, a run each", "burst", 16, "points/s", 1e6).points(),
    row("the same, p99", "burst", 16, "ms", 100.0).falls(|report| report.p99_ms),
    row("the same, until projected", "burst", 16, "s", 2.0).falls(|report| report.lag_s),
    row("burst, 1 client", "burst", 1, "points/s", 400e3).points(),
    row("16 clients into one run", "shared-run", 16, "points/s", 1e6).points(),
    row("the same, failed operations", "shared-run", 16, "", 0.0).falls(|report| Some(failed(report))),
    row("log-metric, 1 client", "log-metric", 1, "requests/s", 1_500.0),
    row("the same, p50", "log-metric", 1, "ms", 0.7).falls(|report| report.p50_ms),
    row("log-metric, 32 clients", "log-metric", 32, "requests/s", 15e3),
    row("run lifecycle, 8 clients", "lifecycle", 8, "runs/s", 3_000.0),
    row("search, 1 client, p50", "search", 1, "ms", 10.0).falls(|report| report.p50_ms),
    row("search, 8 clients, p50", "search", 8, "ms", 40.0).falls(|report| report.p50_ms),
    row("listing, 1 client, p50", "listing", 1, "ms", 4.0).falls(|report| report.p50_ms),
    row("history of 100 000 points", "history", 1, "points/s", 2e6).points(),
    row("chart of 1 000 000 points, p50", "chart", 1, "ms", 20.0).falls(|report| report.p50_ms),
    row("rebuild of bursts", "replay-burst", 0, "points/s", 1e6).points(),
    row("rebuild of single points", "replay-log-metric", 0, "events/s", 30e3),
    row("rebuild of run lifecycles", "replay-lifecycle", 0, "events/s", 30e3),
    row("artifact PUT 1 KiB, 8 clients", "artifacts-put-1KiB", 8, "requests/s", 3_000.0),
    row("artifact PUT 64 KiB, 8 clients", "artifacts-put-64KiB", 8, "requests/s", 3_000.0),
    row("artifact PUT 10 MiB, 4 clients", "artifacts-put-10240KiB", 4, "MB/s", f64::NAN).megabytes(),
    row("artifact GET 10 MiB, 4 clients", "artifacts-get-10240KiB", 4, "MB/s", f64::NAN).megabytes(),
    row("memory after start, RSS", "memory-idle", 0, "MiB", 40.0).falls(|report| report.rss_mib),
    row("the same, PSS", "memory-idle", 0, "MiB", 40.0).falls(|report| report.pss_mib),
    row("the same, processes", "memory-idle", 0, "", 1.0).falls(processes),
    row("memory after all works, RSS", "memory-after", 0, "MiB", 200.0).falls(|report| report.rss_mib),
    row("the same, PSS", "memory-after", 0, "MiB", 200.0).falls(|report| report.pss_mib),
    row("start to first answer", "start", 0, "s", 0.2).falls(|report| Some(report.seconds)),
    row("bytes in the database per point", "storage", 0, "bytes", 12.0).falls(|report| report.bytes_per_point),
    row("making the seeded runs", "seed", 8, "runs/s", 3_000.0),
];

/// Reads the result files and prints the table of the works found in them.
pub(crate) fn print(files: &[PathBuf]) -> Result<(), BenchError> {
    let results = read(files)?;
    let mut text = "| work | MLflow | FastTrackML | ours | to MLflow | to FastTrackML | goal |\n\
                    |---|---|---|---|---|---|---|\n"
        .to_owned();
    for row in &ROWS {
        if let Some(line) = line(row, &results) {
            text.push_str(&line);
            text.push('\n');
        }
    }
    let done = std::io::stdout().lock().write_all(text.as_bytes());
    done.map_err(|source| BenchError::Io { path: "the standard output".into(), source })
}

fn read(files: &[PathBuf]) -> Result<Vec<Report>, BenchError> {
    let mut results = Vec::new();
    for path in files {
        let text = fs::read_to_string(path).map_err(|source| BenchError::Io { path: path.clone(), source })?;
        for (number, line) in text.lines().enumerate() {
            let parsed = serde_json::from_str(line);
            let path = path.clone();
            results.push(parsed.map_err(|source| BenchError::Result { path, line: number + 1, source })?);
        }
    }
    Ok(results)
}

/// `None` when no server has done this work.
fn line(row: &Row, results: &[Report]) -> Option<String> {
    let of = |label: &str| cell(row, results, label);
    let ours = of(OURS);
    let peers = PEERS.map(of);
    if ours.text.is_empty() && peers.iter().all(|cell| cell.text.is_empty()) {
        return None;
    }
    let ratio = |peer: &Cell| match (peer.median, ours.median) {
        (Some(peer), Some(ours)) if peer > 0.0 && ours > 0.0 => {
            let ratio = if row.falling { peer / ours } else { ours / peer };
            format!("{}x", figure(ratio))
        }
        _ => String::new(),
    };
    let goal = if row.goal.is_nan() { "the disk's speed".to_owned() } else { figure(row.goal) };
    let title = if row.unit.is_empty() { row.title.to_owned() } else { format!("{} ({})", row.title, row.unit) };
    let [mlflow, fasttrackml] = &peers;
    Some(format!(
        "| {title} | {} | {} | {} | {} | {} | {goal} |",
        mlflow.text,
        fasttrackml.text,
        ours.text,
        ratio(mlflow),
        ratio(fasttrackml),
    ))
}

struct Cell {
    median: Option<f64>,
    text: String,
}

/// Median and spread of one figure, with what went wrong.
fn cell(row: &Row, results: &[Report], label: &str) -> Cell {
    let matching = |report: &&Report| report.label == label && report.work == row.work && report.clients == row.clients;
    let reports: Vec<&Report> = results.iter().filter(matching).collect();
    let mut figures: Vec<f64> =
        reports.iter().filter(|report| measured(report)).filter_map(|r| (row.figure)(r)).collect();
    figures.sort_by(f64::total_cmp);
    let (Some(&low), Some(&high)) = (figures.first(), figures.last()) else {
        let note = reports.iter().find_map(|report| report.note.clone());
        let note = note.map(|note| note.replace('|', "/").chars().take(60).collect());
        return Cell { median: None, text: note.unwrap_or_default() };
    };
    let middle = figures.len() / 2;
    let median = if figures.len().is_multiple_of(2) {
        f64::midpoint(figures[middle - 1], figures[middle])
    } else {
        figures[middle]
    };
    let spread = if figures.len() > 1 { format!(" ({} to {})", figure(low), figure(high)) } else { String::new() };
    let failures: f64 = reports.iter().map(|report| failed(report)).sum();
    let told = failures > 0.0 && !row.title.ends_with("failed operations");
    let failures = if told { format!(", {} failed", figure(failures)) } else { String::new() };
    Cell { median: Some(median), text: format!("{}{spread}{failures}", figure(median)) }
}

fn measured(report: &Report) -> bool {
    report.operations > 0 || report.clients == 0 || !report.errors.is_empty()
}

fn failed(report: &Report) -> f64 {
    crate::report::count_f64(report.errors.values().sum::<u64>() + report.throttled.unwrap_or(0))
}

fn processes(report: &Report) -> Option<f64> {
    u32::try_from(report.processes?).ok().map(f64::from)
}

/// Three significant digits, thousands set apart.
fn figure(value: f64) -> String {
    if value.abs() < 100.0 {
        let digits = if value.abs() >= 10.0 || value.fract() == 0.0 { 1 } else { 2 };
        let text = format!("{value:.digits$}");
        return text.trim_end_matches(".0").to_owned();
    }
    let whole = format!("{value:.0}");
    let mut grouped = String::new();
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            grouped.push(' ');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    fn burst(label: &str, points: f64) -> Report {
        Report {
            label: label.to_owned(),
            clients: 16,
            operations: 1,
            points_per_s: Some(points),
            ..Report::new("burst")
        }
    }

    #[test]
    fn a_line_holds_medians_spread_and_ratios() {
        let results = [burst("ours", 900e3), burst("ours", 1.1e6), burst("ours", 1e6), burst("mlflow", 5e3)];
        let line = line(&ROWS[0], &results).unwrap();
        assert_eq!(
            line,
            "| burst, 16 clients, a run each (points/s) | 5 000 |  | 1 000 000 (900 000 to 1 100 000) | 200x |  | \
             1 000 000 |"
        );
    }

    #[test]
    fn figures_are_readable() {
        assert_eq!([0.456, 12.34, 5.0, 123.4, 1_234_567.0].map(figure), ["0.46", "12.3", "5", "123", "1 234 567"]);
    }
}
