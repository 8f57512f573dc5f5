//! Our own API below `/api/runledger/v1`, which the web UI is built on: what MLflow's REST has no words for.
//!
//! JSON in and out; times are milliseconds since the epoch; a double that JSON has no number for is a string, as elsewhere.

mod activity;
mod asked;
mod bulk;
mod diff;
mod document;
mod events;
mod experiments;
mod filter;
mod follow;
mod groups;
mod moment;
mod ops;
mod past;
mod past_table;
mod purge;
mod refused;
mod run;
mod sample;
mod selections;
mod series;
mod snapshots;
mod sse;
mod stream;
mod table;
mod views;
mod webhooks;
pub(crate) mod words;

use axum::Router;
use axum::response::IntoResponse;
use axum::routing::get;
use http::header;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::AppState;
use crate::artifacts::run as artifacts;

pub(crate) use document::Missing;
pub(crate) use past_table::PastTables;
pub(crate) use snapshots::Snapshots;

const PREFIX: &str = "/api/runledger/v1";

/// The description of this API: `OpenAPI` as indented JSON that ends with a line break.
pub fn openapi() -> Result<String, serde_json::Error> {
    Ok(documented().1.to_pretty_json()? + "\n")
}

/// All routes, among them the description of the others.
pub(crate) fn routes() -> Router<AppState> {
    let (router, document) = documented();
    // It consists of maps and strings, so that it always serialises.
    let text = document.to_json().unwrap_or_default();
    let described = async move || ([(header::CONTENT_TYPE, "application/json")], text).into_response();
    router.route(&format!("{PREFIX}/openapi.json"), get(described))
}

/// Each route is declared once, together with its description.
fn documented() -> (Router<AppState>, OpenApi) {
    let described = OpenApiRouter::new()
        .routes(routes!(experiments::list))
        .routes(routes!(experiments::one))
        .routes(routes!(experiments::fields))
        .routes(routes!(activity::of_experiments))
        .routes(routes!(views::list))
        .routes(routes!(views::save, views::delete))
        .routes(routes!(purge::experiment))
        .routes(routes!(table::query))
        .routes(routes!(groups::query))
        .routes(routes!(filter::check))
        .routes(routes!(run::one))
        .routes(routes!(events::of_run))
        .routes(routes!(diff::of_run))
        .routes(routes!(past::span))
        .routes(routes!(purge::run))
        .routes(routes!(artifacts::details))
        .routes(routes!(series::series))
        .routes(routes!(selections::keep))
        .routes(routes!(selections::one))
        .routes(routes!(events::all))
        .routes(routes!(stream::follow))
        .routes(routes!(bulk::bulk))
        .routes(routes!(sample::load))
        .routes(routes!(webhooks::deliveries))
        .routes(routes!(webhooks::redeliver))
        .routes(routes!(ops::status))
        .routes(routes!(refused::list))
        .routes(routes!(ops::uploads))
        .routes(routes!(ops::retry))
        .routes(routes!(ops::discard));
    let (router, document) = OpenApiRouter::with_openapi(document::frame()).nest(PREFIX, described).split_for_parts();
    (router, document::complete(document))
}
