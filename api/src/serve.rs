//! Connections: accepting, limits of number and time, and an orderly stop.

mod pace;

use axum::Router;
use axum::body::Body;
use http::{Request, Uri};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, Semaphore};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;
use tracing::{debug, warn};

use crate::context::Peer;
use crate::routes::with_state;
use crate::{App, AppState, Deps};
use pace::{PacedBody, PacedStream};

/// Open connections; more wait in the listener's backlog.
const CONNECTIONS: usize = 4_096;
/// For the head of the first request on a connection.
const FIRST_HEAD: Duration = Duration::from_secs(10);
/// From a response to the head of the next request. It is longer than training scripts pause between two steps, because a
/// connection that is closed just when the client uses it again fails a request that must not be repeated.
const NEXT_HEAD: Duration = Duration::from_mins(2);
/// The head of a request, in bytes.
const HEAD: usize = 64 << 10;
/// Pause after a failed accept, which usually means that the process has too many files open.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Serves the API until `shutdown`, then lets the requests in flight finish. The caller bounds how long that may take.
pub async fn run(listener: TcpListener, deps: Deps, shutdown: CancellationToken) -> io::Result<()> {
    let app = Arc::new(App::new(deps, shutdown.clone()).map_err(io::Error::other)?);
    let router = with_state(Arc::clone(&app));
    let permits = Arc::new(Semaphore::new(CONNECTIONS));
    let connections = TaskTracker::new();
    while let Some((permit, stream, peer)) = next(&listener, &permits, &shutdown).await {
        let connection = serve(stream, peer, router.clone(), Arc::clone(&app), shutdown.clone());
        connections.spawn(async move {
            connection.await;
            drop(permit);
        });
    }
    drop(listener);
    connections.close();
    connections.wait().await;
    Ok(())
}

/// The next connection, `None` on shutdown.
async fn next(
    listener: &TcpListener,
    permits: &Arc<Semaphore>,
    shutdown: &CancellationToken,
) -> Option<(tokio::sync::OwnedSemaphorePermit, TcpStream, SocketAddr)> {
    let accepted = async {
        let permit = Arc::clone(permits).acquire_owned().await.ok()?;
        loop {
            match listener.accept().await {
                Ok((stream, peer)) => return Some((permit, stream, peer)),
                Err(error) => {
                    warn!(%error, "a connection could not be accepted");
                    sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    };
    shutdown.run_until_cancelled(accepted).await.flatten()
}

async fn serve(stream: TcpStream, peer: SocketAddr, router: Router, app: AppState, shutdown: CancellationToken) {
    if let Err(error) = stream.set_nodelay(true) {
        debug!(%error, "TCP_NODELAY could not be set");
    }
    app.metrics.connections.inc();
    let first_head = Arc::new(Notify::new());
    let service = service_fn(|request: Request<Incoming>| {
        first_head.notify_one();
        router.clone().oneshot(prepared(request, peer))
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(NEXT_HEAD)
        .max_header_size(HEAD)
        .serve_connection(TokioIo::new(PacedStream::new(stream)), service);
    let mut connection = pin!(connection);
    let mut stopping = pin!(shutdown.cancelled());
    let mut first_head_late = pin!(async { timeout(FIRST_HEAD, first_head.notified()).await.is_err() });
    let (mut waiting, mut open) = (true, true);
    let outcome = loop {
        tokio::select! {
            outcome = connection.as_mut() => break outcome,
            () = stopping.as_mut(), if open => {
                connection.as_mut().graceful_shutdown();
                open = false;
            }
            late = first_head_late.as_mut(), if waiting => {
                if late {
                    debug!(%peer, "the first request did not begin in time");
                    break Ok(());
                }
                waiting = false;
            }
        }
    };
    if let Err(error) = outcome {
        debug!(%peer, %error, "a connection ended early");
    }
    app.metrics.connections.dec();
}

fn prepared(request: Request<Incoming>, peer: SocketAddr) -> Request<Body> {
    let mut request = request.map(|body| Body::new(PacedBody::new(body)));
    request.extensions_mut().insert(Peer(peer.ip()));
    if let Some(uri) = without_leading_slashes(request.uri()) {
        *request.uri_mut() = uri;
    }
    request
}

/// Clients whose tracking URI ends in a slash send `//api/…`.
fn without_leading_slashes(uri: &Uri) -> Option<Uri> {
    let path = uri.path_and_query()?.as_str();
    let rest = path.trim_start_matches('/');
    if path.len() - rest.len() < 2 {
        return None;
    }
    format!("/{rest}").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leading_slashes_collapse() {
        let collapsed = |path: &str| without_leading_slashes(&path.parse().unwrap()).map(|uri| uri.to_string());
        assert_eq!(collapsed("//api/2.0/x?a=//b").as_deref(), Some("/api/2.0/x?a=//b"));
        assert_eq!(collapsed("/api//x"), None);
    }
}
