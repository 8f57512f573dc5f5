//! The registry over HTTP: what a version tells of its source, and the files that it hands out.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "support/server.rs"]
mod server;

use http::Method;
use serde_json::{Value, json};
use server::{Reply, Server};

async fn version(server: &Server, name: &str, mut body: Value) -> Reply {
    body["name"] = name.into();
    server.post("model-versions/create", body).await
}

/// A server with the model `m`, and a run with the file `model/weights`.
async fn with_files() -> (Server, String) {
    let server = Server::start().await;
    server.post("registered-models/create", json!({"name": "m"})).await.ok();
    let run = server.run().await;
    let path = format!("/api/2.0/mlflow-artifacts/artifacts/0/{run}/artifacts/model/weights");
    assert_eq!(server.call(Method::PUT, &path, "heavy").await.status, 200);
    (server, run)
}

#[tokio::test]
async fn a_version_hands_out_the_files_of_its_source() {
    let (server, run) = with_files().await;
    let uri = format!("mlflow-artifacts:/0/{run}/artifacts/model");
    for source in [format!("runs:/{run}/model"), uri.clone()] {
        version(&server, "m", json!({"source": source, "run_id": run})).await.ok();
    }
    version(&server, "m", json!({"source": "models:/m/2"})).await.ok();
    version(&server, "m", json!({"source": "s3://bucket/model"})).await.ok();
    for number in 1..=3 {
        let file = format!("/model-versions/get-artifact?name=m&version={number}&path=weights");
        let got = server.call(Method::GET, &file, "").await;
        assert_eq!(got.text(), "heavy", "version {number}");
        assert_eq!(got.headers["content-disposition"], "attachment; filename=weights");
    }
    let copy = server.get("model-versions/get?name=m&version=3").await.ok();
    assert_eq!(copy["model_version"]["run_id"], run.as_str());
    let place = server.get("model-versions/get-download-uri?name=m&version=3").await.ok();
    assert_eq!(place["artifact_uri"], uri);

    let refused = async |query: &str| {
        let path = format!("/model-versions/get-artifact?name=m&{query}");
        server.call(Method::GET, &path, "").await.refused()
    };
    assert_eq!(refused("version=1&path=weights&presigned=true").await.0, 501);
    assert_eq!(refused("version=1&path=none").await.0, 404);
    assert_eq!(refused("version=9&path=weights").await.2, "Model Version (name=m, version=9) not found");
    assert_eq!(refused("version=1&path=../../x").await.2, "Invalid path");
    assert!(refused("version=1").await.2.contains("'path'"));
    assert!(refused("version=4&path=x").await.2.contains("'s3://bucket/model', which this server does not serve"));
}

#[tokio::test]
async fn writes_are_answered_with_the_state_after_them() {
    let (server, run) = with_files().await;
    version(&server, "m", json!({"source": format!("runs:/{run}/model"), "run_id": run})).await.ok();
    version(&server, "m", json!({"source": "s3://bucket/x"})).await.ok();
    server.post("registered-models/alias", json!({"name": "m", "alias": "a", "version": 1})).await.ok();
    let move_to = json!({"name": "m", "version": "1", "stage": "production", "archive_existing_versions": true});
    let moved = server.post("model-versions/transition-stage", move_to).await.ok();
    assert_eq!(moved["model_version"]["current_stage"], "Production");
    assert_eq!(moved["model_version"]["aliases"], json!(["a"]));
    let renamed = server.post("registered-models/rename", json!({"name": "m", "new_name": "n"})).await.ok();
    let model = &renamed["registered_model"];
    assert_eq!((&model["name"], &model["aliases"]), (&json!("n"), &json!([{"alias": "a", "version": "1"}])));
    let latest: Vec<&str> = model["latest_versions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|version| version["version"].as_str().unwrap())
        .collect();
    assert_eq!(latest, ["2", "1"]);
    let update = json!({"name": "n"}).to_string();
    let path = "/api/2.0/mlflow/registered-models/update";
    let kept = server.call(Method::PATCH, path, &update).await.ok();
    assert_eq!(kept["registered_model"], *model, "an update without a description changes nothing");
    let found = server.get(&format!("model-versions/search?filter=run_id%3D'{run}'")).await.ok();
    assert_eq!(found["model_versions"][0]["name"], "n");
    assert!(found["model_versions"][0].get("aliases").is_none());
}

/// Many at once through one process: each number is given once, and nobody is turned away.
#[tokio::test(flavor = "multi_thread")]
async fn numbers_are_given_once() {
    let (server, _) = with_files().await;
    let server = std::sync::Arc::new(server);
    let mut tasks = tokio::task::JoinSet::new();
    for i in 0..40 {
        let server = std::sync::Arc::clone(&server);
        tasks.spawn(async move {
            let made = version(&server, "m", json!({"source": format!("s3://bucket/{i}")})).await.ok();
            made["model_version"]["version"].as_str().unwrap().parse::<i64>().unwrap()
        });
    }
    let mut numbers = tasks.join_all().await;
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=40).collect::<Vec<_>>());
}
