//! Reads a filter of MLflow's: comparisons joined by an optional `AND`. No grouping, no `OR`, so nothing here recurses. The
//! comparisons are also those of our own grammar, which [`super::formula_parser`] reads.

use winnow::combinator::{alt, opt, preceded};
use winnow::error::EmptyError;
use winnow::prelude::*;
use winnow::token::{any, take};

use super::ast::{Aggregate, Comparison, Filter, Test};
use super::dialect::{Dialect, Place};
use super::error::{SearchError, cut, quoted_list};
use super::lexer::{Kind, Token, tokens};
use super::literal::{list, literal};

/// The longest filter taken, in bytes.
pub(super) const LONGEST_FILTER: usize = 64 * 1024;

/// SQLite joins at most 64 tables, and each comparison and order key may need one.
pub(super) const MOST_COMPARISONS: usize = 40;

/// How many clauses an error message repeats.
const MOST_QUOTED_CLAUSES: usize = 8;

/// Parses a filter. The empty text is the empty filter, which everything matches.
pub(super) fn parse_filter(dialect: &Dialect, source: &str) -> Result<Filter, SearchError> {
    if source.is_empty() {
        return Ok(Filter::default());
    }
    check_text("filter", source, LONGEST_FILTER)?;
    let tokens = tokens(source);
    if tokens.is_empty() {
        return Err(SearchError::new(format!("Invalid filter '{}'. Could not be parsed.", cut(source))));
    }
    let clauses = clauses(source, &tokens)?;
    if clauses.len() > MOST_COMPARISONS {
        return Err(SearchError::new(format!(
            "The filter has {} comparisons; at most {MOST_COMPARISONS} are allowed. Split it into several searches.",
            clauses.len()
        )));
    }
    clauses.iter().map(|clause| comparison(dialect, clause, None)).collect::<Result<_, _>>().map(Filter)
}

/// Refuses a text that is too long or that no database stores.
pub(super) fn check_text(what: &str, source: &str, longest: usize) -> Result<(), SearchError> {
    if source.len() > longest {
        let length = source.len();
        return Err(SearchError::new(format!(
            "The {what} is {length} bytes long; at most {longest} are allowed. Shorten it."
        )));
    }
    if source.contains('\0') {
        return Err(SearchError::new(format!("The {what} contains the character U+0000. Remove it.")));
    }
    Ok(())
}

/// A comparison as it is written.
pub(super) struct Clause<'t> {
    aggregate: Aggregate,
    pub(super) left: &'t Token<'t>,
    /// In upper case, with single blanks.
    pub(super) comparator: String,
    pub(super) right: Right<'t>,
}

impl Clause<'_> {
    /// How many tokens its list has, if its right side is one.
    pub(super) fn length(&self) -> usize {
        if let Right::List(tokens) = self.right { tokens.len() } else { 0 }
    }
}

pub(super) enum Right<'t> {
    /// Nothing, after `IS NULL`.
    Nothing,
    One(&'t Token<'t>),
    List(&'t [Token<'t>]),
}

/// Cuts the tokens into clauses; whatever is neither a clause nor `AND` is named in the error.
pub(super) fn clauses<'t>(source: &str, all: &'t [Token<'t>]) -> Result<Vec<Clause<'t>>, SearchError> {
    let mut clauses = Vec::new();
    let mut invalid = Vec::new();
    let mut rest = all;
    while let [first, tail @ ..] = rest {
        if first.is_word("AND") {
            rest = tail;
        } else if let Ok((behind, clause)) = clause.parse_peek(rest) {
            clauses.push(clause);
            rest = behind;
        } else {
            let length = if let Kind::Open(distance) = first.kind { distance } else { 0 };
            let end = rest.get(length).map_or(first.end(), Token::end);
            invalid.push(cut(source.get(first.start..end).unwrap_or(first.text)));
            rest = rest.get(length + 1..).unwrap_or_default();
        }
    }
    if invalid.is_empty() {
        return Ok(clauses);
    }
    let more = if invalid.len() > MOST_QUOTED_CLAUSES { ", …" } else { "" };
    let quoted = quoted_list(invalid.iter().take(MOST_QUOTED_CLAUSES).map(String::as_str));
    Err(SearchError::new(format!("Invalid clause(s) in filter string: {quoted}{more}")))
}

type Parsed<T> = Result<T, EmptyError>;
pub(super) type Input<'t> = &'t [Token<'t>];

fn clause<'t>(input: &mut Input<'t>) -> Parsed<Clause<'t>> {
    (operand, tail)
        .map(|(left, (comparator, right))| Clause { aggregate: Aggregate::Last, left, comparator, right })
        .parse_next(input)
}

/// A comparison of our own grammar, which may look at the greatest or the least value of a metric.
pub(super) fn own_clause<'t>(input: &mut Input<'t>) -> Parsed<Clause<'t>> {
    let whole = operand.map(|left| (Aggregate::Last, left));
    (alt((aggregate, whole)), tail)
        .map(|((aggregate, left), (comparator, right))| Clause { aggregate, left, comparator, right })
        // It is the word that joins, behind a value that is still to be written.
        .verify(|clause| !matches!(clause.right, Right::One(word) if word.is_word("AND") || word.is_word("OR")))
        .parse_next(input)
}

/// `max(metrics.loss)` and the like.
pub(super) fn aggregate<'t>(input: &mut Input<'t>) -> Parsed<(Aggregate, &'t Token<'t>)> {
    let function = any.verify_map(|token: Token<'t>| {
        (token.kind == Kind::Identifier).then(|| Aggregate::parse(token.text)).flatten()
    });
    let key = parentheses.verify_map(|inside: &'t [Token<'t>]| if let [key] = inside { Some(key) } else { None });
    (function, key).parse_next(input)
}

/// What follows the left side.
fn tail<'t>(input: &mut Input<'t>) -> Parsed<(String, Right<'t>)> {
    let null = preceded(word("IS"), (opt(word("NOT")), word("NULL")))
        .map(|(not, _)| (if not.is_some() { "IS NOT NULL" } else { "IS NULL" }.to_owned(), Right::Nothing));
    let within = (opt(word("NOT")), word("IN"), parentheses)
        .map(|(not, _, list)| (if not.is_some() { "NOT IN" } else { "IN" }.to_owned(), Right::List(list)));
    let value = alt((operand.map(Right::One), parentheses.map(Right::List)));
    alt((null, within, (comparator, value))).parse_next(input)
}

fn operand<'t>(input: &mut Input<'t>) -> Parsed<&'t Token<'t>> {
    let [token, ..] = *input else { return Err(EmptyError) };
    match token.kind {
        Kind::Identifier | Kind::Unquoted | Kind::Text | Kind::Number => {
            any.parse_next(input)?;
            Ok(token)
        }
        Kind::Operator | Kind::Open(_) | Kind::Close | Kind::Comma | Kind::Other => Err(EmptyError),
    }
}

fn comparator(input: &mut Input<'_>) -> Parsed<String> {
    let symbol = any.verify(|token: &Token<'_>| token.kind == Kind::Operator);
    let name = alt((word("LIKE"), word("ILIKE"), word("RLIKE"), word("REGEXP")));
    alt((
        symbol.map(|token: Token<'_>| token.text.to_owned()),
        (opt(word("NOT")), name)
            .map(|(not, name)| format!("{}{}", if not.is_some() { "NOT " } else { "" }, name.text.to_uppercase())),
    ))
    .parse_next(input)
}

fn word<'t>(word: &'static str) -> impl Parser<Input<'t>, Token<'t>, EmptyError> {
    any.verify(move |token: &Token<'t>| token.is_word(word))
}

/// Takes a balanced pair of parentheses and returns what is between them.
fn parentheses<'t>(input: &mut Input<'t>) -> Parsed<&'t [Token<'t>]> {
    let opening = any.parse_next(input)?;
    let Kind::Open(distance @ 1..) = opening.kind else { return Err(EmptyError) };
    let inside = take(distance - 1).parse_next(input)?;
    any.parse_next(input)?;
    Ok(inside)
}

/// Gives a clause its meaning. `now` is what the word means in it, in milliseconds since the epoch, where the grammar has
/// the word.
pub(super) fn comparison(dialect: &Dialect, clause: &Clause<'_>, now: Option<i64>) -> Result<Comparison, SearchError> {
    if clause.left.kind != Kind::Identifier {
        let found = cut(clause.left.text);
        return Err(SearchError::new(format!("Invalid comparison clause. Expected 'Identifier' found '{found}'")));
    }
    let field = dialect.field(clause.left.text, Place::Filter)?.with(clause.aggregate)?;
    let rule = field.rule();
    let test = match clause.right {
        Right::Nothing if !rule.nulls => {
            let (entity, key) = (field.entity.name(), cut(field.key()));
            let supported = dialect.null_tests;
            return Err(SearchError::new(format!(
                "IS NULL / IS NOT NULL is only supported for {supported}, not for '{entity}' '{key}'"
            )));
        }
        Right::Nothing if clause.comparator == "IS NULL" => Test::IsNull,
        Right::Nothing => Test::IsNotNull,
        Right::List(tokens) => {
            let values = list(&field, tokens, now)?;
            match clause.comparator.as_str() {
                "IN" => Test::In(values),
                "NOT IN" => Test::NotIn(values),
                other => return Err(rule.refuse(other)),
            }
        }
        Right::One(token) => {
            let value = literal(&field, token, now)?;
            Test::Compare(rule.operator(&clause.comparator)?, value)
        }
    };
    Ok(Comparison { field, test })
}
