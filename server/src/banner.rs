//! What a person sees when the server has started.

use std::io::{self, Write};
use std::net::SocketAddr;

use crate::config::{Config, masked};

/// Prints the address, where the data is, and the two lines that a researcher pastes.
pub(crate) fn print(config: &Config, address: SocketAddr) -> io::Result<()> {
    let url = format!("http://{}", reachable(address));
    let database = match &config.database_url {
        Some(url) => masked(url),
        None => "SQLite".to_owned(),
    };
    let artifacts = &config.artifact_store;
    let mut out = io::stdout().lock();
    writeln!(out, "Runledger {} is ready.", env!("CARGO_PKG_VERSION"))?;
    writeln!(out)?;
    writeln!(out, "  Open      {url}")?;
    writeln!(out, "  Data      {}", config.data_dir.display())?;
    writeln!(out, "  Database  {database}")?;
    writeln!(out, "  Artifacts {artifacts}")?;
    if let Some(url) = &config.amqp_url {
        writeln!(out, "  Queue     {}", masked(url))?;
    }
    writeln!(out)?;
    writeln!(out, "In your training script:")?;
    writeln!(out)?;
    writeln!(out, "  import mlflow")?;
    writeln!(out, "  mlflow.set_tracking_uri(\"{url}\")")?;
    writeln!(out)?;
    out.flush()
}

/// A wildcard address is no place to connect to.
pub(crate) fn reachable(address: SocketAddr) -> String {
    if address.ip().is_unspecified() { format!("127.0.0.1:{}", address.port()) } else { address.to_string() }
}
