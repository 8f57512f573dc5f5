//! The HTTP API: MLflow's REST endpoints, artifacts, our own API, the web UI, and the server that runs them.
//!
//! One file per resource. A request passes `serve` (connections and time limits), `observe` (ids, metrics, panics, errors),
//! `security` (foreign pages), then the router's handler, which reads `args::Args`, asks `domain` for a decision, and
//! appends it through `app::App` or reads the read model.
//!
//! Invariant: handlers keep no state of their own that an answer depends on, so that any number of API processes may
//! serve one log. What is cached is checked by a guard in the append.

mod absent;
mod app;
mod args;
mod artifacts;
mod batch;
mod body;
mod context;
mod error;
mod experiments;
mod graphql;
mod inputs;
mod lines;
mod logged_models;
mod metric_history;
mod metrics;
mod mlflow_page;
mod model_versions;
mod observe;
mod offset_token;
mod packing;
mod params;
mod registered_models;
mod registry;
mod routes;
mod runs;
mod sample_data;
mod search;
mod security;
mod serve;
mod settings;
mod system;
mod ui;
mod v1;
mod webhooks;
mod wire;
mod writes;

pub use batch::read_log_batch;
pub use mlflow_page::{MlflowPage, MlflowPageError};
pub use routes::router;
pub use serve::run;
pub use settings::{ArtifactDeps, Deps, Settings};
pub use v1::openapi;

pub(crate) use app::{App, AppState};
pub(crate) use args::Args;
pub(crate) use context::RequestContext;
pub(crate) use error::ApiError;
