//! Stored events of every released schema version, which every later release reads.
//!
//! `golden/events/<Kind>/v<version>.json` holds an event as it lies in its row: kind, version, payload, and the points in
//! hex. Stored parts are never changed. When a kind gets a new version, its old files get `reads_as`, the payload that the
//! event has once the upcasters lifted it; without it an event reads as it is written. To add a kind or a version, give
//! the kind an example below: the test fails and shows the file to store.

#![expect(clippy::unwrap_used, clippy::panic, reason = "the helpers of a test fail as the test does")]

#[path = "golden/model_events.rs"]
mod model_events;

use std::fs;
use std::path::{Path, PathBuf};

use runledger_domain::event::{
    ArtifactDeleted, ArtifactRemoved, ArtifactStaged, ArtifactStored, ArtifactUploadFailed, ArtifactUploadRetried,
    ArtifactUploaded, Dataset, DatasetInput, ExperimentCreated, ExperimentRenamed, Imported, InputsLogged, ModelOutput,
    OutputsLogged, ParamsLogged, RunCreated, RunUpdated, TagDeleted, TagsSet,
};
use runledger_domain::points::{BatchBuilder, Point};
use runledger_domain::{Event, KeyValue, RunStatus};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A golden file.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Golden {
    kind: String,
    schema_version: i16,
    payload: Value,
    /// Lower-case hex; `null` where the kind has none.
    points: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reads_as: Option<Value>,
}

/// Names every kind twice over: in the list, and in a match that does not compile when one is missing.
macro_rules! kinds {
    ($($name:ident),* $(,)?) => {
        const KINDS: &[&str] = &[$(stringify!($name)),*];

        fn listed(event: &Event) -> &'static str {
            match event {
                $(Event::$name(_) => stringify!($name),)*
            }
        }
    };
}

kinds! {
    MetricsLogged, ExperimentCreated, ExperimentRenamed, ExperimentTagsSet, ExperimentTagDeleted, ExperimentDeleted,
    ExperimentRestored, ExperimentPurged, RunCreated, RunUpdated, RunDeleted, RunRestored, RunPurged, ParamsLogged, TagsSet,
    TagDeleted, InputsLogged, Imported, OutputsLogged, ArtifactStaged, ArtifactStored, ArtifactUploadFailed, ArtifactUploadRetried,
    ArtifactUploaded, ArtifactDeleted, ArtifactRemoved, LoggedModelCreated, LoggedModelStatusSet, LoggedModelTagsSet,
    LoggedModelTagDeleted, LoggedModelParamsLogged, LoggedModelMetricsLogged, LoggedModelDeleted, LoggedModelPurged, RegisteredModelCreated,
    RegisteredModelRenamed, RegisteredModelUpdated, RegisteredModelTagsSet, RegisteredModelTagDeleted,
    RegisteredModelAliasSet, RegisteredModelAliasDeleted, RegisteredModelDeleted, ModelVersionCreated, ModelVersionUpdated,
    ModelVersionStageSet, ModelVersionTagsSet, ModelVersionTagDeleted, ModelVersionDeleted,
}

#[test]
fn each_kind_has_a_file_of_its_newest_version() {
    let examples = examples();
    let shown: Vec<&str> = examples.iter().map(listed).collect();
    assert_eq!(shown, KINDS, "each kind has one example, in the order of the list");
    let missing: Vec<String> = examples
        .iter()
        .filter(|event| !path(event.kind(), event.schema_version()).exists())
        .map(|event| format!("store as {}:\n{}", path(event.kind(), event.schema_version()).display(), text(event)))
        .collect();
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

#[test]
fn the_newest_version_is_what_this_build_reads_and_writes() {
    for example in examples() {
        let (kind, version) = (example.kind(), example.schema_version());
        assert_eq!(kind, listed(&example), "the stored name of a kind never changes");
        let golden = read(&path(kind, version));
        assert_eq!(golden.reads_as, None, "{kind} version {version} is the newest, so it reads as it is written");
        assert_eq!(decode(&golden), example, "{kind} version {version} reads as something else");
        let (payload, points) = example.encode();
        assert_eq!(json(&payload), golden.payload, "{kind} is written otherwise: it needs a new schema version");
        // A later build may pack points in another way, so they are compared as points.
        let again = Event::decode(kind, version, &payload, points.as_deref()).unwrap();
        assert_eq!(again, example, "{kind}, written anew");
    }
}

#[test]
fn stored_events_of_every_version_are_read() {
    for example in examples() {
        for version in 1..=example.schema_version() {
            let golden = read(&path(example.kind(), version));
            assert_eq!((golden.kind.as_str(), golden.schema_version), (example.kind(), version));
            let (payload, points) = decode(&golden).encode();
            let expected = golden.reads_as.as_ref().unwrap_or(&golden.payload);
            assert_eq!(&json(&payload), expected, "{} version {version}", golden.kind);
            assert_eq!(points.is_some(), golden.points.is_some(), "{} version {version}", golden.kind);
        }
    }
}

#[test]
fn every_file_belongs_to_a_known_version() {
    let known: Vec<PathBuf> = examples()
        .iter()
        .flat_map(|event| (1..=event.schema_version()).map(|version| path(event.kind(), version)))
        .collect();
    for kind in fs::read_dir(folder()).unwrap() {
        for file in fs::read_dir(kind.unwrap().path()).unwrap() {
            let file = file.unwrap().path();
            assert!(known.contains(&file), "{} is of no kind and version that this build knows", file.display());
        }
    }
}

/// One event of each kind with every field set, in the order of [`KINDS`].
fn examples() -> Vec<Event> {
    let mut examples = vec![
        metrics(),
        Event::ExperimentCreated(ExperimentCreated {
            experiment_id: 7,
            name: "churn".to_owned(),
            artifact_location: "mlflow-artifacts:/7".to_owned(),
            tags: pairs(),
        }),
        Event::ExperimentRenamed(ExperimentRenamed { name: "churn 2".to_owned() }),
        Event::ExperimentTagsSet(TagsSet { tags: pairs() }),
        Event::ExperimentTagDeleted(TagDeleted { key: "team".to_owned() }),
        Event::experiment_deleted(),
        Event::experiment_restored(),
        Event::experiment_purged(),
        Event::RunCreated(RunCreated {
            run_id: RUN.to_owned(),
            experiment_id: 7,
            name: "calm-owl-12".to_owned(),
            user_id: "ada".to_owned(),
            start_time: 1_700_000_000_123,
            artifact_uri: format!("mlflow-artifacts:/7/{RUN}/artifacts"),
            tags: pairs(),
        }),
        Event::RunUpdated(RunUpdated {
            status: Some(RunStatus::Finished),
            end_time: Some(1_700_000_060_456),
            name: Some("calm owl".to_owned()),
        }),
        Event::run_deleted(),
        Event::run_restored(),
        Event::run_purged(),
        Event::ParamsLogged(ParamsLogged { params: pairs() }),
        Event::TagsSet(TagsSet { tags: pairs() }),
        Event::TagDeleted(TagDeleted { key: "team".to_owned() }),
        inputs(),
        Event::Imported(Imported { created_at: 1_600_000_000_000, updated_at: 1_600_000_000_001, version: None }),
        Event::OutputsLogged(OutputsLogged { models: vec![ModelOutput { model_id: "m-2".to_owned(), step: -3 }] }),
        Event::ArtifactStaged(ArtifactStaged {
            upload_id: UPLOAD.to_owned(),
            path: artifact(),
            size: 9_007_199_254_740_993,
            sha256: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08".to_owned(),
            // Came later, and is left out where there is none.
            traceparent: None,
        }),
        Event::ArtifactStored(ArtifactStored { upload_id: UPLOAD.to_owned(), path: artifact() }),
        Event::ArtifactUploadFailed(ArtifactUploadFailed {
            upload_id: UPLOAD.to_owned(),
            path: artifact(),
            reason: "the artifact store is full".to_owned(),
            attempts: 6,
        }),
        Event::ArtifactUploadRetried(ArtifactUploadRetried { upload_id: UPLOAD.to_owned(), path: artifact() }),
        Event::ArtifactUploaded(ArtifactUploaded {
            upload_id: UPLOAD.to_owned(),
            path: artifact(),
            size: 5_368_709_120,
        }),
        Event::ArtifactDeleted(ArtifactDeleted { path: artifact() }),
        Event::ArtifactRemoved(ArtifactRemoved { path: artifact(), deletion: 1_234_567 }),
    ];
    examples.extend(model_events::examples());
    examples
}

const RUN: &str = "4f0c1a7b9d2e4c6f8a1b3c5d7e9f0a2b";
const UPLOAD: &str = "0b1c2d3e4f5a4b6c8d7e9f0a1b2c3d4e";

fn artifact() -> String {
    format!("7/{RUN}/artifacts/modèle.pkl")
}

fn pairs() -> Vec<KeyValue> {
    [("team", "größe \"x\"\n"), ("empty", "")]
        .map(|(key, value)| KeyValue { key: key.to_owned(), value: value.to_owned() })
        .into()
}

fn metrics() -> Event {
    let mut batch = BatchBuilder::default();
    for (step, value) in [(0, 0.1), (1, f64::NAN), (2, f64::INFINITY), (3, -0.0)] {
        let timestamp = 1_700_000_000_000 + step * 250;
        batch.push("loss", Point { step, timestamp, value });
        batch.push("val/accuracy", Point { step: step - 1, timestamp: -timestamp, value: f64::MIN_POSITIVE });
    }
    Event::MetricsLogged(batch.finish())
}

fn inputs() -> Event {
    let dataset = Dataset {
        name: "wine".to_owned(),
        digest: "f2b1".to_owned(),
        source_type: "http".to_owned(),
        source: "{\"url\": \"https://data.example/wine.csv\"}".to_owned(),
        schema: Some("{\"columns\": 12}".to_owned()),
        profile: Some("{\"rows\": 1599}".to_owned()),
    };
    let bare = Dataset { name: "bare".to_owned(), schema: None, profile: None, ..dataset.clone() };
    let datasets = vec![DatasetInput { dataset, tags: pairs() }, DatasetInput { dataset: bare, tags: Vec::new() }];
    Event::InputsLogged(InputsLogged { datasets, models: vec!["m-1".to_owned()] })
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden/events")
}

fn path(kind: &str, version: i16) -> PathBuf {
    folder().join(kind).join(format!("v{version}.json"))
}

fn read(path: &Path) -> Golden {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn decode(golden: &Golden) -> Event {
    let points = golden.points.as_deref().map(from_hex);
    Event::decode(&golden.kind, golden.schema_version, &golden.payload.to_string(), points.as_deref())
        .unwrap_or_else(|error| panic!("{} version {}: {error}", golden.kind, golden.schema_version))
}

/// The golden file of an event as this build writes it.
fn text(event: &Event) -> String {
    let (payload, points) = event.encode();
    let golden = Golden {
        kind: event.kind().to_owned(),
        schema_version: event.schema_version(),
        payload: json(&payload),
        points: points.as_deref().map(to_hex),
        reads_as: None,
    };
    serde_json::to_string_pretty(&golden).unwrap()
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn to_hex(bytes: &[u8]) -> String {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 0xf]);
    digits.filter_map(|digit| char::from_digit(digit.into(), 16)).collect()
}

fn from_hex(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}
