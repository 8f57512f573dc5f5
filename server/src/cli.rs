//! The command line. Every option is also a variable `RUNLEDGER_…` and a key of the settings file.

use clap::{Args, Parser, Subcommand};
use serde::Deserialize;
use std::path::PathBuf;

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
    /// Brings the database schema to this version, and exits.
    Migrate,
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
    /// Folder for databases, spool and artifacts [default: ./runledger-data]
    #[arg(long, global = true, env = "RUNLEDGER_DATA_DIR", value_name = "FOLDER")]
    pub(crate) data_dir: Option<PathBuf>,
    /// <postgres://user:password@host:port/database> instead of SQLite files
    #[arg(long, global = true, env = "RUNLEDGER_DATABASE_URL", value_name = "URL", hide_env_values = true)]
    pub(crate) database_url: Option<String>,
    /// Folder for artifacts [default: artifacts in the data folder]
    #[arg(long, global = true, env = "RUNLEDGER_ARTIFACT_STORE", value_name = "FOLDER")]
    pub(crate) artifact_store: Option<String>,
    /// Bytes that may wait in the spool [default: nine tenths of the free disk]
    #[arg(long, global = true, env = "RUNLEDGER_SPOOL_QUOTA", value_name = "BYTES")]
    pub(crate) spool_quota: Option<u64>,
    /// Further Host headers to serve
    #[arg(long, global = true, env = "RUNLEDGER_ALLOWED_HOSTS", value_name = "HOST", value_delimiter = ',')]
    pub(crate) allowed_hosts: Option<Vec<String>>,
    /// Origins of web pages that may send writes
    #[arg(long, global = true, env = "RUNLEDGER_ALLOWED_ORIGINS", value_name = "ORIGIN", value_delimiter = ',')]
    pub(crate) allowed_origins: Option<Vec<String>>,
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
