//! Reads `order_by`: one key and an optional direction per clause.

use winnow::Parser as _;

use super::ast::OrderKey;
use super::dialect::{Dialect, Place};
use super::error::{SearchError, cut, quoted_list};
use super::lexer::{Kind, tokens};
use super::parser::{aggregate, check_text};

/// The longest clause taken, in bytes.
const LONGEST_CLAUSE: usize = 4 * 1024;

/// SQLite joins at most 64 tables, and each key may need one.
const MOST_CLAUSES: usize = 20;

/// Parses the clauses of an order. No key may come twice, whatever its direction.
pub(super) fn parse_order(dialect: &Dialect, clauses: &[String]) -> Result<Vec<OrderKey>, SearchError> {
    if clauses.len() > MOST_CLAUSES {
        let length = clauses.len();
        return Err(SearchError::new(format!(
            "`order_by` has {length} clauses; at most {MOST_CLAUSES} are allowed. Leave out the last ones."
        )));
    }
    let mut keys: Vec<OrderKey> = Vec::with_capacity(clauses.len());
    for clause in clauses {
        let key = parse_clause(dialect, clause)?;
        if keys.iter().any(|earlier| earlier.field == key.field) {
            let all = cut(&quoted_list(clauses.iter().map(String::as_str)));
            return Err(SearchError::new(format!("`order_by` contains duplicate fields: [{all}]")));
        }
        keys.push(key);
    }
    Ok(keys)
}

fn parse_clause(dialect: &Dialect, clause: &str) -> Result<OrderKey, SearchError> {
    check_text("order_by clause", clause, LONGEST_CLAUSE)?;
    let unreadable = || SearchError::new(format!("Invalid order_by clause '{}'. Could not be parsed.", cut(clause)));
    let tokens = tokens(clause);
    let (aggregate, key, rest) = match aggregate.parse_peek(tokens.as_slice()) {
        Ok((rest, (aggregate, key))) => (Some(aggregate), key, rest),
        Err(_) => tokens.split_first().map(|(key, rest)| (None, key, rest)).ok_or_else(unreadable)?,
    };
    let direction = match rest {
        [] => None,
        [direction] if direction.kind == Kind::Identifier => Some(direction.text),
        _ => return Err(unreadable()),
    };
    if key.kind != Kind::Identifier {
        return Err(unreadable());
    }
    let descending = match direction {
        None => false,
        Some(word) if word.eq_ignore_ascii_case("asc") => false,
        Some(word) if word.eq_ignore_ascii_case("desc") => true,
        Some(_) => {
            return Err(SearchError::new(format!("Invalid ordering key in order_by clause '{}'.", cut(clause))));
        }
    };
    let field = dialect.field(key.text, Place::Order)?;
    let field = match aggregate {
        None => field,
        Some(aggregate) if field.rule().aggregates => field.with(aggregate)?,
        Some(_) => return Err(unreadable()),
    };
    Ok(OrderKey { field, descending })
}
