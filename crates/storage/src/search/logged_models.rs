//! The search of logged models as SQL.
//!
//! Its grammar differs from that of runs: entities are named in the plural, a value may stand without quotes, a test on a metric
//! holds when any measurement passes it, and an order is a list of fields, not of clauses. Data sets restrict the measurements
//! that count. Models are few, so every test probes what hangs on the model.

use runledger_domain::LoggedModelStatus;

use super::ast::{Comparison, Filter, Key, Literal, Operator, Test};
use super::dialect::{
    Attribute, Dialect, EQUALITY, Entity, EntityKind, Keys, LIST_RULE, METRIC_RULE, Rule, TIME_RULE, ValueKind,
    attribute,
};
use super::error::{SearchError, cut, quoted_list};
use super::keys::{KeyKind, SortKey};
use super::page::{Search, Select};
use super::parser::{check_text, is_list_of_comparisons, parse_filter};
use super::predicate::{column_test, metric};
use super::run_order::column_kind;
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

const BARE_RULE: Rule = Rule { value: ValueKind::BareText, ..LIST_RULE };
const STATUS: &str = "m.status";

static ATTRIBUTES: &[Attribute] = &[
    attribute(&["model_id"], "m.model_id", 1, BARE_RULE),
    attribute(&["name"], "m.name", 1, BARE_RULE),
    attribute(&["model_type"], "m.model_type", 1, BARE_RULE),
    attribute(&["status"], STATUS, 1, Rule { operators: EQUALITY, ..BARE_RULE }),
    attribute(&["source_run_id"], "m.source_run_id", 1, BARE_RULE),
    attribute(&["artifact_location", "artifact_uri"], "m.artifact_uri", 2, BARE_RULE),
    attribute(
        &["experiment_id"],
        "m.experiment_id",
        1,
        Rule { value: ValueKind::QuotedInteger, operators: EQUALITY, ..LIST_RULE },
    ),
    attribute(&["creation_time", "creation_timestamp", "creation_timestamp_ms"], "m.creation_time", 3, TIME_RULE),
    attribute(
        &["last_updated_timestamp", "last_updated_time", "last_updated_timestamp_ms"],
        "m.last_update_time",
        3,
        TIME_RULE,
    ),
];

/// The vocabulary of filters. The singular of `attributes` is what a name without an entity is taken for.
pub(super) static LOGGED_MODELS: Dialect = Dialect {
    entities: &[
        Entity { kind: EntityKind::Attribute, words: &["attributes", "attribute"], keys: Keys::Columns(ATTRIBUTES) },
        Entity { kind: EntityKind::Metric, words: &["metrics"], keys: Keys::Any(METRIC_RULE) },
        Entity { kind: EntityKind::Param, words: &["params"], keys: Keys::Any(BARE_RULE) },
        Entity { kind: EntityKind::Tag, words: &["tags"], keys: Keys::Any(BARE_RULE) },
    ],
    valid_entities: "Expected one of ['attributes', 'metrics', 'params', 'tags'].",
    null_tests: "nothing",
};

/// Compiles a search of logged models. Its rows are `model_id`, `experiment_id`, `name`, `model_type`, `source_run_id`,
/// `artifact_uri`, `status`, `creation_time`, `last_update_time`, `deleted`.
pub fn compile_logged_models(query: &LoggedModelQuery<'_>) -> Result<Search, SearchError> {
    let filter = parse(query.filter.trim())?;
    if query.datasets.len() > MOST_DATASETS || query.order_by.len() > MOST_FIELDS {
        return Err(SearchError::new(format!(
            "A search takes at most {MOST_DATASETS} `datasets` and {MOST_FIELDS} fields in `order_by`. Leave out the last ones."
        )));
    }
    let ids: Vec<String> = query.experiment_ids.iter().map(ToString::to_string).collect();
    let (order, datasets) = (format!("{:?}", query.order_by), format!("{:?}", query.datasets));
    let digest = digest(&["logged models", &filter.to_string(), &order, &datasets, &ids.join(",")]);
    let cursor = Cursor::decode(query.page_token.unwrap_or_default(), &digest)?;

    let mut select = Select::new("logged_models m");
    // Integers need no escaping, and the number of parameters is limited.
    let ids = if ids.is_empty() { "NULL".to_owned() } else { ids.join(", ") };
    select.conditions.push(format!("m.experiment_id IN ({ids})"));
    select.conditions.push("m.deleted = FALSE".to_owned());
    add_filter(&mut select, &filter, query.datasets)?;
    add_order(&mut select, query.order_by)?;
    if let Some(cursor) = cursor {
        select.resume(&cursor)?;
    }
    let part = select.finish(COLUMNS, 0, query.max_results);
    Ok(Search::new(vec![part], COLUMNS.len(), query.max_results, digest))
}

fn parse(filter: &str) -> Result<Filter, SearchError> {
    parse_filter(&LOGGED_MODELS, filter).map_err(|error| {
        if check_text("filter", filter, usize::MAX).is_err() || is_list_of_comparisons(filter) {
            return error;
        }
        let quote = if filter.contains('\'') && !filter.contains('"') { '"' } else { '\'' };
        SearchError::new(format!(
            "Invalid filter string: {quote}{}{quote}. Expected a list of comparisons separated by 'AND' (e.g. 'metrics.loss > 0.1 \
             AND params.lr = 0.01').",
            cut(filter)
        ))
    })
}

fn add_filter(select: &mut Select, filter: &Filter, datasets: &[MeasuredOn]) -> Result<(), SearchError> {
    let Select { statement, conditions, .. } = select;
    let on_datasets = any_of(statement, datasets);
    let mut on_metrics = false;
    for Comparison { field, test } in &filter.0 {
        let (table, key) = match (&field.key, field.kind()) {
            (Key::Column(attribute), _) if attribute.column == STATUS => {
                conditions.push(column_test(statement, STATUS, &status_test(test)?));
                continue;
            }
            (Key::Column(attribute), _) => {
                conditions.push(column_test(statement, attribute.column, test));
                continue;
            }
            (Key::Name(key), EntityKind::Metric) => ("logged_model_metrics", key),
            (Key::Name(key), EntityKind::Param) => ("logged_model_params", key),
            (Key::Name(key), _) => ("logged_model_tags", key),
        };
        let key = statement.bind(key);
        let mut condition = match test {
            Test::Compare(operator, literal) if field.kind() == EntityKind::Metric => {
                on_metrics = true;
                metric(statement, "x", *operator, literal)
            }
            test => column_test(statement, "x.value", test),
        };
        if field.kind() == EntityKind::Metric {
            condition.push_str(&on_datasets);
        }
        conditions.push(exists(table, &format!("x.key = {key} AND {condition}")));
    }
    if !datasets.is_empty() && !on_metrics {
        conditions.push(exists("logged_model_metrics", on_datasets.trim_start_matches(" AND ")));
    }
    Ok(())
}

fn exists(table: &str, condition: &str) -> String {
    format!("EXISTS (SELECT 1 FROM {table} x WHERE x.model_id = m.model_id AND {condition})")
}

/// The condition that a measurement was made on one of the data sets, as the tail of others.
fn any_of(statement: &mut Statement, datasets: &[MeasuredOn]) -> String {
    let one = |MeasuredOn { name, digest }: &MeasuredOn| {
        let name = statement.bind(name);
        let digest = statement.bind(digest.as_deref().unwrap_or_default());
        format!("x.dataset_name = {name} AND x.dataset_digest = {digest}")
    };
    let any: Vec<String> = datasets.iter().map(one).collect();
    if any.is_empty() { String::new() } else { format!(" AND ({})", any.join(" OR ")) }
}

/// The test on a status with the names that the views have.
fn status_test(test: &Test) -> Result<Test, SearchError> {
    let known = |literal: &Literal| match literal {
        Literal::Text(name) => status(name).map(|status| Literal::Text(status.as_str().to_owned())),
        other => Ok(other.clone()),
    };
    let all = |literals: &[Literal]| literals.iter().map(known).collect::<Result<Vec<_>, _>>();
    Ok(match test {
        Test::Compare(operator @ (Operator::Equal | Operator::NotEqual), literal) => {
            Test::Compare(*operator, known(literal)?)
        }
        Test::In(literals) => Test::In(all(literals)?),
        Test::NotIn(literals) => Test::NotIn(all(literals)?),
        other => other.clone(),
    })
}

fn status(name: &str) -> Result<LoggedModelStatus, SearchError> {
    Ok(match name {
        "UNSPECIFIED" => LoggedModelStatus::Unspecified,
        "PENDING" => LoggedModelStatus::Pending,
        "READY" => LoggedModelStatus::Ready,
        "FAILED" => LoggedModelStatus::UploadFailed,
        other => {
            return Err(SearchError::new(format!(
                "Unknown model status in filter: '{}'. Expected one of [{}].",
                cut(other),
                quoted_list(["UNSPECIFIED", "PENDING", "READY", "FAILED"])
            )));
        }
    })
}

fn add_order(select: &mut Select, order: &[LoggedModelOrder]) -> Result<(), SearchError> {
    for (index, field) in order.iter().enumerate() {
        match field.field_name.split_once('.') {
            Some(("metrics", key)) => add_metric(select, field, key, &format!("o{index}")),
            Some(("attributes", name)) => add_attribute(select, field, name)?,
            Some(_) => {
                return Err(SearchError::new(format!(
                    "Invalid order by field name: {}. Only metrics are supported.",
                    cut(&field.field_name)
                )));
            }
            None => add_attribute(select, field, &field.field_name)?,
        }
    }
    for (column, descending, kind) in [("m.creation_time", true, KeyKind::Int), ("m.model_id", false, KeyKind::Text)] {
        if !select.keys.iter().any(|key| key.expression == column) {
            select.keys.push(SortKey::new(column, descending, kind));
        }
    }
    Ok(())
}

fn add_attribute(select: &mut Select, field: &LoggedModelOrder, name: &str) -> Result<(), SearchError> {
    let name = name.trim();
    let attribute = ATTRIBUTES.iter().find(|attribute| attribute.names.contains(&name)).ok_or_else(|| {
        let valid = quoted_list(ATTRIBUTES.iter().map(Attribute::name));
        SearchError::new(format!(
            "Invalid order by field name: {}. Expected metrics.<key> or one of [{valid}].",
            cut(&field.field_name)
        ))
    })?;
    let column = attribute.column;
    if column == STATUS {
        // By MLflow's numbers.
        let rank = "CASE m.status WHEN 'LOGGED_MODEL_STATUS_UNSPECIFIED' THEN 0 WHEN 'LOGGED_MODEL_PENDING' THEN 1 \
                    WHEN 'LOGGED_MODEL_READY' THEN 2 ELSE 3 END";
        select.keys.push(SortKey::new(rank, field.descending, KeyKind::Int));
    } else {
        select.keys.push(SortKey::new(column, field.descending, column_kind(attribute.rule.value)));
    }
    Ok(())
}

/// Sorts by the latest measurement: numbers, then NaN, then models without one.
fn add_metric(select: &mut Select, field: &LoggedModelOrder, key: &str, alias: &str) {
    let statement = &mut select.statement;
    let mut conditions = vec!["x.model_id = m.model_id".to_owned(), format!("x.key = {}", statement.bind(key))];
    for (column, text) in [("dataset_name", &field.dataset_name), ("dataset_digest", &field.dataset_digest)] {
        conditions.extend(text.as_ref().map(|text| format!("x.{column} = {}", statement.bind(text))));
    }
    let conditions = conditions.join(" AND ");
    select.from.push(format!(
        "LEFT JOIN logged_model_metrics {alias} ON {alias}.model_id = m.model_id AND ({alias}.position, {alias}.number) = \
         (SELECT x.position, x.number FROM logged_model_metrics x WHERE {conditions} \
         ORDER BY x.timestamp DESC, x.step DESC, x.run_id, x.position DESC, x.number DESC LIMIT 1)"
    ));
    let rank = format!("CASE WHEN {alias}.model_id IS NULL THEN 2 WHEN {alias}.is_nan = TRUE THEN 1 ELSE 0 END");
    select.keys.push(SortKey::new(rank, false, KeyKind::Int));
    select.keys.push(SortKey::new(format!("COALESCE({alias}.value, 0)"), field.descending, KeyKind::Float));
}
