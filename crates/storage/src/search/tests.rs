//! What the grammar takes, what it refuses and how, and that it survives any text.

mod formulas;
mod logged_models;
mod messages;
mod properties;
mod registry;
mod sql;

use super::ast::{Filter, OrderKey};
use super::dialect::{EXPERIMENTS, RUNS};
use super::order::parse_order;
use super::parser::parse_filter;

/// The canonical text of a filter of runs, or the message that refuses it.
fn runs(source: &str) -> String {
    text_of(parse_filter(&RUNS, source))
}

fn experiments(source: &str) -> String {
    text_of(parse_filter(&EXPERIMENTS, source))
}

fn text_of(filter: Result<Filter, super::SearchError>) -> String {
    filter.map_or_else(|error| format!("refused: {error}"), |filter| filter.to_string())
}

/// The canonical text of an order of runs, or the message that refuses it.
fn order(clauses: &[&str]) -> String {
    let clauses: Vec<String> = clauses.iter().map(ToString::to_string).collect();
    match parse_order(&RUNS, &clauses) {
        Ok(keys) => keys.iter().map(OrderKey::to_string).collect::<Vec<_>>().join(", "),
        Err(error) => format!("refused: {error}"),
    }
}

#[test]
fn reads_every_kind_of_comparison() {
    for (source, canonical) in [
        ("metrics.m > 1", "metric.`m` > 1"),
        ("metric.m>-1e-2", "metric.`m` > -1e-2"),
        ("metrics.m > .5", "metric.`m` > 5e-1"),
        ("metrics.m > 5.", "metric.`m` > 5e0"),
        ("metrics.m > 1e400", "metric.`m` > 1e999"),
        ("metrics.1m > 1", "metric.`1m` > 1"),
        ("metrics.select > 1", "metric.`select` > 1"),
        ("params.p = \"v\"", "parameter.`p` = 'v'"),
        ("param.p like '%a'", "parameter.`p` LIKE '%a'"),
        ("params.p IS NULL", "parameter.`p` IS NULL"),
        ("params.p is   not null", "parameter.`p` IS NOT NULL"),
        ("tags.`a b` = 'x'", "tag.`a b` = 'x'"),
        ("tags.\"a b\" = 'x'", "tag.`a b` = 'x'"),
        ("tags.'a b' = 'x'", "tag.`a b` = 'x'"),
        ("tags.a.b.c = 'x'", "tag.`a.b.c` = 'x'"),
        ("`tags`.a = 'x'", "tag.`a` = 'x'"),
        ("tags.日本 = 'é'", "tag.`日本` = 'é'"),
        ("tags.a = 'it''s'", "tag.`a` = \"it''s\""),
        ("tags.a = \"it's\"", "tag.`a` = \"it's\""),
        ("tags.a = 'x\\'y'", "tag.`a` = \"x\\'y\""),
        ("tags.a = 'C:\\'", "tag.`a` = 'C:\\'"),
        ("tags.a = ''", "tag.`a` = ''"),
        ("run_id IN ('a', \"b\",)", "attribute.`run_id` IN ('a', 'b')"),
        ("run_id not in ('a')", "attribute.`run_id` NOT IN ('a')"),
        ("created > 5", "attribute.`start_time` > 5"),
        ("start_time > 5.5", "attribute.`start_time` > 5.5e0"),
        ("`Run name` = 'x'", "attribute.`run_name` = 'x'"),
        ("\"Run Name\" = 'x'", "attribute.`run_name` = 'x'"),
        ("attr.status != 'x'", "attribute.`status` != 'x'"),
        ("run.user_id ilike 'x'", "attribute.`user_id` ILIKE 'x'"),
        ("datasets.digest IN ('x','y')", "dataset.`digest` IN ('x', 'y')"),
        ("dataset.context NOT IN ('x')", "dataset.`context` NOT IN ('x')"),
        (
            "AND tags.a='x'and params.b='y' metrics.c<0.5 AND and",
            "tag.`a` = 'x' AND parameter.`b` = 'y' AND metric.`c` < 5e-1",
        ),
        ("", ""),
    ] {
        assert_eq!(runs(source), canonical, "{source}");
        assert_eq!(runs(canonical), canonical, "{source}");
    }
    for (source, canonical) in [
        ("name LIKE 'a%'", "attribute.`name` LIKE 'a%'"),
        ("attributes.experiment_id IN ('1', '2')", "attribute.`experiment_id` IN ('1', '2')"),
        ("experiment_id != '7'", "attribute.`experiment_id` != '7'"),
        ("last_update_time >= 5", "attribute.`last_update_time` >= 5"),
        ("tags.`mlflow.experiment.isGateway` IS NULL", "tag.`mlflow.experiment.isGateway` IS NULL"),
    ] {
        assert_eq!(experiments(source), canonical, "{source}");
        assert_eq!(experiments(canonical), canonical, "{source}");
    }
}

#[test]
fn reads_orders() {
    for (source, canonical) in [
        ("metrics.m", "metric.`m` ASC"),
        ("metrics.m  desc", "metric.`m` DESC"),
        ("metrics.`a b` DESC", "metric.`a b` DESC"),
        ("params.\"a b\" asc", "parameter.`a b` ASC"),
        ("tags.a.b", "tag.`a.b` ASC"),
        ("Created DESC", "attribute.`start_time` DESC"),
        ("attributes.run_name", "attribute.`run_name` ASC"),
        ("tags.order desc", "tag.`order` DESC"),
    ] {
        assert_eq!(order(&[source]), canonical, "{source}");
    }
}
