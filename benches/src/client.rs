//! One keep-alive HTTP/1.1 connection per simulated client.
//!
//! Bodies go out as the caller's bytes without a copy, answers are read and dropped unless the caller asks for them:
//! the generator shares its cores with the server it measures. A lost connection is a counted failure; the next
//! request opens a new one.

use std::{fmt, time::Duration};

use bytes::{Bytes, BytesMut};
use http::{HeaderValue, Method, Request, StatusCode, Uri, header};
use http_body_util::{BodyExt as _, Full};
use hyper::{body::Incoming, client::conn::http1};
use hyper_util::rt::TokioIo;
use tokio::{net::TcpStream, time};

use crate::error::BenchError;

/// The server under load: where it listens and what stands before its paths.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    authority: String,
    host: HeaderValue,
    prefix: String,
    timeout: Duration,
}

impl Target {
    /// Reads `http://host:port[/prefix]`. `timeout` bounds each request, connecting included.
    pub(crate) fn parse(url: &str, timeout: Duration) -> Result<Self, BenchError> {
        let refused = || BenchError::Url { url: url.to_owned() };
        let uri: Uri = url.parse().map_err(|_invalid| refused())?;
        if uri.scheme_str() != Some("http") {
            return Err(refused());
        }
        let host = uri.host().ok_or_else(refused)?;
        let authority = format!("{host}:{}", uri.port_u16().unwrap_or(80));
        let header = HeaderValue::from_str(&authority).map_err(|_invalid| refused())?;
        Ok(Self { authority, host: header, prefix: uri.path().trim_end_matches('/').to_owned(), timeout })
    }

    /// A connection that opens at its first request.
    pub(crate) fn connection(&self) -> Connection {
        Connection { target: self.clone(), sender: None }
    }
}

/// A request that did not end in 200.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Failure {
    /// The server answered with another status; the text is the start of its body.
    Status(StatusCode, String),
    /// No complete answer: refused, reset, or not HTTP.
    Connection(String),
    /// No complete answer within the time allowed.
    Timeout,
}

impl Failure {
    /// The name under which failures of this sort are counted.
    pub(crate) fn class(&self) -> String {
        match self {
            Self::Status(status, _) => status.as_u16().to_string(),
            Self::Connection(_) => "connection".to_owned(),
            Self::Timeout => "timeout".to_owned(),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status(status, body) => write!(f, "{status}: {body}"),
            Self::Connection(cause) => write!(f, "connection failed: {cause}"),
            Self::Timeout => write!(f, "no answer in time"),
        }
    }
}

/// What becomes of an answer's body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Keep {
    /// Collected, for the few answers whose content is needed.
    Body,
    /// Read to its end, counted and dropped.
    Length,
}

/// A complete 200 answer.
#[derive(Debug)]
pub(crate) struct Answer {
    /// The content under [`Keep::Body`], else empty.
    pub(crate) body: Bytes,
    /// Bytes of the content, kept or not.
    pub(crate) length: u64,
}

/// One client's connection.
#[derive(Debug)]
pub(crate) struct Connection {
    target: Target,
    sender: Option<http1::SendRequest<Full<Bytes>>>,
}

impl Connection {
    /// `GET path`.
    pub(crate) async fn get(&mut self, path: &str, keep: Keep) -> Result<Answer, Failure> {
        self.send(Method::GET, path, Bytes::new(), keep).await
    }

    /// `POST path` with a JSON body.
    pub(crate) async fn post(&mut self, path: &str, body: Bytes, keep: Keep) -> Result<Answer, Failure> {
        self.send(Method::POST, path, body, keep).await
    }

    /// Sends one request and reads the whole answer; anything but 200 is a [`Failure`].
    pub(crate) async fn send(
        &mut self,
        method: Method,
        path: &str,
        body: Bytes,
        keep: Keep,
    ) -> Result<Answer, Failure> {
        let outcome = time::timeout(self.target.timeout, self.exchange(method, path, body, keep)).await;
        let outcome = outcome.unwrap_or(Err(Failure::Timeout));
        if matches!(outcome, Err(Failure::Connection(_) | Failure::Timeout)) {
            self.sender = None;
        }
        outcome
    }

    async fn exchange(&mut self, method: Method, path: &str, body: Bytes, keep: Keep) -> Result<Answer, Failure> {
        let request = self.request(method, path, body)?;
        let sender = self.ready().await?;
        let response = sender.send_request(request).await.map_err(|e| connection(&e))?;
        let status = response.status();
        let keep = if status == StatusCode::OK { keep } else { Keep::Body };
        let answer = read(response.into_body(), keep).await?;
        if status == StatusCode::OK {
            return Ok(answer);
        }
        let text = String::from_utf8_lossy(&answer.body);
        Err(Failure::Status(status, text.chars().take(300).collect()))
    }

    fn request(&self, method: Method, path: &str, body: Bytes) -> Result<Request<Full<Bytes>>, Failure> {
        let json = method == Method::POST;
        let mut builder = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.target.prefix))
            .header(header::HOST, self.target.host.clone())
            .header(header::USER_AGENT, "runledger-bench");
        if json {
            builder = builder.header(header::CONTENT_TYPE, "application/json");
        }
        builder.body(Full::new(body)).map_err(|e| connection(&e))
    }

    async fn ready(&mut self) -> Result<&mut http1::SendRequest<Full<Bytes>>, Failure> {
        let open = match self.sender.take() {
            Some(mut sender) => sender.ready().await.is_ok().then_some(sender),
            None => None,
        };
        let sender = match open {
            Some(sender) => sender,
            None => self.connect().await?,
        };
        Ok(self.sender.insert(sender))
    }

    async fn connect(&self) -> Result<http1::SendRequest<Full<Bytes>>, Failure> {
        let stream = TcpStream::connect(&self.target.authority).await.map_err(|e| connection(&e))?;
        stream.set_nodelay(true).map_err(|e| connection(&e))?;
        let (sender, driver) = http1::handshake(TokioIo::new(stream)).await.map_err(|e| connection(&e))?;
        // The driver ends with the connection; its error reaches the request that was waiting on it.
        drop(tokio::spawn(driver));
        Ok(sender)
    }
}

fn connection(error: &dyn std::error::Error) -> Failure {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        cause = inner.source();
    }
    Failure::Connection(text)
}

async fn read(mut body: Incoming, keep: Keep) -> Result<Answer, Failure> {
    let mut kept = BytesMut::new();
    let mut length = 0_u64;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|e| connection(&e))?;
        if let Some(data) = frame.data_ref() {
            length += data.len() as u64;
            if keep == Keep::Body {
                kept.extend_from_slice(data);
            }
        }
    }
    Ok(Answer { body: kept.freeze(), length })
}
