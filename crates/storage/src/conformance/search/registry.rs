//! The same comparison for the registry: models and versions, with prompts among them.

use runledger_domain::{ModelVersion, PROMPT_TAG, RegisteredModel, Stage};
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::corpus::{TAGS, text};
use super::oracle::compare_texts;
use super::{Failure, Random};
use crate::ReadModel;
use crate::conformance::{Fixture, ensure};
use crate::search::{RegistryQuery, compile_model_versions, compile_registered_models};
use crate::views::{Changes, Shards, Views};

const SEARCHES: usize = 150;

/// A comparison: its text, and whether an entity satisfies it.
type Check<T> = (String, Box<dyn Fn(&T) -> bool + Send + Sync>);

type Version = (RegisteredModel, ModelVersion);
type Corpus = [(RegisteredModel, Vec<ModelVersion>)];

/// Loads its own models and compares searches over them with their naive evaluation, page by page.
pub(in crate::conformance) async fn searches_match_an_oracle(fixture: &Fixture) -> Result<(), Failure> {
    let mut random = Random(0xa11);
    let corpus = generate(&mut random);
    let registered_models = corpus.iter().map(|(model, _)| (model.id.clone(), model.clone())).collect();
    let of_model = |(model, versions): &(RegisteredModel, Vec<ModelVersion>)| {
        versions.iter().map(|version| ((model.id.clone(), version.version), version.clone())).collect::<Vec<_>>()
    };
    let model_versions = corpus.iter().flat_map(of_model).collect();
    let changes = Changes { registered_models, model_versions, ..Changes::default() };
    let views = Views::new(Arc::clone(&fixture.views));
    let checkpoint = views.checkpoints().await?[0];
    views.apply(Shards::ALL, checkpoint, checkpoint, changes, &[]).await?;
    let read_model = ReadModel::new(Arc::clone(&fixture.views), fixture.open()?);

    compare_models(&read_model, &corpus, &mut random).await?;
    compare_versions(&read_model, &corpus, &mut random).await
}

async fn compare_models(read_model: &ReadModel, corpus: &Corpus, random: &mut Random) -> Result<(), Failure> {
    for _ in 0..SEARCHES {
        let (checks, page_size) = (checks(random, model_check), random.pick(&[1, 4, 100]));
        let order = random.pick(MODEL_ORDERS);
        let models: Vec<RegisteredModel> = corpus.iter().map(|(model, _)| model.clone()).collect();
        let prompt = |model: &RegisteredModel| model.tags.get(PROMPT_TAG).is_some_and(|value| value == "true");
        let expected = expected(&models, &checks, prompt, order.1);
        let mut found = Vec::new();
        let context = walk(&checks, order.0, page_size, async |query: RegistryQuery<'_>| {
            let page = read_model.search_registered_models(&compile_registered_models(&query)?).await?;
            let full = page.items.len();
            for listed in page.items {
                let (_, versions) = corpus.iter().find(|(model, _)| model.id == listed.model.id).ok_or("unknown")?;
                ensure(listed.latest == latest(&listed.model, versions), || format!("latest of {:?}", listed.model))?;
                found.push(listed.model);
            }
            Ok((full, page.next_page_token))
        });
        let context = context.await?;
        ensure(found == expected, || format!("{context}\nfound {found:?}\nexpected {expected:?}"))?;
    }
    Ok(())
}

async fn compare_versions(read_model: &ReadModel, corpus: &Corpus, random: &mut Random) -> Result<(), Failure> {
    let versions: Vec<Version> =
        corpus.iter().flat_map(|(model, all)| all.iter().map(|version| (model.clone(), version.clone()))).collect();
    for _ in 0..SEARCHES {
        let (checks, page_size) = (checks(random, version_check), random.pick(&[1, 4, 100]));
        let order = random.pick(VERSION_ORDERS);
        let prompt = |(model, _): &Version| {
            versions
                .iter()
                .any(|(of, version)| of.id == model.id && version.tags.get(PROMPT_TAG).is_some_and(|v| v == "true"))
        };
        let expected: Vec<(String, ModelVersion)> = expected(&versions, &checks, prompt, order.1)
            .into_iter()
            .map(|(model, version)| (model.name.clone(), renamed(&model, &version)))
            .collect();
        let mut found = Vec::new();
        let context = walk(&checks, order.0, page_size, async |query: RegistryQuery<'_>| {
            let page = read_model.search_model_versions(&compile_model_versions(&query)?).await?;
            let full = page.items.len();
            found.extend(page.items.into_iter().map(|named| (named.name, named.version)));
            Ok((full, page.next_page_token))
        });
        let context = context.await?;
        ensure(found == expected, || format!("{context}\nfound {found:?}\nexpected {expected:?}"))?;
    }
    let of_run: Vec<i64> =
        read_model.model_versions_of_run("r1").await?.into_iter().map(|named| named.version.version).collect();
    let expected = versions.iter().filter(|(_, version)| version.run_id.as_deref() == Some("r1")).count();
    ensure(of_run.len() == expected && expected > 0, || format!("{of_run:?} of the run, expected {expected}"))
}

/// Runs the search page by page, and returns how it reads.
async fn walk<T>(
    checks: &[Check<T>],
    order: &str,
    page_size: usize,
    mut page: impl AsyncFnMut(RegistryQuery<'_>) -> Result<(usize, Option<String>), Failure>,
) -> Result<String, Failure> {
    let filter = checks.iter().map(|check| check.0.as_str()).collect::<Vec<_>>().join(" AND ");
    let order_by: Vec<String> = order.split(',').filter(|key| !key.is_empty()).map(str::to_owned).collect();
    let mut token: Option<String> = None;
    let context = format!("filter {filter:?}, order {order:?}, pages of {page_size}");
    for _ in 0..1_000 {
        let query = RegistryQuery {
            filter: &filter,
            order_by: &order_by,
            max_results: page_size,
            page_token: token.as_deref(),
        };
        let (rows, next) = page(query).await.map_err(|error| format!("{context}: {error}"))?;
        let full = rows == page_size;
        ensure(rows <= page_size && (full || next.is_none()), || format!("{context}: a page of {rows} rows"))?;
        token = next;
        if token.is_none() {
            break;
        }
    }
    Ok(context)
}

/// What the checks find, without prompts unless the first check on that tag asks for them.
fn expected<T: Clone>(
    all: &[T],
    checks: &[Check<T>],
    is_prompt: impl Fn(&T) -> bool,
    order: fn(&T, &T) -> Ordering,
) -> Vec<T> {
    let on_prompts = |check: &&Check<T>| check.0.contains(PROMPT_TAG);
    let wanted = checks.iter().find(on_prompts).is_some_and(|check| {
        let text = check.0.to_ascii_lowercase();
        text.ends_with(" = 'true'") || text.ends_with("!= 'false'")
    });
    let holds = |entity: &&T| {
        (wanted || !is_prompt(entity))
            && checks.iter().filter(|check| wanted || !on_prompts(check)).all(|check| (check.1)(entity))
    };
    let mut found: Vec<T> = all.iter().filter(holds).cloned().collect();
    found.sort_by(order);
    found
}

fn generate(random: &mut Random) -> Vec<(RegisteredModel, Vec<ModelVersion>)> {
    let some_tags = |random: &mut Random, prompt: bool| {
        let mut tags: BTreeMap<String, String> = BTreeMap::new();
        for key in TAGS.iter().filter(|_| random.chance(60)).collect::<Vec<_>>() {
            tags.insert((*key).to_owned(), text(random));
        }
        if prompt {
            tags.insert(PROMPT_TAG.to_owned(), random.pick(&["true", "true", "false"]).to_owned());
        }
        tags
    };
    let model = |number: i64, random: &mut Random| {
        let prompt = random.chance(25);
        let model = RegisteredModel {
            id: format!("searched-{number}"),
            name: format!("{}{number}", text(random)),
            creation_time: number,
            last_update_time: 1_000 + number % 4,
            renamed_at: random.chance(30).then_some(2_002),
            description: random.chance(50).then(|| text(random)),
            tags: some_tags(random, prompt),
            aliases: [("a".to_owned(), 1)].into(),
            last_version: 5,
            deleted: false,
        };
        let version = |version: i64| ModelVersion {
            version,
            creation_time: version,
            last_update_time: 2_000 + version,
            stage: random.pick(&Stage::ALL),
            description: String::new(),
            source: text(random),
            storage_location: random.chance(50).then(|| "elsewhere".to_owned()),
            run_id: random.chance(70).then(|| random.pick(&["r1", "r2"]).to_owned()),
            run_link: None,
            model_id: None,
            tags: some_tags(random, prompt && version != 2),
            deleted: false,
        };
        (model, (1..=number % 5).map(version).collect())
    };
    (0..30).map(|number| model(number, random)).collect()
}

fn latest(model: &RegisteredModel, versions: &[ModelVersion]) -> Vec<ModelVersion> {
    let newer =
        |version: &ModelVersion, other: &ModelVersion| other.stage == version.stage && other.version > version.version;
    let highest = versions.iter().filter(|version| !versions.iter().any(|other| newer(version, other)));
    let mut highest: Vec<ModelVersion> = highest.map(|version| renamed(model, version)).collect();
    highest.sort_by_key(|version| std::cmp::Reverse(version.version));
    highest
}

/// A new name of its model is an update of the version.
fn renamed(model: &RegisteredModel, version: &ModelVersion) -> ModelVersion {
    let last_update_time = version.last_update_time.max(model.renamed_at.unwrap_or_default());
    ModelVersion { last_update_time, ..version.clone() }
}

type OrderBy<T> = (&'static str, fn(&T, &T) -> Ordering);

const MODEL_ORDERS: &[OrderBy<RegisteredModel>] = &[
    ("", |a, b| a.name.cmp(&b.name)),
    ("name DESC", |a, b| b.name.cmp(&a.name)),
    ("timestamp DESC", |a, b| b.last_update_time.cmp(&a.last_update_time).then_with(|| a.name.cmp(&b.name))),
    ("last_updated_timestamp,name DESC", |a, b| {
        a.last_update_time.cmp(&b.last_update_time).then_with(|| b.name.cmp(&a.name))
    }),
];

const VERSION_ORDERS: &[OrderBy<Version>] = &[
    ("", |a, b| {
        let updated = |of: &Version| renamed(&of.0, &of.1).last_update_time;
        updated(b).cmp(&updated(a)).then_with(|| by_name(a, b))
    }),
    ("version_number", |a, b| a.1.version.cmp(&b.1.version).then_with(|| by_name(a, b))),
    ("creation_timestamp DESC", |a, b| b.1.creation_time.cmp(&a.1.creation_time).then_with(|| by_name(a, b))),
    ("name DESC,version_number ASC", |a, b| b.0.name.cmp(&a.0.name).then_with(|| a.1.version.cmp(&b.1.version))),
];

fn by_name(a: &Version, b: &Version) -> Ordering {
    a.0.name.cmp(&b.0.name).then_with(|| b.1.version.cmp(&a.1.version))
}

fn checks<T>(random: &mut Random, check: fn(&mut Random) -> Check<T>) -> Vec<Check<T>> {
    (0..random.below(4)).map(|_| check(random)).collect()
}

fn model_check(random: &mut Random) -> Check<RegisteredModel> {
    if random.chance(40) {
        return name_check(random, |model: &RegisteredModel| &model.name);
    }
    tag_check(random, |model: &RegisteredModel| &model.tags)
}

fn version_check(random: &mut Random) -> Check<Version> {
    match random.below(6) {
        0 => name_check(random, |of: &Version| &of.0.name),
        1 => {
            let (comparator, number) =
                (random.pick(&["=", "!=", ">", "<="]), i64::try_from(random.below(5)).unwrap_or_default());
            let quote = random.pick(&["", "'"]);
            let holds = move |of: &Version| match comparator {
                "=" => of.1.version == number,
                "!=" => of.1.version != number,
                ">" => of.1.version > number,
                _ => of.1.version <= number,
            };
            (format!("version_number {comparator} {quote}{number}{quote}"), Box::new(holds))
        }
        2 => {
            let (within, run) = (random.chance(50), random.pick(&["r1", ""]));
            let text = format!("run_id {} ('{run}', 'x')", if within { "IN" } else { "NOT IN" });
            (text, Box::new(move |of| (of.1.run_id.as_deref().unwrap_or_default() == run) == within))
        }
        3 => {
            let (comparator, value) = (random.pick(&["=", "!=", "LIKE", "ILIKE"]), text(random));
            let text = format!("attribute.source_path {comparator} \"{value}\"");
            (text, Box::new(move |of| compare_texts(&of.1.source, comparator, &value)))
        }
        _ => tag_check(random, |of: &Version| &of.1.tags),
    }
}

fn name_check<T: 'static>(random: &mut Random, name: fn(&T) -> &String) -> Check<T> {
    let (comparator, pattern) = (random.pick(&["=", "!=", "LIKE", "ILIKE"]), format!("{}%", text(random)));
    let text = format!("name {comparator} \"{pattern}\"");
    (text, Box::new(move |entity| compare_texts(name(entity), comparator, &pattern)))
}

fn tag_check<T: 'static>(random: &mut Random, tags: fn(&T) -> &BTreeMap<String, String>) -> Check<T> {
    let comparator = random.pick(&["=", "!=", "LIKE", "ILIKE"]);
    let (key, value, quote) = if random.chance(30) {
        (PROMPT_TAG, random.pick(&["true", "false", "True"]).to_owned(), '\'')
    } else {
        (random.pick(TAGS), text(random), '"')
    };
    let text = format!("tags.`{key}` {comparator} {quote}{value}{quote}");
    (text, Box::new(move |entity| tags(entity).get(key).is_some_and(|tag| compare_texts(tag, comparator, &value))))
}
