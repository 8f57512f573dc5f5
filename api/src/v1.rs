//! Our own API below `/api/runledger/v1`, which the web UI is built on: what MLflow's REST has no words for.
//!
//! JSON in and out; times are milliseconds since the epoch; a double that JSON has no number for is a string, as elsewhere.

mod activity;
mod asked;
mod bulk;
mod diff;
mod events;
mod experiments;
mod filter;
mod follow;
mod groups;
mod moment;
mod ops;
mod past;
mod purge;
mod run;
mod series;
mod snapshots;
mod stream;
mod table;
mod views;
mod webhooks;

use axum::Router;
use axum::routing::{get, post, put};

use crate::AppState;

pub(crate) use snapshots::Snapshots;

pub(crate) const PREFIX: &str = "/api/runledger/v1";

pub(crate) fn routes() -> Router<AppState> {
    Router::new()
        .route(&at("experiments"), get(experiments::list))
        .route(&at("experiments/activity"), get(activity::of_experiments))
        .route(&at("experiments/{id}"), get(experiments::one))
        .route(&at("experiments/{id}/purge"), post(purge::experiment))
        .route(&at("experiments/{id}/fields"), get(experiments::fields))
        .route(&at("experiments/{id}/views"), get(views::list))
        .route(&at("experiments/{id}/views/{view_id}"), put(views::save).delete(views::delete))
        .route(&at("runs/query"), post(table::query))
        .route(&at("runs/groups"), post(groups::query))
        .route(&at("filter/check"), post(filter::check))
        .route(&at("runs/{run_id}"), get(run::one))
        .route(&at("runs/{run_id}/events"), get(events::of_run))
        .route(&at("runs/{run_id}/diff"), get(diff::of_run))
        .route(&at("runs/{run_id}/span"), get(past::span))
        .route(&at("runs/{run_id}/purge"), post(purge::run))
        .route(&at("series"), post(series::series))
        .route(&at("events"), get(events::all))
        .route(&at("stream"), get(stream::follow))
        .route(&at("bulk"), post(bulk::bulk))
        .route(&at("webhooks/{webhook_id}/deliveries"), get(webhooks::deliveries))
        .route(&at("webhook-deliveries/{delivery_id}/redeliver"), post(webhooks::redeliver))
        .route(&at("ops/status"), get(ops::status))
        .route(&at("ops/uploads"), get(ops::uploads))
        .route(&at("ops/uploads/{upload_id}/retry"), post(ops::retry))
        .route(&at("ops/uploads/{upload_id}/discard"), post(ops::discard))
}

fn at(path: &str) -> String {
    format!("{PREFIX}/{path}")
}
