//! MLflow's own server on a database, for as long as something is moved out of it.
//!
//! MLflow's tables differ from version to version, and only MLflow knows all of them. So a database is read through the `mlflow`
//! that is installed beside it: it checks the version of the tables, and says how they are upgraded.

use std::collections::VecDeque;
use std::io::{self, BufRead, BufReader};
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;
use tokio::task::spawn_blocking;
use tokio::time::{Instant, sleep};

use crate::{Mlflow, TransferError};

/// How long the server may take to start, which on a cold disk is half a minute.
const START: Duration = Duration::from_mins(3);
const LOOK: Duration = Duration::from_millis(200);
/// Lines of what the server printed that an error shows.
const LINES: usize = 12;
/// Runs the words it is given until they end or its input does, which it does when this process ends in whatever way; and
/// then ends the whole group, since the server is several processes.
const TOGETHER: &str = r#"{ "$@"; kill -s TERM $$; } </dev/null & read -r _; kill -s TERM 0"#;

/// What the server is started on.
#[derive(Debug)]
pub struct StockStore {
    /// What `--backend-store-uri` takes: the URL of a database, or a folder.
    pub store: String,
    /// What `--artifacts-destination` takes: where the old server kept the artifacts that it served itself.
    pub artifacts: Option<String>,
}

/// A running server. It ends when this is dropped.
#[derive(Debug)]
pub struct StockServer {
    address: Mlflow,
    /// Its end is the end of the server.
    _input: Option<ChildStdin>,
}

impl StockServer {
    /// Whether this is an address of a store, and none of a server.
    pub fn is_store(address: &str) -> bool {
        let scheme = address.split_once(':').map(|(scheme, _)| scheme);
        !matches!(scheme, Some("http" | "https"))
            && (address.starts_with(['/', '.'])
                || scheme.is_some_and(|scheme| {
                    // With a driver, as in `mysql+pymysql`.
                    let database = scheme.split_once('+').map_or(scheme, |(database, _)| database);
                    ["postgresql", "postgres", "mysql", "mssql", "sqlite", "file"].contains(&database)
                }))
    }

    /// Starts `mlflow server`, and returns once it answers.
    pub async fn start(store: StockStore) -> Result<Self, TransferError> {
        let failed = |source| TransferError::NotStarted { source };
        let port = free_port().map_err(failed)?;
        let address = Mlflow::new(&format!("http://{}:{port}", Ipv4Addr::LOCALHOST))?;
        let joined = spawn_blocking(move || spawn(&store, port)).await;
        let (mut child, said) = joined.map_err(io::Error::other).flatten().map_err(failed)?;
        let server = Self { address, _input: child.stdin.take() };
        let begun = Instant::now();
        while !server.address.is_there().await {
            if child.try_wait().map_err(failed)?.is_some() || begun.elapsed() > START {
                drop(server);
                let said = said.lock().unwrap_or_else(PoisonError::into_inner);
                return Err(TransferError::NotServing { said: Vec::from(said.clone()).join("\n") });
            }
            sleep(LOOK).await;
        }
        Ok(server)
    }

    pub fn address(&self) -> &Mlflow {
        &self.address
    }
}

type Said = Arc<Mutex<VecDeque<String>>>;

/// What is secret goes by the environment, which other users do not see.
fn spawn(store: &StockStore, port: u16) -> io::Result<(Child, Said)> {
    let mut command = Command::new("sh");
    command
        .args(["-c", TOGETHER, "sh", "mlflow", "server", "--workers", "2", "--host", "127.0.0.1", "--port"])
        .arg(port.to_string())
        .env("MLFLOW_BACKEND_STORE_URI", &store.store)
        .env("MLFLOW_SERVER_ENABLE_JOB_EXECUTION", "false")
        .env("MLFLOW_DISABLE_TELEMETRY", "true")
        .env_remove("MLFLOW_TRACKING_URI")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .process_group(0);
    if let Some(artifacts) = &store.artifacts {
        command.env("MLFLOW_ARTIFACTS_DESTINATION", artifacts);
    }
    let mut child = command.spawn()?;
    let said = Said::default();
    if let Some(errors) = child.stderr.take() {
        let said = Arc::clone(&said);
        // Read to the end, or the server would wait.
        thread::spawn(move || {
            for line in BufReader::new(errors).lines().map_while(Result::ok) {
                tracing::debug!(line, "mlflow server");
                let mut said = said.lock().unwrap_or_else(PoisonError::into_inner);
                if said.len() == LINES {
                    said.pop_front();
                }
                said.push_back(line);
            }
        });
    }
    Ok((child, said))
}

fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

#[cfg(test)]
mod tests {
    use super::StockServer;

    #[test]
    fn addresses_of_stores_are_told_from_those_of_servers() {
        for store in [
            "postgresql://u:p@db/mlflow",
            "mysql+pymysql://db/m",
            "sqlite:///mlflow.db",
            "file:///mlruns",
            "./mlruns",
            "/m",
        ] {
            assert!(StockServer::is_store(store), "{store}");
        }
        for server in ["http://mlflow:5000", "https://u:p@mlflow/base", "mlflow:5000", "databricks"] {
            assert!(!StockServer::is_store(server), "{server}");
        }
    }
}
