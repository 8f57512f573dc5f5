//! Reads of the registry go on from whatever the rows say.

use runledger_domain::command::Decision;
use runledger_domain::event::{
    ModelVersionCreated, ModelVersionDeleted, ModelVersionStageSet, ModelVersionTagsSet, ModelVersionUpdated,
    RegisteredModelAliasSet, RegisteredModelCreated, RegisteredModelRenamed, TagsSet,
};
use runledger_domain::guard::{Expect, Guard, GuardKey, Then};
use runledger_domain::{Event, KeyValue, ModelVersion, RegisteredModel, Stage, StreamId};
use std::sync::Arc;

use super::{Failure, Fixture, accepted, encode, ensure};
use crate::ReadModel;
use crate::views::{Changes, Shards, Views};

const ID: &str = "read-under-lag";

fn tags(key: &str, value: &str) -> Vec<KeyValue> {
    vec![KeyValue { key: key.to_owned(), value: value.to_owned() }]
}

fn created(version: i64) -> Event {
    Event::ModelVersionCreated(ModelVersionCreated {
        version,
        source: format!("s3://bucket/{version}"),
        storage_location: None,
        run_id: (version % 2 == 0).then(|| "run".to_owned()),
        run_link: None,
        model_id: None,
        description: String::new(),
        tags: tags("k", "v"),
    })
}

fn history() -> Vec<Event> {
    let stage = |version, stage, archived: &[i64]| {
        Event::ModelVersionStageSet(ModelVersionStageSet { version, stage, archived: archived.to_vec() })
    };
    let alias =
        |version| Event::RegisteredModelAliasSet(RegisteredModelAliasSet { alias: "champion".to_owned(), version });
    let name = "under lag".to_owned();
    vec![
        Event::RegisteredModelCreated(RegisteredModelCreated {
            id: ID.to_owned(),
            name,
            description: None,
            tags: vec![],
        }),
        created(1),
        created(2),
        alias(2),
        stage(1, Stage::Production, &[]),
        Event::RegisteredModelTagsSet(TagsSet { tags: tags("k", "v") }),
        Event::ModelVersionUpdated(ModelVersionUpdated { version: 1, description: "d".to_owned() }),
        created(3),
        stage(2, Stage::Production, &[1]),
        Event::RegisteredModelRenamed(RegisteredModelRenamed { name: "renamed".to_owned() }),
        Event::ModelVersionTagsSet(ModelVersionTagsSet { version: 2, tags: tags("k", "w") }),
        Event::ModelVersionDeleted(ModelVersionDeleted { version: 3 }),
        alias(1),
        Event::ModelVersionDeleted(ModelVersionDeleted { version: 2 }),
    ]
}

/// A model with its versions, as a part of the history tells them.
fn folded(events: &[Event]) -> Option<(RegisteredModel, Vec<ModelVersion>)> {
    let (mut model, mut versions): (Option<RegisteredModel>, Vec<ModelVersion>) = (None, Vec::new());
    for event in events {
        let at = 1_700_000_000_000;
        versions.extend(ModelVersion::begin(event, at));
        match &mut model {
            Some(model) => model.evolve(event, at),
            None => model = RegisteredModel::begin(event, at),
        }
        for version in &mut versions {
            version.evolve(event, at);
        }
    }
    Some((model?, versions))
}

/// Whether the rows hold nothing, a part or all of what the log says, a reader sees all of it. The checkpoint must be 0.
pub(super) async fn reads_go_on_from_the_rows(fixture: &Fixture) -> Result<(), Failure> {
    let log = fixture.open()?;
    let read_model = ReadModel::new(Arc::clone(&fixture.views), log.clone());
    let views = Views::new(Arc::clone(&fixture.views));
    let key = GuardKey::RegisteredModel(ID.to_owned());
    let named = Guard::new(
        GuardKey::RegisteredModelName("under lag".to_owned()),
        Expect::Absent,
        Then::Insert { parent: Some(key.clone()) },
    );
    let guards = vec![Guard::new(key, Expect::Absent, Then::Insert { parent: None }), named];
    let events = history();
    let stream = || StreamId::registered_model(ID);
    let decision = Decision { events: events.iter().map(|event| (stream(), event.clone())).collect(), guards };
    accepted(log.append(encode(decision)).await?)?;

    let id = read_model.registered_model_id("under lag").await?;
    ensure(id.as_deref() == Some(ID), || format!("the name leads to {id:?}"))?;
    let (model, versions) = folded(&events).ok_or("the history begins a model")?;
    for known in 0..=events.len() {
        if let Some((model, versions)) = folded(events.get(..known).unwrap_or_default()) {
            let registered_models = [(ID.to_owned(), model)].into();
            let model_versions =
                versions.into_iter().map(|version| ((ID.to_owned(), version.version), version)).collect();
            let changes = Changes { registered_models, model_versions, ..Changes::default() };
            views.apply(Shards::ALL, 0, 0, changes, &[]).await?;
        }
        let read = read_model.registered_model(ID).await?;
        ensure(read.as_ref() == Some(&model), || format!("rows of {known} events: {read:?}"))?;
        for version in &versions {
            let read = read_model.model_version(ID, version.version).await?;
            let expected = Some(version).filter(|version| !version.deleted);
            ensure(read.as_ref() == expected, || format!("rows of {known} events: {read:?} for {version:?}"))?;
        }
        let latest = read_model.latest_versions(ID, &Stage::ALL).await?;
        let numbers: Vec<(i64, Stage)> = latest.iter().map(|version| (version.version, version.stage)).collect();
        ensure(numbers == [(1, Stage::Archived)], || format!("rows of {known} events: {numbers:?}"))?;
    }
    let deleted = Decision { events: vec![(stream(), Event::registered_model_deleted())], guards: vec![] };
    accepted(log.append(encode(deleted)).await?)?;
    let gone = (read_model.registered_model(ID).await?, read_model.model_stages(ID).await?);
    ensure(gone.0.is_none() && gone.1.is_empty(), || format!("a deleted model reads as {gone:?}"))?;
    let deleted = RegisteredModel { deleted: true, ..model };
    let changes = Changes { registered_models: [(ID.to_owned(), deleted)].into(), ..Changes::default() };
    Ok(views.apply(Shards::ALL, 0, 0, changes, &[]).await?)
}
