//! Reads a filter of logged models.
//!
//! Its comparisons look like those of runs, but their vocabulary and messages are MLflow's own for logged models: entities are
//! named in the plural, and a value may stand without quotes.

use runledger_domain::LoggedModelStatus;

use super::ast::{Literal, Operator, Test};
use super::dialect::strip;
use super::error::{SearchError, cut, quoted_list};
use super::lexer::{Kind, Token, tokens};
use super::parser::{Clause, LONGEST_FILTER, MOST_COMPARISONS, Right, check_text, clauses};

/// A comparison with its meaning.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Comparison {
    pub(super) subject: Subject,
    pub(super) test: Test,
}

/// What a comparison looks at.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Subject {
    Attribute(&'static Attribute),
    Metric(String),
    Param(String),
    Tag(String),
}

/// A column that a filter or an order may name.
#[derive(Debug, PartialEq)]
pub(super) struct Attribute {
    /// Its name, then its aliases.
    pub(super) names: &'static [&'static str],
    pub(super) column: &'static str,
    pub(super) kind: AttributeKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AttributeKind {
    Text,
    /// Milliseconds since the epoch.
    Time,
    /// An integer written as text.
    Id,
    /// A status by its short name.
    Status,
}

const STRINGS: &[&str] = &["=", "!=", "LIKE", "ILIKE", "IN", "NOT IN"];
const NUMBERS: &[&str] = &["<", "<=", ">", ">=", "=", "!="];
const EQUALITY: &[&str] = &["=", "!=", "IN", "NOT IN"];
const OPERATORS: [Operator; 8] = [
    Operator::Equal,
    Operator::NotEqual,
    Operator::Greater,
    Operator::GreaterOrEqual,
    Operator::Less,
    Operator::LessOrEqual,
    Operator::Like,
    Operator::Ilike,
];
/// The most values in a list; a database binds about 32 000 parameters to a statement.
const MOST_VALUES: usize = 10_000;

static ATTRIBUTES: [Attribute; 9] = [
    attribute(&["model_id"], "m.model_id", AttributeKind::Text),
    attribute(&["name"], "m.name", AttributeKind::Text),
    attribute(&["model_type"], "m.model_type", AttributeKind::Text),
    attribute(&["status"], "m.status", AttributeKind::Status),
    attribute(&["source_run_id"], "m.source_run_id", AttributeKind::Text),
    attribute(&["artifact_location"], "m.artifact_uri", AttributeKind::Text),
    attribute(&["experiment_id"], "m.experiment_id", AttributeKind::Id),
    attribute(
        &["creation_timestamp_ms", "creation_time", "creation_timestamp"],
        "m.creation_time",
        AttributeKind::Time,
    ),
    attribute(
        &["last_updated_timestamp_ms", "last_updated_timestamp", "last_updated_time"],
        "m.last_update_time",
        AttributeKind::Time,
    ),
];

const fn attribute(names: &'static [&'static str], column: &'static str, kind: AttributeKind) -> Attribute {
    Attribute { names, column, kind }
}

impl Attribute {
    /// Finds an attribute by one of its names.
    pub(super) fn find(name: &str) -> Option<&'static Self> {
        ATTRIBUTES.iter().find(|attribute| attribute.names.contains(&name))
    }
}

/// Parses a filter. The empty text is the empty filter, which everything matches.
pub(super) fn parse(source: &str) -> Result<Vec<Comparison>, SearchError> {
    check_text("filter", source, LONGEST_FILTER)?;
    let tokens = tokens(source);
    let clauses = clauses(source, &tokens).map_err(|_not_comparisons| {
        SearchError::new(format!(
            "Invalid filter string: {}. Expected a list of comparisons separated by 'AND' (e.g. 'metrics.loss > 0.1 AND \
             params.lr = 0.01').",
            quoted(source)
        ))
    })?;
    if clauses.len() > MOST_COMPARISONS {
        return Err(SearchError::new(format!(
            "The filter has {} comparisons; at most {MOST_COMPARISONS} are allowed. Split it into several searches.",
            clauses.len()
        )));
    }
    clauses.iter().map(comparison).collect()
}

fn comparison(clause: &Clause<'_>) -> Result<Comparison, SearchError> {
    let (left, comparator) = (clause.left.text, clause.comparator.as_str());
    if matches!(clause.right, Right::Nothing) {
        return Err(SearchError::new(format!(
            "Invalid comparison: {}{comparator}. Expected a comparison with 3 tokens.",
            cut(left)
        )));
    }
    let subject = subject(left)?;
    let (name, allowed) = match &subject {
        Subject::Attribute(attribute) => {
            let name = attribute.names.first().copied().unwrap_or_default();
            let allowed = match attribute.kind {
                AttributeKind::Text => STRINGS,
                AttributeKind::Time => NUMBERS,
                AttributeKind::Id | AttributeKind::Status => EQUALITY,
            };
            (format!("attributes.{name}"), allowed)
        }
        Subject::Metric(key) => (format!("metrics.{key}"), NUMBERS),
        Subject::Param(key) => (format!("params.{key}"), STRINGS),
        Subject::Tag(key) => (format!("tags.{key}"), STRINGS),
    };
    if !allowed.contains(&comparator) {
        return Err(SearchError::new(format!(
            "Invalid comparison operator for {}: {}. Expected one of ({}).",
            cut(&name),
            quoted(comparator),
            quoted_list(allowed.iter().copied())
        )));
    }
    let operator = OPERATORS.into_iter().find(|operator| operator.symbol() == comparator);
    let test = match (&clause.right, operator) {
        (Right::One(token), Some(operator)) => Test::Compare(operator, literal(&subject, &name, token)?),
        (Right::List(tokens), None) => {
            let values = list(&subject, &name, tokens)?;
            if comparator == "IN" { Test::In(values) } else { Test::NotIn(values) }
        }
        _ => {
            return Err(SearchError::new(format!(
                "Invalid comparison of {} with {comparator}: a list goes with IN and NOT IN, a single value with the other \
                 operators.",
                cut(&name)
            )));
        }
    };
    Ok(Comparison { subject, test })
}

/// Reads what stands on the left, such as `metrics.loss` or `name`.
fn subject(left: &str) -> Result<Subject, SearchError> {
    let (entity, key) = match left.split_once('.') {
        Some((entity, key)) if !entity.is_empty() && entity.bytes().all(|byte| byte.is_ascii_lowercase()) => {
            (entity, key)
        }
        _ => ("attributes", left),
    };
    let key = strip(strip(key, &['\'', '"']), &['`']);
    Ok(match entity {
        "attributes" => Subject::Attribute(Attribute::find(key).ok_or_else(|| {
            let valid = quoted_list(ATTRIBUTES.iter().filter_map(|attribute| attribute.names.first().copied()));
            SearchError::new(format!("Invalid attribute {}. Expected one of [{valid}].", quoted(key)))
        })?),
        "metrics" => Subject::Metric(key.to_owned()),
        "params" => Subject::Param(key.to_owned()),
        "tags" => Subject::Tag(key.to_owned()),
        other => {
            return Err(SearchError::new(format!(
                "Invalid entity type: {}. Expected one of ['attributes', 'metrics', 'params', 'tags'].",
                quoted(other)
            )));
        }
    })
}

fn literal(subject: &Subject, name: &str, token: &Token<'_>) -> Result<Literal, SearchError> {
    let bare = strip(token.text, &['\'', '"']);
    match subject {
        Subject::Metric(_) | Subject::Attribute(Attribute { kind: AttributeKind::Time, .. }) => {
            let integer = bare.parse().map(Literal::Integer).ok();
            let number = integer.or_else(|| bare.parse().map(Literal::Float).ok());
            number.filter(|_| token.kind == Kind::Number).ok_or_else(|| {
                let (name, found) = (cut(name), quoted(token.text));
                SearchError::new(format!("Expected a number to compare {name} with. Found {found}."))
            })
        }
        Subject::Attribute(Attribute { kind: AttributeKind::Id, .. }) => {
            bare.trim().parse().map(Literal::Integer).map_err(|_not_an_integer| {
                let bare = cut(bare);
                SearchError::new(format!("Invalid experiment ID '{bare}'. Experiment ID must be a valid integer."))
            })
        }
        Subject::Attribute(Attribute { kind: AttributeKind::Status, .. }) => {
            status(bare).map(|status| Literal::Text(status.as_str().to_owned()))
        }
        Subject::Attribute(_) | Subject::Param(_) | Subject::Tag(_) => Ok(Literal::Text(bare.to_owned())),
    }
}

/// Reads the values between the parentheses of `IN ('a', 'b')`.
fn list(subject: &Subject, name: &str, tokens: &[Token<'_>]) -> Result<Vec<Literal>, SearchError> {
    let refuse = || {
        let name = cut(name);
        SearchError::new(format!("Invalid list for {name}. Expected values separated by commas, such as ('a', 'b')."))
    };
    let mut values = Vec::new();
    for (index, token) in tokens.iter().enumerate() {
        match (token.kind, index % 2 == 1) {
            (Kind::Comma, true) => {}
            (Kind::Text | Kind::Identifier | Kind::Number, false) => values.push(literal(subject, name, token)?),
            _ => return Err(refuse()),
        }
    }
    if values.is_empty() || values.len() > MOST_VALUES {
        return Err(refuse());
    }
    Ok(values)
}

fn status(name: &str) -> Result<LoggedModelStatus, SearchError> {
    Ok(match name {
        "UNSPECIFIED" => LoggedModelStatus::Unspecified,
        "PENDING" => LoggedModelStatus::Pending,
        "READY" => LoggedModelStatus::Ready,
        "FAILED" => LoggedModelStatus::UploadFailed,
        other => {
            return Err(SearchError::new(format!(
                "Unknown model status in filter: {}. Expected one of ['UNSPECIFIED', 'PENDING', 'READY', 'FAILED'].",
                quoted(other)
            )));
        }
    })
}

/// As Python shows a text: in the quotes that it does not contain.
fn quoted(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    format!("{quote}{}{quote}", cut(text))
}
