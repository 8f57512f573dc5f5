//! Why a transfer stopped.

use runledger_artifacts::{PathError, SpoolError, StageError, StoreError};
use thiserror::Error;

/// The transfer stopped; begun again, it goes on where it was.
#[derive(Debug, Error)]
pub enum TransferError {
    #[error("{0:?} is no address of an MLflow server; give its tracking URI, such as http://mlflow:5000")]
    Address(String),
    #[error("no process can be started for `mlflow server`, by which a database is read")]
    NotStarted { source: std::io::Error },
    #[error(
        "`mlflow server`, by which a database is read, does not serve this one. Is it in the PATH, and of the version of the \
         database? Else start it where it is, and give its address. It says:\n{said}"
    )]
    NotServing { said: String },
    #[error("the MLflow server at {url} cannot be reached")]
    Unreachable { url: String, source: reqwest::Error },
    #[error("the MLflow server refuses {request} with {status}: {message}")]
    Refused { request: String, status: u16, message: String },
    #[error("the answer of the MLflow server to {request} cannot be used; is it one, and what version?")]
    Answer { request: String, source: serde_json::Error },
    #[error("the HTTP client cannot be made")]
    Client(#[source] reqwest::Error),
    #[error("{what} {name:?}: {problem}")]
    Conflict { what: &'static str, name: String, problem: String },
    #[error("the log or the views failed")]
    Storage(#[from] runledger_storage::Error),
    #[error("the file {path} did not get into the spool")]
    Stage { path: String, source: StageError },
    #[error("the runs to export cannot be searched")]
    Search(#[from] runledger_storage::search::SearchError),
    #[error("the artifact store failed")]
    Store(#[from] StoreError),
    #[error("the spool failed")]
    Spool(#[from] SpoolError),
    #[error("the MLflow server has an artifact whose path cannot be used: {path:?}")]
    Path { path: String, source: PathError },
}
