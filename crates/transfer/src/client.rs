//! MLflow's REST, as far as moving needs it. What fails for the moment is tried again for a while.

use bytes::Bytes;
use futures::stream::BoxStream;
use futures::{StreamExt, TryStreamExt};
use reqwest::{Body, Client, Method, RequestBuilder, Response, Url};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::time::Duration;
use tokio::time::sleep;

use crate::TransferError;

/// How long the server may take for an answer, of which a search of many runs is the longest.
const TIMEOUT: Duration = Duration::from_mins(5);
/// Pauses between attempts.
const PAUSES: [Duration; 6] = [
    Duration::from_millis(200),
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(5),
    Duration::from_secs(10),
    Duration::from_secs(20),
];
const API: &str = "api/2.0/mlflow/";
const ARTIFACTS: &str = "api/2.0/mlflow-artifacts/artifacts";

/// An MLflow server. Clones share their connections.
#[derive(Clone, Debug)]
pub struct Mlflow {
    client: Client,
    root: Url,
}

impl Mlflow {
    /// `address` is the tracking URI, in which a user and password may stand.
    pub fn new(address: &str) -> Result<Self, TransferError> {
        let wrong = || TransferError::Address(address.to_owned());
        let mut root = Url::parse(address).map_err(|_no_url| wrong())?;
        if !matches!(root.scheme(), "http" | "https") {
            return Err(wrong());
        }
        // What is joined to it goes below it.
        if !root.path().ends_with('/') {
            root.set_path(&format!("{}/", root.path()));
        }
        let client = Client::builder().timeout(TIMEOUT).build().map_err(TransferError::Client)?;
        Ok(Self { client, root })
    }

    /// The address without its password.
    pub fn address(&self) -> String {
        let mut shown = self.root.clone();
        // An address without a host has no password either.
        shown.set_password(None).unwrap_or_default();
        shown.to_string()
    }

    /// Whether a server answers there now.
    pub(crate) async fn is_there(&self) -> bool {
        let Ok(url) = self.url("health") else { return false };
        self.client.get(url).send().await.is_ok_and(|response| response.status().is_success())
    }

    pub(crate) async fn get<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &[(&str, &str)],
    ) -> Result<T, TransferError> {
        let url = self.url(&format!("{API}{path}"))?;
        self.answer(path, || self.client.request(Method::GET, url.clone()).query(query)).await
    }

    pub(crate) async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &(impl Serialize + Sync),
    ) -> Result<T, TransferError> {
        self.send(Method::POST, path, body).await
    }

    /// A request that makes something, which a repeat would make twice.
    pub(crate) async fn post_once<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &(impl Serialize + Sync),
    ) -> Result<T, TransferError> {
        let url = self.url(&format!("{API}{path}"))?;
        let response = self.client.post(url).json(body).send().await.map_err(|source| self.unreachable(source))?;
        if !response.status().is_success() {
            return Err(refusal(path, response).await);
        }
        self.read(path, response).await
    }

    /// A request with a body, which may be repeated without harm.
    pub(crate) async fn send<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: &(impl Serialize + Sync),
    ) -> Result<T, TransferError> {
        let url = self.url(&format!("{API}{path}"))?;
        self.answer(path, || self.client.request(method.clone(), url.clone()).json(body)).await
    }

    /// The names below a folder of the artifacts that the server keeps itself.
    pub(crate) async fn files<T: DeserializeOwned>(&self, folder: &str) -> Result<T, TransferError> {
        let url = self.url(ARTIFACTS)?;
        self.answer(ARTIFACTS, || self.client.get(url.clone()).query(&[("path", folder)])).await
    }

    /// The content of such an artifact.
    pub(crate) async fn download(
        &self,
        path: &str,
    ) -> Result<BoxStream<'static, Result<Bytes, reqwest::Error>>, TransferError> {
        let url = self.artifact(path)?;
        let response = self.attempt(path, || self.client.get(url.clone())).await?;
        Ok(response.bytes_stream().into_stream().boxed())
    }

    /// Writes an artifact that the server keeps itself.
    pub(crate) async fn upload(
        &self,
        path: &str,
        body: BoxStream<'static, std::io::Result<Bytes>>,
        size: u64,
    ) -> Result<(), TransferError> {
        let url = self.artifact(path)?;
        let request = self.client.put(url).header("Content-Length", size).body(Body::wrap_stream(body));
        let response = request.send().await.map_err(|source| self.unreachable(source))?;
        if response.status().is_success() { Ok(()) } else { Err(refusal(path, response).await) }
    }

    fn artifact(&self, path: &str) -> Result<Url, TransferError> {
        let mut url = self.url(ARTIFACTS)?;
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.extend(path.split('/'));
        }
        Ok(url)
    }

    fn url(&self, path: &str) -> Result<Url, TransferError> {
        self.root.join(path).map_err(|_wrong| TransferError::Address(self.address()))
    }

    async fn answer<T: DeserializeOwned>(
        &self,
        request: &str,
        build: impl Fn() -> RequestBuilder,
    ) -> Result<T, TransferError> {
        let response = self.attempt(request, build).await?;
        self.read(request, response).await
    }

    async fn read<T: DeserializeOwned>(&self, request: &str, response: Response) -> Result<T, TransferError> {
        let bytes = response.bytes().await.map_err(|source| self.unreachable(source))?;
        serde_json::from_slice(&bytes).map_err(|source| TransferError::Answer { request: request.to_owned(), source })
    }

    /// Sends the request until it is answered otherwise than by a failure of the moment.
    async fn attempt(&self, request: &str, build: impl Fn() -> RequestBuilder) -> Result<Response, TransferError> {
        let mut pauses = PAUSES.into_iter();
        loop {
            let problem = match build().send().await {
                Ok(response) if response.status().is_success() => return Ok(response),
                Ok(response) => refusal(request, response).await,
                Err(source) => self.unreachable(source),
            };
            let passing = match &problem {
                TransferError::Refused { status, .. } => *status == 429 || *status >= 500,
                _ => true,
            };
            match pauses.next().filter(|_| passing) {
                Some(pause) => {
                    tracing::debug!(%problem, "trying again");
                    sleep(pause).await;
                }
                None => return Err(problem),
            }
        }
    }

    fn unreachable(&self, source: reqwest::Error) -> TransferError {
        TransferError::Unreachable { url: self.address(), source: source.without_url() }
    }
}

async fn refusal(request: &str, response: Response) -> TransferError {
    let status = response.status().as_u16();
    let body = response.bytes().await.unwrap_or_default();
    let message = match serde_json::from_slice::<Value>(&body) {
        Ok(Value::Object(mut fields)) => match fields.remove("message") {
            Some(Value::String(message)) => message,
            _ => String::new(),
        },
        _ => String::from_utf8_lossy(body.get(..body.len().min(300)).unwrap_or_default()).into_owned(),
    };
    TransferError::Refused { request: request.to_owned(), status, message }
}
