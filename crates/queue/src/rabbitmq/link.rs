//! One connection to the broker, which can be ended whatever state it is in.
//!
//! The client runs each connection on a thread of its own, and before the first heartbeat nothing ends that thread as long
//! as the broker is silent. So the link keeps a second handle on the socket, to shut it from outside.

use futures::Stream;
use lapin::tcp::{AsyncTcpStream, OwnedTLSConfig};
use lapin::uri::AMQPScheme;
use lapin::{Channel, Connection, ConnectionProperties, Event, runtime};
use std::io;
use std::net::{Shutdown, TcpStream};
use std::os::fd::AsFd;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::net::{self, lookup_host};
use tokio::time::timeout;

use super::address::Address;
use super::fault::{Fault, answer};

/// How long the broker may take to say good-bye.
const GOODBYE: Duration = Duration::from_secs(2);

/// A connection that is there, or was.
pub(super) struct Link {
    connection: Connection,
    socket: Socket,
}

impl Link {
    /// Connects under a name that the broker's operator can read.
    pub(super) async fn open(address: &Address, name: &str) -> Result<Self, Fault> {
        let properties = ConnectionProperties::default().with_connection_name(name.into());
        let socket = Socket::default();
        let (uri, slot) = (address.uri(), socket.0.clone());
        let connecting = async move {
            Connection::connector(
                uri,
                runtime::default_runtime()?,
                async move |uri, runtime| {
                    let host = uri.authority.host.as_str();
                    let addresses: Vec<_> = lookup_host((host, uri.authority.port)).await?.collect();
                    let stream = AsyncTcpStream::connect(&runtime, addresses).await?;
                    if let AsyncTcpStream::Plain(stream) = &stream {
                        slot.hold(stream.get_ref())?;
                    }
                    Ok(match uri.scheme {
                        AMQPScheme::AMQP => stream,
                        AMQPScheme::AMQPS => stream.into_tls(host, OwnedTLSConfig::default().as_ref()).await?,
                    })
                },
                properties,
            )
            .await
        };
        let connection = answer("connecting", Box::pin(connecting)).await?;
        Ok(Self { connection, socket })
    }

    pub(super) async fn channel(&self) -> Result<Channel, Fault> {
        answer("opening a channel", self.connection.create_channel()).await
    }

    /// What happens to the connection from now on.
    pub(super) fn events(&self) -> impl Stream<Item = Event> + Send + 'static {
        self.connection.events_listener()
    }

    pub(super) fn is_connected(&self) -> bool {
        self.connection.status().connected()
    }

    /// Whether the broker takes no messages from this connection.
    pub(super) fn is_blocked(&self) -> bool {
        self.connection.status().blocked()
    }

    /// Says good-bye if the broker still listens, and ends the connection in any case.
    pub(super) async fn close(&self) {
        // Whatever comes of it, the socket is shut.
        drop(timeout(GOODBYE, self.connection.close(200, "OK".into())).await);
        self.socket.shut();
    }
}

/// A second handle on the socket of a connection, which is shut when this is dropped, as when connecting was given up.
#[derive(Default)]
struct Socket(Slot);

/// Where the connection's thread puts its socket.
#[derive(Clone, Default)]
struct Slot(Arc<Mutex<Held>>);

#[derive(Default)]
struct Held {
    socket: Option<TcpStream>,
    shut: bool,
}

impl Socket {
    fn shut(&self) {
        let mut held = self.0.lock();
        held.shut = true;
        if let Some(socket) = held.socket.take() {
            // It fails when the other side was faster.
            drop(socket.shutdown(Shutdown::Both));
        }
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.shut();
    }
}

impl Slot {
    fn lock(&self) -> MutexGuard<'_, Held> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn hold(&self, socket: &net::TcpStream) -> io::Result<()> {
        let socket = TcpStream::from(socket.as_fd().try_clone_to_owned()?);
        let mut held = self.lock();
        if held.shut {
            return Err(io::Error::other("nobody waits for this connection any more"));
        }
        held.socket = Some(socket);
        Ok(())
    }
}
