//! The search of runs as SQL.
//!
//! Metrics, params and tags have one row per run and key. A test that their search index answers becomes a set of runs,
//! `run_no IN (SELECT …)`: SQLite builds each set from the index alone and probes it in memory, PostgreSQL sees through it
//! and plans a join. Any other test is an inner join, which never repeats a run. The first sort key is joined as well, so that
//! a planner may walk its index and stop after a page, or begin with the smallest set and sort.

use super::ast::{Comparison, Field, Key, Operator, OrderKey, Test};
use super::dialect::{EntityKind, RUNS};
use super::error::SearchError;
use super::formula::Formula;
use super::formula_parser::parse_formula;
use super::order::parse_order;
use super::own::OWN;
use super::page::{Part, Search, Select};
use super::parser::parse_filter;
use super::predicate::{column_test, row_test};
use super::run_order::{Stage, add_order, stages};
use super::token::{Cursor, digest, invalid};
use super::{Grammar, ViewType};

/// A search of runs.
#[derive(Clone, Copy, Debug)]
pub struct RunQuery<'a> {
    /// Where to look; with none, nothing is found.
    pub experiment_ids: &'a [i64],
    /// Empty for all.
    pub filter: &'a str,
    /// Empty for the latest start first.
    pub order_by: &'a [String],
    pub view: ViewType,
    /// At least 1; the API bounds it.
    pub max_results: usize,
    pub page_token: Option<&'a str>,
    /// What `filter` and `order_by` are written in.
    pub grammar: Grammar,
}

const COLUMNS: &[&str] = &[
    "r.run_no",
    "r.run_id",
    "r.experiment_id",
    "r.name",
    "r.user_id",
    "r.status",
    "r.start_time",
    "r.end_time",
    "r.deleted",
    "r.artifact_uri",
];

/// Compiles a search of runs. Its rows are `run_no`, `run_id`, `experiment_id`, `name`, `user_id`, `status`,
/// `start_time`, `end_time`, `deleted`, `artifact_uri`.
pub fn compile_runs(query: &RunQuery<'_>) -> Result<Search, SearchError> {
    compile(query, COLUMNS)
}

/// Compiles a search of runs whose rows are `run_no` alone, for remembering which runs match and in which order.
pub fn compile_run_numbers(query: &RunQuery<'_>) -> Result<Search, SearchError> {
    compile(query, &COLUMNS[..1])
}

fn compile(query: &RunQuery<'_>, columns: &[&str]) -> Result<Search, SearchError> {
    let (filter, order) = match query.grammar {
        Grammar::Mlflow => (parse_filter(&RUNS, query.filter)?.into(), parse_order(&RUNS, query.order_by)?),
        Grammar::Own { now } => {
            let read = parse_formula(query.filter, now).map_err(|fault| fault.error)?;
            (read.all, parse_order(&OWN, query.order_by)?)
        }
    };
    let digest = digest_of(query, &filter, &order);
    let cursor = Cursor::decode(query.page_token.unwrap_or_default(), &digest)?;

    let stages = stages(order.first(), &filter);
    let from = cursor.as_ref().map_or(0, |cursor| cursor.part);
    if let Some(cursor) = cursor.as_ref().filter(|_| from >= stages.len()) {
        return Err(invalid(cursor));
    }
    let parts = stages.iter().enumerate().skip(from).map(|(index, stage)| {
        let cursor = cursor.as_ref().filter(|_| index == from);
        part(query, columns, &filter, &order, index, *stage, cursor)
    });
    Ok(Search::new(parts.collect::<Result<_, _>>()?, columns.len(), query.max_results, digest))
}

fn digest_of(query: &RunQuery<'_>, filter: &[Formula], order: &[OrderKey]) -> String {
    let filter: Vec<String> = filter.iter().map(ToString::to_string).collect();
    let order: Vec<String> = order.iter().map(ToString::to_string).collect();
    let ids: Vec<String> = query.experiment_ids.iter().map(ToString::to_string).collect();
    digest(&["runs", &filter.join(" AND "), &order.join(","), &ids.join(","), query.view.name()])
}

fn part(
    query: &RunQuery<'_>,
    columns: &[&str],
    filter: &[Formula],
    order: &[OrderKey],
    index: usize,
    stage: Stage,
    cursor: Option<&Cursor>,
) -> Result<Part, SearchError> {
    let mut select = RunSelect::new(query);
    add_order(&mut select, order, stage);
    let walked = select.joins.first().map_or_else(|| "r".to_owned(), |join| join.alias.clone());
    for formula in filter {
        match formula {
            Formula::Is(comparison) => select.add_comparison(comparison),
            formula => {
                let condition = select.condition(&walked, formula);
                select.select.conditions.push(condition);
            }
        }
    }
    let mut select = select.with_sets(&walked);
    if let Some(cursor) = cursor {
        select.resume(cursor)?;
    }
    Ok(select.finish(columns, index, query.max_results))
}

/// A `SELECT` of runs in the making.
pub(super) struct RunSelect {
    pub(super) select: Select,
    /// What follows `experiment_id`, such as `= $1`.
    pub(super) scope: String,
    joins: Vec<Keyed>,
    sets: Vec<Keyed>,
}

/// The rows of one metric, param or tag within a `SELECT`.
struct Keyed {
    kind: EntityKind,
    key: String,
    alias: String,
    /// The conditions on them, for a set.
    conditions: Vec<String>,
}

impl RunSelect {
    fn new(query: &RunQuery<'_>) -> Self {
        let mut select = Select::new("runs r");
        let scope = match query.experiment_ids {
            [id] => format!("= {}", select.statement.bind(*id)),
            // Integers need no escaping, and the number of parameters is limited.
            [_, ..] => {
                let ids: Vec<String> = query.experiment_ids.iter().map(ToString::to_string).collect();
                format!("IN ({})", ids.join(", "))
            }
            [] => "IN (NULL)".to_owned(),
        };
        select.conditions.push(format!("r.experiment_id {scope}"));
        select.conditions.extend(query.view.condition("r.deleted"));
        Self { select, scope, joins: Vec::new(), sets: Vec::new() }
    }

    /// Joins the row of a metric, param or tag that the run must have, once per key, and returns its alias.
    pub(super) fn join(&mut self, kind: EntityKind, key: &str) -> String {
        if let Some(join) = find(&mut self.joins, kind, key) {
            return join.alias.clone();
        }
        let (table, scope) = (table(kind), &self.scope);
        let alias = format!("j{}", self.joins.len());
        let bound = self.select.statement.bind(key);
        self.select.from.push(format!(
            "JOIN {table} {alias} ON {alias}.run_no = r.run_no AND {alias}.experiment_id {scope} AND {alias}.key = {bound}"
        ));
        self.joins.push(Keyed { kind, key: key.to_owned(), alias: alias.clone(), conditions: Vec::new() });
        alias
    }

    /// Joins the row of a metric, param or tag that the run may have.
    pub(super) fn left_join(&mut self, kind: EntityKind, key: &str, alias: &str) {
        let bound = self.select.statement.bind(key);
        self.select.from.push(format!(
            "LEFT JOIN {} {alias} ON {alias}.run_no = r.run_no AND {alias}.experiment_id {} AND {alias}.key = {bound}",
            table(kind),
            self.scope
        ));
    }

    /// Leaves only runs without that value of a metric, param or tag.
    pub(super) fn add_missing(&mut self, field: &Field) {
        let bound = self.select.statement.bind(field.key());
        let test = row_test(&mut self.select.statement, "x", field, &Test::IsNotNull);
        let test = test.map(|test| format!(" AND {test}")).unwrap_or_default();
        self.select.conditions.push(format!(
            "NOT EXISTS (SELECT 1 FROM {} x WHERE x.run_no = r.run_no AND x.experiment_id {} AND x.key = {bound}{test})",
            table(field.kind()),
            self.scope
        ));
    }

    fn add_keyed(&mut self, field: &Field, test: &Test) {
        let (kind, key) = (field.kind(), field.key());
        let indexed = match test {
            Test::Compare(operator, _) if kind == EntityKind::Metric => *operator != Operator::NotEqual,
            Test::Compare(operator, _) => *operator == Operator::Equal,
            Test::In(_) => true,
            Test::NotIn(_) | Test::IsNull | Test::IsNotNull => false,
        };
        // A key that is joined anyway, as the sort key is, takes the test there: it bounds the index walk.
        let set = indexed && find(&mut self.joins, kind, key).is_none();
        let alias = if set { self.set(kind, key) } else { self.join(kind, key) };
        let condition = row_test(&mut self.select.statement, &alias, field, test);
        match find(&mut self.sets, kind, key).filter(|_| set) {
            Some(set) => set.conditions.extend(condition),
            None => self.select.conditions.extend(condition),
        }
    }

    /// Begins the set of runs that pass the tests on a metric, param or tag, once per key, and returns its alias.
    fn set(&mut self, kind: EntityKind, key: &str) -> String {
        if let Some(set) = find(&mut self.sets, kind, key) {
            return set.alias.clone();
        }
        let alias = format!("s{}", self.sets.len());
        let bound = self.select.statement.bind(key);
        let conditions = vec![format!("{alias}.experiment_id {}", self.scope), format!("{alias}.key = {bound}")];
        self.sets.push(Keyed { kind, key: key.to_owned(), alias: alias.clone(), conditions });
        alias
    }

    /// Ends the sets and returns the `SELECT`. The sets are tested on the row whose index the order walks, so that a run is
    /// looked up only when it passes.
    fn with_sets(mut self, walked: &str) -> Select {
        for Keyed { kind, alias, conditions, .. } in &self.sets {
            let (table, conditions) = (table(*kind), conditions.join(" AND "));
            let set = format!("{walked}.run_no IN (SELECT {alias}.run_no FROM {table} {alias} WHERE {conditions})");
            self.select.conditions.push(set);
        }
        self.select
    }

    fn add_comparison(&mut self, comparison: &Comparison) {
        let kind = comparison.field.kind();
        match (&comparison.field.key, &comparison.test) {
            (Key::Column(attribute), test) => {
                let condition = column_test(&mut self.select.statement, attribute.column, test);
                self.select.conditions.push(match kind {
                    // A run may have several data sets, so this one cannot be a join.
                    EntityKind::Dataset => format!(
                        "r.run_no IN (SELECT d.run_no FROM dataset_inputs d WHERE d.experiment_id {} AND {condition})",
                        self.scope
                    ),
                    _ => condition,
                });
            }
            (Key::Name(_), Test::IsNull) => self.add_missing(&comparison.field),
            (Key::Name(_), test) => self.add_keyed(&comparison.field, test),
        }
    }
}

fn find<'k>(all: &'k mut [Keyed], kind: EntityKind, key: &str) -> Option<&'k mut Keyed> {
    all.iter_mut().find(|keyed| keyed.kind == kind && keyed.key == key)
}

pub(super) fn table(kind: EntityKind) -> &'static str {
    match kind {
        EntityKind::Metric => "metrics",
        EntityKind::Param => "params",
        EntityKind::Tag => "tags",
        EntityKind::Attribute => "runs",
        EntityKind::Dataset => "dataset_inputs",
    }
}
