//! The binary `runledger`: reads the settings and starts the role that the command names.

mod archive_gauges;
mod backend;
mod banner;
mod cli;
mod commands;
mod config;
mod default_experiment;
mod parts;
mod roles;
mod side_views;

use clap::Parser;
use mimalloc::MiMalloc;
use std::io::Write;
use std::process::ExitCode;

use cli::{Cli, Command};
use config::Config;
use roles::Roles;
use runledger_telemetry::Telemetry;

/// Requests allocate and free in bursts on all threads, at which the C library's allocator takes a third of the time. Without huge
/// pages, of which a process at rest would hold some for a few bytes.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

type Failure = Box<dyn std::error::Error + Send + Sync>;

fn main() -> ExitCode {
    let cli = Cli::parse();
    // Of a proof, a status of its own says that it came to nothing.
    let failed = if matches!(cli.command, Command::Verify(_)) { ExitCode::from(2) } else { ExitCode::FAILURE };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let outcome = runtime.map_err(Failure::from).and_then(|runtime| runtime.block_on(start(cli)));
    match outcome {
        Ok(status) => status,
        Err(error) => {
            complain(error.as_ref());
            failed
        }
    }
}

async fn start(cli: Cli) -> Result<ExitCode, Failure> {
    let config = Config::load(cli.settings)?;
    let traces = config::traces(cli.command.service());
    let telemetry = Telemetry::start(&config.log_format, &config.log_filter, traces.as_ref())?;
    let outcome = run(config, cli.command).await;
    telemetry.finish().await;
    outcome
}

async fn run(config: Config, command: Command) -> Result<ExitCode, Failure> {
    let done = match command {
        Command::Server => roles::run_server(config).await,
        Command::Api => roles::run_apart(config, "api", Roles { api: true, ..Roles::default() }).await,
        Command::IngestWorker => {
            roles::run_apart(config, "ingest-worker", Roles { worker: true, ..Roles::default() }).await
        }
        Command::Projector => {
            roles::run_apart(config, "projector", Roles { projector: true, ..Roles::default() }).await
        }
        Command::Migrate => backend::Backend::open(&config).await.map(drop),
        Command::Doctor => commands::doctor::run(&config).await,
        Command::Uploads(command) => commands::uploads::run(&config, command).await,
        Command::Gc(args) => commands::gc::run(&config, args).await,
        Command::Webhooks(command) => commands::webhooks::run(&config, command).await,
        Command::Replay(args) => commands::replay::run(&config, args).await,
        Command::Verify(args) => {
            let holds = commands::verify::run(&config, args).await?;
            return Ok(if holds { ExitCode::SUCCESS } else { ExitCode::FAILURE });
        }
        Command::Import(command) => commands::transfer::import(&config, command).await,
        Command::Export(command) => commands::transfer::export(&config, command).await,
        Command::DeadLetters(command) => commands::dead_letters::run(&config, command).await,
        Command::Archive(command) => commands::archive::run(&config, command).await,
        Command::Events(command) => commands::events::run(&config, command).await,
        Command::Health => commands::health::run(&config).await,
        Command::SampleData(args) => commands::sample_data::run(args).await,
        Command::Openapi => commands::openapi::run(),
    };
    done.map(|()| ExitCode::SUCCESS)
}

/// Prints the error and its causes, each on a line of its own.
fn complain(error: &dyn std::error::Error) {
    let causes = std::iter::successors(Some(error), |error| error.source());
    let lines: Vec<String> = causes.map(ToString::to_string).collect();
    // Nobody is left to tell when standard error is closed.
    drop(writeln!(std::io::stderr(), "runledger: {}", lines.join("\n  because: ")));
}
