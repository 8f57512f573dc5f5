//! What MLflow's page asks of parts that are not here: traces, judges, evaluation data sets, the gateway, the assistant and the
//! telemetry of the page.
//!
//! Each gets what MLflow's own server answers while it has none of them, so that the page shows itself empty instead of an
//! error. They are answered under the page's prefix only: a client that uses such a part has to hear that it is not here.

use axum::Router;
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodFilter, on};
use http::{HeaderName, header};

use crate::AppState;
use crate::body::JsonBody;

const GET: MethodFilter = MethodFilter::GET;
const POST: MethodFilter = MethodFilter::POST;
/// The header of an answer about a part that is not here.
const ABSENT: HeaderName = HeaderName::from_static("x-runledger-absent");
/// A list without entries, as most of MLflow's endpoints write it.
const NONE: &str = "{}";

/// Methods and paths below `/ajax-api`, what they answer, and which part of the page asks.
const PARTS: &[(MethodFilter, &str, &str)] = &[
    // Every page. A rollout of 0 keeps the page from sending anything anywhere.
    (
        GET,
        "3.0/mlflow/ui-telemetry",
        r#"{"disable_ui_events":[],"disable_ui_telemetry":true,"ui_rollout_percentage":0}"#,
    ),
    (POST, "3.0/mlflow/ui-telemetry", r#"{"status":"disabled"}"#),
    // Every page, for the button of the assistant.
    (GET, "3.0/mlflow/assistant/config", r#"{"providers":{},"projects":{},"remote_access_allowed":false}"#),
    (GET, "3.0/mlflow/assistant/providers", r#"{"providers":[]}"#),
    // The table of runs, which can ask models of an old gateway.
    (GET, "2.0/mlflow/gateway-proxy", r#"{"endpoints":[]}"#),
    (POST, "2.0/mlflow/gateway-proxy", r#"{"endpoints":[]}"#),
    // An experiment's and a run's overview and traces, and the sessions made of them.
    (GET, "2.0/mlflow/traces", NONE),
    (POST, "3.0/mlflow/traces/search", NONE),
    (POST, "3.0/mlflow/traces/metrics", NONE),
    (POST, "3.0/mlflow/issues/search", NONE),
    // An experiment's judges, evaluation data sets, label schemas and review queues.
    (GET, "3.0/mlflow/scorers/list", NONE),
    (GET, "3.0/mlflow/scorers/online-configs", r#"{"configs":[]}"#),
    (POST, "3.0/mlflow/datasets/search", NONE),
    (GET, "3.0/mlflow/label-schemas/list", NONE),
    (GET, "3.0/mlflow/review-queues/list", NONE),
    // The gateway's pages, and the judges' choice of a model.
    (GET, "3.0/mlflow/gateway/secrets/config", r#"{"secrets_available":false,"using_default_passphrase":false}"#),
    (GET, "3.0/mlflow/gateway/secrets/list", NONE),
    (GET, "3.0/mlflow/gateway/endpoints/list", NONE),
    (GET, "3.0/mlflow/gateway/endpoints/bindings/list", NONE),
    (GET, "3.0/mlflow/gateway/model-definitions/list", NONE),
    (GET, "3.0/mlflow/gateway/budgets/list", NONE),
    (GET, "3.0/mlflow/gateway/budgets/windows", NONE),
    (GET, "3.0/mlflow/gateway/guardrails/list", NONE),
    // The page of MCP servers.
    (GET, "3.0/mlflow/mcp-servers", r#"{"mcp_servers":[],"next_page_token":null}"#),
    (GET, "3.0/mlflow/mcp-servers/endpoints", r#"{"mcp_access_endpoints":[],"next_page_token":null}"#),
];

pub(crate) fn routes() -> Router<AppState> {
    PARTS.iter().fold(Router::new(), |router, (method, path, answer)| {
        let path = format!("/ajax-api/{path}");
        if *method == GET {
            router.route(&path, on(*method, async || nothing(answer)))
        } else {
            router.route(&path, on(*method, async |_: JsonBody| nothing(answer)))
        }
    })
}

fn nothing(answer: &'static str) -> Response {
    // Tells whoever wonders that this is not an empty part, but none.
    ([(header::CONTENT_TYPE, "application/json"), (ABSENT, "1")], answer).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_answer_is_an_object() {
        for (_, path, answer) in PARTS {
            let parsed: serde_json::Value = serde_json::from_str(answer).unwrap();
            assert!(parsed.is_object(), "{path}");
        }
    }
}
