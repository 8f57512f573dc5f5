//! Our own API below `/api/runledger/v1`, which the web UI is built on: what MLflow's REST has no words for.
//!
//! JSON in and out; times are milliseconds since the epoch; a double that JSON has no number for is a string, as elsewhere.

mod asked;
mod bulk;
mod events;
mod experiments;
mod filter;
mod ops;
mod run;
mod series;
mod snapshots;
mod stream;
mod table;

use axum::Router;
use axum::routing::{get, post};

use crate::AppState;

pub(crate) use snapshots::Snapshots;

pub(crate) const PREFIX: &str = "/api/runledger/v1";

pub(crate) fn routes() -> Router<AppState> {
    Router::new()
        .route(&at("experiments"), get(experiments::list))
        .route(&at("experiments/{id}"), get(experiments::one))
        .route(&at("experiments/{id}/fields"), get(experiments::fields))
        .route(&at("runs/query"), post(table::query))
        .route(&at("filter/check"), post(filter::check))
        .route(&at("runs/{run_id}"), get(run::one))
        .route(&at("runs/{run_id}/events"), get(events::of_run))
        .route(&at("series"), post(series::series))
        .route(&at("events"), get(events::all))
        .route(&at("stream"), get(stream::follow))
        .route(&at("bulk"), post(bulk::bulk))
        .route(&at("ops/status"), get(ops::status))
        .route(&at("ops/uploads"), get(ops::uploads))
        .route(&at("ops/uploads/{upload_id}/retry"), post(ops::retry))
        .route(&at("ops/uploads/{upload_id}/discard"), post(ops::discard))
}

fn at(path: &str) -> String {
    format!("{PREFIX}/{path}")
}
