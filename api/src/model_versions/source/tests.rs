//! The rules as a table: a source, who is named as its owner, and what is wrong with it.

use super::*;

fn run(root: &str) -> Owner {
    Owner::Run("4f".to_owned(), Some(root.to_owned()))
}

fn logged(root: &str) -> Owner {
    Owner::LoggedModel("m-1".to_owned(), Some(root.to_owned()))
}

/// The reason without the source that it repeats.
fn judged(source: &str, owner: &Owner) -> Result<(), String> {
    let outcome = Source::parse(source).and_then(|parsed| parsed.check(source, owner));
    outcome
        .map_err(|error| error.message.split_once("'. ").map_or(error.message.clone(), |(_, reason)| reason.to_owned()))
}

#[test]
fn sources_are_their_owners() {
    let (proxied, disk) = ("mlflow-artifacts:/1/4f/artifacts", "/data/1/4f/artifacts");
    let (of_run, of_model) =
        ("The run_id request parameter must identify", "The model_id request parameter must identify");
    let detour = "If supplying a source as an http";
    let on_disk = "To use a local path as a model version source, the run_id";
    let unknown = Owner::Run("4f".to_owned(), None);
    let table: &[(&str, Owner, &str)] = &[
        // What clients open themselves is free.
        ("s3://bucket/model", Owner::Nobody, ""),
        ("gs://bucket/model", run(proxied), ""),
        ("dbfs:/models/x", logged(proxied), ""),
        ("wasbs://c@a.blob.core.windows.net/x", Owner::Nobody, ""),
        ("s3://bucket", Owner::Nobody, detour),
        ("s3://bucket/a/../b", Owner::Nobody, detour),
        ("s3://bucket/a/%2e%2e/b", Owner::Nobody, detour),
        ("s3://bucket/%252e%252e/b", Owner::Nobody, detour),
        ("s3://bucket/./b", Owner::Nobody, detour),
        ("s3://bucket/a%00", Owner::Nobody, detour),
        // Hosts are not chosen by requests.
        ("http://example.org/m", Owner::Nobody, "'source' cannot use the 'http' scheme"),
        ("HTTPS://example.org/m", Owner::Nobody, "'source' cannot use the 'https' scheme"),
        ("ftp://example.org/m", Owner::Nobody, "'source' cannot use the 'ftp' scheme"),
        ("mlflow-artifacts://example.org/m", run(proxied), "'source' cannot use the 'mlflow-artifacts' scheme"),
        // Artifacts of this server.
        ("mlflow-artifacts:/1/4f/artifacts/model", run(proxied), ""),
        ("mlflow-artifacts:/1/4f/artifacts", run(proxied), ""),
        ("mlflow-artifacts:/1/4f/artifacts2", run(proxied), of_run),
        ("mlflow-artifacts:/1/5f/artifacts", run(proxied), of_run),
        ("mlflow-artifacts:/1/4f/artifacts/model", run("s3://bucket"), of_run),
        ("mlflow-artifacts:/1/4f/artifacts/model", run("mlflow-artifacts:/"), of_run),
        ("mlflow-artifacts:/1/4f/artifacts/model", Owner::Nobody, of_run),
        ("mlflow-artifacts:/1/4f/artifacts/model", unknown.clone(), of_run),
        ("mlflow-artifacts:/1/4f/artifacts/model", logged("mlflow-artifacts:/1/models/m-1"), of_model),
        ("mlflow-artifacts:/1/models/m-1/artifacts", logged("mlflow-artifacts:/1/models/m-1/artifacts"), ""),
        ("mlflow-artifacts:/1/4f/artifacts/../x", run(proxied), detour),
        // Runs.
        ("runs:/4f/model", run(proxied), ""),
        ("runs:/4f/model", unknown, ""),
        ("runs:/4f/model", Owner::Nobody, of_run),
        ("runs:/5f/model", run(proxied), of_run),
        ("runs:/4f/model", logged(proxied), of_model),
        ("runs://host/4f/model", run(proxied), of_run),
        // Models.
        ("models:/m-1", logged(proxied), ""),
        ("models:/m-2", logged(proxied), of_model),
        ("models:/m-1", run(proxied), of_model),
        ("models:/m-1", Owner::Nobody, of_model),
        ("models:/a/b/c", Owner::Nobody, of_model),
        ("models:/", Owner::Nobody, of_model),
        ("models://host/m-1", logged(proxied), "Registered model sources must use the active model registry."),
        // Disks.
        ("/data/1/4f/artifacts/model", run(disk), ""),
        ("/data/1/4f/artifacts/x/../model", run(disk), ""),
        ("file:///data/1/4f/artifacts/model", run(disk), ""),
        ("/data/1/4f/artifacts/model", run("file:///data/1/4f/artifacts"), ""),
        ("/data/1/4f/artifacts/../../../../etc", run(disk), on_disk),
        ("/data/1/4f/artifacts2", run(disk), on_disk),
        ("/data/1/4f/artifacts", Owner::Nobody, on_disk),
        ("/etc", run(proxied), on_disk),
        ("file:///etc", Owner::Nobody, on_disk),
        ("dummy-source", Owner::Nobody, on_disk),
        ("data/model", run("data"), on_disk),
    ];
    for (source, owner, reason) in table {
        match judged(source, owner) {
            Ok(()) => assert_eq!(*reason, "", "{source} of {owner:?} is let through"),
            Err(found) => assert!(!reason.is_empty() && found.starts_with(reason), "{source} of {owner:?}: {found}"),
        }
    }
}

#[test]
fn versions_are_named_in_several_ways() {
    let which = |source: &str| Source::parse(source).unwrap();
    let version = |which| Source::Version("a b".to_owned(), which);
    assert_eq!(which("models:/a b/12"), version(Which::Number(12)));
    assert_eq!(which("models:/a b/LATEST"), version(Which::Latest));
    assert_eq!(which("models:/a b/Production"), version(Which::Stage("Production".to_owned())));
    assert_eq!(which("models:/a b@champion"), version(Which::Alias("champion".to_owned())));
}

#[test]
fn prompts_have_placeholders() {
    assert!(check_prompt("dummy-source").is_ok() && check_prompt("prompt-template").is_ok());
    assert_eq!(
        check_prompt("s3://b/x").unwrap_err().message,
        "Invalid prompt source: 's3://b/x'. Prompt sources must use an MLflow placeholder."
    );
}
