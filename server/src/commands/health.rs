//! `runledger health`: asks the process on this machine whether it lives, for images without an HTTP client.

use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;

use crate::Failure;
use crate::banner::reachable;
use crate::config::Config;

const LIMIT: Duration = Duration::from_secs(3);
/// More than the head of the answer.
const ANSWER: u64 = 4_096;

/// Fails unless `/health` answers 200 within the limit.
pub(crate) async fn run(config: &Config) -> Result<(), Failure> {
    let given = config.admin_listen.as_deref().unwrap_or(&config.listen);
    let listening = lookup_host(given).await?.next().ok_or_else(|| format!("{given} is no address"))?;
    let address = reachable(listening);
    let answer = timeout(LIMIT, ask(&address)).await;
    let answer = answer.map_err(|_late| format!("no answer from {address} within {} s", LIMIT.as_secs()))??;
    let status = answer.split(' ').nth(1).unwrap_or_default();
    if status == "200" { Ok(()) } else { Err(format!("{address}/health answered {status:?} instead of 200").into()) }
}

async fn ask(address: &str) -> Result<String, Failure> {
    let address: SocketAddr = address.parse()?;
    let connected = TcpStream::connect(address).await;
    let mut stream = connected.map_err(|source| format!("cannot connect to {address}: {source}"))?;
    stream.write_all(b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").await?;
    let mut answer = String::new();
    stream.take(ANSWER).read_to_string(&mut answer).await?;
    Ok(answer)
}
