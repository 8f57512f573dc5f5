//! The API as clients see it, over SQLite and with a projector, without a socket.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "support/server.rs"]
mod server;

use axum::body::Body;
use futures::future::join_all;
use http::{Method, Request};
use runledger_api::Settings;
use serde_json::json;
use server::Server;

#[tokio::test]
async fn an_experiment_lives_through_its_endpoints() {
    let server = Server::start().await;
    let id = server.post("experiments/create", json!({"name": "a", "tags": [{"key": "k", "value": "v"}]})).await.ok();
    let id = id["experiment_id"].as_str().unwrap().to_owned();
    let got = server.get("experiments/get-by-name?experiment_name=a").await.ok();
    assert_eq!(got["experiment"]["experiment_id"], id);
    assert_eq!(got["experiment"]["artifact_location"], format!("mlflow-artifacts:/{id}"));
    assert_eq!(got["experiment"]["tags"], json!([{"key": "k", "value": "v"}]));

    let (status, code, message) = server.post("experiments/create", json!({"name": "a"})).await.refused();
    assert_eq!((status, code.as_str()), (400, "RESOURCE_ALREADY_EXISTS"));
    assert!(message.starts_with("Experiment(name=a) already exists."), "{message}");

    server.post("experiments/update", json!({"experiment_id": id, "new_name": "b"})).await.ok();
    server.post("experiments/set-experiment-tag", json!({"experiment_id": id, "key": "x", "value": "1"})).await.ok();
    server.post("experiments/delete-experiment-tag", json!({"experiment_id": id, "key": "k"})).await.ok();
    let found = server.post("experiments/search", json!({"max_results": 5, "filter": "name = 'b'"})).await.ok();
    assert_eq!(found["experiments"][0]["tags"], json!([{"key": "x", "value": "1"}]));
    let listed = server.get("experiments/list?view_type=ALL").await.ok();
    assert_eq!(listed["experiments"].as_array().unwrap().len(), 2);

    server.post("experiments/delete", json!({"experiment_id": id})).await.ok();
    let deleted = server.get(&format!("experiments/get?experiment_id={id}")).await.ok();
    assert_eq!(deleted["experiment"]["lifecycle_stage"], "deleted");
    let rename = server.post("experiments/update", json!({"experiment_id": id, "new_name": "c"})).await.refused();
    assert_eq!((rename.0, rename.1.as_str()), (500, "INVALID_STATE"));
    server.post("experiments/restore", json!({"experiment_id": id})).await.ok();
    let twice = server.post("experiments/restore", json!({"experiment_id": id})).await.refused();
    assert_eq!((twice.0, twice.1.as_str()), (404, "RESOURCE_DOES_NOT_EXIST"));
}

#[tokio::test]
async fn a_run_lives_through_its_endpoints() {
    let server = Server::start().await;
    let created = server
        .post(
            "runs/create",
            json!({"experiment_id": "0", "run_name": "n", "start_time": 5, "tags": [{"key": "mlflow.user", "value": "ada"}]}),
        )
        .await
        .ok();
    let info = &created["run"]["info"];
    let id = info["run_id"].as_str().unwrap().to_owned();
    assert_eq!(info["artifact_uri"], format!("mlflow-artifacts:/0/{id}/artifacts"));
    assert_eq!((&info["status"], &info["start_time"], &info["run_name"]), (&json!("RUNNING"), &json!(5), &json!("n")));
    assert_eq!((created["run"].get("outputs"), &created["run"]["inputs"]), (None, &json!({})));

    let batch = json!({
        "run_id": id,
        "metrics": [
            {"key": "m", "value": "NaN", "timestamp": 1, "step": 1},
            {"key": "m", "value": "Infinity", "timestamp": 2, "step": 2},
            {"key": "m", "value": 0.1, "timestamp": 3, "step": 3},
        ],
        "params": [{"key": "p", "value": "1"}],
        "tags": [{"key": "t", "value": "v"}, {"key": "t", "value": "w"}],
    });
    server.post("runs/log-batch", batch.clone()).await.ok();
    server.post("runs/log-batch", batch).await.ok();
    server
        .post("runs/log-metric", json!({"run_uuid": id, "key": "m", "value": 1, "timestamp": 4, "step": 4}))
        .await
        .ok();
    server.post("runs/set-tag", json!({"run_id": id, "key": "mlflow.runName", "value": "renamed"})).await.ok();
    let got = server.get(&format!("runs/get?run_id={id}")).await.ok();
    let data = &got["run"]["data"];
    assert_eq!(data["metrics"], json!([{"key": "m", "value": 1.0, "timestamp": 4, "step": 4}]));
    assert_eq!(data["params"], json!([{"key": "p", "value": "1"}]));
    assert_eq!(got["run"]["info"]["run_name"], "renamed");
    assert!(data["tags"].as_array().unwrap().contains(&json!({"key": "t", "value": "w"})));

    let history = server.get(&format!("metrics/get-history?run_id={id}&metric_key=m&max_results=3")).await.ok();
    let values: Vec<_> = history["metrics"].as_array().unwrap().iter().map(|metric| metric["value"].clone()).collect();
    assert_eq!(values, [json!("NaN"), json!("Infinity"), json!(0.1)]);
    let token = history["next_page_token"].as_str().unwrap();
    let rest = server.get(&format!("metrics/get-history?run_id={id}&metric_key=m&page_token={token}")).await.ok();
    assert_eq!((rest["metrics"].as_array().unwrap().len(), rest.get("next_page_token")), (1, None));
    let sample =
        server.get(&format!("metrics/get-history-bulk-interval?run_ids={id}&metric_key=m&max_results=2")).await;
    assert_eq!(sample.ok()["metrics"].as_array().unwrap().len(), 2);
    assert_eq!(server.get("metrics/get-history?run_id=nope&metric_key=m").await.ok(), json!({}));

    let update = json!({"run_id": id, "status": "FINISHED", "end_time": 9});
    assert_eq!(server.post("runs/update", update).await.ok()["run_info"]["end_time"], 9);
    let search = json!({"experiment_ids": ["0"], "filter": "params.p = '1' and metrics.m > 0.5"});
    let reply = server.post("runs/search", search).await;
    assert_eq!(reply.ok()["runs"][0]["info"]["run_id"], id);
    assert!(!reply.headers.contains_key("x-runledger-lag-events"));

    server.post("runs/delete", json!({"run_id": id})).await.ok();
    let (status, _, message) = server.post("runs/set-tag", json!({"run_id": id, "key": "a"})).await.refused();
    assert_eq!(status, 400);
    assert_eq!(message, format!("The run {id} must be in the 'active' state. Current state is deleted."));
    server.post("runs/restore", json!({"run_id": id})).await.ok();
    server.post("runs/delete-tag", json!({"run_id": id, "key": "t"})).await.ok();
    assert_eq!(server.post("runs/delete-tag", json!({"run_id": id, "key": "t"})).await.refused().0, 404);
}

#[tokio::test]
async fn inputs_and_outputs_are_linked_once() {
    let server = Server::start().await;
    let id = server.run().await;
    let dataset = json!({"name": "d", "digest": "1", "source_type": "code", "source": "s"});
    let inputs = json!({"run_id": id, "datasets": [
        {"dataset": dataset, "tags": [{"key": "mlflow.data.context", "value": "training"}]}
    ]});
    server.post("runs/log-inputs", inputs.clone()).await.ok();
    server.post("runs/log-inputs", inputs).await.ok();
    let outputs = json!({"run_id": id, "models": [{"model_id": "m-1", "step": "3"}]});
    server.post("runs/outputs", outputs.clone()).await.ok();
    server.post("runs/outputs", outputs).await.ok();
    let run = server.get(&format!("runs/get?run_id={id}")).await.ok();
    assert_eq!(run["run"]["inputs"]["dataset_inputs"].as_array().unwrap().len(), 1);
    assert_eq!(run["run"]["outputs"]["model_outputs"], json!([{"model_id": "m-1", "step": 3}]));
    let found = server.post("experiments/search-datasets", json!({"experiment_ids": ["0"]})).await.ok();
    assert_eq!(
        found["dataset_summaries"],
        json!([{"experiment_id": "0", "name": "d", "digest": "1", "context": "training"}])
    );
}

#[tokio::test]
async fn a_param_keeps_its_first_value_among_many_writers() {
    let server = Server::start().await;
    let id = server.run().await;
    let log =
        |value: usize| server.post("runs/log-parameter", json!({"run_id": id, "key": "p", "value": value.to_string()}));
    let replies = join_all((0..20).map(log)).await;
    let accepted: Vec<_> = replies.iter().filter(|reply| reply.status == 200).collect();
    assert_eq!(accepted.len(), 1);
    let others =
        (0..20).map(|i| server.post("runs/log-batch", json!({"run_id": id, "params": [{"key": format!("q{i}")}]})));
    assert!(join_all(others).await.iter().all(|reply| reply.status == 200));
    let run = server.get(&format!("runs/get?run_id={id}")).await.ok();
    let params = run["run"]["data"]["params"].as_array().unwrap();
    assert_eq!(params.len(), 21);

    let winner = params[0]["value"].as_str().unwrap();
    server.post("runs/log-parameter", json!({"run_id": id, "key": "p", "value": winner})).await.ok();
    let batch = json!({"run_id": id, "params": [{"key": "p", "value": "x"}], "metrics": [{"key": "m", "value": 1, "timestamp": 1}]});
    let (_, code, message) = server.post("runs/log-batch", batch).await.refused();
    assert_eq!(code, "INVALID_PARAMETER_VALUE");
    assert!(
        message.starts_with("Changing param values is not allowed. Params were already logged='[{'key': 'p', "),
        "{message}"
    );
    let run = server.get(&format!("runs/get?run_id={id}")).await.ok();
    assert!(run["run"]["data"].get("metrics").is_none());
}

#[tokio::test]
async fn a_repeated_creation_with_a_key_finds_the_run() {
    let server = Server::start().await;
    let request = || {
        Request::builder()
            .method(Method::POST)
            .uri("/api/2.0/mlflow/runs/create")
            .header("host", "localhost")
            .header("content-type", "application/json")
            .header("idempotency-key", "k1")
            .body(Body::from(r#"{"experiment_id":"0"}"#))
            .unwrap()
    };
    let first = server.send(request()).await.ok();
    let second = server.send(request()).await.ok();
    assert_eq!(first["run"]["info"]["run_id"], second["run"]["info"]["run_id"]);
}

#[tokio::test]
async fn what_does_not_exist_is_refused_in_json() {
    let server = Server::start().await;
    let unknown = server.get("nope").await;
    assert_eq!((unknown.refused().0, unknown.refused().1.as_str()), (404, "ENDPOINT_NOT_FOUND"));
    let wrong = server.get("runs/create").await;
    assert_eq!((wrong.refused().0, wrong.headers["allow"].to_str().unwrap()), (405, "POST"));
    let wrong = server.call(Method::DELETE, "/ajax-api/2.0/mlflow/experiments/search", "").await;
    assert_eq!((wrong.refused().0, wrong.headers["allow"].to_str().unwrap()), (405, "GET,HEAD,POST"));
    for (path, status) in [
        ("runs/get?run_id=nope", 404),
        ("runs/get?run_id=%00", 400),
        ("runs/get", 400),
        ("experiments/get?experiment_id=99", 404),
        ("experiments/get?experiment_id=abc", 400),
        ("experiments/get-by-name?experiment_name=zzz", 404),
    ] {
        assert_eq!(server.get(path).await.refused().0, status, "{path}");
    }
    for path in ["log-batch", "log-metric", "log-parameter", "set-tag", "update", "delete", "restore", "log-inputs"] {
        let body = json!({"run_id": "nope", "key": "k", "value": "1", "timestamp": 1, "params": [{"key": "p"}]});
        let (status, code, message) = server.post(&format!("runs/{path}"), body).await.refused();
        assert_eq!((status, code.as_str()), (404, "RESOURCE_DOES_NOT_EXIST"), "{path}");
        assert_eq!(message, "Run with id=nope not found", "{path}");
    }
    let empty = server.post("runs/log-batch", json!({"run_id": "nope"})).await.refused();
    assert_eq!(empty.0, 404);
}

#[tokio::test]
async fn the_server_tells_about_itself() {
    let server = Server::start().await;
    server.run().await;
    let call = |path: &'static str| server.call(Method::GET, path, "");
    assert_eq!(call("/health").await.text(), "OK");
    assert_eq!(call("/version").await.text(), "3.18.0");
    assert_eq!(call("/api/3.0/mlflow/server-info").await.ok()["multipart_uploads_enabled"], false);
    assert_eq!(call("/api/runledger/v1/openapi.json").await.ok()["info"]["title"], "Runledger");
    assert!(
        call("/metrics").await.text().contains(
            r#"runledger_http_requests_total{code="200",method="POST",route="/api/2.0/mlflow/runs/create"} 1"#
        )
    );
}

/// With the UI in the binary or without it.
#[tokio::test]
async fn every_path_of_a_page_is_answered_with_the_page() {
    let server = Server::start().await;
    let visit = async |path: &str| {
        let request = Request::builder().uri(path).header("host", "localhost").header("accept", "text/html,*/*");
        server.send(request.body(Body::empty()).unwrap()).await
    };
    for (path, status) in [("/", 200), ("/experiments/0", 200), ("/runs/none/metrics", 200), ("/nowhere", 404)] {
        let page = visit(path).await;
        assert_eq!(page.status, status, "{path}");
        assert!(page.text().contains("<title>Runledger</title>"), "{path}: {}", page.text());
        assert!(page.headers.contains_key("x-request-id"));
        assert_eq!(page.headers["x-content-type-options"], "nosniff");
    }
    for path in ["/api/2.0/mlflow/nowhere", "/assets/nothing.js"] {
        assert_eq!(visit(path).await.status, 404, "{path}");
    }
    assert_eq!(visit("/api/nowhere").await.refused().1, "ENDPOINT_NOT_FOUND");
}

#[tokio::test]
async fn an_allowed_page_may_call_and_others_may_not() {
    let settings = Settings { allowed_origins: vec!["https://ui.example".to_owned()], ..Settings::default() };
    let server = Server::start_with(settings).await;
    let call = |method: Method, origin: &str| {
        let request = Request::builder()
            .method(method)
            .uri("/api/2.0/mlflow/runs/create")
            .header("host", "localhost")
            .header("origin", origin)
            .header("content-type", "application/json")
            .body(Body::from(r#"{"experiment_id":"0"}"#));
        server.send(request.unwrap())
    };
    let preflight = call(Method::OPTIONS, "https://ui.example").await;
    assert_eq!(preflight.status, 204);
    assert_eq!(preflight.headers["access-control-allow-origin"], "https://ui.example");
    assert_eq!(call(Method::POST, "https://ui.example").await.headers["vary"], "Origin");
    assert_eq!(call(Method::OPTIONS, "https://evil.example").await.status, 405);
    let refused = call(Method::POST, "https://evil.example").await;
    assert_eq!((refused.status.as_u16(), refused.text().as_str()), (403, "Cross-origin request blocked"));
}

#[tokio::test]
async fn histories_of_several_runs_come_together() {
    let server = Server::start().await;
    let runs = [server.run().await, server.run().await];
    for run_id in &runs {
        let point = |i: usize| json!({"key": "m", "value": i, "timestamp": i, "step": i});
        for first in [0, 1_000] {
            let metrics: Vec<_> = (first..first + 1_000).map(point).collect();
            server.post("runs/log-batch", json!({"run_id": run_id, "metrics": metrics})).await.ok();
        }
    }
    let ids = format!("run_ids={}&run_ids={}&metric_key=m", runs[0], runs[1]);
    let sample = server.get(&format!("metrics/get-history-bulk-interval?{ids}&max_results=700")).await.ok();
    assert_eq!(sample["metrics"].as_array().unwrap().len(), 1_400);
    let steps = server.get(&format!("metrics/get-history-bulk-interval?{ids}&start_step=5&end_step=6")).await.ok();
    assert_eq!(steps["metrics"].as_array().unwrap().len(), 4);
    let ids = ids.replace("run_ids", "run_id");
    let bulk = server.get(&format!("metrics/get-history-bulk?{ids}&max_results=2500")).await.ok();
    assert_eq!(bulk["metrics"].as_array().unwrap().len(), 2_500);
    let whole = server.get(&format!("metrics/get-history?run_id={}&metric_key=m", runs[0])).await.ok();
    assert_eq!(whole["metrics"].as_array().unwrap().len(), 2_000);
}
