//! The description of our own API, and its copy in the repository.

use serde_json::Value;

const COPY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/openapi.json");

#[test]
fn the_copy_is_current() {
    let current = runledger_api::openapi().unwrap();
    let copy = std::fs::read_to_string(COPY).unwrap_or_default();
    assert!(
        copy == current,
        "docs/openapi.json is not the description of this API any more; `make fix` writes it anew"
    );
}

#[test]
fn every_operation_is_described_in_full() {
    let document: Value = serde_json::from_str(&runledger_api::openapi().unwrap()).unwrap();
    let mut names = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            for field in ["summary", "operationId", "tags"] {
                assert!(operation.get(field).is_some(), "{method} {path} has no {field}");
            }
            assert!(operation["responses"].get("500").is_some(), "{method} {path} does not say how it fails");
            names.push(operation["operationId"].to_string());
        }
    }
    let count = names.len();
    names.sort();
    names.dedup();
    assert_eq!((names.len(), count > 10), (count, true), "{names:?}");
}
