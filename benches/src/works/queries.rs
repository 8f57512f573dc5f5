//! Reading: search, listing, metric history.
//!
//! The requests are built beforehand and repeated. The first answer is looked at, to be sure that the server does the
//! work that is timed; later ones are only counted.

use bytes::Bytes;
use http::Method;
use serde_json::json;

use crate::{
    args::Common,
    client::{Answer, Connection, Failure, Keep},
    error::BenchError,
    load::{Client, Done},
    report::Report,
    session::{self, api, body},
    template::Template,
    works::{Prepared, measure, prepare},
};

/// Points of one page: what the Python client asks for.
const PAGE: u32 = 25_000;

/// Runs that match a metric and a param, by another metric.
pub(crate) async fn search(common: &Common) -> Result<Report, BenchError> {
    let filter = "metrics.m3 > 0.9 and params.p1 = 'v7'";
    runs(common, "search", filter, "metrics.m5 DESC").await
}

/// The newest runs.
pub(crate) async fn listing(common: &Common) -> Result<Report, BenchError> {
    runs(common, "listing", "", "attributes.start_time DESC").await
}

async fn runs(common: &Common, work: &str, filter: &str, order: &str) -> Result<Report, BenchError> {
    let Prepared { mut setup, clients, experiment_id } = prepare(common).await?;
    let request = json!({
        "experiment_ids": [experiment_id],
        "filter": filter,
        "order_by": [order],
        "max_results": 100,
        "run_view_type": "ACTIVE_ONLY",
    });
    let request = Request { method: Method::POST, path: api("runs/search"), body: body(&request) };
    let first = request.send(&mut setup, Keep::Body).await;
    let first = first.map_err(|failure| BenchError::Setup { what: "try the search", failure })?;
    let rows = occurrences(&first, "\"artifact_uri\"");
    let readers = clients
        .into_iter()
        .map(|connection| Reader { connection, requests: vec![request.clone()], points: 0 })
        .collect();
    let mut report = measure(work, common, setup, readers).await?;
    if rows != 100 {
        report.note = Some(format!("the answer holds {rows} rows, not 100"));
    }
    Ok(report)
}

/// The history of one metric with `points` points, a page after the other.
pub(crate) async fn history(common: &Common, points: u64) -> Result<Report, BenchError> {
    let Prepared { mut setup, clients, experiment_id } = prepare(common).await?;
    let run_id = write_history(&mut setup, &experiment_id, points).await?;
    let (requests, found) = pages(&mut setup, &run_id).await?;
    let readers = clients
        .into_iter()
        .map(|connection| Reader { connection, requests: requests.clone(), points: found })
        .collect();
    let mut report = measure("history", common, setup, readers).await?;
    if found != points {
        report.note = Some(format!("the history holds {found} points, not {points}"));
    }
    report.megabytes_per_s = None;
    Ok(report)
}

/// The whole series of one metric with `points` points at 1000 pixels, as our own pages ask for it.
pub(crate) async fn chart(common: &Common, points: u64) -> Result<Report, BenchError> {
    let Prepared { mut setup, clients, experiment_id } = prepare(common).await?;
    let run_id = write_history(&mut setup, &experiment_id, points).await?;
    let asked = json!({"runs": [run_id], "metrics": ["m0"], "x": "step", "buckets": 1000});
    let request = Request { method: Method::POST, path: "/api/runledger/v1/series".to_owned(), body: body(&asked) };
    let readers = clients.into_iter().map(|connection| Reader { connection, requests: vec![request.clone()], points });
    let mut report = measure("chart", common, setup, readers.collect()).await?;
    report.megabytes_per_s = None;
    Ok(report)
}

/// A run with `points` points of the metric `m0`; returns its id.
async fn write_history(setup: &mut Connection, experiment_id: &str, points: u64) -> Result<String, BenchError> {
    let run_id = session::run(setup, experiment_id).await?;
    let mut template = Template::batch(&run_id, 0, 1, usize::try_from(points).unwrap_or(usize::MAX).min(100));
    for _ in 0..points.div_ceil(template.points()) {
        let written = setup.post(&api("runs/log-batch"), template.renew(), Keep::Length).await;
        written.map_err(|failure| BenchError::Setup { what: "write the history", failure })?;
    }
    Ok(run_id)
}

/// Follows the page tokens once. The series does not change, so the same requests read it again.
async fn pages(setup: &mut Connection, run_id: &str) -> Result<(Vec<Request>, u64), BenchError> {
    let mut requests = Vec::new();
    let mut found = 0;
    let mut token = None;
    loop {
        let after = token.map(|token: String| {
            let token = percent_encoding::utf8_percent_encode(&token, percent_encoding::NON_ALPHANUMERIC);
            format!("&page_token={token}")
        });
        let query = format!("run_id={run_id}&metric_key=m0&max_results={PAGE}{}", after.unwrap_or_default());
        let path = api(&format!("metrics/get-history?{query}"));
        let request = Request { method: Method::GET, path, body: Bytes::new() };
        let answer = request.send(setup, Keep::Body).await;
        let answer = answer.map_err(|failure| BenchError::Setup { what: "read the history", failure })?;
        requests.push(request);
        found += occurrences(&answer, "\"timestamp\"");
        token = session::quoted(&answer, "next_page_token").filter(|token| !token.is_empty());
        if token.is_none() {
            return Ok((requests, found));
        }
    }
}

fn occurrences(answer: &Answer, needle: &str) -> u64 {
    std::str::from_utf8(&answer.body).map_or(0, |text| text.matches(needle).count() as u64)
}

#[derive(Debug, Clone)]
struct Request {
    method: Method,
    path: String,
    body: Bytes,
}

impl Request {
    async fn send(&self, connection: &mut Connection, keep: Keep) -> Result<Answer, Failure> {
        connection.send(self.method.clone(), &self.path, self.body.clone(), keep).await
    }
}

/// Somebody with a dashboard open.
struct Reader {
    connection: Connection,
    requests: Vec<Request>,
    points: u64,
}

impl Client for Reader {
    async fn step(&mut self) -> Result<Done, Failure> {
        let mut done = Done { points: self.points, bytes: 0 };
        for request in &self.requests {
            done.bytes += request.send(&mut self.connection, Keep::Length).await?.length;
        }
        Ok(done)
    }
}
