//! What the searches of registered models and of their versions have in common: the question, tags, and the hiding of prompts.

use runledger_domain::PROMPT_TAG;

use super::ast::{Comparison, Filter, Key, Literal, Operator, OrderKey, Test};
use super::dialect::{Dialect, Entity, EntityKind, Keys, LIST_RULE, Rule, TEXT_RULE, ValueKind, Words};
use super::error::{SearchError, cut};
use super::keys::{KeyKind, SortKey};
use super::lexer::tokens;
use super::order::parse_order;
use super::page::{Search, Select};
use super::parser::parse_filter;
use super::predicate::{column_test, text};
use super::token::{Cursor, digest};

/// A search of registered models or of versions.
#[derive(Clone, Copy, Debug)]
pub struct RegistryQuery<'a> {
    /// Empty for all but prompts.
    pub filter: &'a str,
    /// Empty for the order that MLflow has then.
    pub order_by: &'a [String],
    /// The API bounds it.
    pub max_results: usize,
    pub page_token: Option<&'a str>,
}

/// The tags of models and versions.
pub(super) const TAGS: Entity = Entity {
    kind: EntityKind::Tag,
    words: &["tag", "tags"],
    keys: Keys::Any(Rule { refusal: Some("tag"), ..TEXT_RULE }),
};
/// Texts that may be in a list.
pub(super) const LISTED: Rule = Rule { refusal: Some("attribute"), words: Words::Registry, ..LIST_RULE };
pub(super) const VALID_ENTITIES: &str = "Valid entity types are ('attribute', 'tag', 'tags')";
/// No tag of the registry takes `IS NULL`; the message says where it works.
pub(super) const NULL_TESTS: &str = "runs, experiments and logged models";

/// What is searched, and how it is found.
pub(super) struct Listing {
    /// Tells its page tokens from others'.
    pub(super) name: &'static str,
    pub(super) filter: &'static Dialect,
    pub(super) order: &'static Dialect,
    /// What follows `FROM`.
    pub(super) from: &'static str,
    pub(super) columns: &'static [&'static str],
    pub(super) tags: TagTable,
}

/// Where the tags of an entity are, and how they are joined to it.
pub(super) struct TagTable {
    pub(super) name: &'static str,
    /// The condition that a row of the table, named by an alias, is the entity's.
    pub(super) of_entity: fn(&str) -> String,
    /// The condition that it is of an entity that makes this one a prompt.
    pub(super) of_prompt: fn(&str) -> String,
}

/// Compiles a search. `ties` are the keys behind those that are asked for; it is told whether none are.
pub(super) fn compile(
    listing: &Listing,
    query: &RegistryQuery<'_>,
    ties: impl FnOnce(bool) -> Vec<SortKey>,
) -> Result<Search, SearchError> {
    let Listing { name, filter, order, from, columns, tags } = listing;
    let filter = parse(filter, query.filter)?;
    let order = parse_order(order, query.order_by)?;
    let order_text: Vec<String> = order.iter().map(ToString::to_string).collect();
    let digest = digest(&[name, &filter.to_string(), &order_text.join(",")]);
    let cursor = Cursor::decode(query.page_token.unwrap_or_default(), &digest)?;

    let mut select = Select::new(from);
    add_filter(&mut select, tags, &filter);
    select.keys = sort_keys(&order, ties(order.is_empty()))?;
    if let Some(cursor) = cursor {
        select.resume(&cursor)?;
    }
    let part = select.finish(columns, 0, query.max_results);
    Ok(Search::new(vec![part], columns.len(), query.max_results, digest))
}

/// Reads a filter. MLflow's registry has a message of its own for several statements in one.
fn parse(dialect: &Dialect, source: &str) -> Result<Filter, SearchError> {
    let several = tokens(source).iter().rev().skip(1).any(|token| token.text == ";");
    parse_filter(dialect, source).map_err(|error| {
        let source = cut(source);
        let message =
            format!("Search filter contained multiple expression '{source}'. Provide AND-ed expression list.");
        if several { SearchError::new(message) } else { error }
    })
}

/// Adds the conditions of the filter. Prompts are found by whoever asks for them; from every other search they are hidden,
/// whatever else it says about the tag that makes a prompt.
fn add_filter(select: &mut Select, tags: &TagTable, filter: &Filter) {
    let on_prompts = |comparison: &Comparison| matches!(&comparison.field.key, Key::Name(key) if key == PROMPT_TAG);
    let wanted = filter.0.iter().find(|comparison| on_prompts(comparison)).is_some_and(asks_for_prompts);
    for (index, comparison) in filter.0.iter().enumerate() {
        if wanted || !on_prompts(comparison) {
            add_comparison(select, tags, index, comparison);
        }
    }
    if !wanted {
        let (key, name, of_prompt) = (select.statement.bind(PROMPT_TAG), tags.name, (tags.of_prompt)("p"));
        select.conditions.push(format!(
            "NOT EXISTS (SELECT 1 FROM {name} p WHERE {of_prompt} AND p.key = {key} AND p.value = 'true')"
        ));
    }
}

fn asks_for_prompts(comparison: &Comparison) -> bool {
    match &comparison.test {
        Test::Compare(Operator::Equal, Literal::Text(value)) => value.eq_ignore_ascii_case("true"),
        Test::Compare(Operator::NotEqual, Literal::Text(value)) => value.eq_ignore_ascii_case("false"),
        _ => false,
    }
}

fn add_comparison(select: &mut Select, tags: &TagTable, index: usize, comparison: &Comparison) {
    let Select { statement, from, conditions, .. } = select;
    match (&comparison.field.key, &comparison.test) {
        (Key::Column(attribute), test) => conditions.push(column_test(statement, attribute.column, test)),
        (Key::Name(key), test) => {
            let (alias, key) = (format!("t{index}"), statement.bind(key));
            // The entity and the key are the primary key of the tags, so a join never repeats an entity.
            from.push(format!("JOIN {} {alias} ON {} AND {alias}.key = {key}", tags.name, (tags.of_entity)(&alias)));
            if let Test::Compare(operator, Literal::Text(value)) = test {
                conditions.push(text(statement, &format!("{alias}.value"), *operator, value));
            }
        }
    }
}

/// The sort keys of an order, of which the dialect takes columns alone, and what breaks ties.
fn sort_keys(order: &[OrderKey], ties: Vec<SortKey>) -> Result<Vec<SortKey>, SearchError> {
    let mut keys = Vec::with_capacity(order.len() + ties.len());
    for OrderKey { field, descending } in order {
        let Key::Column(attribute) = field.key else {
            let key = cut(field.key());
            return Err(SearchError::new(format!("Invalid order by key '{key}' specified. Only attributes sort.")));
        };
        let kind = if attribute.rule.value == ValueKind::Text { KeyKind::Text } else { KeyKind::Int };
        keys.push(SortKey::new(attribute.column, *descending, kind));
    }
    for tie in ties {
        if !keys.iter().any(|key| key.expression == tie.expression) {
            keys.push(tie);
        }
    }
    Ok(keys)
}
