//! Searches must find what a naive evaluation of the same filter and order over the same data finds, on every page.
//!
//! The data is small but awkward: NaN, infinities, missing keys, ties in every column, texts that differ only in case or
//! behind the indexed head, wildcards and quotes. Filters and orders are drawn from a seeded generator.

mod completion;
mod corpus;
mod experiments;
mod formulas;
mod logged_models;
mod oracle;
pub(super) mod registry;

pub(super) use logged_models::logged_models_match_oracle;

use corpus::{Corpus, RunFact};
use formulas::Tree;
use oracle::{Check, SortBy};

use crate::search::{Grammar, Page, RunQuery, ViewType, compile_runs};
use crate::{Db, ReadModel, Value};

/// A difference, or a failure of the database.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// How many generated searches are tried.
const SEARCHES: usize = 800;

/// Loads its own experiments and runs (ids from [`corpus::FIRST_ID`]) and compares searches over them with the oracle; `read_model`
/// stands on `db`.
/// The view tables must exist; other rows in them do no harm.
pub async fn search_matches_oracle(read_model: &ReadModel, db: &dyn Db) -> Result<(), Failure> {
    let mut random = Random(0x5eed);
    let corpus = Corpus::generate(&mut random);
    corpus.load(db).await?;
    for case in 0..SEARCHES {
        let own = case % 2 == 1;
        let (tree, order) = if own {
            (Tree::generate(&mut random, &corpus), SortBy::generate_own(&mut random))
        } else {
            let checks = (0..random.below(4)).map(|_| Tree::Is(Check::generate(&mut random, &corpus))).collect();
            (Tree::All(checks), SortBy::generate(&mut random))
        };
        // Every few cases walk page by page; single rows make every row a page's end.
        let page_size = random.pick(if case % 8 == 0 { &[1, 3] } else { &[7, 40, 1000] });
        let experiments: &[&[i64]] = &[&[0], &[1], &[0, 1], &[2, 0, 1], &[]];
        let search = RunSearch {
            experiments: random.pick(experiments).iter().map(|index| corpus::FIRST_ID + index).collect(),
            view: random.pick(&[ViewType::ActiveOnly, ViewType::ActiveOnly, ViewType::DeletedOnly, ViewType::All]),
            tree,
            order,
            page_size,
            grammar: if own { Grammar::Own { now: 2_000 } } else { Grammar::Mlflow },
        };
        search.compare(db, &corpus).await?;
    }
    experiments::compare(db, &corpus, &mut random).await?;
    completion::finds_what_runs_have(read_model, &corpus).await?;
    largest_search_runs(db).await
}

/// The largest filters and orders that the grammars take must fit into the limits of the database.
async fn largest_search_runs(db: &dyn Db) -> Result<(), Failure> {
    let joins: Vec<String> = (0..38).map(|number| format!("params.k{number} LIKE '%'")).collect();
    let ids = (0..8_000).map(|number| format!("'{number}'")).collect::<Vec<_>>().join(",");
    let ids = [format!("run_id NOT IN ({ids})"), "metrics.m > 0".to_owned()];
    let all = joins.iter().chain(&ids).cloned().collect::<Vec<_>>().join(" AND ");
    let any = joins.iter().chain(&ids[1..]).cloned().collect::<Vec<_>>().join(" OR ");
    let nested = format!("{}{} AND NOT ({any}){}", "(".repeat(30), ids[0], ")".repeat(30));
    let order_by: Vec<String> = (0..20).map(|number| format!("metrics.k{number} DESC")).collect();
    for (filter, grammar) in
        [(&all, Grammar::Mlflow), (&all, Grammar::Own { now: 0 }), (&nested, Grammar::Own { now: 0 })]
    {
        let query = RunQuery {
            experiment_ids: &[corpus::FIRST_ID],
            filter,
            order_by: &order_by,
            view: ViewType::All,
            max_results: 50_000,
            page_token: None,
            grammar,
        };
        let page = compile_runs(&query)?.fetch(db).await?;
        if page.rows.is_empty() == (*filter == nested) {
            return Err("no run has those params".into());
        }
    }
    Ok(())
}

/// One generated search of runs.
struct RunSearch {
    experiments: Vec<i64>,
    view: ViewType,
    tree: Tree,
    order: Vec<SortBy>,
    page_size: usize,
    grammar: Grammar,
}

impl RunSearch {
    async fn compare(&self, db: &dyn Db, corpus: &Corpus) -> Result<(), Failure> {
        let filter = self.tree.text();
        let order_by: Vec<String> = self.order.iter().map(SortBy::text).collect();
        let first = RunQuery {
            experiment_ids: &self.experiments,
            filter: &filter,
            order_by: &order_by,
            view: self.view,
            max_results: self.page_size,
            page_token: None,
            grammar: self.grammar,
        };
        let context = format!("{first:?}");
        let expected: Vec<&RunFact> = self.expected(corpus);
        let mut found = Vec::new();
        let mut token: Option<String> = None;
        loop {
            let query = RunQuery { page_token: token.as_deref(), ..first };
            let page = compile_runs(&query)?.fetch(db).await.map_err(|error| format!("{context}: {error:?}"))?;
            check_page(&page, self.page_size).map_err(|problem| format!("{context}: {problem}"))?;
            found.extend(page.rows);
            token = page.next_page_token;
            if token.is_none() || found.len() > expected.len() {
                break;
            }
        }
        let expected: Vec<Vec<Value>> = expected.into_iter().map(RunFact::columns).collect();
        let found: Vec<Vec<Value>> = found.into_iter().map(|row| normal(row.0)).collect();
        same(&context, &found, &expected)
    }

    fn expected<'c>(&self, corpus: &'c Corpus) -> Vec<&'c RunFact> {
        let seen = |run: &RunFact| match self.view {
            ViewType::ActiveOnly => !run.deleted,
            ViewType::DeletedOnly => run.deleted,
            ViewType::All => true,
        };
        let mut runs: Vec<&RunFact> = corpus
            .runs
            .iter()
            .filter(|run| self.experiments.contains(&run.experiment_id) && seen(run))
            .filter(|run| self.tree.holds(run))
            .collect();
        runs.sort_by(|a, b| oracle::compare(&self.order, a, b));
        runs
    }
}

/// A page is full exactly when it has a successor.
fn check_page(page: &Page, page_size: usize) -> Result<(), String> {
    let full = page.rows.len() == page_size;
    if page.rows.len() > page_size || (page.next_page_token.is_some() && !full) {
        return Err(format!("a page of {} rows, asked for {page_size}", page.rows.len()));
    }
    Ok(())
}

/// SQLite answers booleans as integers; the ninth column of a run is one.
fn normal(mut row: Vec<Value>) -> Vec<Value> {
    if let Some(deleted) = row.get_mut(8)
        && let Value::Int(flag) = *deleted
    {
        *deleted = Value::Bool(flag != 0);
    }
    row
}

fn same(context: &str, found: &[Vec<Value>], expected: &[Vec<Value>]) -> Result<(), Failure> {
    if found == expected {
        return Ok(());
    }
    let at = found.iter().zip(expected).take_while(|(found, expected)| found == expected).count();
    Err(format!(
        "{context}\nfound {} rows, expected {}; first difference at {at}:\n{:?}\n{:?}",
        found.len(),
        expected.len(),
        found.get(at),
        expected.get(at)
    )
    .into())
}

/// A small generator (xorshift), seeded so that a failure repeats.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// A number below `bound`.
    fn below(&mut self, bound: usize) -> usize {
        let bound = u64::try_from(bound).unwrap_or(u64::MAX).max(1);
        usize::try_from((self.next() >> 11) % bound).unwrap_or_default()
    }

    fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }

    fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }
}
