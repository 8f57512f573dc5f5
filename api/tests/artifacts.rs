//! Artifacts over HTTP: uploads, downloads, listings, deletions, and paths that try to leave the root.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "support/server.rs"]
mod server;

use axum::body::Body;
use bytes::Bytes;
use futures::{StreamExt, stream};
use http::request::Builder;
use http::{Method, Request, header};
use serde_json::json;
use server::{Reply, Server};
use std::io;

const PROXY: &str = "/api/2.0/mlflow-artifacts/artifacts";

fn request(method: Method, uri: &str) -> Builder {
    Request::builder().method(method).uri(uri).header("host", "localhost:5000")
}

async fn put(server: &Server, path: &str, content: &str) -> Reply {
    let request = request(Method::PUT, &format!("{PROXY}/{path}"));
    server.send(request.body(Body::from(content.to_owned())).unwrap()).await
}

async fn get(server: &Server, path: &str, headers: &[(header::HeaderName, &str)]) -> Reply {
    let mut request = request(Method::GET, &format!("{PROXY}/{path}"));
    for (name, value) in headers {
        request = request.header(name, *value);
    }
    server.send(request.body(Body::empty()).unwrap()).await
}

fn header_of(reply: &Reply, name: header::HeaderName) -> &str {
    reply.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
}

#[tokio::test]
async fn an_upload_is_readable_at_once() {
    let server = Server::start().await;
    let reply = put(&server, "0/r/artifacts/%C3%BC%20b.txt", "hello").await;
    assert_eq!((reply.status.as_u16(), reply.text().as_str()), (200, ""));
    let got = get(&server, "0/r/artifacts/%C3%BC%20b.txt", &[]).await;
    assert_eq!((got.status.as_u16(), got.text().as_str()), (200, "hello"));
    assert_eq!(header_of(&got, header::CONTENT_LENGTH), "5");
    assert_eq!(header_of(&got, header::CONTENT_TYPE), "text/plain; charset=utf-8");
    assert_eq!(header_of(&got, header::CONTENT_DISPOSITION), "attachment; filename*=UTF-8''%C3%BC%20b.txt");
    assert_eq!(header_of(&got, header::X_CONTENT_TYPE_OPTIONS), "nosniff");
    assert!(header_of(&got, header::CONTENT_SECURITY_POLICY).starts_with("sandbox;"));
    put(&server, "0/r/artifacts/%C3%BC%20b.txt", "again").await;
    assert_eq!(get(&server, "0/r/artifacts/%C3%BC%20b.txt", &[]).await.text(), "again");
}

#[tokio::test]
async fn a_large_upload_comes_back_as_it_was() {
    let server = Server::start().await;
    let content: String = ('a'..='z').cycle().take(3_000_000).collect();
    put(&server, "large.bin", &content).await;
    assert!(get(&server, "large.bin", &[]).await.text() == content);
    let part = get(&server, "large.bin", &[(header::RANGE, "bytes=1000000-1999999")]).await;
    assert!(part.body == content.as_bytes()[1_000_000..2_000_000]);
}

#[tokio::test]
async fn ranges_and_conditions_are_honoured() {
    let server = Server::start().await;
    put(&server, "a", "0123456789").await;
    let part = get(&server, "a", &[(header::RANGE, "bytes=2-4")]).await;
    assert_eq!((part.status.as_u16(), part.text().as_str()), (206, "234"));
    assert_eq!(header_of(&part, header::CONTENT_RANGE), "bytes 2-4/10");
    assert_eq!(header_of(&part, header::CONTENT_LENGTH), "3");
    let outside = get(&server, "a", &[(header::RANGE, "bytes=10-")]).await;
    assert_eq!(outside.status, 416);
    assert_eq!(header_of(&outside, header::CONTENT_RANGE), "bytes */10");

    let etag = header_of(&part, header::ETAG).to_owned();
    let same = get(&server, "a", &[(header::IF_NONE_MATCH, &etag)]).await;
    assert_eq!((same.status.as_u16(), same.text().as_str()), (304, ""));
    put(&server, "a", "other").await;
    assert_eq!(get(&server, "a", &[(header::IF_NONE_MATCH, &etag)]).await.text(), "other");
    let stale = get(&server, "a", &[(header::RANGE, "bytes=0-1"), (header::IF_RANGE, &etag)]).await;
    assert_eq!((stale.status.as_u16(), stale.text().as_str()), (200, "other"));

    let head = request(Method::HEAD, &format!("{PROXY}/a")).body(Body::empty()).unwrap();
    let head = server.send(head).await;
    assert_eq!((head.status.as_u16(), header_of(&head, header::CONTENT_LENGTH), head.body.len()), (200, "5", 0));
}

#[tokio::test]
async fn no_path_leaves_the_root() {
    let server = Server::start().await;
    let tricks = [
        "..",
        "../x",
        "a/../../x",
        "%2e%2e/x",
        "a/%2e%2e/x",
        "..%2fx",
        "..%252fx",
        "..%25252fx",
        "%2fetc/passwd",
        "/etc/passwd",
        "C:/x",
        "c%3A%5Cx",
        "a%5cb",
        "a%255cb",
        "a%23b",
        "a%2523b",
        "a%00b",
        "a%2500b",
        "a%0ab",
        "%ff",
    ];
    for trick in tricks {
        for method in [Method::GET, Method::PUT, Method::DELETE] {
            let refused =
                server.send(request(method, &format!("{PROXY}/{trick}")).body(Body::from("x")).unwrap()).await;
            assert_eq!(refused.refused().2, "Invalid path", "{trick}");
        }
        let presigned = server.call(Method::GET, &format!("/api/2.0/mlflow-artifacts/presigned/{trick}"), "").await;
        assert_eq!(presigned.refused().2, "Invalid path", "{trick}");
        if trick != "%ff" {
            let listing = server.call(Method::GET, &format!("{PROXY}?path={trick}"), "").await;
            assert_eq!(listing.refused().2, "Invalid path", "{trick}");
        }
    }
}

#[tokio::test]
async fn refusals_say_what_is_wrong() {
    let server = Server::start().await;
    let slash = put(&server, "dir/", "x").await;
    assert_eq!(slash.refused().2, "Artifact path must include a filename (cannot end with '/').");
    assert_eq!(put(&server, "", "x").await.status, 400);
    let missing = get(&server, "none", &[]).await.refused();
    assert_eq!(missing, (404, "RESOURCE_DOES_NOT_EXIST".to_owned(), "No such artifact: 'none'".to_owned()));
    put(&server, "dir/a", "x").await;
    let folder = get(&server, "dir", &[]).await.refused();
    assert_eq!((folder.0, folder.2.as_str()), (400, "Artifact path refers to a directory, not a file: 'dir'"));
    for step in ["create", "complete", "abort"] {
        let url = format!("/api/2.0/mlflow-artifacts/mpu/{step}/dir");
        let nameless = server.call(Method::POST, &url, "{}").await.refused();
        assert_eq!(nameless.0, 400);
        assert!(nameless.2.contains("'path'"), "{}", nameless.2);
        let body = json!({"path": "/home/me/a.bin", "upload_id": "u", "parts": [{"part_number": 1, "etag": "e"}]});
        let mpu = server.call(Method::POST, &url, &body.to_string()).await.refused();
        assert_eq!((mpu.0, mpu.1.as_str()), (501, "NOT_IMPLEMENTED"));
        assert!(
            mpu.2.starts_with("Multipart upload is not supported for the current artifact repository"),
            "{}",
            mpu.2
        );
    }
}

#[tokio::test]
async fn an_upload_that_breaks_off_leaves_nothing() {
    let server = Server::start().await;
    put(&server, "a", "kept").await;
    let pieces = stream::iter([Ok(Bytes::from_static(b"half")), Err(io::Error::other("gone"))]);
    let broken =
        server.send(request(Method::PUT, &format!("{PROXY}/a")).body(Body::from_stream(pieces)).unwrap()).await;
    assert_eq!(broken.refused().0, 408);
    assert_eq!(get(&server, "a", &[]).await.text(), "kept");
    let metrics = server.call(Method::GET, "/metrics", "").await.text();
    assert!(metrics.contains("runledger_spool_bytes 4\n"), "{metrics}");
}

#[tokio::test]
async fn many_uploads_at_once_are_all_there() {
    let server = Server::start().await;
    let upload = async |i: u32| put(&server, &format!("dir/{i:03}"), "x").await;
    let uploads = stream::iter(0..200).map(upload).buffer_unordered(32);
    assert!(uploads.all(|reply| async move { reply.status == 200 }).await);
    let listed = server.call(Method::GET, &format!("{PROXY}?path=dir"), "").await.ok();
    let files = listed["files"].as_array().unwrap();
    assert_eq!(files.len(), 200);
    assert_eq!(files[199], json!({"path": "199", "is_dir": false, "file_size": 1}));
}

#[tokio::test]
async fn runs_name_their_artifacts_by_relative_paths() {
    let server = Server::start().await;
    let run = server.run().await;
    put(&server, &format!("0/{run}/artifacts/dir/a.txt"), "hello").await;
    let root = server.get(&format!("artifacts/list?run_id={run}")).await.ok();
    let uri = format!("mlflow-artifacts:/0/{run}/artifacts");
    assert_eq!(root, json!({"root_uri": uri, "files": [{"path": "dir", "is_dir": true}]}));
    let dir = server.get(&format!("artifacts/list?run_uuid={run}&path=dir")).await.ok();
    assert_eq!(dir["files"], json!([{"path": "dir/a.txt", "is_dir": false, "file_size": 5}]));
    for endpoint in ["/get-artifact", "/api/2.0/mlflow/artifacts/download"] {
        let got = server.call(Method::GET, &format!("{endpoint}?run_id={run}&path=dir/a.txt"), "").await;
        assert_eq!(got.text(), "hello");
        let outside = server.call(Method::GET, &format!("{endpoint}?run_id={run}&path=../x"), "").await;
        assert_eq!(outside.refused().2, "Invalid path");
        let nameless = server.call(Method::GET, &format!("{endpoint}?run_id={run}"), "").await;
        assert!(nameless.refused().2.contains("'path'"));
        let nobody = server.call(Method::GET, &format!("{endpoint}?run_id=nope&path=a"), "").await;
        assert_eq!(nobody.refused().0, 404);
    }
}

#[tokio::test]
async fn our_own_listing_tells_how_far_each_upload_is() {
    let server = Server::start().await;
    let run = server.run().await;
    for path in ["a.txt", "dir/b.txt", "dir/c/d.txt"] {
        put(&server, &format!("0/{run}/artifacts/{path}"), "hello").await;
    }
    let list =
        async |query: &str| server.call(Method::GET, &format!("/api/runledger/v1/artifacts/{run}{query}"), "").await;
    let root = list("").await.ok();
    assert_eq!(root["root_uri"], format!("mlflow-artifacts:/0/{run}/artifacts"));
    let file = &root["entries"][0];
    assert_eq!((&file["path"], &file["state"], &file["size"]), (&json!("a.txt"), &json!("staged"), &json!(5)));
    assert_eq!(file["sha256"], "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824");
    assert!(file["staged_at"].is_i64() && file["upload_id"].is_string() && file["error"].is_null());
    assert_eq!(root["entries"][1], json!({"path": "dir", "is_dir": true, "size": 10}));
    let dir = list("?path=dir").await.ok();
    assert_eq!(dir["entries"][0]["path"], "dir/b.txt");
    assert_eq!(list("?path=../x").await.refused().2, "Invalid path");
}

#[tokio::test]
async fn the_page_uploads_small_files() {
    let server = Server::start().await;
    let run = server.run().await;
    let upload = async |query: &str, body: Vec<u8>| {
        let uri = format!("/ajax-api/2.0/mlflow/upload-artifact?{query}");
        server.send(request(Method::POST, &uri).body(Body::from(body)).unwrap()).await
    };
    let at = format!("run_uuid={run}&path=notes/a.md");
    assert_eq!(upload(&at, b"note".to_vec()).await.status, 200);
    assert_eq!(get(&server, &format!("0/{run}/artifacts/notes/a.md"), &[]).await.text(), "note");
    let refused = [
        (at.clone(), vec![], "Request must specify data."),
        (at, vec![0; (10 << 20) + 1], "Artifact size is too large. Max size is 10MB."),
        ("path=a".to_owned(), b"x".to_vec(), "Request must specify run_id or run_uuid."),
        (format!("run_id={run}"), b"x".to_vec(), "Request must specify path."),
        (format!("run_id={run}&path=../a"), b"x".to_vec(), "Invalid path"),
    ];
    for (query, body, message) in refused {
        assert_eq!(upload(&query, body).await.refused().2, message);
    }
}

#[tokio::test]
async fn deleting_a_folder_deletes_all_in_it() {
    let server = Server::start().await;
    for path in ["dir/a", "dir/b/c", "other"] {
        put(&server, path, "x").await;
    }
    for _ in 0..2 {
        server.call(Method::DELETE, &format!("{PROXY}/dir"), "").await.ok();
    }
    assert_eq!(get(&server, "dir/a", &[]).await.status, 404);
    assert_eq!(get(&server, "dir/b/c", &[]).await.status, 404);
    let root = server.call(Method::GET, PROXY, "").await.ok();
    assert_eq!(root, json!({"files": [{"path": "other", "is_dir": false, "file_size": 1}]}));
    put(&server, "dir/a", "new").await;
    assert_eq!(get(&server, "dir/a", &[]).await.text(), "new");
}

#[tokio::test]
async fn artifacts_of_another_server_are_refused_with_their_location() {
    let server = Server::start().await;
    let experiment = json!({"name": "s3", "artifact_location": "s3://bucket/x"});
    let id = server.post("experiments/create", experiment).await.ok()["experiment_id"].clone();
    let run = server.post("runs/create", json!({"experiment_id": id})).await.ok();
    let run = run["run"]["info"]["run_id"].as_str().unwrap().to_owned();
    let (status, code, message) = server.get(&format!("artifacts/list?run_id={run}")).await.refused();
    assert_eq!((status, code.as_str()), (400, "INVALID_PARAMETER_VALUE"));
    assert!(message.contains("s3://bucket/x/"), "{message}");
}
