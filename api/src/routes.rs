//! All routes, each declared once.

use axum::Router;
use axum::extract::Request;
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, delete, get, patch, post};
use http::StatusCode;
use runledger_domain::ErrorCode;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

use crate::{
    ApiError, App, AppState, Deps, absent, artifacts, batch, experiments, graphql, inputs, logged_models,
    metric_history, model_versions, observe, registered_models, runs, search, security, system, ui, v1, webhooks,
};

/// MLflow serves its endpoints under two prefixes: one for clients, one for its page.
const PREFIXES: [&str; 2] = ["/api/2.0/mlflow", "/ajax-api/2.0/mlflow"];

/// The whole API as a service. Fails if the registry already holds metrics of the same names.
pub fn router(deps: Deps) -> Result<Router, prometheus::Error> {
    Ok(with_state(Arc::new(App::new(deps, CancellationToken::new())?)))
}

pub(crate) fn with_state(app: AppState) -> Router {
    let mut router = Router::new()
        .route("/health", get(system::health))
        .route("/ready", get(system::ready))
        .route("/version", get(system::version))
        .route("/metrics", get(system::metrics))
        .route("/graphql", post(graphql::graphql))
        .route("/api/3.0/mlflow/server-info", get(system::server_info))
        .route("/ajax-api/3.0/mlflow/server-info", get(system::server_info));
    // MLflow registers this one without the slash as well.
    for prefix in ["/api/2.0mlflow", "/ajax-api/2.0mlflow"] {
        router = router.route(&format!("{prefix}/experiments/search-datasets"), post(experiments::search_datasets));
    }
    for prefix in PREFIXES {
        for (path, handlers) in tracking().into_iter().chain(logged_models()).chain(registry()) {
            router = router.route(&format!("{prefix}/{path}"), handlers);
        }
        router = router.merge(webhooks::routes(prefix));
    }
    let router = router.merge(artifacts::routes()).merge(absent::routes()).merge(v1::routes());
    let page = app.settings.mlflow_page.as_ref();
    let pages = page.map_or_else(Router::new, |page| page.routes(router.clone()));
    router
        .merge(pages)
        .merge(ui::routes(page.is_none_or(|page| !page.at_root)))
        .fallback(unknown_route)
        .method_not_allowed_fallback(wrong_method)
        .layer(from_fn_with_state(Arc::clone(&app), security::protect))
        .layer(from_fn_with_state(Arc::clone(&app), observe::observe))
        .with_state(app)
}

/// MLflow's endpoints below each prefix.
fn tracking() -> Vec<(&'static str, MethodRouter<AppState>)> {
    vec![
        ("experiments/create", post(experiments::create)),
        ("experiments/get", get(experiments::get)),
        ("experiments/get-by-name", get(experiments::get_by_name)),
        ("experiments/search", get(search::search_experiments).post(search::search_experiments)),
        ("experiments/list", get(search::list_experiments)),
        ("experiments/update", post(experiments::update)),
        ("experiments/delete", post(experiments::delete)),
        ("experiments/restore", post(experiments::restore)),
        ("experiments/set-experiment-tag", post(experiments::set_tag)),
        ("experiments/delete-experiment-tag", post(experiments::delete_tag)),
        ("experiments/search-datasets", post(experiments::search_datasets)),
        ("runs/create", post(runs::create)),
        ("runs/get", get(runs::get)),
        ("runs/update", post(runs::update)),
        ("runs/delete", post(runs::delete)),
        ("runs/restore", post(runs::restore)),
        ("runs/search", post(search::search_runs)),
        ("runs/log-metric", post(batch::log_metric)),
        ("runs/log-parameter", post(runs::log_param)),
        ("runs/set-tag", post(runs::set_tag)),
        ("runs/delete-tag", post(runs::delete_tag)),
        ("runs/log-batch", post(batch::log_batch)),
        ("runs/log-inputs", post(inputs::log_inputs_of)),
        ("runs/outputs", post(inputs::log_outputs_of)),
        ("runs/log-model", post(inputs::log_model)),
        ("metrics/get-history", get(metric_history::get_history)),
        ("metrics/get-history-bulk", get(metric_history::get_history_bulk)),
        ("metrics/get-history-bulk-interval", get(metric_history::get_history_bulk_interval)),
    ]
}

fn logged_models() -> [(&'static str, MethodRouter<AppState>); 6] {
    let model = get(logged_models::get).patch(logged_models::finalize).delete(logged_models::delete);
    [
        ("logged-models", post(logged_models::create)),
        ("logged-models/search", post(logged_models::search)),
        ("logged-models/{model_id}", model),
        ("logged-models/{model_id}/tags", patch(logged_models::set_tags)),
        // A key may have slashes.
        ("logged-models/{model_id}/tags/{*key}", delete(logged_models::delete_tag)),
        ("logged-models/{model_id}/params", post(logged_models::log_params)),
    ]
}

/// The model registry below each prefix.
fn registry() -> Vec<(&'static str, MethodRouter<AppState>)> {
    use registered_models::aliases;
    vec![
        ("registered-models/create", post(registered_models::create)),
        ("registered-models/get", get(registered_models::get)),
        ("registered-models/search", get(registered_models::search)),
        ("registered-models/rename", post(registered_models::rename)),
        ("registered-models/update", patch(registered_models::update)),
        ("registered-models/delete", delete(registered_models::delete)),
        (
            "registered-models/get-latest-versions",
            get(registered_models::latest_versions).post(registered_models::latest_versions),
        ),
        ("registered-models/set-tag", post(registered_models::set_tag)),
        ("registered-models/delete-tag", delete(registered_models::delete_tag)),
        ("registered-models/alias", get(aliases::get).post(aliases::set).delete(aliases::delete)),
        ("model-versions/create", post(model_versions::create)),
        ("model-versions/get", get(model_versions::get)),
        ("model-versions/search", get(model_versions::search)),
        ("model-versions/update", patch(model_versions::update)),
        ("model-versions/transition-stage", post(model_versions::transition_stage_of)),
        ("model-versions/delete", delete(model_versions::delete)),
        ("model-versions/get-download-uri", get(model_versions::download_uri)),
        ("model-versions/set-tag", post(model_versions::set_tag)),
        ("model-versions/delete-tag", delete(model_versions::delete_tag)),
    ]
}

async fn unknown_route(request: Request) -> Response {
    if ui::is_page(&request) {
        let mut response = ui::page(request.headers().clone()).await;
        *response.status_mut() = StatusCode::NOT_FOUND;
        return response;
    }
    let path = runledger_domain::validate::cut(request.uri().path(), 200);
    let message = format!("There is no endpoint {} {path}.", request.method());
    ApiError::new(ErrorCode::EndpointNotFound, message).into_response()
}

async fn wrong_method(request: Request) -> ApiError {
    let path = runledger_domain::validate::cut(request.uri().path(), 200);
    let message =
        format!("The endpoint {path} does not take {}; the header Allow names what it takes.", request.method());
    ApiError::new(ErrorCode::BadRequest, message).with_status(StatusCode::METHOD_NOT_ALLOWED)
}
