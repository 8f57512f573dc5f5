//! The HTTP client of the exporter: the one that the process has already, on the process's own runtime.
//!
//! The exporter works on a thread of its own, outside of the runtime, on which an asynchronous client cannot run.

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use http::{Request, Response};
use opentelemetry_http::{HttpClient, HttpError};
use std::time::Duration;
use tokio::runtime::Handle;

/// How much of an answer is read, in bytes; it says at most which spans were refused.
const ANSWER: usize = 64 << 10;

#[derive(Debug)]
pub(crate) struct Client {
    http: reqwest::Client,
    runtime: Handle,
}

impl Client {
    /// Called within the runtime. `timeout` is that of a whole request.
    pub(crate) fn new(timeout: Duration) -> Result<Self, reqwest::Error> {
        Ok(Self { http: reqwest::Client::builder().timeout(timeout).build()?, runtime: Handle::current() })
    }
}

#[async_trait]
impl HttpClient for Client {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let request = reqwest::Request::try_from(request)?;
        self.runtime.spawn(send(self.http.clone(), request)).await?
    }
}

async fn send(http: reqwest::Client, request: reqwest::Request) -> Result<Response<Bytes>, HttpError> {
    let mut answer = http.execute(request).await?;
    let mut response = Response::builder().status(answer.status());
    if let Some(headers) = response.headers_mut() {
        headers.extend(answer.headers().clone());
    }
    let mut body = BytesMut::new();
    while let Some(chunk) = answer.chunk().await? {
        let room = ANSWER - body.len();
        body.extend_from_slice(chunk.get(..room).unwrap_or(&chunk));
        if body.len() == ANSWER {
            break;
        }
    }
    Ok(response.body(body.freeze())?)
}
