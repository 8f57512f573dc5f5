//! The commands about the log.

use clap::{Args, Subcommand, ValueEnum};
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub(crate) enum EventsCommand {
    /// Shows the latest events, and with --follow those that come.
    Tail {
        /// Go on until interrupted
        #[arg(long, short)]
        follow: bool,
        /// Only those of this run and its artifacts
        #[arg(long, value_name = "ID", conflicts_with = "experiment")]
        run: Option<String>,
        /// Only those of this experiment, with its runs, models and artifacts
        #[arg(long, value_name = "ID")]
        experiment: Option<String>,
        /// Only those of this kind, such as `RunCreated`
        #[arg(long, value_name = "KIND")]
        kind: Option<String>,
        /// From this position on, instead of the latest
        #[arg(long, value_name = "POSITION", value_parser = clap::value_parser!(i64).range(1..))]
        from: Option<i64>,
        /// So many of the latest
        #[arg(long, value_name = "NUMBER", default_value_t = 20, conflicts_with = "from")]
        limit: usize,
        /// One JSON object per line
        #[arg(long)]
        json: bool,
    },
    /// Shows everything about one event.
    Show { position: i64 },
    /// Writes the log to files, one for each range of positions, going on where the last file ends.
    Export {
        /// jsonl or parquet
        #[arg(long, value_name = "FORMAT", value_enum)]
        format: ExportFormat,
        /// The folder to write to
        #[arg(long, value_name = "FOLDER")]
        to: PathBuf,
        /// Begin at this position, where the folder is empty [default: 1]
        #[arg(long, value_name = "POSITION", value_parser = clap::value_parser!(i64).range(1..))]
        from: Option<i64>,
        /// Positions in a file
        #[arg(long, value_name = "NUMBER", default_value_t = 100_000, value_parser = clap::value_parser!(i64).range(1..))]
        partition: i64,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum ArchiveCommand {
    /// Moves whole partitions of the log, oldest first, which `PostgreSQL` then no longer holds.
    ///
    /// Only what everybody has read who follows the log, and never the partition of the latest event. It can be interrupted at
    /// any time and run again.
    Events(ArchiveEventsArgs),
    /// Moves the points of runs that have ended out of the views, and removes moved ones that are not needed any more.
    Metrics(ArchiveMetricsArgs),
}

#[derive(Args, Debug)]
pub(crate) struct ArchiveMetricsArgs {
    /// Only of runs that ended longer ago than this, such as 90d
    #[arg(long, value_name = "TIME")]
    pub(crate) older_than: Option<String>,
    /// Only of runs whose points take at least so much space; an object costs more than a few small rows
    #[arg(long, value_name = "BYTES", default_value_t = 65_536, value_parser = clap::value_parser!(i64).range(1..))]
    pub(crate) at_least: i64,
    /// Only show how much would be moved
    #[arg(long)]
    pub(crate) dry_run: bool,
}

#[derive(Args, Debug)]
pub(crate) struct ArchiveEventsArgs {
    /// Only partitions that end before this position
    #[arg(long, value_name = "POSITION", value_parser = clap::value_parser!(i64).range(1..))]
    pub(crate) before: Option<i64>,
    /// Only partitions whose last event is older than this, such as 90d
    #[arg(long, value_name = "TIME", conflicts_with = "before")]
    pub(crate) older_than: Option<String>,
    /// Only show what would be moved
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Keep what leaves the log as tables of their own, instead of removing it
    #[arg(long)]
    pub(crate) keep_tables: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum DeadLettersCommand {
    /// Lists the events that could not be applied, newest first.
    List {
        /// At most so many
        #[arg(long, value_name = "NUMBER", default_value_t = 100)]
        limit: i64,
        /// One JSON object per line
        #[arg(long)]
        json: bool,
    },
    /// Shows such an event, and why it could not be applied.
    Show { position: i64 },
    /// Has events applied again: those named, or all, each with the others of its stream.
    Retry {
        positions: Vec<i64>,
        /// All
        #[arg(long, conflicts_with = "positions", required_unless_present = "positions")]
        all: bool,
    },
}

/// Files that events are exported to.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum ExportFormat {
    /// One JSON object per line, points of metrics included
    Jsonl,
    /// Two tables: events, and points of metrics
    Parquet,
}
