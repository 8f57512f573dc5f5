//! The search of experiments as SQL.

use super::ViewType;
use super::ast::{Comparison, Key, Literal, OrderKey, Test};
use super::dialect::{EXPERIMENTS, ValueKind};
use super::error::SearchError;
use super::keys::{KeyKind, SortKey};
use super::order::parse_order;
use super::page::{Search, Select};
use super::parser::parse_filter;
use super::predicate::{column_test, text};
use super::token::{Cursor, digest};

/// A search of experiments.
#[derive(Clone, Copy, Debug)]
pub struct ExperimentQuery<'a> {
    /// Empty for all.
    pub filter: &'a str,
    /// Empty for the newest first.
    pub order_by: &'a [String],
    pub view: ViewType,
    /// At least 1; the API bounds it.
    pub max_results: usize,
    pub page_token: Option<&'a str>,
}

const COLUMNS: &[&str] =
    &["e.experiment_id", "e.name", "e.artifact_location", "e.deleted", "e.creation_time", "e.last_update_time"];

/// Compiles a search of experiments. Its rows are `experiment_id`, `name`, `artifact_location`, `deleted`,
/// `creation_time`, `last_update_time`.
pub fn compile_experiments(query: &ExperimentQuery<'_>) -> Result<Search, SearchError> {
    let filter = parse_filter(&EXPERIMENTS, query.filter)?;
    let order = parse_order(&EXPERIMENTS, query.order_by)?;
    let order_text: Vec<String> = order.iter().map(ToString::to_string).collect();
    let digest = digest(&["experiments", &filter.to_string(), &order_text.join(","), query.view.name()]);
    let cursor = Cursor::decode(query.page_token.unwrap_or_default(), &digest)?;

    let mut select = Select::new("experiments e");
    select.conditions.extend(query.view.condition("e.deleted"));
    for (index, comparison) in filter.0.iter().enumerate() {
        add_comparison(&mut select, index, comparison);
    }
    select.keys = sort_keys(&order)?;
    if let Some(cursor) = cursor {
        select.resume(&cursor)?;
    }
    let part = select.finish(COLUMNS, 0, query.max_results);
    Ok(Search::new(vec![part], COLUMNS.len(), query.max_results, digest))
}

fn add_comparison(select: &mut Select, index: usize, comparison: &Comparison) {
    let Select { statement, from, conditions, .. } = select;
    let key = match &comparison.field.key {
        Key::Column(attribute) => {
            conditions.push(column_test(statement, attribute.column, &comparison.test));
            return;
        }
        Key::Name(key) => statement.bind(key),
    };
    // (experiment_id, key) is the primary key of the tags, so a join never repeats an experiment.
    let join =
        format!("JOIN experiment_tags t{index} ON t{index}.experiment_id = e.experiment_id AND t{index}.key = {key}");
    match &comparison.test {
        Test::IsNull => conditions.push(format!(
            "NOT EXISTS (SELECT 1 FROM experiment_tags x WHERE x.experiment_id = e.experiment_id AND x.key = {key})"
        )),
        Test::Compare(operator, Literal::Text(value)) => {
            from.push(join);
            conditions.push(text(statement, &format!("t{index}.value"), *operator, value));
        }
        _ => from.push(join),
    }
}

fn sort_keys(order: &[OrderKey]) -> Result<Vec<SortKey>, SearchError> {
    let id = |descending| SortKey::new("e.experiment_id", descending, KeyKind::Int);
    if order.is_empty() {
        return Ok(vec![SortKey::new("e.creation_time", true, KeyKind::Int), id(false)]);
    }
    let mut keys = Vec::with_capacity(order.len() + 1);
    for OrderKey { field, descending } in order {
        let Key::Column(attribute) = field.key else {
            return Err(SearchError::new(format!("Invalid order_by entity: {}", field.entity.name())));
        };
        let kind = if attribute.rule.value == ValueKind::Text { KeyKind::Text } else { KeyKind::Int };
        keys.push(SortKey::new(attribute.column, *descending, kind));
    }
    // Ids are unique, so an id in the order already breaks every tie.
    if !keys.iter().any(|key| key.expression == "e.experiment_id") {
        keys.push(id(true));
    }
    Ok(keys)
}
