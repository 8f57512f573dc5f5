//! What can go wrong between this process and the broker.

use lapin::protocol::AMQPError;
use std::future::Future;
use std::time::Duration;
use thiserror::Error;
use tokio::time::timeout;

/// How long the broker may take for an answer.
const ANSWER: Duration = Duration::from_secs(10);

/// Not a bug of ours nor an answer about a job: the same may succeed later.
#[derive(Debug, Error)]
pub(super) enum Fault {
    #[error("no answer to {operation} within {} s", limit.as_secs())]
    Silence { operation: &'static str, limit: Duration },
    #[error("{operation} failed")]
    Broker { operation: &'static str, source: lapin::Error },
    #[error("the broker takes no messages for the moment: {reason}")]
    Blocked { reason: String },
    #[error("the queue {queue} does not exist")]
    Missing { queue: String },
    #[error("the broker did not take a message for {queue}")]
    Refused { queue: String },
    #[error("{reason}")]
    Ended { reason: String },
}

impl Fault {
    /// The code of the broker's answer, such as 404.
    pub(super) fn code(&self) -> Option<u16> {
        Some(self.refusal()?.get_id())
    }

    /// What the broker said, such as which argument of a queue differs.
    pub(super) fn words(&self) -> String {
        self.refusal().map_or_else(|| chain(self), |refusal| refusal.get_message().to_string())
    }

    fn refusal(&self) -> Option<&AMQPError> {
        let Self::Broker { source, .. } = self else { return None };
        let lapin::ErrorKind::ProtocolError(refusal) = source.kind() else { return None };
        Some(refusal)
    }
}

/// Waits for the broker's answer, but not for ever.
pub(super) async fn answer<T>(
    operation: &'static str,
    asked: impl Future<Output = lapin::Result<T>>,
) -> Result<T, Fault> {
    within(ANSWER, operation, async { asked.await.map_err(|source| Fault::Broker { operation, source }) }).await
}

/// Gives up after the limit.
pub(super) async fn within<T>(
    limit: Duration,
    operation: &'static str,
    future: impl Future<Output = Result<T, Fault>>,
) -> Result<T, Fault> {
    timeout(limit, future).await.unwrap_or(Err(Fault::Silence { operation, limit }))
}

/// The error with its causes, in one line. A cause that the client has already repeated is left out.
pub(super) fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source()).map(ToString::to_string);
    causes
        .reduce(|said, cause| if said.ends_with(&cause) { said } else { format!("{said}: {cause}") })
        .unwrap_or_default()
}
