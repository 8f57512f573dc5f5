//! Where a filter is wrong, for whoever is typing it.

use std::ops::Range;

use super::dialect::RUNS;
use super::error::SearchError;
use super::lexer::tokens;
use super::parser::parse_filter;

/// A mistake in a filter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    pub error: SearchError,
    /// The clause that is wrong, in characters of the filter; all of it where no clause is to blame alone.
    pub span: Range<usize>,
}

/// Looks for a mistake in a filter of runs.
pub fn find_mistake(filter: &str) -> Option<Mistake> {
    let whole = parse_filter(&RUNS, filter).err()?;
    let found = clauses(filter).into_iter().find_map(|clause| {
        let error = parse_filter(&RUNS, filter.get(clause.clone())?).err()?;
        Some((error, clause))
    });
    let (error, span) = found.unwrap_or((whole, 0..filter.len()));
    let characters = |at: usize| filter.get(..at).map_or(0, |before| before.chars().count());
    Some(Mistake { error, span: characters(span.start)..characters(span.end) })
}

/// What stands between the words `AND`, in bytes. MLflow takes two of them that follow each other for one.
fn clauses(filter: &str) -> Vec<Range<usize>> {
    let tokens = tokens(filter);
    let mut clauses = Vec::new();
    for part in tokens.split_inclusive(|token| token.is_word("and")) {
        let own = match part.split_last() {
            Some((last, before)) if last.is_word("and") && !before.is_empty() => before,
            _ => part,
        };
        if let (Some(first), Some(last)) = (own.first(), own.last()) {
            clauses.push(first.start..last.end());
        }
    }
    clauses
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clause_that_is_wrong_is_found() {
        let marked = |filter: &str| {
            find_mistake(filter)
                .map(|mistake| filter.chars().skip(mistake.span.start).take(mistake.span.len()).collect::<String>())
        };
        assert_eq!(marked("metrics.`ü/loss` < 1 and params.lr = '1'"), None);
        for (filter, wrong) in [
            ("metrics.ü < 1 and params.lr = 1", "params.lr = 1"),
            ("metrics.loss >", "metrics.loss >"),
            ("metrics.`ü` > 1 AND metric.b ~ 3 AND params.c = 'x'", "metric.b ~ 3"),
            ("params.a = 'x' and or and params.b = 'y'", "or"),
        ] {
            assert_eq!(marked(filter).as_deref(), Some(wrong), "{filter}");
        }
    }
}
