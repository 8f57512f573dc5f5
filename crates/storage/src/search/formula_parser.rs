//! Reads a filter of our own grammar: MLflow's with `OR`, `NOT`, parentheses, aggregates and times from now.
//!
//! `NOT` binds closest, then `AND`, then `OR`. Guarantee: whatever MLflow's grammar takes means the same here.

use std::ops::Range;
use winnow::Parser as _;

use super::ast::Field;
use super::error::{SearchError, cut};
use super::formula::Formula;
use super::lexer::{Kind, Token, tokens};
use super::literal::MOST_VALUES;
use super::own::OWN;
use super::parser::{Clause, LONGEST_FILTER, MOST_COMPARISONS, check_text, comparison, own_clause};

/// How deep parentheses and `NOT` may be nested. The parser recurses as deep, and so do the databases.
const DEEPEST: usize = 32;

/// A filter that reads well.
#[derive(Debug, Default)]
pub(super) struct Read {
    /// What has to hold at once. Empty for the empty filter, which everything matches.
    pub(super) all: Vec<Formula>,
    /// The field of each comparison with its place, in bytes.
    pub(super) fields: Vec<(Field, Range<usize>)>,
}

/// What is wrong, and where, in bytes.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) error: SearchError,
    pub(super) span: Range<usize>,
}

/// Reads a filter. `now` is what the word means in it, in milliseconds since the epoch.
pub(super) fn parse_formula(source: &str, now: i64) -> Result<Read, Fault> {
    check_text("filter", source, LONGEST_FILTER).map_err(|error| Fault { error, span: 0..source.len() })?;
    let tokens = tokens(source);
    if tokens.iter().all(|token| token.is_word("AND")) {
        return Ok(Read::default());
    }
    let mut parser = Parser { source, tokens: &tokens, at: 0, depth: 0, values: 0, now, fields: Vec::new() };
    let formula = parser.any()?;
    match parser.peek() {
        None => Ok(Read { all: formula.conjuncts(), fields: parser.fields }),
        Some(close) => Err(fault("This parenthesis was never opened. Remove it.", &[*close])),
    }
}

struct Parser<'t> {
    source: &'t str,
    tokens: &'t [Token<'t>],
    at: usize,
    depth: usize,
    /// Values in all lists; a statement takes a limited number of parameters.
    values: usize,
    now: i64,
    fields: Vec<(Field, Range<usize>)>,
}

impl<'t> Parser<'t> {
    /// Alternatives, separated by `OR`.
    fn any(&mut self) -> Result<Formula, Fault> {
        let mut parts = vec![self.all()?];
        while let Some(or) = self.take(|token| token.is_word("OR")) {
            if self.peek().is_none_or(ends_sequence) {
                return Err(missing(or, "behind"));
            }
            parts.push(self.all()?);
        }
        Ok(Formula::any(parts))
    }

    /// Comparisons and groups, separated by an `AND` that may be left out. As in MLflow, the filter may begin and end with one.
    fn all(&mut self) -> Result<Formula, Fault> {
        let mut parts = Vec::new();
        loop {
            let begins = self.at == 0;
            let mut joint = None;
            while let Some(and) = self.take(|token| token.is_word("AND")) {
                joint = Some(and);
            }
            match (self.peek(), joint) {
                (_, Some(and)) if parts.is_empty() && !begins => return Err(missing(and, "before")),
                (Some(next), Some(and)) if ends_sequence(next) => return Err(missing(and, "behind")),
                (None, _) if !parts.is_empty() => return Ok(Formula::all(parts)),
                (Some(next), None) if ends_sequence(next) && !parts.is_empty() => return Ok(Formula::all(parts)),
                (Some(next), _) if next.is_word("OR") => return Err(missing(next, "before")),
                _ => parts.push(self.one()?),
            }
        }
    }

    fn one(&mut self) -> Result<Formula, Fault> {
        let Some(first) = self.peek() else {
            let end = self.source.len();
            return Err(Fault { error: SearchError::new("The filter ends too early."), span: end..end });
        };
        if first.kind == Kind::Close {
            return Err(fault("This parenthesis was never opened. Remove it.", &[*first]));
        }
        if !first.is_word("NOT") && !matches!(first.kind, Kind::Open(_)) {
            return self.comparison();
        }
        self.at += 1;
        self.depth += 1;
        if self.depth > DEEPEST {
            let message = format!("Parentheses and NOT are nested more than {DEEPEST} deep. Write the filter flatter.");
            return Err(fault(message, &[*first]));
        }
        let formula = if first.is_word("NOT") {
            if self.peek().is_none_or(|next| ends_sequence(next) || next.is_word("AND")) {
                return Err(missing(first, "behind"));
            }
            Formula::Not(Box::new(self.one()?))
        } else {
            self.group(first)?
        };
        self.depth -= 1;
        Ok(formula)
    }

    fn group(&mut self, open: &Token<'_>) -> Result<Formula, Fault> {
        if let Some(close) = self.peek().filter(|token| token.kind == Kind::Close) {
            return Err(fault("There is nothing between these parentheses. Remove them.", &[*open, *close]));
        }
        if open.kind == Kind::Open(0) {
            return Err(fault("This parenthesis is never closed.", &[*open]));
        }
        let formula = self.any()?;
        match self.take(|token| token.kind == Kind::Close) {
            Some(_) => Ok(formula),
            None => Err(fault("This parenthesis is never closed.", &[*open])),
        }
    }

    fn comparison(&mut self) -> Result<Formula, Fault> {
        let rest = self.tokens.get(self.at..).unwrap_or_default();
        let Ok((behind, clause)) = own_clause.parse_peek(rest) else { return Err(self.unreadable(rest)) };
        let written = rest.get(..rest.len() - behind.len()).unwrap_or_default();
        self.at += written.len();
        let read = self.limits(&clause).and_then(|()| comparison(&OWN, &clause, Some(self.now)));
        let comparison = read.map_err(|error| Fault { error, span: span(written) })?;
        self.fields.push((comparison.field.clone(), clause.left.start..clause.left.end()));
        Ok(Formula::Is(comparison))
    }

    fn limits(&mut self, clause: &Clause<'_>) -> Result<(), SearchError> {
        self.values += clause.length().div_ceil(2);
        if self.values > MOST_VALUES {
            return Err(SearchError::new(format!(
                "The lists have more than {MOST_VALUES} values in all. Split the filter into several."
            )));
        }
        if self.fields.len() == MOST_COMPARISONS {
            return Err(SearchError::new(format!(
                "The filter has more than {MOST_COMPARISONS} comparisons. Split it into several."
            )));
        }
        Ok(())
    }

    /// What to say about the tokens that begin no comparison, up to the next word that ends one.
    fn unreadable(&self, rest: &[Token<'_>]) -> Fault {
        let ends = |token: &Token<'_>| ends_sequence(token) || token.is_word("AND");
        let mut length = 1;
        while let Some(token) = rest.get(length).filter(|token| !ends(token)) {
            length += if let Kind::Open(distance) = token.kind { distance + 1 } else { 1 };
        }
        let written = rest.get(..length.min(rest.len())).unwrap_or_default();
        let hint = if written.iter().any(|token| matches!(token.text, "'" | "\"" | "`")) {
            "A quote is not closed."
        } else {
            "A comparison is a key, a comparator and a value, such as metrics.loss < 0.1."
        };
        let span = span(written);
        let text = cut(self.source.get(span.clone()).unwrap_or_default());
        Fault { error: SearchError::new(format!("Invalid clause(s) in filter string: '{text}'. {hint}")), span }
    }

    fn peek(&self) -> Option<&'t Token<'t>> {
        self.tokens.get(self.at)
    }

    fn take(&mut self, wanted: impl FnOnce(&Token<'t>) -> bool) -> Option<&'t Token<'t>> {
        let token = self.peek().filter(|token| wanted(token))?;
        self.at += 1;
        Some(token)
    }
}

/// Whether the token ends comparisons that are joined by `AND`.
fn ends_sequence(token: &Token<'_>) -> bool {
    token.kind == Kind::Close || token.is_word("OR")
}

fn missing(word: &Token<'_>, place: &str) -> Fault {
    fault(format!("There is no comparison {place} this {}.", word.text), &[*word])
}

fn fault(message: impl Into<String>, tokens: &[Token<'_>]) -> Fault {
    Fault { error: SearchError::new(message), span: span(tokens) }
}

fn span(tokens: &[Token<'_>]) -> Range<usize> {
    let start = tokens.first().map_or(0, |token| token.start);
    start..tokens.last().map_or(start, Token::end)
}
