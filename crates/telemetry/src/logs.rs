//! Structured logs on standard error.

use std::str::FromStr;
use thiserror::Error;
use tracing::Subscriber;
use tracing_subscriber::filter::{FilterExt, filter_fn};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::{EnvFilter, Layer};

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
    Filter { filter: String, source: tracing_subscriber::filter::ParseError },
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

/// Writes the lines of the log. Spans of traces have no part in them.
pub(crate) fn layer<S>(format: LogFormat, filter: &str) -> Result<Box<dyn Layer<S> + Send + Sync>, LogError>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    let levels = EnvFilter::try_new(filter).map_err(|source| LogError::Filter { filter: filter.to_owned(), source })?;
    let levels = levels.and(filter_fn(|metadata| metadata.target() != TARGET));
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    Ok(match format {
        LogFormat::Text => lines.with_target(false).with_filter(levels).boxed(),
        LogFormat::Json => lines.json().with_filter(levels).boxed(),
    })
}
