//! Given what a user sends, when it is decided, then these events and guards come out, or this refusal.

#![expect(clippy::expect_used, reason = "a test fails by panicking")]

use proptest::prelude::*;
use runledger_domain::command::{self, CreateExperiment, CreateRun, LogBatch};
use runledger_domain::event::RunUpdated;
use runledger_domain::guard::{Expect, Found, Guard, GuardKey, Then};
use runledger_domain::{DomainError, ErrorCode, Event, Experiment, IdGen, KeyValue, Run, validate};
use std::collections::BTreeMap;
use uuid::Uuid;

/// Ids that a test can foresee.
#[derive(Debug)]
struct SameIds;

impl IdGen for SameIds {
    fn event_id(&self) -> Uuid {
        Uuid::nil()
    }

    fn random_id(&self) -> Uuid {
        Uuid::from_u128(0xabc)
    }

    fn below(&self, _bound: usize) -> usize {
        0
    }
}

fn text(key: &str, value: &str) -> KeyValue {
    KeyValue { key: key.to_owned(), value: value.to_owned() }
}

fn create_run(run: CreateRun) -> Result<(Run, Vec<Guard>), DomainError> {
    let decision = run.decide("mlflow-artifacts:/7/", &SameIds)?;
    let (_, event) = decision.events.first().expect("one event");
    Ok((Run::begin(event).expect("a run"), decision.guards))
}

#[test]
fn a_run_is_created_in_an_active_experiment() {
    let (run, guards) = create_run(CreateRun { experiment_id: 7, ..CreateRun::default() }).unwrap();
    assert_eq!(run.artifact_uri, format!("mlflow-artifacts:/7/{}/artifacts", run.run_id));
    assert_eq!(run.name, "agile-acorn-0");
    assert_eq!(run.tags.get("mlflow.runName"), Some(&run.name));
    assert_eq!(run.start_time, 0, "MLflow stores 0 when no start time was sent");
    let experiment = guards.iter().find(|guard| guard.key == GuardKey::Experiment(7)).unwrap();
    assert_eq!((experiment.expect, &experiment.then), (Expect::Active, &Then::Keep));
}

#[test]
fn a_name_and_a_different_name_tag_are_refused() {
    let run = CreateRun { run_name: "a".to_owned(), tags: vec![text("mlflow.runName", "b")], ..CreateRun::default() };
    let error = create_run(run).unwrap_err();
    assert_eq!(error.code, ErrorCode::InvalidParameterValue);
    assert!(error.message.contains("(run_name='a', mlflow.runName='b')"), "{}", error.message);
}

#[test]
fn an_idempotency_key_leads_to_its_run() {
    let (run, guards) =
        create_run(CreateRun { idempotency_key: Some("k".to_owned()), ..CreateRun::default() }).unwrap();
    let key = guards.iter().find(|guard| guard.key == GuardKey::Idempotency("k".to_owned())).unwrap();
    assert_eq!(key.then, Then::Insert { parent: Some(GuardKey::Run(run.run_id)) });
}

#[test]
fn params_keep_their_value() {
    let known: BTreeMap<String, String> = [("p".to_owned(), "1".to_owned())].into();
    let new = command::new_params("r", &known, &[text("p", "1"), text("q", "2")], true).unwrap();
    assert_eq!(new, [text("q", "2")]);
    let single = command::new_params("r", &known, &[text("p", "2")], false).unwrap_err();
    assert_eq!(
        single.message,
        "Changing param values is not allowed. Param with key='p' was already logged with value='1' for run ID='r'. \
         Attempted logging new value '2'."
    );
    let batch = command::new_params("r", &known, &[text("p", "2")], true).unwrap_err();
    assert!(batch.message.contains("[{'key': 'p', 'old_value': '1', 'new_value': '2'}]"), "{}", batch.message);
}

#[test]
fn only_params_take_the_version_of_a_run() {
    let tags = LogBatch { run_id: "r".to_owned(), tags: vec![text("t", "1")], ..LogBatch::default() };
    assert_eq!(command::log_batch(tags, Some(4)).guards, [Guard::active_run("r")]);
    let params = LogBatch { run_id: "r".to_owned(), params: vec![text("p", "1")], ..LogBatch::default() };
    let decision = command::log_batch(params, Some(4));
    assert_eq!(decision.guards, [Guard::new(GuardKey::Run("r".to_owned()), Expect::Version(4), Then::Bump)]);
}

#[test]
fn an_empty_name_and_a_cleared_end_time() {
    let update = RunUpdated { name: Some(String::new()), end_time: Some(0), status: None };
    let decision = command::update_run("r", update).unwrap();
    let Some((_, Event::RunUpdated(update))) = decision.events.first() else { panic!("{decision:?}") };
    assert_eq!((update.name.clone(), update.end_time), (None, Some(0)));
}

#[test]
fn guards_speak_as_mlflow_does() {
    let run = Guard::active_run("r");
    let deleted = run.violation(Found::Deleted).unwrap();
    assert_eq!(deleted.message, "The run r must be in the 'active' state. Current state is deleted.");
    assert_eq!(run.violation(Found::Absent).unwrap().code, ErrorCode::ResourceDoesNotExist);
    assert_eq!(run.violation(Found::OtherVersion), None);

    let create = |name: &str| CreateExperiment {
        experiment_id: 3,
        name: name.to_owned(),
        artifact_location: String::new(),
        tags: vec![],
    };
    let decision = create("taken").decide("mlflow-artifacts:/").unwrap();
    let taken = decision.guards.iter().find_map(|guard| match &guard.key {
        GuardKey::ExperimentName(_) => guard.violation(Found::Deleted),
        _ => None,
    });
    let taken = taken.unwrap();
    assert_eq!((taken.code, taken.code.http_status()), (ErrorCode::ResourceAlreadyExists, 400));
    assert!(taken.message.starts_with("Experiment(name=taken) already exists."), "{}", taken.message);
    assert_eq!(create("  ").decide("x").unwrap_err().message, "Invalid experiment name: '  '");
}

#[test]
fn a_rename_releases_the_old_name() {
    let experiment = Experiment {
        experiment_id: 3,
        name: "old".to_owned(),
        artifact_location: String::new(),
        deleted: false,
        creation_time: 0,
        last_update_time: 0,
        tags: BTreeMap::new(),
    };
    let guards = command::rename_experiment(&experiment, 1, "new".to_owned()).unwrap().guards;
    let acts: Vec<String> =
        guards.iter().map(|guard| format!("{} {:?} {:?}", guard.key, guard.expect, guard.then)).collect();
    assert_eq!(acts.len(), 3, "{acts:?}");
    assert!(acts.contains(&"experiment-name/old Present Release".to_owned()), "{acts:?}");
    assert_eq!(guards[0].violation(Found::Deleted).unwrap().code, ErrorCode::InvalidState);
}

#[test]
fn locations_that_name_a_foreign_host_are_refused() {
    let decide = |location: &str| {
        let artifact_location = location.to_owned();
        CreateExperiment { experiment_id: 1, name: "e".to_owned(), artifact_location, tags: vec![] }.decide("root")
    };
    for good in ["s3://bucket/x", "file:///tmp/x", "mlflow-artifacts:/x", "/abs", "gs://b"] {
        assert!(decide(good).is_ok(), "{good}");
    }
    for bad in ["http://host/x", "mlflow-artifacts://host/x", "s3://b/x#f", "s3://b/x;p", "s3://b?x=../y", "runs:/r/x"]
    {
        assert_eq!(decide(bad).map(drop).unwrap_err().code, ErrorCode::InvalidParameterValue, "{bad}");
    }
}

proptest! {
    /// No text makes a check panic, and what passes as a key is what the wire contract calls one.
    #[test]
    fn any_text_is_judged(text in "\\PC{0,300}|[\\x00-\\x7f]{0,40}|[a/. ]{0,12}") {
        if validate::metric_key("metrics[0]", &text).is_ok() {
            prop_assert!(text.chars().count() <= 250);
            prop_assert!(!text.starts_with('/') && !text.contains("//") && !text.split('/').any(|part| part == ".."));
        }
        let mut param = KeyValue { key: "k".to_owned(), value: text.repeat(30) };
        if validate::param("", &mut param).is_ok() {
            prop_assert!(param.value.chars().count() <= 6_000);
            prop_assert!(text.repeat(30).starts_with(&param.value));
        }
        if let Err(error) = validate::run_id(&text) {
            prop_assert!(error.message.ends_with("for parameter 'run_id' supplied."));
        }
    }

    /// Params are split into those that are known with the same value, and new ones; anything else is refused.
    #[test]
    fn params_are_immutable(known in prop::collection::btree_map("[ab]{1,2}", "[01]", 0..5),
                            sent in prop::collection::btree_map("[ab]{1,2}", "[01]", 0..5)) {
        let params: Vec<KeyValue> = sent.iter().map(|(key, value)| text(key, value)).collect();
        let conflict = sent.iter().any(|(key, value)| known.get(key).is_some_and(|old| old != value));
        match command::new_params("r", &known, &params, true) {
            Ok(new) => {
                prop_assert!(!conflict);
                let mut merged = known.clone();
                merged.extend(new.into_iter().map(|param| (param.key, param.value)));
                prop_assert!(sent.iter().all(|(key, value)| merged.get(key) == Some(value)));
                prop_assert!(known.iter().all(|(key, value)| merged.get(key) == Some(value)));
            }
            Err(_) => prop_assert!(conflict),
        }
    }
}
