//! The same comparison for experiments, whose grammar is smaller.

use std::cmp::Ordering;

use super::corpus::{Corpus, ExperimentFact, FIRST_ID, TAGS, text};
use super::oracle::compare_texts;
use super::{Failure, Random, check_page, same};
use crate::search::{ExperimentQuery, ViewType, compile_experiments};
use crate::{Db, Value};

const SEARCHES: usize = 120;

/// A comparison: its text, and whether an experiment satisfies it.
type Check = (String, Box<dyn Fn(&ExperimentFact) -> bool + Send + Sync>);

/// A sort key: its text, and how it orders two experiments.
type SortBy = (&'static str, fn(&ExperimentFact, &ExperimentFact) -> Ordering);

const ORDERS: &[SortBy] = &[
    ("name", |a, b| a.name.cmp(&b.name)),
    ("name DESC", |a, b| b.name.cmp(&a.name)),
    ("creation_time", |a, b| a.creation_time.cmp(&b.creation_time)),
    ("last_update_time DESC", |a, b| b.last_update_time.cmp(&a.last_update_time)),
    ("experiment_id", |a, b| a.id.cmp(&b.id)),
];

/// Compares generated searches of experiments with the oracle.
pub(super) async fn compare(db: &dyn Db, corpus: &Corpus, random: &mut Random) -> Result<(), Failure> {
    for _ in 0..SEARCHES {
        let checks: Vec<Check> = (0..random.below(3)).map(|_| check(random)).collect();
        let order: Vec<SortBy> = (0..random.below(3)).map(|_| random.pick(ORDERS)).collect();
        let view = random.pick(&[ViewType::ActiveOnly, ViewType::DeletedOnly, ViewType::All]);
        compare_one(db, corpus, &checks, &order, view, random.pick(&[1, 5, 100])).await?;
    }
    Ok(())
}

async fn compare_one(
    db: &dyn Db,
    corpus: &Corpus,
    checks: &[Check],
    order: &[SortBy],
    view: ViewType,
    page_size: usize,
) -> Result<(), Failure> {
    let filter = checks.iter().map(|check| check.0.as_str()).collect::<Vec<_>>().join(" AND ");
    let mut order_by: Vec<String> = Vec::new();
    let mut keys: Vec<SortBy> = Vec::new();
    for key in order {
        let field = |text: &str| text.split(' ').next().map(str::to_owned);
        if !order_by.iter().any(|earlier| field(earlier) == field(key.0)) {
            order_by.push(key.0.to_owned());
            keys.push(*key);
        }
    }
    let first =
        ExperimentQuery { filter: &filter, order_by: &order_by, view, max_results: page_size, page_token: None };
    let context = format!("{first:?}");
    let mut found: Vec<Vec<Value>> = Vec::new();
    let mut token: Option<String> = None;
    // Other experiments of the database may be in between.
    for _ in 0..10_000 {
        let query = ExperimentQuery { page_token: token.as_deref(), ..first };
        let page = compile_experiments(&query)?.fetch(db).await.map_err(|error| format!("{context}: {error:?}"))?;
        check_page(&page, page_size).map_err(|problem| format!("{context}: {problem}"))?;
        found.extend(page.rows.into_iter().map(|row| normal(row.0)));
        token = page.next_page_token;
        if token.is_none() {
            break;
        }
    }
    found.retain(|row| matches!(row.first(), Some(Value::Int(FIRST_ID..))));
    let mut expected: Vec<&ExperimentFact> = corpus
        .experiments
        .iter()
        .filter(|experiment| match view {
            ViewType::ActiveOnly => !experiment.deleted,
            ViewType::DeletedOnly => experiment.deleted,
            ViewType::All => true,
        })
        .filter(|experiment| checks.iter().all(|check| check.1(experiment)))
        .collect();
    expected.sort_by(|a, b| ordering(&keys, a, b));
    let expected: Vec<Vec<Value>> = expected.into_iter().map(ExperimentFact::columns).collect();
    same(&context, &found, &expected)
}

fn ordering(keys: &[SortBy], a: &ExperimentFact, b: &ExperimentFact) -> Ordering {
    if keys.is_empty() {
        return b.creation_time.cmp(&a.creation_time).then_with(|| a.id.cmp(&b.id));
    }
    let ordering = keys.iter().map(|key| key.1(a, b)).find(|ordering| ordering.is_ne());
    ordering.unwrap_or_else(|| b.id.cmp(&a.id))
}

fn check(random: &mut Random) -> Check {
    let comparator = random.pick(&["=", "!=", "LIKE", "ILIKE"]);
    match random.below(6) {
        0 => {
            let id = FIRST_ID + i64::try_from(random.below(10)).unwrap_or_default();
            let within = random.chance(50);
            let text = format!("experiment_id {} ('{id}', '3')", if within { "IN" } else { "NOT IN" });
            (text, Box::new(move |experiment| (experiment.id == id) == within))
        }
        1 => ("creation_time > 1000".to_owned(), Box::new(|experiment| experiment.creation_time > 1000)),
        2 => {
            let (key, null) = (random.pick(TAGS), random.chance(50));
            let text = format!("tags.`{key}` IS {}", if null { "NULL" } else { "NOT NULL" });
            (text, Box::new(move |experiment| experiment.tags.contains_key(key) != null))
        }
        3 => {
            let pattern = format!("{}%", text(random));
            let text = format!("name {comparator} \"{pattern}\"");
            (text, Box::new(move |experiment| compare_texts(&experiment.name, comparator, &pattern)))
        }
        _ => {
            let (key, value) = (random.pick(TAGS), text(random));
            let text = format!("tag.\"{key}\" {comparator} \"{value}\"");
            let holds = move |experiment: &ExperimentFact| {
                experiment.tags.get(key).is_some_and(|tag| compare_texts(tag, comparator, &value))
            };
            (text, Box::new(holds))
        }
    }
}

/// SQLite answers booleans as integers; the fourth column of an experiment is one.
fn normal(mut row: Vec<Value>) -> Vec<Value> {
    if let Some(deleted) = row.get_mut(3)
        && let Value::Int(flag) = *deleted
    {
        *deleted = Value::Bool(flag != 0);
    }
    row
}
