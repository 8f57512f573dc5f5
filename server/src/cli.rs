//! The command line. Every option is also a variable `RUNLEDGER_…` and a key of the settings file.

mod events;
mod transfer;

use clap::{Args, Parser, Subcommand};
use runledger_storage::views::ViewGroup;
use serde::Deserialize;
use std::path::PathBuf;

pub(crate) use events::{
    ArchiveCommand, ArchiveEventsArgs, ArchiveMetricsArgs, DeadLettersCommand, EventsCommand, ExportFormat,
};
pub(crate) use transfer::{ExportArgs, ExportCommand, ImportArgs, ImportCommand};

/// Experiment tracking on an event log, for the MLflow client you already have.
#[derive(Debug, Parser)]
#[command(name = "runledger", version, propagate_version = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
    #[command(flatten)]
    pub(crate) settings: Settings,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Runs everything in one process: API, projector, artifact ingestion.
    Server,
    /// Serves HTTP, and queues uploads; any number of processes on one PostgreSQL.
    Api,
    /// Brings queued uploads to the artifact store; any number of processes.
    IngestWorker,
    /// Keeps the views; any number of processes share the runs.
    Projector,
    /// Brings the database schema to this version, and exits.
    Migrate,
    /// Tries every part with the settings in force, and says what is wrong.
    Doctor,
    /// Shows and handles uploads that have not reached the artifact store.
    #[command(subcommand)]
    Uploads(UploadsCommand),
    /// Removes deleted runs and experiments for good, with their artifacts, as `mlflow gc` does.
    Gc(GcArgs),
    /// Shows webhooks and what became of their deliveries, and delivers again.
    #[command(subcommand)]
    Webhooks(WebhooksCommand),
    /// Rebuilds the views from the log beside those in use, compares both, and lets the new ones take their place.
    Replay(ReplayArgs),
    /// Proves that the log is whole, that the views are what it says, and that artifacts are what was acknowledged.
    ///
    /// Without options the log and the views. The exit status is 0 when all holds, 1 when something is wrong, 2 when it could
    /// not be looked at.
    Verify(VerifyArgs),
    /// Shows what happened, event by event, and exports it.
    #[command(subcommand)]
    Events(EventsCommand),
    /// Moves old data out of the database to the artifact store, where it stays readable.
    #[command(subcommand)]
    Archive(ArchiveCommand),
    /// Shows events that could not be applied to the views, and has them applied again.
    #[command(subcommand)]
    DeadLetters(DeadLettersCommand),
    /// Moves everything in from elsewhere.
    #[command(subcommand)]
    Import(ImportCommand),
    /// Moves everything out to elsewhere.
    #[command(subcommand)]
    Export(ExportCommand),
    /// Asks a running process for its health at --admin-listen, else --listen; for container health checks.
    Health,
    /// Has a running server record a few experiments, for something to look at.
    SampleData(SampleDataArgs),
    /// Prints the description of our own API, /api/runledger/v1, as `OpenAPI`.
    Openapi,
}

impl Command {
    /// Under which name traces show the process.
    pub(crate) fn service(&self) -> &'static str {
        match self {
            Self::Server => "runledger",
            Self::Api => "runledger-api",
            Self::IngestWorker => "runledger-ingest-worker",
            Self::Projector => "runledger-projector",
            _ => "runledger-command",
        }
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum UploadsCommand {
    /// Lists uploads that wait or failed, and dead letters of the queue.
    List {
        /// Only those in this state: staged or failed
        #[arg(long, value_name = "STATE")]
        state: Option<String>,
        /// At most so many
        #[arg(long, value_name = "NUMBER", default_value_t = 100)]
        limit: i64,
        /// One JSON object per line
        #[arg(long)]
        json: bool,
    },
    /// Shows an upload and its history.
    Show { upload_id: String },
    /// Tries uploads again: those named, or all that failed.
    Retry {
        upload_ids: Vec<String>,
        /// All that failed
        #[arg(long, conflicts_with = "upload_ids", required_unless_present = "upload_ids")]
        all: bool,
    },
    /// Gives uploads up for good: their artifacts are deleted.
    Discard {
        upload_ids: Vec<String>,
        /// All that failed
        #[arg(long, conflicts_with = "upload_ids", required_unless_present = "upload_ids")]
        all: bool,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum WebhooksCommand {
    /// Lists the webhooks.
    List,
    /// Lists the deliveries of a webhook, newest first.
    Deliveries {
        webhook_id: String,
        /// Only those in this state: pending, delivered or failed
        #[arg(long, value_name = "STATE")]
        state: Option<String>,
        /// At most so many
        #[arg(long, value_name = "NUMBER", default_value_t = 100)]
        limit: i64,
    },
    /// Delivers again: those named, or all of a webhook that failed.
    Redeliver {
        delivery_ids: Vec<String>,
        /// All of this webhook that failed
        #[arg(long, value_name = "WEBHOOK", conflicts_with = "delivery_ids", required_unless_present = "delivery_ids")]
        failed_of: Option<String>,
    },
}

#[derive(Args, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of the command line")]
pub(crate) struct ReplayArgs {
    /// Rebuild only these tables, and take the others over from the active views; may be repeated. NAME is runs, params, tags,
    /// metrics, inputs, models, registry or artifacts; runs are always among them
    #[arg(long = "view", value_name = "NAME", value_parser = view)]
    pub(crate) views: Vec<ViewGroup>,
    /// Only tell what the new views say differently; status 1 if anything
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Take the place of the active views even if the new ones say something else
    #[arg(long, conflicts_with = "dry_run")]
    pub(crate) accept_differences: bool,
    /// Set aside events that cannot be projected, as a running projector does, instead of stopping at the first
    #[arg(long)]
    pub(crate) keep_dead_letters: bool,
    /// Show the views as of a position of the log or a time such as 2026-01-31T12:00:00Z, beside the active ones
    #[arg(long, value_name = "POSITION|TIME", conflicts_with_all = ["dry_run", "accept_differences"])]
    pub(crate) until: Option<String>,
    /// Go back to the views that were active before
    #[arg(long, conflicts_with_all = ["views", "dry_run", "accept_differences", "keep_dead_letters", "until"])]
    pub(crate) rollback: bool,
    /// Show the generations of the views
    #[arg(long, conflicts_with_all = ["views", "dry_run", "accept_differences", "keep_dead_letters", "until", "rollback"])]
    pub(crate) list: bool,
    /// Remove a generation that is not the active one
    #[arg(long, value_name = "GENERATION", conflicts_with_all = ["views", "dry_run", "accept_differences", "keep_dead_letters", "until", "rollback", "list"])]
    pub(crate) discard: Option<i64>,
    /// Tasks that project in parallel, 8 at most [default: one per processor, on SQLite 1]
    #[arg(long, value_name = "NUMBER")]
    pub(crate) workers: Option<usize>,
}

#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct VerifyArgs {
    /// The log: positions without gaps, events that read, and guards that agree with them
    #[arg(long)]
    pub(crate) log: bool,
    /// The views: everything they say is what a rebuild from the log says
    #[arg(long)]
    pub(crate) views: bool,
    /// The artifacts: the bytes of each, with their digest
    #[arg(long)]
    pub(crate) artifacts: bool,
}

#[derive(Args, Debug)]
pub(crate) struct GcArgs {
    /// Only what was deleted longer ago than this, such as 30d or 1d2h3m4s
    #[arg(long, value_name = "TIME")]
    pub(crate) older_than: Option<String>,
    /// Only these runs, which must be deleted
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    pub(crate) run_ids: Vec<String>,
    /// Only these experiments, which must be deleted, with all their runs and logged models
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    pub(crate) experiment_ids: Vec<String>,
    /// Only these logged models, which must be deleted
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    pub(crate) logged_model_ids: Vec<String>,
}

impl GcArgs {
    /// Whether something is named, so that nothing else is meant.
    pub(crate) fn names_something(&self) -> bool {
        !(self.run_ids.is_empty() && self.experiment_ids.is_empty() && self.logged_model_ids.is_empty())
    }
}

#[derive(Args, Debug)]
pub(crate) struct SampleDataArgs {
    /// The server
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:5000")]
    pub(crate) url: String,
    /// Also beside runs that are there already
    #[arg(long)]
    pub(crate) force: bool,
}

/// Settings as one source gives them; what is absent comes from the next source.
#[derive(Args, Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Settings {
    /// A settings file in TOML.
    #[arg(long, global = true, env = "RUNLEDGER_CONFIG", value_name = "FILE")]
    #[serde(skip)]
    pub(crate) config: Option<PathBuf>,
    /// Address and port of the HTTP API [default: 127.0.0.1:5000]
    #[arg(long, global = true, env = "RUNLEDGER_LISTEN", value_name = "ADDRESS:PORT")]
    pub(crate) listen: Option<String>,
    /// Address and port of /health, /ready and /metrics, apart from the API [default: none]
    #[arg(long, global = true, env = "RUNLEDGER_ADMIN_LISTEN", value_name = "ADDRESS:PORT")]
    pub(crate) admin_listen: Option<String>,
    /// Folder for databases, spool and artifacts [default: ./runledger-data]
    #[arg(long, global = true, env = "RUNLEDGER_DATA_DIR", value_name = "FOLDER")]
    pub(crate) data_dir: Option<PathBuf>,
    /// <postgres://user:password@host:port/database> instead of SQLite files
    #[arg(long, global = true, env = "RUNLEDGER_DATABASE_URL", value_name = "URL", hide_env_values = true)]
    pub(crate) database_url: Option<String>,
    /// <amqp://user:password@host:port/vhost> of a RabbitMQ instead of a queue in the process
    #[arg(long, global = true, env = "RUNLEDGER_AMQP_URL", value_name = "URL", hide_env_values = true)]
    pub(crate) amqp_url: Option<String>,
    /// A folder, or <s3://bucket/prefix>, `gs://…`, `az://…` [default: artifacts in the data folder]
    #[arg(long, global = true, env = "RUNLEDGER_ARTIFACT_STORE", value_name = "URL")]
    pub(crate) artifact_store: Option<String>,
    /// Where an S3 other than Amazon's is, such as <http://minio:9000>
    #[arg(long, global = true, env = "RUNLEDGER_S3_ENDPOINT", value_name = "URL")]
    pub(crate) s3_endpoint: Option<String>,
    /// Where clients reach that S3, if by another address [default: the S3 endpoint]
    #[arg(long, global = true, env = "RUNLEDGER_S3_PUBLIC_ENDPOINT", value_name = "URL")]
    pub(crate) s3_public_endpoint: Option<String>,
    /// Region of the bucket [default: `AWS_REGION`, else us-east-1]
    #[arg(long, global = true, env = "RUNLEDGER_S3_REGION", value_name = "REGION")]
    pub(crate) s3_region: Option<String>,
    /// How a bucket is named in URLs: auto, path or virtual-host [default: auto]
    #[arg(long, global = true, env = "RUNLEDGER_S3_ADDRESSING", value_name = "STYLE")]
    pub(crate) s3_addressing: Option<String>,
    /// Tell clients to exchange large files with the object store directly
    #[arg(long, global = true, env = "RUNLEDGER_DIRECT_TRANSFERS", num_args = 0..=1, default_missing_value = "true")]
    pub(crate) direct_transfers: Option<bool>,
    /// Where uploads wait for the artifact store, a folder or URL that API and workers share [default: spool in the data folder]
    #[arg(long, global = true, env = "RUNLEDGER_SPOOL", value_name = "URL")]
    pub(crate) spool: Option<String>,
    /// Bytes that may wait in the spool [default: nine tenths of the free disk]
    #[arg(long, global = true, env = "RUNLEDGER_SPOOL_QUOTA", value_name = "BYTES")]
    pub(crate) spool_quota: Option<u64>,
    /// Uploads that a worker brings to the artifact store at a time [default: 4]
    #[arg(long, global = true, env = "RUNLEDGER_UPLOADS_AT_ONCE", value_name = "NUMBER")]
    pub(crate) uploads_at_once: Option<usize>,
    /// Seconds after which leftovers of crashes are cleared away [default: 86400]
    #[arg(long, global = true, env = "RUNLEDGER_ORPHAN_AGE", value_name = "SECONDS")]
    pub(crate) orphan_age: Option<u64>,
    /// Further Host headers to serve
    #[arg(long, global = true, env = "RUNLEDGER_ALLOWED_HOSTS", value_name = "HOST", value_delimiter = ',')]
    pub(crate) allowed_hosts: Option<Vec<String>>,
    /// Origins of web pages that may send writes
    #[arg(long, global = true, env = "RUNLEDGER_ALLOWED_ORIGINS", value_name = "ORIGIN", value_delimiter = ',')]
    pub(crate) allowed_origins: Option<Vec<String>>,
    /// Let webhooks call plain HTTP, loopback and private addresses
    #[arg(long, global = true, env = "RUNLEDGER_PRIVATE_WEBHOOKS", num_args = 0..=1, default_missing_value = "true")]
    pub(crate) private_webhooks: Option<bool>,
    /// Serve MLflow's own page at /mlflow/ too, from the folder mlflow/server/js/build of an installed mlflow package [default: none]
    #[arg(long, global = true, env = "RUNLEDGER_MLFLOW_UI", value_name = "FOLDER")]
    pub(crate) mlflow_ui: Option<PathBuf>,
    /// Show MLflow's page at / as well; Runledger's own then begins at /experiments
    #[arg(long, global = true, env = "RUNLEDGER_MLFLOW_UI_AT_ROOT", num_args = 0..=1, default_missing_value = "true")]
    pub(crate) mlflow_ui_at_root: Option<bool>,
    /// text or json [default: text]
    #[arg(long, global = true, env = "RUNLEDGER_LOG_FORMAT", value_name = "FORMAT")]
    pub(crate) log_format: Option<String>,
    /// Levels by module, such as `info,runledger_api=debug`
    #[arg(long, global = true, env = "RUNLEDGER_LOG_FILTER", value_name = "FILTER")]
    pub(crate) log_filter: Option<String>,
    /// Serve the API without projecting events
    #[arg(long, global = true, env = "RUNLEDGER_NO_PROJECTOR", num_args = 0..=1, default_missing_value = "true")]
    pub(crate) no_projector: Option<bool>,
}

fn view(name: &str) -> Result<ViewGroup, String> {
    let names = || ViewGroup::ALL.map(ViewGroup::name).join(", ");
    ViewGroup::parse(name).ok_or_else(|| format!("there is none of this name, only {}", names()))
}
