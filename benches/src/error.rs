//! What can stop a benchmark before it has a result.
//!
//! A request that fails while load is running is a *figure* ([`crate::client::Failure`]) and never ends the run.

use std::path::PathBuf;

use crate::client::Failure;

/// Why no result could be given.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BenchError {
    /// The address is not `http://host:port[/prefix]`.
    #[error("--url {url:?} must look like http://host:port")]
    Url { url: String },
    /// A request that prepares the load was refused or got no answer.
    #[error("preparing the load, {what}: {failure}")]
    Setup { what: &'static str, failure: Failure },
    /// The server answered, but without what the next request needs.
    #[error("the answer to {what} holds no {field}: {body}")]
    Answer { what: &'static str, field: &'static str, body: String },
    /// The server started by `start` ended, or never answered 200.
    #[error("{command:?} gave no 200 on {health} within {seconds} s; its output is in {log}")]
    NotStarted { command: String, health: String, seconds: u64, log: String },
    /// A file or a process could not be read or written.
    #[error("cannot use {path}")]
    Io { path: PathBuf, source: std::io::Error },
    /// A line of a result file is not one of ours.
    #[error("line {line} of {path} is not a result")]
    Result { path: PathBuf, line: usize, source: serde_json::Error },
}
