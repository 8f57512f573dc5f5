//! Which of MLflow's operations this server has: asked of the router itself, and kept as `docs/mlflow-operations.md`.
//!
//! `mlflow-operations.tsv` is the route table of MLflow 3.18: part, method, prefix (`both` is `/api` and `/ajax-api`), path. To
//! write the page anew, run this test with `RUNLEDGER_WRITE_DOCS=1`.

#![expect(clippy::unwrap_used, reason = "a test fails as its helpers do")]

#[path = "support/server.rs"]
#[expect(dead_code, reason = "the other tests of the API use the rest")]
mod server;

use http::{Method, StatusCode};
use std::fmt::Write;
use std::path::Path;
use std::{env, fs};

use server::Server;

const OPERATIONS: &str = include_str!("mlflow-operations.tsv");
const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/mlflow-operations.md");

/// The answer of a part that is not there, in the form in which MLflow's page shows it empty.
const ABSENT: &str = "x-runledger-absent";

#[tokio::test]
async fn the_page_of_operations_is_what_the_router_has() {
    let server = Server::start().await;
    let mut page = String::from(
        "# MLflow's operations\n\nEvery operation of MLflow 3.18's servers, and what this server makes of it. A test asks the router for each, and \
         writes this\npage. *Works* is told more exactly, with the differences, by [compatibility.md](compatibility.md); *answers empty* is said of \
         parts that\nare not there, but that MLflow's page asks for: the page gets the answer of an empty part, below `/ajax-api`; *not \
         offered* is answered with\n`ENDPOINT_NOT_FOUND`.\n",
    );
    let mut part_before = "";
    for line in OPERATIONS.lines() {
        let [part, method, prefix, path] = line.split('\t').collect::<Vec<_>>()[..] else { panic!("{line}") };
        if part != part_before {
            write!(page, "\n## {}\n\n| operation | state |\n|---|---|\n", capitalized(part)).unwrap();
            part_before = part;
        }
        let prefixes: &[&str] = match prefix {
            "both" => &["/api", "/ajax-api"],
            "ajax" => &["/ajax-api"],
            "api" => &["/api"],
            _ => &[""],
        };
        let mut states = Vec::new();
        for prefix in prefixes {
            states.push(state(&server, method, &format!("{prefix}{path}")).await);
        }
        let state = match states.as_slice() {
            [state] => state,
            [one, other] if one == other => one,
            // What is not here is so for programs; only the page gets an answer.
            ["not offered", "answers empty"] => "answers empty",
            differing => panic!("{line}: the prefixes differ: {differing:?}"),
        };
        writeln!(page, "| `{method} {}{path}` | {state} |", if prefix == "root" { "" } else { "…" }).unwrap();
    }
    if env::var_os("RUNLEDGER_WRITE_DOCS").is_some() {
        fs::write(PAGE, &page).unwrap();
    }
    let stored = fs::read_to_string(Path::new(PAGE)).unwrap_or_default();
    assert!(stored == page, "docs/mlflow-operations.md is out of date; run this test with RUNLEDGER_WRITE_DOCS=1");
}

async fn state(server: &Server, method: &str, template: &str) -> &'static str {
    let method: Method = method.parse().unwrap();
    let mut path = String::new();
    for piece in template.split_inclusive(['{', '}']) {
        match piece.strip_suffix('}') {
            Some(name) => path.push_str(if name.starts_with('*') { "some/where" } else { "some" }),
            None => path.push_str(piece.trim_end_matches('{')),
        }
    }
    let reply = server.call(method, &path, "{}").await;
    let unknown = reply.status == StatusCode::NOT_FOUND && reply.text().contains("ENDPOINT_NOT_FOUND");
    if unknown || reply.status == StatusCode::METHOD_NOT_ALLOWED {
        "not offered"
    } else if reply.headers.contains_key(ABSENT) {
        "answers empty"
    } else {
        "works"
    }
}

fn capitalized(part: &str) -> String {
    let mut chars = part.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}
