//! Reads the value on the right of a comparison, and says in MLflow's words why it does not fit.

use super::ast::{Field, Key, Literal};
use super::dialect::{Attribute, EntityKind, Keys, ValueKind, Words, strip};
use super::error::{SearchError, cut, python_set, quoted_list};
use super::lexer::{Kind, Token};
use super::time::{duration, moment};

/// The most values in a list; a database binds about 32 000 parameters to a statement.
pub(super) const MOST_VALUES: usize = 10_000;

/// Reads one value for the field. `now` is what the word means in it, where the grammar has the word.
pub(super) fn literal(field: &Field, token: &Token<'_>, now: Option<i64>) -> Result<Literal, SearchError> {
    let time = |read: Option<i64>| number(token).or_else(|| read.map(Literal::Integer));
    let number = match field.rule().value {
        ValueKind::Number | ValueKind::Integer => number(token),
        ValueKind::Moment => time(now.and_then(|now| moment(token.text, now))),
        ValueKind::Duration => time(duration(token.text)),
        ValueKind::Text => return text(field, token).map(|text| Literal::Text(text.to_owned())),
        ValueKind::QuotedInteger => return text(field, token).and_then(integer).map(Literal::Integer),
        ValueKind::AnyInteger => return any_integer(field, token).map(Literal::Integer),
    };
    number.ok_or_else(|| expected_number(field, token.text))
}

fn any_integer(field: &Field, token: &Token<'_>) -> Result<i64, SearchError> {
    let text = if token.kind == Kind::Number { token.text } else { text(field, token)? };
    text.trim().parse().map_err(|_not_an_integer| {
        let (name, value) = (field.key(), cut(token.text));
        SearchError::new(format!("Invalid value for numeric attribute '{name}': {value}"))
    })
}

fn number(token: &Token<'_>) -> Option<Literal> {
    if token.kind != Kind::Number {
        return None;
    }
    let integer = token.text.parse().map(Literal::Integer).ok();
    integer.or_else(|| token.text.parse().map(Literal::Float).ok())
}

fn expected_number(field: &Field, found: &str) -> SearchError {
    let found = cut(found);
    SearchError::new(match &field.key {
        Key::Name(_) => format!("Expected numeric value type for metric. Found {found}"),
        Key::Column(attribute) => {
            let name = attribute.name();
            let hint = match attribute.rule.value {
                ValueKind::Moment => ". Write milliseconds since the epoch, or a time from now such as now-7d.",
                ValueKind::Duration => ". Write milliseconds, or a time in s, m, h, d or w such as 10m.",
                _ => "",
            };
            format!("Expected numeric value type for numeric attribute: {name}. Found {found}{hint}")
        }
    })
}

fn text<'a>(field: &Field, token: &Token<'a>) -> Result<&'a str, SearchError> {
    let bare = strip(token.text, &['\'', '"']);
    match token.kind {
        Kind::Text => Ok(bare),
        Kind::Identifier if bare.len() < token.text.len() => Ok(bare),
        Kind::Identifier | Kind::Unquoted => Err(SearchError::new(format!(
            "Parameter value is either not quoted or unidentified quote types used for string value {}. Use either single or double quotes.",
            cut(token.text)
        ))),
        Kind::Number | Kind::Operator | Kind::Open(_) | Kind::Close | Kind::Comma | Kind::Other => {
            Err(expected_text(field, token.text))
        }
    }
}

fn expected_text(field: &Field, found: &str) -> SearchError {
    let found = cut(found);
    SearchError::new(match field.kind() {
        EntityKind::Attribute if field.rule().words == Words::Registry => {
            let attributes = if let Keys::Columns(attributes) = field.entity.keys { attributes } else { &[] };
            let numeric = attributes.iter().filter(|attribute| attribute.rule.value == ValueKind::AnyInteger);
            match numeric.map(Attribute::name).collect::<Vec<_>>().as_slice() {
                [] => format!(
                    "Expected a quoted string value or a list of quoted string values for attributes. Got value {found}"
                ),
                names => {
                    let names = python_set(names.iter().copied());
                    format!("Only the '{names}' attributes support comparison with numeric values.")
                }
            }
        }
        EntityKind::Attribute => format!("Expected a quoted string value for attributes. Got value {found}"),
        EntityKind::Dataset => format!("Expected a quoted string value for dataset attributes. Got value {found}"),
        EntityKind::Metric | EntityKind::Param | EntityKind::Tag => {
            let entity = field.entity.name();
            format!("Expected a quoted string value for {entity} (e.g. 'my-value'). Got value {found}")
        }
    })
}

fn integer(text: &str) -> Result<i64, SearchError> {
    text.trim().parse().map_err(|_not_an_integer| {
        let text = cut(text);
        SearchError::new(format!("Invalid experiment ID '{text}'. Experiment ID must be a valid integer."))
    })
}

/// Reads the values between the parentheses of `IN ('a', 'b')`.
pub(super) fn list(field: &Field, tokens: &[Token<'_>], now: Option<i64>) -> Result<Vec<Literal>, SearchError> {
    let rule = field.rule();
    if !rule.lists {
        return Err(refuse_list(field, tokens));
    }
    if tokens.is_empty() {
        return Err(bad_list("expected a non-empty list of string values, but got empty list"));
    }
    let mut values = Vec::new();
    for (index, token) in tokens.iter().enumerate() {
        let separator = index % 2 == 1;
        match token.kind {
            Kind::Comma if separator => {}
            _ if !separator && is_numeric(rule.value) => values.push(literal(field, token, now)?),
            Kind::Text | Kind::Identifier | Kind::Number if !separator => {
                values.push(list_value(field, token, tokens)?);
            }
            _ => return Err(bad_list("expected a non-empty list of string values, but got ill-formed list.")),
        }
    }
    if values.len() > MOST_VALUES {
        let length = values.len();
        return Err(SearchError::new(format!(
            "The list for '{}' has {length} values; at most {MOST_VALUES} are allowed. Split it into several searches.",
            field.key()
        )));
    }
    Ok(values)
}

fn list_value(field: &Field, token: &Token<'_>, tokens: &[Token<'_>]) -> Result<Literal, SearchError> {
    let quoted = text(field, token).map_err(|_not_quoted| {
        let written = cut(&written(tokens));
        bad_list(&format!(
            "expected string value, punctuation, or whitespace, but got different type in list: {written}"
        ))
    })?;
    match field.rule().value {
        ValueKind::QuotedInteger => integer(quoted).map(Literal::Integer),
        ValueKind::AnyInteger => any_integer(field, token).map(Literal::Integer),
        _ => Ok(Literal::Text(quoted.to_owned())),
    }
}

fn is_numeric(value: ValueKind) -> bool {
    !matches!(value, ValueKind::Text | ValueKind::QuotedInteger | ValueKind::AnyInteger)
}

fn bad_list(problem: &str) -> SearchError {
    SearchError::new(format!("While parsing a list in the query, {problem}"))
}

fn refuse_list(field: &Field, tokens: &[Token<'_>]) -> SearchError {
    let found = written(tokens);
    if is_numeric(field.rule().value) {
        return expected_number(field, &found);
    }
    let Keys::Columns(attributes) = &field.entity.keys else { return expected_text(field, &found) };
    let names = attributes.iter().filter(|attribute| attribute.rule.lists).map(Attribute::name);
    let names = quoted_list(names);
    SearchError::new(format!("Only [{names}] attributes support comparison with a list of quoted string values."))
}

/// Writes the list as it was, but for its blanks.
fn written(tokens: &[Token<'_>]) -> String {
    let mut text = "(".to_owned();
    for token in tokens {
        text.push_str(token.text);
        if token.kind == Kind::Comma {
            text.push(' ');
        }
    }
    text.push(')');
    text
}
