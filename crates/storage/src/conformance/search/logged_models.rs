//! The same comparison for logged models, which are written and read as the views do it, so that what is found is whole.

use runledger_domain::event::ModelMetric;
use runledger_domain::{LoggedModel, LoggedModelMetric, LoggedModelStatus};
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::corpus::{FIRST_ID, METRICS, NUMBERS, PARAMS, TAGS, text};
use super::oracle::{compare_numbers, compare_texts};
use super::{Failure, Random};
use crate::conformance::Fixture;
use crate::search::{LoggedModelOrder, LoggedModelQuery, MeasuredOn, compile_logged_models};
use crate::views::{Changes, MeasuredRow, Shards, Views};
use crate::{Page, ReadModel};

const MODELS: usize = 80;
const SEARCHES: usize = 150;
const NAMES: &[&str] = &["a", "A", "b", "a_b", "it's", "é"];
const SETS: &[Option<(&str, Option<&str>)>] =
    &[None, Some(("train", None)), Some(("train", Some("1"))), Some(("test", Some("2")))];
const STATUSES: &[(&str, LoggedModelStatus)] = &[
    ("PENDING", LoggedModelStatus::Pending),
    ("READY", LoggedModelStatus::Ready),
    ("FAILED", LoggedModelStatus::UploadFailed),
];

/// A comparison: its text, whether it is one of a metric, and whether a model satisfies it.
type Check = (String, bool, Box<dyn Fn(&LoggedModel, &[MeasuredOn]) -> bool + Send + Sync>);

/// Writes models and compares generated searches with a naive evaluation.
pub(in crate::conformance) async fn logged_models_match_oracle(fixture: &Fixture) -> Result<(), Failure> {
    let mut random = Random(0xfeed);
    let models: Vec<LoggedModel> = (0..MODELS).map(|number| generate(&mut random, number)).collect();
    let views = Views::new(Arc::clone(&fixture.views));
    let read_model = ReadModel::new(Arc::clone(&fixture.views), fixture.open()?);
    // Written twice, as a projector may after a conflict, and first with texts that are gone afterwards.
    for round in 0..2 {
        let checkpoint = views.checkpoints().await?[0];
        views.apply(Shards::ALL, checkpoint, checkpoint + 1, changes(&models, round == 0), &[]).await?;
    }
    for model in models.iter().take(5) {
        let read = read_model.logged_model(&model.model_id).await?;
        if read.as_ref() != Some(model) {
            return Err(format!("{model:?} is read as {read:?}").into());
        }
    }
    for _ in 0..SEARCHES {
        compare(&read_model, &models, &mut random).await?;
    }
    Ok(())
}

fn generate(random: &mut Random, number: usize) -> LoggedModel {
    let texts = |random: &mut Random, keys: &[&str]| {
        let mut texts = BTreeMap::new();
        for key in keys {
            if random.chance(70) {
                texts.insert((*key).to_owned(), text(random));
            }
        }
        texts
    };
    let mut metrics = BTreeSet::new();
    for _ in 0..random.below(8) {
        let dataset = random.pick(SETS);
        metrics.insert(LoggedModelMetric {
            key: random.pick(METRICS).to_owned(),
            timestamp: i64::try_from(random.below(3)).unwrap_or_default(),
            step: i64::try_from(random.below(3)).unwrap_or_default(),
            run_id: random.pick(&["run-a", "run-b"]).to_owned(),
            dataset_name: dataset.map(|(name, _)| name.to_owned()),
            dataset_digest: dataset.and_then(|(_, digest)| digest.map(str::to_owned)),
            value: ModelMetric::text(random.pick(NUMBERS)),
        });
    }
    LoggedModel {
        model_id: format!("m-{number:032}"),
        experiment_id: FIRST_ID + i64::from(random.chance(50)),
        name: random.pick(NAMES).to_owned(),
        model_type: random.chance(50).then(|| random.pick(NAMES).to_owned()),
        source_run_id: random.chance(50).then(|| random.pick(&["run-a", "run-b"]).to_owned()),
        artifact_uri: format!("mlflow-artifacts:/{number}"),
        status: random.pick(STATUSES).1,
        creation_time: 1_000 + i64::try_from(random.below(10)).unwrap_or_default(),
        last_update_time: 1_000 + i64::try_from(random.below(10)).unwrap_or_default(),
        deleted: random.chance(15),
        params: texts(random, PARAMS),
        tags: texts(random, TAGS),
        metrics,
    }
}

fn changes(models: &[LoggedModel], outdated: bool) -> Changes {
    let row = |(number, (model, metric)): (i64, (&LoggedModel, &LoggedModelMetric))| MeasuredRow {
        model_id: model.model_id.clone(),
        position: FIRST_ID,
        number,
        run_id: metric.run_id.clone(),
        metric: ModelMetric {
            key: metric.key.clone(),
            value: metric.value.clone(),
            timestamp: metric.timestamp,
            step: metric.step,
            dataset_name: metric.dataset_name.clone(),
            dataset_digest: metric.dataset_digest.clone(),
        },
    };
    let measured = models.iter().flat_map(|model| model.metrics.iter().map(move |metric| (model, metric)));
    let written = |model: &LoggedModel| {
        let mut model = model.clone();
        if outdated {
            model.status = LoggedModelStatus::Unspecified;
            model.tags.insert("outdated".to_owned(), "yes".to_owned());
        }
        (model.model_id.clone(), Some(model))
    };
    Changes {
        logged_models: models.iter().map(written).collect(),
        measured: (0..).zip(measured).map(row).collect(),
        ..Changes::default()
    }
}

async fn compare(read_model: &ReadModel, models: &[LoggedModel], random: &mut Random) -> Result<(), Failure> {
    let checks: Vec<Check> = (0..random.below(4)).map(|_| check(random)).collect();
    let filter = checks.iter().map(|check| check.0.as_str()).collect::<Vec<_>>().join(" AND ");
    let sets = [
        MeasuredOn { name: "train".to_owned(), digest: None },
        MeasuredOn { name: "test".to_owned(), digest: Some("2".to_owned()) },
    ];
    let datasets = sets.get(..random.pick(&[0, 0, 1, 2])).unwrap_or_default();
    let order_by: Vec<LoggedModelOrder> = (0..random.below(3)).map(|_| order(random)).collect();
    let experiments = [FIRST_ID, FIRST_ID + 1];
    let query = LoggedModelQuery {
        experiment_ids: experiments.get(..random.pick(&[1, 2, 2])).unwrap_or_default(),
        filter: &filter,
        datasets,
        order_by: &order_by,
        max_results: random.pick(&[1, 7, 100]),
        page_token: None,
    };
    let mut expected: Vec<&LoggedModel> = models
        .iter()
        .filter(|model| !model.deleted && query.experiment_ids.contains(&model.experiment_id))
        .filter(|model| checks.iter().all(|check| (check.2)(model, datasets)))
        .filter(|model| {
            checks.iter().any(|check| check.1)
                || datasets.is_empty()
                || model.metrics.iter().any(|metric| is_on(metric, datasets))
        })
        .collect();
    expected.sort_by(|a, b| compare_models(&order_by, a, b));

    let mut found: Vec<LoggedModel> = Vec::new();
    let mut token: Option<String> = None;
    loop {
        let search = compile_logged_models(&LoggedModelQuery { page_token: token.as_deref(), ..query })?;
        let page = read_model.search_logged_models(&search).await;
        let Page { items, next_page_token } = page.map_err(|error| format!("{query:?}: {error:?}"))?;
        found.extend(items);
        token = next_page_token;
        if token.is_none() || found.len() > expected.len() {
            break;
        }
    }
    if found.iter().eq(expected.iter().copied()) {
        return Ok(());
    }
    let ids = |models: &mut dyn Iterator<Item = &LoggedModel>| {
        models.map(|model| model.model_id.trim_start_matches(['m', '-', '0']).to_owned()).collect::<Vec<_>>().join(" ")
    };
    let (found, expected) = (ids(&mut found.iter()), ids(&mut expected.into_iter()));
    Err(format!("{query:?}\nfound    {found}\nexpected {expected}").into())
}

fn is_on(metric: &LoggedModelMetric, datasets: &[MeasuredOn]) -> bool {
    let same =
        |set: &MeasuredOn| metric.dataset_name.as_ref() == Some(&set.name) && metric.dataset_digest == set.digest;
    datasets.is_empty() || datasets.iter().any(same)
}

fn check(random: &mut Random) -> Check {
    let comparator = random.pick(&["=", "!=", "LIKE", "ILIKE"]);
    let value = text(random);
    match random.below(7) {
        0 => {
            let (name, status) = random.pick(STATUSES);
            let within = random.chance(50);
            let text = format!("status {} '{name}'", if within { "=" } else { "!=" });
            (text, false, Box::new(move |model, _| (model.status == status) == within))
        }
        1 => {
            let within = random.chance(50);
            let text = format!("attributes.name {} ('a', \"it's\")", if within { "IN" } else { "NOT IN" });
            (text, false, Box::new(move |model, _| ["a", "it's"].contains(&model.name.as_str()) == within))
        }
        2 => {
            let type_of = |model: &LoggedModel| model.model_type.clone().unwrap_or_default();
            let name = random.pick(NAMES);
            let text = format!("model_type {comparator} \"{name}\"");
            (text, false, Box::new(move |model, _| compare_texts(&type_of(model), comparator, name)))
        }
        3 => ("creation_timestamp >= 1004".to_owned(), false, Box::new(|model, _| model.creation_time >= 1_004)),
        4 => {
            let key = random.pick(PARAMS);
            let text = format!("params.`{key}` {comparator} \"{value}\"");
            let holds = move |model: &LoggedModel, _: &[MeasuredOn]| {
                model.params.get(key).is_some_and(|param| compare_texts(param, comparator, &value))
            };
            (text, false, Box::new(holds))
        }
        5 => {
            let key = random.pick(TAGS);
            let text = format!("tags.\"{key}\" {comparator} \"{value}\"");
            let holds = move |model: &LoggedModel, _: &[MeasuredOn]| {
                model.tags.get(key).is_some_and(|tag| compare_texts(tag, comparator, &value))
            };
            (text, false, Box::new(holds))
        }
        _ => {
            let (key, comparator) = (random.pick(METRICS), random.pick(&["=", "!=", ">", ">=", "<", "<="]));
            let value = random.pick(&[0.0, 0.5, -1.0, 1e300]);
            let holds = move |model: &LoggedModel, datasets: &[MeasuredOn]| {
                let latest = latest(model, |metric| metric.key == key && is_on(metric, datasets));
                latest.is_some_and(|number| compare_numbers(number, comparator, value))
            };
            (format!("metrics.`{key}` {comparator} {value:e}"), true, Box::new(holds))
        }
    }
}

fn order(random: &mut Random) -> LoggedModelOrder {
    let fields =
        ["name", "creation_time", "last_updated_timestamp", "status", "model_type", "metrics.m", "metrics.loss"];
    let dataset = random.pick(SETS);
    LoggedModelOrder {
        field_name: random.pick(&fields).to_owned(),
        descending: random.chance(50),
        dataset_name: dataset.map(|(name, _)| name.to_owned()),
        dataset_digest: dataset.and_then(|(_, digest)| digest.map(str::to_owned)),
    }
}

fn compare_models(order: &[LoggedModelOrder], a: &LoggedModel, b: &LoggedModel) -> Ordering {
    let by = |field: &LoggedModelOrder| {
        let directed = |ordering: Ordering| if field.descending { ordering.reverse() } else { ordering };
        if let Some(key) = field.field_name.strip_prefix("metrics.") {
            let (a, b) = (measured(a, key, field), measured(b, key, field));
            // Numbers, then NaN, then nothing.
            let rank = |value: Option<f64>| value.map_or(2, |value| i32::from(value.is_nan()));
            return rank(a).cmp(&rank(b)).then_with(|| directed(a.partial_cmp(&b).unwrap_or(Ordering::Equal)));
        }
        directed(match field.field_name.as_str() {
            "name" => a.name.cmp(&b.name),
            "creation_time" => a.creation_time.cmp(&b.creation_time),
            "last_updated_timestamp" => a.last_update_time.cmp(&b.last_update_time),
            "status" => (a.status as u8).cmp(&(b.status as u8)),
            _ => a.model_type.cmp(&b.model_type),
        })
    };
    let ordering = order.iter().map(by).find(|ordering| ordering.is_ne());
    let newest = || b.creation_time.cmp(&a.creation_time);
    let rest =
        || if order.iter().any(|field| field.field_name == "creation_time") { Ordering::Equal } else { newest() };
    ordering.unwrap_or_else(|| rest().then_with(|| a.model_id.cmp(&b.model_id)))
}

/// What an order by a metric sorts by.
fn measured(model: &LoggedModel, key: &str, field: &LoggedModelOrder) -> Option<f64> {
    latest(model, |metric| {
        metric.key == key
            && (field.dataset_name.is_none() || metric.dataset_name == field.dataset_name)
            && (field.dataset_digest.is_none() || metric.dataset_digest == field.dataset_digest)
    })
}

/// The latest value by MLflow's rule, where NaN counts as 0. Measurements were written in their order, and the last counts.
fn latest(model: &LoggedModel, fits: impl Fn(&LoggedModelMetric) -> bool) -> Option<f64> {
    let rank = |metric: &LoggedModelMetric| if metric.number().is_nan() { 0.0 } else { metric.number() };
    let later = |a: &&LoggedModelMetric, b: &&LoggedModelMetric| {
        let values = || rank(a).partial_cmp(&rank(b)).unwrap_or(Ordering::Equal);
        (a.step, a.timestamp).cmp(&(b.step, b.timestamp)).then_with(values).then_with(|| a.cmp(b))
    };
    model.metrics.iter().filter(|metric| fits(metric)).max_by(later).map(LoggedModelMetric::number)
}
