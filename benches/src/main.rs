//! `runledger-bench`: load for any server that speaks `MLflow`'s REST protocol.
//!
//! One thread, keep-alive connections and bodies built beforehand: the generator shares its cores with the server, so
//! what it costs itself is part of the result (`generator_cpu`).

mod args;
mod client;
mod error;
mod lag;
mod load;
mod process;
mod report;
mod session;
mod table;
mod template;
mod works;

use std::{error::Error as _, io::Write as _, process::ExitCode};

use clap::Parser as _;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let outcome = works::perform(args::Cli::parse().work).await;
    let outcome = outcome.and_then(|report| {
        let printed = report.map_or(Ok(()), |report| report.print());
        printed.map_err(|source| error::BenchError::Io { path: "the standard output".into(), source })
    });
    let Err(error) = outcome else { return ExitCode::SUCCESS };
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        cause = inner.source();
    }
    // Nothing is left to do when even the error output is gone.
    drop(writeln!(std::io::stderr().lock(), "runledger-bench: {text}"));
    ExitCode::FAILURE
}
