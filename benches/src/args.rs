//! The command line.

use std::{path::PathBuf, time::Duration};

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::{client::Target, error::BenchError, load::Limit, report::Report};

/// Load for any server that speaks the protocol of `mlflow server`. Each command prints one JSON line.
#[derive(Debug, Parser)]
#[command(name = "runledger-bench", version)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) work: Work,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Work {
    /// Log batches of 1000 points over 10 metrics, each client into a run of its own.
    Burst {
        #[command(flatten)]
        common: Common,
        #[command(flatten)]
        lag: Lag,
    },
    /// The same, all clients into one run.
    SharedRun {
        #[command(flatten)]
        common: Common,
        #[command(flatten)]
        lag: Lag,
    },
    /// Log one point per request, each client into a run of its own.
    LogMetric(Common),
    /// Create a run, log 20 params, 20 metrics and 5 tags, finish it.
    Lifecycle(Common),
    /// Fill an experiment with runs for `search` and `listing`.
    Seed {
        #[command(flatten)]
        common: Common,
        /// How many runs to make.
        #[arg(long, default_value_t = 100_000)]
        runs: u64,
        /// The number of the first, which says what the runs hold.
        #[arg(long, default_value_t = 0)]
        first: u64,
    },
    /// Search seeded runs: `metrics.m3 > 0.9 and params.p1 = 'v7'` by `metrics.m5 DESC`, 100 rows.
    Search(Common),
    /// List the 100 newest of the seeded runs.
    Listing(Common),
    /// Read the whole history of one metric, paging as the Python client does.
    History {
        #[command(flatten)]
        common: Common,
        /// Points of the metric.
        #[arg(long, default_value_t = 100_000)]
        points: u64,
    },
    /// Draw a metric of ours: the whole series at 1000 pixels.
    Chart {
        #[command(flatten)]
        common: Common,
        /// Points of the metric.
        #[arg(long, default_value_t = 1_000_000)]
        points: u64,
    },
    /// Upload or download files through the artifact proxy.
    Artifacts {
        #[command(flatten)]
        common: Common,
        #[arg(long, value_enum)]
        direction: Direction,
        /// Size of each file in KiB.
        #[arg(long, default_value_t = 64)]
        kib: usize,
    },
    /// Memory of a process and all its descendants.
    Memory {
        #[command(flatten)]
        name: Name,
        #[arg(long)]
        pid: u32,
        /// The name of the work in the result.
        #[arg(long, default_value = "memory")]
        moment: String,
    },
    /// Start a server and time it to its first 200.
    Start {
        #[command(flatten)]
        name: Name,
        /// The page asked for every 5 ms.
        #[arg(long)]
        health: String,
        /// Where the server's output goes.
        #[arg(long)]
        log: PathBuf,
        /// Give up after this many seconds.
        #[arg(long, default_value_t = 120)]
        patience: u64,
        /// Leave it running in a process group of its own, whose number is the result's `pid`.
        #[arg(long)]
        detach: bool,
        #[arg(trailing_var_arg = true, required = true)]
        command: Vec<String>,
    },
    /// Print the Markdown table of the result files.
    Table { files: Vec<PathBuf> },
}

/// Which way artifacts go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Direction {
    Put,
    Get,
}

/// How the result is named.
#[derive(Debug, Clone, Args)]
pub(crate) struct Name {
    /// The server's name in the result.
    #[arg(long, default_value = "")]
    pub(crate) label: String,
    /// Number of this repetition.
    #[arg(long, default_value_t = 1)]
    pub(crate) round: u32,
    /// How large the thing is that the figure depends on, where that is what is asked.
    #[arg(long)]
    pub(crate) size: Option<u64>,
}

impl Name {
    /// Puts the names into `report`.
    pub(crate) fn put(&self, report: &mut Report) {
        report.label.clone_from(&self.label);
        report.round = self.round;
        report.size = self.size;
    }
}

/// Options of every work that sends requests.
#[derive(Debug, Clone, Args)]
pub(crate) struct Common {
    /// The server, `http://host:port[/prefix]`.
    #[arg(long)]
    pub(crate) url: String,
    /// Start no operation after this many seconds.
    #[arg(long, default_value_t = 10.0)]
    pub(crate) seconds: f64,
    /// At most this many operations.
    #[arg(long)]
    pub(crate) count: Option<u64>,
    /// Clients, each with a connection of its own.
    #[arg(long, default_value_t = 1)]
    pub(crate) clients: usize,
    /// Operations of each client before the clock starts.
    #[arg(long, default_value_t = 1)]
    pub(crate) warm_up: u64,
    /// The experiment to use, made when missing.
    #[arg(long, default_value = "runledger-bench")]
    pub(crate) experiment: String,
    /// Seconds allowed for one request.
    #[arg(long, default_value_t = 120.0)]
    pub(crate) timeout: f64,
    #[command(flatten)]
    pub(crate) name: Name,
}

impl Common {
    pub(crate) fn target(&self) -> Result<Target, BenchError> {
        Target::parse(&self.url, seconds(self.timeout))
    }

    pub(crate) fn limit(&self) -> Limit {
        Limit { time: seconds(self.seconds), count: self.count }
    }
}

/// Waiting for the read model after the load.
#[derive(Debug, Clone, Args)]
pub(crate) struct Lag {
    /// Also time how long the projector takes to catch up, from `runledger_projector_lag_events` on this page.
    #[arg(long)]
    pub(crate) lag_url: Option<String>,
}

fn seconds(value: f64) -> Duration {
    Duration::try_from_secs_f64(value).unwrap_or(Duration::MAX)
}
