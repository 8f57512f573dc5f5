//! The commands that move everything in from an MLflow server, and out to one.

use clap::{Args, Subcommand};

#[derive(Debug, Subcommand)]
pub(crate) enum ImportCommand {
    /// Takes in a whole MLflow server, with its ids; begun again, it goes on where it was.
    Mlflow(ImportArgs),
}

#[derive(Debug, Subcommand)]
pub(crate) enum ExportCommand {
    /// Brings everything to a plain MLflow server, which gives it new ids; begun again, it goes on where it was.
    Mlflow(ExportArgs),
}

#[derive(Args, Debug)]
pub(crate) struct ExportArgs {
    /// The tracking URI, such as <http://user:password@mlflow:5000>
    #[arg(long, value_name = "URL")]
    pub(crate) to: String,
    /// Bring the artifacts too
    #[arg(long)]
    pub(crate) artifacts: bool,
    /// Runs that are worked on at a time
    #[arg(long, value_name = "NUMBER", default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) at_once: u16,
}

#[derive(Args, Debug)]
pub(crate) struct ImportArgs {
    /// The tracking URI, such as <http://user:password@mlflow:5000>, or a database of MLflow's, such as
    /// <postgresql://user:password@host/mlflow>, on which the installed `mlflow server` is started meanwhile. Nobody should write
    /// there any more
    #[arg(long, value_name = "URL")]
    pub(crate) from: String,
    /// Take in the artifacts too that the server keeps itself
    #[arg(long)]
    pub(crate) artifacts: bool,
    /// With a database and --artifacts: where the server kept its artifacts, as it was told
    #[arg(long, value_name = "FOLDER|URL", requires = "artifacts")]
    pub(crate) artifacts_destination: Option<String>,
    /// Runs that are worked on at a time
    #[arg(long, value_name = "NUMBER", default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) at_once: u16,
}
