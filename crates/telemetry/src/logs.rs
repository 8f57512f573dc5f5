//! Structured logs on standard error.

use std::str::FromStr;
use thiserror::Error;
use tracing::Subscriber;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::{LevelFilter, ParseError, Targets};
use tracing_subscriber::registry::LookupSpan;

use crate::TARGET;

/// How a line of the log looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object per line.
    Json,
}

/// A setting of the log that does not read.
#[derive(Debug, Error)]
pub enum LogError {
    #[error("the log format {0:?} is unknown; use text or json")]
    Format(String),
    #[error("the log filter {filter:?} does not read; write it like info,runledger_api=debug")]
    Filter { filter: String, source: ParseError },
}

impl FromStr for LogFormat {
    type Err = LogError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "text" => Ok(Self::Text),
            "json" => Ok(Self::Json),
            other => Err(LogError::Format(other.to_owned())),
        }
    }
}

/// Which levels of which modules have lines in the log. Spans of traces have none.
pub(crate) fn levels(filter: &str) -> Result<Targets, LogError> {
    let levels: Result<Targets, ParseError> = filter.parse();
    let levels = levels.map_err(|source| LogError::Filter { filter: filter.to_owned(), source })?;
    Ok(levels.with_target(TARGET, LevelFilter::OFF))
}

/// Writes the lines of the log.
pub(crate) fn layer<S>(format: LogFormat) -> Box<dyn Layer<S> + Send + Sync>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    match format {
        LogFormat::Text => lines.with_target(false).boxed(),
        LogFormat::Json => lines.json().boxed(),
    }
}
