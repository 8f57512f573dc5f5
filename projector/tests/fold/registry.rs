//! Registered models and versions: the views equal the fold of the log, in whatever steps it is projected.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use runledger_domain::event::{
    ModelVersionCreated, ModelVersionDeleted, ModelVersionStageSet, ModelVersionTagDeleted, ModelVersionTagsSet,
    ModelVersionUpdated, RegisteredModelAliasDeleted, RegisteredModelAliasSet, RegisteredModelCreated,
    RegisteredModelRenamed, RegisteredModelUpdated, TagDeleted, TagsSet,
};
use runledger_domain::{Event, KeyValue, ModelVersion, RegisteredModel, Stage, StreamId, version_of};
use runledger_storage::{EventLog, Statement};
use std::collections::BTreeMap;

use crate::bench::Bench;

const MODELS: usize = 2;

pub(crate) fn id(model: usize) -> String {
    format!("model{model}")
}

fn tags(number: u8) -> Vec<KeyValue> {
    vec![KeyValue { key: format!("k{}", number % 3), value: number.to_string() }]
}

pub(crate) fn created(model: usize) -> (StreamId, Event) {
    let event = RegisteredModelCreated { id: id(model), name: id(model), description: None, tags: tags(0) };
    (StreamId::registered_model(&id(model)), Event::RegisteredModelCreated(event))
}

pub(crate) fn version(version: i64) -> Event {
    Event::ModelVersionCreated(ModelVersionCreated {
        version,
        source: "s3://bucket/x".to_owned(),
        storage_location: None,
        run_id: Some("run0".to_owned()),
        run_link: None,
        model_id: None,
        description: String::new(),
        tags: tags(1),
    })
}

fn event() -> impl Strategy<Value = (usize, Event)> {
    let number = || 1..6_i64;
    let stage = prop_oneof![Just(Stage::Staging), Just(Stage::Production)];
    let event = prop_oneof![
        4 => Just(version(0)),
        1 => "[xy]".prop_map(|name| Event::RegisteredModelRenamed(RegisteredModelRenamed { name })),
        1 => Just(Event::RegisteredModelUpdated(RegisteredModelUpdated { description: "d".to_owned() })),
        1 => any::<u8>().prop_map(|number| Event::RegisteredModelTagsSet(TagsSet { tags: tags(number) })),
        1 => (0..3_u8).prop_map(|key| Event::RegisteredModelTagDeleted(TagDeleted { key: format!("k{key}") })),
        2 => ("[ab]", number()).prop_map(|(alias, version)| {
            Event::RegisteredModelAliasSet(RegisteredModelAliasSet { alias, version })
        }),
        1 => "[ab]".prop_map(|alias| Event::RegisteredModelAliasDeleted(RegisteredModelAliasDeleted { alias })),
        1 => number().prop_map(|version| {
            Event::ModelVersionUpdated(ModelVersionUpdated { version, description: "d".to_owned() })
        }),
        2 => (number(), stage, number()).prop_map(|(version, stage, other)| {
            Event::ModelVersionStageSet(ModelVersionStageSet { version, stage, archived: vec![other] })
        }),
        1 => (number(), any::<u8>()).prop_map(|(version, number)| {
            Event::ModelVersionTagsSet(ModelVersionTagsSet { version, tags: tags(number) })
        }),
        1 => (number(), 0..3_u8).prop_map(|(version, key)| {
            Event::ModelVersionTagDeleted(ModelVersionTagDeleted { version, key: format!("k{key}") })
        }),
        1 => number().prop_map(|version| Event::ModelVersionDeleted(ModelVersionDeleted { version })),
        1 => Just(Event::registered_model_deleted()),
    ];
    (0..MODELS, event)
}

/// What a model's own events tell.
#[derive(Clone, Debug, Default)]
struct Told {
    model: Option<RegisteredModel>,
    versions: BTreeMap<i64, ModelVersion>,
}

impl Told {
    fn evolve(&mut self, event: &Event, at: i64) {
        if let Some(begun) = ModelVersion::begin(event, at) {
            self.versions.insert(begun.version, begun);
        }
        match &mut self.model {
            Some(model) => model.evolve(event, at),
            None => self.model = RegisteredModel::begin(event, at),
        }
        for version in self.versions.values_mut() {
            version.evolve(event, at);
        }
    }

    fn has(&self, version: i64) -> bool {
        self.versions.get(&version).is_some_and(|version| !version.deleted)
    }

    /// The event as the guards let it through, with the next number where it makes a version.
    fn let_through(&self, event: Event) -> Option<Event> {
        let model = self.model.as_ref().filter(|model| !model.deleted)?;
        match event {
            Event::ModelVersionCreated(_) => Some(version(model.last_version + 1)),
            Event::RegisteredModelAliasSet(ref set) => self.has(set.version).then_some(event),
            Event::ModelVersionStageSet(mut set) => {
                set.archived.retain(|other| self.has(*other) && *other != set.version);
                self.has(set.version).then_some(Event::ModelVersionStageSet(set))
            }
            event => version_of(&event).is_none_or(|version| self.has(version)).then_some(event),
        }
    }
}

async fn told(log: &EventLog, model: usize) -> Told {
    let mut told = Told::default();
    for recorded in log.read_streams(&[StreamId::registered_model(&id(model))], 0).await.unwrap() {
        told.evolve(&recorded.decode().unwrap(), recorded.recorded_at);
    }
    told
}

async fn compare(bench: &Bench) {
    for model in 0..MODELS {
        let told = told(&bench.log, model).await;
        let read = bench.read_model.registered_model(&id(model)).await.unwrap();
        assert_eq!(read, told.model.clone().filter(|model| !model.deleted));
        for number in 1..8 {
            let read = bench.read_model.model_version(&id(model), number).await.unwrap();
            assert_eq!(read.as_ref(), told.versions.get(&number).filter(|version| !version.deleted));
        }
        let stages = bench.read_model.model_stages(&id(model)).await.unwrap();
        let there = told.versions.values().filter(|version| !version.deleted);
        assert_eq!(stages, there.map(|version| (version.version, version.stage)).collect());
    }
}

async fn check(pieces: Vec<(Vec<(usize, Event)>, bool)>) {
    let mut bench = Bench::open().await;
    bench.append((0..MODELS).map(created).collect()).await;
    let mut at = 10;
    for (events, project) in pieces {
        for (model, event) in events {
            at += 1;
            if let Some(event) = told(&bench.log, model).await.let_through(event) {
                bench.append_at(at, vec![(StreamId::registered_model(&id(model)), event)]).await;
            }
        }
        if project {
            bench.projector.step().await.unwrap();
        }
        compare(&bench).await;
    }
    bench.project().await;
    compare(&bench).await;
    assert_eq!(bench.read_model.dead_letters(1).await.unwrap(), []);
    assert_eq!(
        runledger_storage::conformance::snapshot(bench.views.as_ref()).await.unwrap(),
        bench.projected_by_one().await
    );
}

#[test]
fn the_registry_equals_the_fold_of_the_log() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let mut runner = TestRunner::new(Config { cases: 24, failure_persistence: None, ..Config::default() });
    let pieces = prop::collection::vec((prop::collection::vec(event(), 1..8), prop::bool::ANY), 1..8);
    runner
        .run(&pieces, |pieces| {
            runtime.block_on(check(pieces));
            Ok(())
        })
        .unwrap();
}

/// A deleted model leaves no rows, whether it was projected before or not.
#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_model_leaves_nothing() {
    let mut bench = Bench::open().await;
    for (model, project) in [(0, true), (1, false)] {
        let stream = StreamId::registered_model(&id(model));
        let alias = RegisteredModelAliasSet { alias: "a".to_owned(), version: 1 };
        let events = [version(1), Event::RegisteredModelAliasSet(alias)].map(|event| (stream.clone(), event));
        bench.append([vec![created(model)], events.into()].concat()).await;
        if project {
            bench.project().await;
            assert_eq!(bench.read_model.model_versions_of_run("run0").await.unwrap().len(), 1);
        }
        bench.append(vec![(stream, Event::registered_model_deleted())]).await;
    }
    bench.project().await;
    for table in [
        "registered_models",
        "registered_model_tags",
        "registered_model_aliases",
        "model_versions",
        "model_version_tags",
    ] {
        let count = Statement::new(format!("SELECT COUNT(*) FROM {table}"), vec![]);
        assert_eq!(bench.views.fetch(&count).await.unwrap()[0].int(0).unwrap(), 0, "{table}");
    }
}

/// Events in streams of another kind are set aside.
#[tokio::test(flavor = "multi_thread")]
async fn an_event_in_a_foreign_stream_is_set_aside() {
    let mut bench = Bench::open().await;
    bench
        .append(vec![created(0), (StreamId::run("run0"), version(1)), (StreamId::registered_model("x"), version(1))])
        .await;
    bench.project().await;
    let letters = bench.read_model.dead_letters(10).await.unwrap();
    let reasons: Vec<&str> = letters.iter().map(|letter| letter.error.as_str()).collect();
    assert_eq!(
        reasons,
        ["registered model x is unknown", "ModelVersionCreated does not belong to the stream run/run0"]
    );
}
