//! What a benchmark tells: one JSON line on stdout for programs, one sentence on stderr for people.

use std::{collections::BTreeMap, io::Write as _};

use serde::{Deserialize, Serialize};

use crate::load::Tally;

/// A result. Figures that a work does not have are left out of the line.
#[derive(Debug, Default, Clone, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Report {
    /// Which work was done, such as `burst`.
    pub(crate) work: String,
    /// Which server did it, as the caller named it.
    pub(crate) label: String,
    /// The caller's number for this repetition.
    pub(crate) round: u32,
    /// How large the thing is that the figure depends on, as the caller said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) size: Option<u64>,
    /// Simulated clients, each on its own connection.
    pub(crate) clients: usize,
    /// Measured seconds, to the last answer.
    pub(crate) seconds: f64,
    /// Successful operations.
    pub(crate) operations: u64,
    /// Successful operations per second.
    pub(crate) operations_per_s: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) points_per_s: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) megabytes_per_s: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) p50_ms: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) p90_ms: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) p99_ms: Option<f64>,
    /// Failed operations by status, `connection` or `timeout`; without 429.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) errors: BTreeMap<String, u64>,
    /// Operations answered 429: the server asked to slow down and lost nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) throttled: Option<u64>,
    /// Seconds after the last answer until the projector had caught up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) lag_s: Option<f64>,
    /// Events the projector was behind at the last answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) lag_events: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) rss_mib: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) pss_mib: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) processes: Option<usize>,
    /// Bytes in the database for each point written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) bytes_per_point: Option<f64>,
    /// The process group of a server that was left running.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) pid: Option<u32>,
    /// CPU seconds of the generator per second of load (1.0 is one core).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) generator_cpu: Option<f64>,
    /// What the server's `/version` says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) server_version: Option<String>,
    /// Version of this generator.
    pub(crate) generator_version: String,
    /// Why the work was left out, or what to know about the figure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) note: Option<String>,
}

impl Report {
    /// An empty result of `work`.
    pub(crate) fn new(work: &str) -> Self {
        Self { work: work.to_owned(), generator_version: env!("CARGO_PKG_VERSION").to_owned(), ..Self::default() }
    }

    /// A result with the figures of `tally`.
    pub(crate) fn of(work: &str, clients: usize, tally: &Tally) -> Self {
        let seconds = tally.elapsed.as_secs_f64();
        let rate = |count: u64| if seconds > 0.0 { count_f64(count) / seconds } else { 0.0 };
        let operations = tally.latencies.len() as u64;
        let mut errors = tally.failures.clone();
        let throttled = errors.remove("429");
        Self {
            clients,
            seconds,
            operations,
            operations_per_s: rate(operations),
            points_per_s: (tally.done.points > 0).then(|| rate(tally.done.points)),
            megabytes_per_s: (tally.done.bytes > 0).then(|| rate(tally.done.bytes) / 1e6),
            p50_ms: tally.percentile(0.50),
            p90_ms: tally.percentile(0.90),
            p99_ms: tally.percentile(0.99),
            errors,
            throttled,
            note: tally.example.as_ref().map(|failure| format!("one failure: {failure}")),
            ..Self::new(work)
        }
    }

    /// Writes the JSON line and the sentence.
    pub(crate) fn print(&self) -> std::io::Result<()> {
        let line = serde_json::to_string(self)?;
        writeln!(std::io::stdout().lock(), "{line}")?;
        writeln!(std::io::stderr().lock(), "{}", self.sentence())
    }

    fn sentence(&self) -> String {
        let mut parts = vec![format!("{} {}", self.label, self.work).trim().to_owned()];
        if self.operations > 0 {
            parts.push(format!("{} clients, {:.1} s, {:.1}/s", self.clients, self.seconds, self.operations_per_s));
        }
        let mut add = |value: Option<f64>, unit: &str, digits: usize| {
            if let Some(value) = value {
                parts.push(format!("{value:.digits$} {unit}"));
            }
        };
        add(self.points_per_s, "points/s", 0);
        add(self.megabytes_per_s, "MB/s", 1);
        add(self.p50_ms, "ms p50", 2);
        add(self.p90_ms, "ms p90", 2);
        add(self.p99_ms, "ms p99", 2);
        add(self.lag_s, "s until projected", 2);
        add(self.rss_mib, "MiB RSS", 0);
        add(self.pss_mib, "MiB PSS", 0);
        add(self.bytes_per_point, "bytes per point", 1);
        add(self.generator_cpu, "cores used by the generator", 2);
        for (class, count) in &self.errors {
            parts.push(format!("{count} failed with {class}"));
        }
        if let Some(count) = self.throttled {
            parts.push(format!("{count} throttled (429)"));
        }
        parts.extend(self.note.clone());
        parts.join(", ")
    }
}

/// A count as a figure to divide.
#[expect(clippy::cast_precision_loss, reason = "counts of a benchmark stay far below 2^52")]
pub(crate) fn count_f64(count: u64) -> f64 {
    count as f64
}
