//! The writes that this process answered last: how long they took, and which of them it refused.
//!
//! For operators who look at the page of the server and not into its log. Kept in memory and bounded; other processes know of
//! others.

use axum::response::Response;
use http::StatusCode;
use runledger_domain::validate;
use serde::Serialize;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use utoipa::ToSchema;

use crate::{ApiError, RequestContext};

/// Writes whose time is remembered.
const TIMES: usize = 1_000;
/// Refused writes that are remembered.
const REFUSED: usize = 200;
/// Characters of a message that are kept.
const MESSAGE: usize = 500;
/// Characters of the client's name for itself that are kept.
const AGENT: usize = 200;
/// Endpoints that only read, although they are asked by POST, by the last part of their routes.
const READS: [&str; 9] = [
    "search",
    "search-datasets",
    "get-latest-versions",
    "presigned-download-url",
    "graphql",
    "query",
    "groups",
    "check",
    "series",
];

/// The latest writes of this process.
#[derive(Debug)]
pub(crate) struct Writes {
    /// Microseconds, in a ring.
    times: Box<[AtomicU32]>,
    timed: AtomicUsize,
    refused: Mutex<VecDeque<Refused>>,
}

/// A write that was refused, or that failed. Nothing of what it sent is kept.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = RefusedWrite)]
pub(crate) struct Refused {
    /// Milliseconds since the epoch.
    at: i64,
    method: &'static str,
    /// With the names of its variable parts, such as `/api/2.0/mlflow/runs/log-batch`; `unknown` where there is no such endpoint.
    route: String,
    /// The HTTP status.
    status: u16,
    /// MLflow's code; absent where the request was refused before an endpoint looked at it.
    #[schema(required = true)]
    error_code: Option<&'static str>,
    /// As the client got it, at most 500 characters.
    message: String,
    request_id: String,
    /// The authenticated user, else the address that the request came from.
    client: String,
    /// What the client calls itself; empty where it does not.
    agent: String,
}

/// Why a response that carries no [`ApiError`] is a refusal.
#[derive(Clone, Debug)]
pub(crate) struct Reason(pub(crate) String);

impl Default for Writes {
    fn default() -> Self {
        let times = (0..TIMES).map(|_| AtomicU32::new(0)).collect();
        Self { times, timed: AtomicUsize::new(0), refused: Mutex::default() }
    }
}

impl Writes {
    /// Remembers how long a write took that was done.
    pub(crate) fn done(&self, route: &str, after: Duration) {
        if !is_timed(route) {
            return;
        }
        let place = self.timed.fetch_add(1, Ordering::Relaxed) % TIMES;
        if let Some(time) = self.times.get(place) {
            time.store(u32::try_from(after.as_micros()).unwrap_or(u32::MAX), Ordering::Relaxed);
        }
    }

    /// Remembers a write that was not done.
    pub(crate) fn refused(&self, refused: Refused) {
        let mut latest = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        if latest.len() >= REFUSED {
            latest.pop_front();
        }
        latest.push_back(refused);
    }

    /// The refused writes, the latest first.
    pub(crate) fn latest_refused(&self) -> Vec<Refused> {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner).iter().rev().cloned().collect()
    }

    /// How many of the latest writes are timed, and the time within which 99 of 100 were answered; `None` before the first.
    pub(crate) fn p99(&self) -> (usize, Option<Duration>) {
        let count = self.timed.load(Ordering::Relaxed).min(TIMES);
        let mut times: Vec<u32> = self.times.iter().take(count).map(|micros| micros.load(Ordering::Relaxed)).collect();
        times.sort_unstable();
        let last = times.get((count * 99).div_ceil(100).saturating_sub(1));
        (count, last.map(|micros| Duration::from_micros(u64::from(*micros))))
    }
}

impl Refused {
    /// Takes down what the response says, before its error is rendered.
    pub(crate) fn of(
        response: &Response,
        at: i64,
        method: &'static str,
        route: &str,
        context: &RequestContext,
    ) -> Self {
        let extensions = response.extensions();
        let error = extensions.get::<ApiError>();
        let message = error.map(|error| &error.message).or_else(|| extensions.get().map(|Reason(reason)| reason));
        Self {
            at,
            method,
            route: route.to_owned(),
            status: response.status().as_u16(),
            error_code: error.map(|error| error.code.as_str()),
            message: validate::cut(message.map_or("", String::as_str), MESSAGE).to_owned(),
            request_id: context.request_id.clone(),
            client: context.actor(None),
            agent: validate::cut(context.agent(), AGENT).to_owned(),
        }
    }
}

/// Whether such a request is made to change something.
pub(crate) fn is_write(method: &str, route: &str) -> bool {
    let endpoint = route.rsplit('/').next().unwrap_or_default();
    matches!(method, "POST" | "PUT" | "PATCH" | "DELETE") && !READS.contains(&endpoint)
}

pub(crate) fn is_refusal(status: StatusCode) -> bool {
    status.is_client_error() || status.is_server_error()
}

/// Files take as long as their bytes need, and webhooks as long as their receivers; the rest of MLflow's writes are comparable.
fn is_timed(route: &str) -> bool {
    route.contains("/2.0/mlflow/") && !route.contains("artifact") && !route.contains("/webhooks")
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROUTE: &str = "/api/2.0/mlflow/runs/log-batch";

    #[test]
    fn the_slowest_of_a_hundred_is_left_out_and_old_ones_are_forgotten() {
        let writes = Writes::default();
        assert_eq!(writes.p99(), (0, None));
        writes.done(ROUTE, Duration::from_millis(7));
        assert_eq!(writes.p99(), (1, Some(Duration::from_millis(7))));
        for number in 1..100 {
            writes.done(ROUTE, Duration::from_micros(number));
        }
        assert_eq!(writes.p99(), (100, Some(Duration::from_micros(99))));
        writes.done("/api/2.0/mlflow-artifacts/artifacts/{*path}", Duration::from_secs(9));
        writes.done("/ajax-api/2.0/mlflow/upload-artifact", Duration::from_secs(9));
        for _ in 0..TIMES {
            writes.done(ROUTE, Duration::from_micros(3));
        }
        assert_eq!(writes.p99(), (TIMES, Some(Duration::from_micros(3))));
    }

    #[test]
    fn what_asks_by_post_is_no_write() {
        assert!(is_write("POST", ROUTE));
        assert!(is_write("DELETE", "/api/2.0/mlflow/logged-models/{model_id}"));
        assert!(is_write("POST", "unknown"));
        assert!(!is_write("GET", "/api/2.0/mlflow/runs/get"));
        assert!(!is_write("POST", "/ajax-api/2.0/mlflow/runs/search"));
        assert!(!is_write("POST", "/api/runledger/v1/runs/query"));
    }
}
