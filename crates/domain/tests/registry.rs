//! Commands on registered models and their versions.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use runledger_domain::command::{
    CreateModelVersion, CreateRegisteredModel, check_alias, set_alias, set_model_version_tag, tell_logged_model,
    transition_stage,
};
use runledger_domain::{
    ErrorCode, Event, KeyValue, LoggedModel, ModelVersion, RegisteredModel, Stage, SystemIds, version_of,
};

fn model() -> RegisteredModel {
    let decision = CreateRegisteredModel { name: "m".to_owned(), ..CreateRegisteredModel::default() };
    RegisteredModel::begin(&decision.decide(&SystemIds).unwrap().events[0].1, 1).unwrap()
}

/// Adds a version to the model and returns it.
fn add(model: &mut RegisteredModel, at: i64) -> ModelVersion {
    let event = &CreateModelVersion::default().decide(model, 1).unwrap().events[0].1;
    model.evolve(event, at);
    ModelVersion::begin(event, at).unwrap()
}

#[test]
fn names_follow_mlflow() {
    let refused = |name: &str| {
        let command = CreateRegisteredModel { name: name.to_owned(), ..CreateRegisteredModel::default() };
        command.decide(&SystemIds).unwrap_err().message
    };
    assert!(refused("  ").starts_with("Missing value for required parameter 'name'"));
    assert_eq!(refused("a/b"), "Invalid model name 'a/b'. Names cannot contain '/' or ':'.");
    assert!(refused("..").ends_with("This name would resolve to '..'"));
    assert_eq!(refused(&"é".repeat(257)), "'name' exceeds the maximum length of 256 characters");
}

#[test]
fn numbers_are_given_once() {
    let mut model = model();
    let first = add(&mut model, 2);
    let deleted = &runledger_domain::command::delete_model_version(&model, 1, &first).events[0].1;
    model.evolve(deleted, 3);
    assert_eq!((first.version, add(&mut model, 4).version), (1, 2));
}

#[test]
fn aliases_that_mean_something_else_are_refused() {
    let mut model = model();
    let version = add(&mut model, 2);
    let set = |alias: &str| set_alias(&model, 1, &version, alias.to_owned()).map_err(|error| error.message);
    assert_eq!(set("LATEST").unwrap_err(), "'latest' alias name (case insensitive) is reserved.");
    assert_eq!(set("V12").unwrap_err(), "Version alias name 'V12' is reserved.");
    assert!(set("a b").unwrap_err().starts_with("Invalid alias name: 'a b'."));
    assert!(set(&"a".repeat(256)).unwrap_err().starts_with("'Registered model alias name' exceeds"));
    assert!(set("v1a").is_ok() && set("été-1").is_ok());
    assert_eq!(check_alias("latest"), Ok(()));
}

#[test]
fn a_stage_archives_the_others_there() {
    let mut model = model();
    let (first, second) = (add(&mut model, 2), add(&mut model, 2));
    let there = |stage| if stage == Stage::Staging { vec![1, 2] } else { vec![] };
    let decision = transition_stage(&model, 1, &second, "staging", true, there).unwrap();
    let event = &decision.events[0].1;
    assert_eq!(version_of(event), Some(2));
    let moved = |mut version: ModelVersion| {
        version.evolve(event, 9);
        (version.stage, version.last_update_time)
    };
    assert_eq!((moved(first.clone()), moved(second.clone())), ((Stage::Archived, 9), (Stage::Staging, 9)));

    let error = transition_stage(&model, 1, &second, "archived", true, there).unwrap_err();
    assert_eq!(error.code, ErrorCode::InternalError);
    assert!(error.message.contains("because 'archived' is not an Active stage."), "{}", error.message);
    let error = transition_stage(&model, 1, &first, "bad", false, there).unwrap_err();
    assert_eq!(
        error.message,
        "Invalid Model Version stage: bad. Value must be one of None, Staging, Production, Archived."
    );
}

#[test]
fn long_values_are_refused() {
    let mut model = model();
    let version = add(&mut model, 2);
    let set = |key: &str| {
        let tag = KeyValue { key: key.to_owned(), value: "v".repeat(100_001) };
        set_model_version_tag(&model, 1, &version, tag).unwrap_err().message
    };
    assert_eq!(set("k"), "'value' exceeds the maximum length of 100000 characters");
    assert_eq!(set("mlflow.prompt.text"), "Prompt text exceeds max length of 100000 characters.");
}

/// Clocks of servers differ: an update that an earlier clock recorded does not take time back.
#[test]
fn updates_do_not_go_back_in_time() {
    let mut model = model();
    let mut version = add(&mut model, 20);
    let renamed = runledger_domain::command::rename_registered_model(&model, 1, "other".to_owned()).unwrap();
    model.evolve(&renamed.events[0].1, 10);
    version.evolve(&renamed.events[0].1, 10);
    assert_eq!((model.last_update_time, version.last_update_time, model.renamed_at), (20, 20, Some(10)));
}

#[test]
fn a_logged_model_lists_its_versions() {
    let created = runledger_domain::command::CreateLoggedModel { experiment_id: 1, ..Default::default() };
    let created = created.decide("mlflow-artifacts:/1", &SystemIds).unwrap();
    let mut logged = LoggedModel::begin(&created.events[0].1, 1).unwrap();
    for number in [1, 2, 2] {
        let mut decision = runledger_domain::command::Decision::default();
        tell_logged_model(&mut decision, &logged, 1, "m", number);
        let [(_, event @ Event::LoggedModelTagsSet(_))] = decision.events.as_slice() else { unreachable!() };
        logged.evolve(event, 2);
    }
    assert_eq!(logged.tags["mlflow.modelVersions"], r#"[{"name": "m", "version": 1}, {"name": "m", "version": 2}]"#);
}
