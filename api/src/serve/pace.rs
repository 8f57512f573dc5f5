//! Cutting off what does not move: bodies that stall on their way in, and responses that the client does not read.
//!
//! The timers run only while something is awaited, and begin anew with every piece that arrives, so that a slow transfer of
//! any length passes as long as it moves.

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep};

/// How long a body may send nothing.
const BODY_STALL: Duration = Duration::from_secs(30);
/// How long a client may take nothing of its response.
const WRITE_STALL: Duration = Duration::from_mins(1);

/// A deadline that counts only while it is waited for.
#[derive(Debug)]
struct Deadline {
    limit: Duration,
    sleep: Option<Pin<Box<Sleep>>>,
    running: bool,
}

/// A request body that fails when it stalls.
#[derive(Debug)]
pub(super) struct PacedBody<B> {
    body: B,
    deadline: Deadline,
}

/// A connection whose writes fail when they stall.
#[derive(Debug)]
pub(super) struct PacedStream<S> {
    stream: S,
    deadline: Deadline,
}

impl Deadline {
    fn new(limit: Duration) -> Self {
        Self { limit, sleep: None, running: false }
    }

    /// Passes on what is ready, and fails if it has been pending for too long.
    fn check<T>(&mut self, cx: &mut Context<'_>, poll: Poll<T>) -> Poll<Result<T, io::Error>> {
        if let Poll::Ready(value) = poll {
            self.running = false;
            return Poll::Ready(Ok(value));
        }
        let limit = self.limit;
        let sleep = self.sleep.get_or_insert_with(|| Box::pin(sleep(limit)));
        if !self.running {
            sleep.as_mut().reset(Instant::now() + limit);
            self.running = true;
        }
        ready!(sleep.as_mut().poll(cx));
        let message = format!("nothing moved for {} seconds", limit.as_secs());
        Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, message)))
    }
}

impl<B> PacedBody<B> {
    pub(super) fn new(body: B) -> Self {
        Self { body, deadline: Deadline::new(BODY_STALL) }
    }
}

impl<B> Body for PacedBody<B>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    type Data = Bytes;
    type Error = Box<dyn std::error::Error + Send + Sync>;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let Self { body, deadline } = self.get_mut();
        let poll = Pin::new(body).poll_frame(cx);
        match ready!(deadline.check(cx, poll)) {
            Ok(frame) => Poll::Ready(frame.map(|frame| frame.map_err(Into::into))),
            Err(stalled) => Poll::Ready(Some(Err(stalled.into()))),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl<S> PacedStream<S> {
    pub(super) fn new(stream: S) -> Self {
        Self { stream, deadline: Deadline::new(WRITE_STALL) }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for PacedStream<S> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_read(cx, buf)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for PacedStream<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let Self { stream, deadline } = self.get_mut();
        let poll = Pin::new(stream).poll_write(cx, buf);
        deadline.check(cx, poll).map(Result::flatten)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let Self { stream, deadline } = self.get_mut();
        let poll = Pin::new(stream).poll_write_vectored(cx, bufs);
        deadline.check(cx, poll).map(Result::flatten)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Self { stream, deadline } = self.get_mut();
        let poll = Pin::new(stream).poll_flush(cx);
        deadline.check(cx, poll).map(Result::flatten)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::{BodyExt, StreamBody};
    use tokio::io::{AsyncWriteExt, duplex};

    #[tokio::test(start_paused = true)]
    async fn a_body_may_be_slow_but_not_stand_still() {
        let piece = |i: u64| async move {
            sleep(Duration::from_secs(20 + 20 * (i / 3))).await;
            Ok::<_, io::Error>(Frame::data(Bytes::from_static(b"x")))
        };
        let stream = futures::stream::unfold(0, move |i| async move { Some((piece(i).await, i + 1)) });
        let mut body = PacedBody::new(StreamBody::new(Box::pin(stream)));
        for _ in 0..3 {
            body.frame().await.unwrap().unwrap();
        }
        let error = body.frame().await.unwrap().unwrap_err();
        assert_eq!(error.to_string(), "nothing moved for 30 seconds");
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_does_not_read_is_cut_off() {
        let (near, _far) = duplex(8);
        let mut stream = PacedStream::new(near);
        let error = stream.write_all(&[0; 100]).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    }
}
