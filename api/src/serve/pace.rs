//! Cutting off what does not move: bodies that stall on their way in, and responses that the client does not read.
//!
//! The timers run only while something is awaited, and begin anew with every piece that moves. A body must also keep an
//! average rate, or a client could hold a connection for ever with a byte now and then.

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep_until};

type BodyError = Box<dyn std::error::Error + Send + Sync>;

/// How long a body may send nothing.
const BODY_STALL: Duration = Duration::from_secs(30);
/// What a body must bring on average, after a grace of [`BODY_STALL`].
const BYTES_PER_SECOND: u64 = 1_024;
/// How long a client may take nothing of its response.
const WRITE_STALL: Duration = Duration::from_mins(1);

/// A deadline that counts only while it is waited for.
#[derive(Debug, Default)]
struct Deadline {
    sleep: Option<Pin<Box<Sleep>>>,
    running: bool,
}

/// A request body that fails when it stalls or trickles.
#[derive(Debug)]
pub(super) struct PacedBody<B> {
    body: B,
    deadline: Deadline,
    received: u64,
    /// How long the body was waited for so far; what the server itself takes does not count.
    waited: Duration,
    waiting_since: Option<Instant>,
}

/// A connection whose writes fail when they stall.
#[derive(Debug)]
pub(super) struct PacedStream<S> {
    stream: S,
    deadline: Deadline,
}

impl Deadline {
    /// Passes on what is ready, and fails if it is pending at the time `until`, as it was when the waiting began.
    fn check<T>(&mut self, cx: &mut Context<'_>, poll: Poll<T>, until: Instant) -> Poll<Result<T, io::Error>> {
        if let Poll::Ready(value) = poll {
            self.running = false;
            return Poll::Ready(Ok(value));
        }
        let sleep = self.sleep.get_or_insert_with(|| Box::pin(sleep_until(until)));
        if !self.running {
            sleep.as_mut().reset(until);
            self.running = true;
        }
        ready!(sleep.as_mut().poll(cx));
        Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "the other side is too slow")))
    }
}

impl<B> PacedBody<B> {
    pub(super) fn new(body: B) -> Self {
        Self { body, deadline: Deadline::default(), received: 0, waited: Duration::ZERO, waiting_since: None }
    }
}

impl<B> Body for PacedBody<B>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: Into<BodyError>,
{
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let Self { body, deadline, received, waited, waiting_since } = self.get_mut();
        let poll = Pin::new(body).poll_frame(cx);
        let now = Instant::now();
        let since = *waiting_since.get_or_insert(now);
        let earned = Duration::from_secs(*received / BYTES_PER_SECOND);
        let until = since + BODY_STALL.min((BODY_STALL + earned).saturating_sub(*waited));
        let frame = ready!(deadline.check(cx, poll, until));
        *waited += now - since;
        *waiting_since = None;
        match frame {
            Ok(frame) => {
                if let Some(Ok(data)) = frame.as_ref().map(|frame| frame.as_ref().map(Frame::data_ref)) {
                    *received += data.map_or(0, |data| data.len() as u64);
                }
                Poll::Ready(frame.map(|frame| frame.map_err(Into::into)))
            }
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
        Self { stream, deadline: Deadline::default() }
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
        deadline.check(cx, poll, Instant::now() + WRITE_STALL).map(Result::flatten)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let Self { stream, deadline } = self.get_mut();
        let poll = Pin::new(stream).poll_write_vectored(cx, bufs);
        deadline.check(cx, poll, Instant::now() + WRITE_STALL).map(Result::flatten)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Self { stream, deadline } = self.get_mut();
        let poll = Pin::new(stream).poll_flush(cx);
        deadline.check(cx, poll, Instant::now() + WRITE_STALL).map(Result::flatten)
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
    use tokio::time::sleep;

    /// A body of pieces of `bytes` bytes, each after a pause.
    fn body(
        bytes: usize,
        pause: impl Fn(u64) -> u64 + Copy + Send + 'static,
    ) -> impl Body<Data = Bytes, Error = BodyError> + Unpin {
        let piece = move |i| async move {
            sleep(Duration::from_secs(pause(i))).await;
            Some((Ok::<_, io::Error>(Frame::data(Bytes::from(vec![0; bytes]))), i + 1))
        };
        PacedBody::new(StreamBody::new(Box::pin(futures::stream::unfold(0, piece))))
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_may_be_slow_but_not_stand_still() {
        let mut body = body(25 << 10, |i| if i < 10 { 20 } else { 40 });
        for _ in 0..10 {
            body.frame().await.unwrap().unwrap();
        }
        assert!(body.frame().await.unwrap().is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_may_not_trickle() {
        let (started, mut body) = (Instant::now(), body(1, |_| 1));
        while body.frame().await.unwrap().is_ok() {}
        assert_eq!(started.elapsed().as_secs(), 30);
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_does_not_read_is_cut_off() {
        let (near, _far) = duplex(8);
        let mut stream = PacedStream::new(near);
        let error = stream.write_all(&[0; 100]).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    }
}
