//! The search of logged models as SQL.
//!
//! Models are few, so every test probes what hangs on the model. A metric has its latest value: that of the greatest step, then
//! time, then value, as for runs. Data sets restrict the measurements that count.

use super::ast::{Literal, Test};
use super::error::{SearchError, cut};
use super::keys::{KeyKind, SortKey};
use super::logged_model_filter::{Attribute, AttributeKind, Comparison, Subject, parse};
use super::page::{Search, Select};
use super::predicate::{column_test, metric};
use super::token::{Cursor, digest};
use crate::Statement;

/// A search of logged models that are not deleted.
#[derive(Clone, Copy, Debug)]
pub struct LoggedModelQuery<'a> {
    /// Where to look; with none, nothing is found.
    pub experiment_ids: &'a [i64],
    /// Empty for all.
    pub filter: &'a str,
    /// If there are any, only what was measured on one of them counts, and a model without such a measurement is not found.
    pub datasets: &'a [MeasuredOn],
    /// Empty for the newest first.
    pub order_by: &'a [LoggedModelOrder],
    /// At least 1; the API bounds it.
    pub max_results: usize,
    pub page_token: Option<&'a str>,
}

/// A data set by its name and digest. As in MLflow, a filter without a digest means measurements without one, and an order
/// without a digest those with any.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MeasuredOn {
    pub name: String,
    pub digest: Option<String>,
}

/// A field to sort by: an attribute, or `metrics.<key>` by the latest measurement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoggedModelOrder {
    pub field_name: String,
    pub descending: bool,
    pub dataset_name: Option<String>,
    pub dataset_digest: Option<String>,
}

const COLUMNS: &[&str] = &[
    "m.model_id",
    "m.experiment_id",
    "m.name",
    "m.model_type",
    "m.source_run_id",
    "m.artifact_uri",
    "m.status",
    "m.creation_time",
    "m.last_update_time",
    "m.deleted",
];

/// SQLite joins at most 64 tables, and each order by a metric needs one.
const MOST_FIELDS: usize = 20;
/// Data sets in one search.
const MOST_DATASETS: usize = 100;

/// The condition that picks the latest of the measurements `x` that pass `conditions`, for `alias`.
fn is_latest(alias: &str, conditions: &str) -> String {
    format!(
        "({alias}.position, {alias}.number) = (SELECT x.position, x.number FROM logged_model_metrics x WHERE {conditions} \
         ORDER BY x.step DESC, x.timestamp DESC, x.value DESC, x.position DESC, x.number DESC LIMIT 1)"
    )
}

/// Compiles a search of logged models. Its rows are `model_id`, `experiment_id`, `name`, `model_type`, `source_run_id`,
/// `artifact_uri`, `status`, `creation_time`, `last_update_time`, `deleted`.
pub fn compile_logged_models(query: &LoggedModelQuery<'_>) -> Result<Search, SearchError> {
    let filter = parse(query.filter)?;
    if query.datasets.len() > MOST_DATASETS || query.order_by.len() > MOST_FIELDS {
        return Err(SearchError::new(format!(
            "A search takes at most {MOST_DATASETS} `datasets` and {MOST_FIELDS} fields in `order_by`. Leave out the last ones."
        )));
    }
    let ids: Vec<String> = query.experiment_ids.iter().map(ToString::to_string).collect();
    let (order, datasets) = (format!("{:?}", query.order_by), format!("{:?}", query.datasets));
    let digest = digest(&["logged models", query.filter.trim(), &order, &datasets, &ids.join(",")]);
    let cursor = Cursor::decode(query.page_token.unwrap_or_default(), &digest)?;

    let mut select = Select::new("logged_models m");
    // Integers need no escaping, and the number of parameters is limited.
    let ids = if ids.is_empty() { "NULL".to_owned() } else { ids.join(", ") };
    select.conditions.push(format!("m.experiment_id IN ({ids})"));
    select.conditions.push("m.deleted = FALSE".to_owned());
    add_filter(&mut select, &filter, query.datasets);
    add_order(&mut select, query.order_by)?;
    if let Some(cursor) = cursor {
        select.resume(&cursor)?;
    }
    let part = select.finish(COLUMNS, 0, query.max_results);
    Ok(Search::new(vec![part], COLUMNS.len(), query.max_results, digest))
}

fn add_filter(select: &mut Select, filter: &[Comparison], datasets: &[MeasuredOn]) {
    let Select { statement, conditions, .. } = select;
    let on_datasets = any_of(statement, datasets);
    for Comparison { subject, test } in filter {
        let condition = match subject {
            Subject::Attribute(attribute) => column_test(statement, attribute.column, test),
            Subject::Metric(key) => metric_test(statement, key, test, on_datasets.as_deref()),
            Subject::Param(key) => text_test(statement, "logged_model_params", key, test),
            Subject::Tag(key) => text_test(statement, "logged_model_tags", key, test),
        };
        conditions.push(condition);
    }
    let on_metrics = filter.iter().any(|comparison| matches!(comparison.subject, Subject::Metric(_)));
    if let Some(on_datasets) = on_datasets.filter(|_| !on_metrics) {
        conditions.push(format!(
            "EXISTS (SELECT 1 FROM logged_model_metrics x WHERE x.model_id = m.model_id AND {on_datasets})"
        ));
    }
}

fn text_test(statement: &mut Statement, table: &str, key: &str, test: &Test) -> String {
    let key = statement.bind(key);
    let condition = column_test(statement, "x.value", test);
    format!("EXISTS (SELECT 1 FROM {table} x WHERE x.model_id = m.model_id AND x.key = {key} AND {condition})")
}

fn metric_test(statement: &mut Statement, key: &str, test: &Test, on_datasets: Option<&str>) -> String {
    // The grammar has no other test for a metric.
    let Test::Compare(operator, literal @ (Literal::Integer(_) | Literal::Float(_))) = test else {
        return "1 = 0".to_owned();
    };
    let mut measured = format!("x.model_id = m.model_id AND x.key = {}", statement.bind(key));
    if let Some(on_datasets) = on_datasets {
        measured = format!("{measured} AND {on_datasets}");
    }
    let (latest, condition) = (is_latest("y", &measured), metric(statement, "y", *operator, literal));
    format!("EXISTS (SELECT 1 FROM logged_model_metrics y WHERE y.model_id = m.model_id AND {latest} AND {condition})")
}

/// The condition that the measurement `x` was made on one of the data sets; `None` where any counts.
fn any_of(statement: &mut Statement, datasets: &[MeasuredOn]) -> Option<String> {
    let one = |MeasuredOn { name, digest }: &MeasuredOn| {
        let name = statement.bind(name);
        let digest = statement.bind(digest.as_deref().unwrap_or_default());
        format!("x.dataset_name = {name} AND x.dataset_digest = {digest}")
    };
    let any: Vec<String> = datasets.iter().map(one).collect();
    (!any.is_empty()).then(|| format!("({})", any.join(" OR ")))
}

fn add_order(select: &mut Select, order: &[LoggedModelOrder]) -> Result<(), SearchError> {
    for (index, field) in order.iter().enumerate() {
        let name = field.field_name.as_str();
        match name.split_once('.') {
            Some(("metrics", key)) => add_metric(select, field, key, &format!("o{index}")),
            Some(_) => {
                let name = cut(name);
                return Err(SearchError::new(format!(
                    "Invalid order by field name: {name}. Only metrics are supported."
                )));
            }
            None => {
                let attribute = Attribute::find(name);
                let unknown = || SearchError::new(format!("Invalid order by field name: {}", cut(name)));
                select.keys.push(attribute_key(attribute.ok_or_else(unknown)?, field.descending));
            }
        }
    }
    for (column, descending, kind) in [("m.creation_time", true, KeyKind::Int), ("m.model_id", false, KeyKind::Text)] {
        if !select.keys.iter().any(|key| key.expression == column) {
            select.keys.push(SortKey::new(column, descending, kind));
        }
    }
    Ok(())
}

fn attribute_key(attribute: &Attribute, descending: bool) -> SortKey {
    match attribute.kind {
        AttributeKind::Text => SortKey::new(attribute.column, descending, KeyKind::Text),
        AttributeKind::Time | AttributeKind::Id => SortKey::new(attribute.column, descending, KeyKind::Int),
        AttributeKind::Status => {
            // By MLflow's numbers.
            let rank = "CASE m.status WHEN 'LOGGED_MODEL_STATUS_UNSPECIFIED' THEN 0 WHEN 'LOGGED_MODEL_PENDING' THEN 1 \
                        WHEN 'LOGGED_MODEL_READY' THEN 2 ELSE 3 END";
            SortKey::new(rank, descending, KeyKind::Int)
        }
    }
}

/// Sorts by the latest measurement: numbers, then NaN, then models without one.
fn add_metric(select: &mut Select, field: &LoggedModelOrder, key: &str, alias: &str) {
    let statement = &mut select.statement;
    let mut conditions = vec!["x.model_id = m.model_id".to_owned(), format!("x.key = {}", statement.bind(key))];
    for (column, text) in [("dataset_name", &field.dataset_name), ("dataset_digest", &field.dataset_digest)] {
        conditions.extend(text.as_ref().map(|text| format!("x.{column} = {}", statement.bind(text))));
    }
    let latest = is_latest(alias, &conditions.join(" AND "));
    let join = format!("LEFT JOIN logged_model_metrics {alias} ON {alias}.model_id = m.model_id AND {latest}");
    select.from.push(join);
    let rank = format!("CASE WHEN {alias}.model_id IS NULL THEN 2 WHEN {alias}.is_nan = TRUE THEN 1 ELSE 0 END");
    select.keys.push(SortKey::new(rank, false, KeyKind::Int));
    select.keys.push(SortKey::new(format!("COALESCE({alias}.value, 0)"), field.descending, KeyKind::Float));
}
