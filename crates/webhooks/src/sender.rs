//! Sends one delivery, signed as MLflow signs it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use reqwest::redirect::Policy;
use reqwest::{Client, Url};
use sha2::Sha256;
use std::error::Error as _;
use std::sync::Arc;
use std::time::Duration;

use crate::address::{AddressError, PublicOnly, is_public, literal};

/// How long a receiver may take to answer.
const TIMEOUT: Duration = Duration::from_secs(10);
/// How much of an answer is kept, in bytes.
const ANSWER: usize = 4 << 10;

/// Sends deliveries. Clones share their connections.
#[derive(Clone, Debug)]
pub struct Sender {
    client: Client,
    private: bool,
}

/// What the receiver said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    /// The head of its answer.
    pub body: String,
}

impl Sender {
    /// `private` allows plain HTTP and addresses that are not public.
    pub fn new(private: bool) -> Result<Self, reqwest::Error> {
        // Neither a proxy nor a redirect may lead where the URL itself does not.
        let client = Client::builder().timeout(TIMEOUT).no_proxy().redirect(Policy::none());
        let client = if private { client } else { client.https_only(true).dns_resolver(Arc::new(PublicOnly)) };
        Ok(Self { client: client.build()?, private })
    }

    /// Whether plain HTTP and private addresses are allowed.
    pub fn is_private_allowed(&self) -> bool {
        self.private
    }

    /// Sends the body and returns the answer, or why there is none. `now` is in milliseconds since the epoch.
    pub async fn send(
        &self,
        url: &str,
        secret: Option<&str>,
        delivery_id: &str,
        body: &str,
        now: i64,
    ) -> Result<Answer, String> {
        let url = Url::parse(url).map_err(|error| error.to_string())?;
        if let (Some(ip), false) = (literal(&url), self.private)
            && !is_public(ip)
        {
            return Err(AddressError::Private { host: ip.to_string(), ip }.to_string());
        }
        let seconds = (now / 1_000).to_string();
        let request = self
            .client
            .post(url)
            .header("Content-Type", "application/json")
            .header("X-MLflow-Delivery-Id", delivery_id)
            .header("X-MLflow-Timestamp", &seconds)
            .body(body.to_owned());
        let request = match secret.filter(|secret| !secret.is_empty()) {
            Some(secret) => request.header("X-MLflow-Signature", signature(secret, delivery_id, &seconds, body)),
            None => request,
        };
        let mut response = request.send().await.map_err(|error| reason(&error))?;
        let status = response.status().as_u16();
        let mut head = Vec::new();
        while head.len() < ANSWER
            && let Ok(Some(piece)) = response.chunk().await
        {
            head.extend_from_slice(piece.get(..piece.len().min(ANSWER - head.len())).unwrap_or_default());
        }
        Ok(Answer { status, body: String::from_utf8_lossy(&head).into_owned() })
    }
}

/// `v1,` and the base64 of the HMAC-SHA256 over id, time and body, as MLflow's receivers verify it.
fn signature(secret: &str, delivery_id: &str, seconds: &str, body: &str) -> String {
    // A key of any length is taken, so there is always a signature.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else { return String::new() };
    mac.update(format!("{delivery_id}.{seconds}.{body}").as_bytes());
    format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}

/// The error with its causes, without the URL, which may hold a secret.
fn reason(error: &reqwest::Error) -> String {
    let own = if error.is_timeout() { "the receiver did not answer in time" } else { "the receiver cannot be reached" };
    let mut text = own.to_owned();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Computed with Python's `hmac` and `base64`, as MLflow's documentation tells receivers to.
    #[test]
    fn the_signature_is_mlflows() {
        let made = signature("secret", "id-1", "1700000000", "{\"a\": \"ü\"}");
        assert_eq!(made, "v1,TFU2Ucor2S/2TiGzOrCDdisgG/mI7NRPoZv85Sd+BSY=");
    }

    #[tokio::test]
    async fn a_private_address_is_not_called() {
        let sender = Sender::new(false).unwrap();
        for url in ["https://127.0.0.1:9/", "https://localhost:9/", "http://1.1.1.1/"] {
            assert!(sender.send(url, None, "id", "{}", 0).await.is_err(), "{url}");
        }
        let refused = sender.send("https://localhost:9/", None, "id", "{}", 0).await.unwrap_err();
        assert!(refused.contains("non-public IP address"), "{refused}");
    }
}
