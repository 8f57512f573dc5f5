//! A TCP proxy in front of the broker that can be cut, go silent, come back, and speak in the broker's place.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{broadcast, watch};

/// What connections for publishing are called.
const PUBLISHING: &[u8] = b"runledger publisher";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    Open,
    /// Connections are closed, and new ones as well.
    Cut,
    /// Nothing passes, and nobody is told.
    Silent,
}

/// Ends with its last connection after it was dropped.
#[derive(Debug)]
pub(crate) struct Proxy {
    pub(crate) address: SocketAddr,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    broker: SocketAddr,
    mode: watch::Sender<Mode>,
    connections: AtomicUsize,
    injections: broadcast::Sender<Vec<u8>>,
}

impl Proxy {
    pub(crate) async fn start(broker: SocketAddr, mode: Mode) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (mode, connections) = (watch::Sender::new(mode), AtomicUsize::new(0));
        let shared = Arc::new(Shared { broker, mode, connections, injections: broadcast::Sender::new(10) });
        let accepting = Arc::clone(&shared);
        tokio::spawn(async move {
            loop {
                let (client, _) = listener.accept().await.unwrap();
                tokio::spawn(Arc::clone(&accepting).serve(client));
            }
        });
        Self { address, shared }
    }

    pub(crate) fn set(&self, mode: Mode) {
        self.shared.mode.send_replace(mode);
    }

    /// Connections that the client has not closed.
    pub(crate) fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::SeqCst)
    }

    /// Sends bytes to the client on its connections for publishing, as if the broker had.
    pub(crate) fn inject(&self, bytes: &[u8]) {
        self.shared.injections.send(bytes.to_vec()).unwrap();
    }
}

impl Shared {
    async fn serve(self: Arc<Self>, client: TcpStream) {
        self.connections.fetch_add(1, Ordering::SeqCst);
        let cut = async {
            self.mode.subscribe().wait_for(|mode| *mode == Mode::Cut).await.unwrap();
        };
        tokio::select! {
            () = cut => {}
            () = self.forward(client) => {}
        }
        self.connections.fetch_sub(1, Ordering::SeqCst);
    }

    async fn forward(&self, client: TcpStream) {
        let (mut from_client, to_client) = client.into_split();
        if *self.mode.borrow() == Mode::Silent {
            // What the client says is heard, so that its end is noticed, but not answered.
            let mut buffer = [0; 1024];
            while matches!(from_client.read(&mut buffer).await, Ok(1..)) {}
            return;
        }
        let Ok(broker) = TcpStream::connect(self.broker).await else { return };
        let (from_broker, to_broker) = broker.into_split();
        let (publishing, is_publishing) = watch::channel(false);
        tokio::select! {
            () = self.upstream(from_client, to_broker, publishing) => {}
            () = self.downstream(from_broker, to_client, is_publishing) => {}
        }
    }

    async fn upstream(&self, mut from: OwnedReadHalf, mut to: OwnedWriteHalf, publishing: watch::Sender<bool>) {
        let mut buffer = vec![0; 64 * 1024];
        while let Ok(read @ 1..) = from.read(&mut buffer).await {
            if buffer[..read].windows(PUBLISHING.len()).any(|window| window == PUBLISHING) {
                publishing.send_replace(true);
            }
            self.speaking().await;
            if to.write_all(&buffer[..read]).await.is_err() {
                return;
            }
        }
    }

    async fn downstream(&self, mut from: OwnedReadHalf, mut to: OwnedWriteHalf, publishing: watch::Receiver<bool>) {
        let mut injections = self.injections.subscribe();
        let mut buffer = vec![0; 64 * 1024];
        loop {
            let written = tokio::select! {
                read = from.read(&mut buffer) => match read {
                    Ok(read @ 1..) => {
                        self.speaking().await;
                        to.write_all(&buffer[..read]).await
                    }
                    _ => return,
                },
                Ok(bytes) = injections.recv() => if *publishing.borrow() { to.write_all(&bytes).await } else { Ok(()) },
            };
            if written.is_err() {
                return;
            }
        }
    }

    /// Waits while the proxy is silent.
    async fn speaking(&self) {
        self.mode.subscribe().wait_for(|mode| *mode != Mode::Silent).await.unwrap();
    }
}
