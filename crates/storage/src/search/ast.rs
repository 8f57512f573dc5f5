//! The typed form of a filter and of an order, and their canonical text.
//!
//! The canonical text parses back to the same filter; page tokens carry a digest of it, so that white space and
//! the choice of an alias do not invalidate a token.

use std::fmt::{Display, Formatter, Result};

use super::dialect::{Attribute, Entity, EntityKind, ValueKind};

/// Comparisons that must all hold.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Filter(pub(super) Vec<Comparison>);

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Comparison {
    pub(super) field: Field,
    pub(super) test: Test,
}

/// What a comparison looks at, or what an order sorts by.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Field {
    pub(super) entity: &'static Entity,
    pub(super) key: Key,
    /// Which value of a metric; of anything else, the only one there is.
    pub(super) aggregate: Aggregate,
}

/// Which value of a metric's history is looked at. NaN is neither the least nor the greatest: a history of nothing but NaN
/// has only a last value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Aggregate {
    #[default]
    Last,
    Min,
    Max,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Key {
    /// A known column of the entity.
    Column(&'static Attribute),
    /// A metric, param or tag of that name.
    Name(String),
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Test {
    Compare(Operator, Literal),
    In(Vec<Literal>),
    NotIn(Vec<Literal>),
    IsNull,
    IsNotNull,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Literal {
    Integer(i64),
    Float(f64),
    Text(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Equal,
    NotEqual,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
    Like,
    Ilike,
}

/// One clause of `order_by`.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct OrderKey {
    pub(super) field: Field,
    pub(super) descending: bool,
}

impl Field {
    pub(super) fn kind(&self) -> EntityKind {
        self.entity.kind
    }

    pub(super) fn key(&self) -> &str {
        match &self.key {
            Key::Column(attribute) => attribute.name(),
            Key::Name(name) => name,
        }
    }
}

impl Aggregate {
    const ALL: [Self; 3] = [Self::Last, Self::Min, Self::Max];

    /// Finds the one that a word such as `max` means, in any case.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|aggregate| aggregate.name().eq_ignore_ascii_case(word))
    }

    pub const fn name(self) -> &'static str {
        match self {
            Self::Last => "last",
            Self::Min => "min",
            Self::Max => "max",
        }
    }

    /// The column of `metrics` that holds it.
    pub(crate) const fn column(self) -> &'static str {
        match self {
            Self::Last => "value",
            Self::Min => "min_value",
            Self::Max => "max_value",
        }
    }
}

impl Operator {
    pub(super) const fn symbol(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::NotEqual => "!=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Like => "LIKE",
            Self::Ilike => "ILIKE",
        }
    }
}

impl Display for Filter {
    fn fmt(&self, out: &mut Formatter<'_>) -> Result {
        for (index, comparison) in self.0.iter().enumerate() {
            if index > 0 {
                out.write_str(" AND ")?;
            }
            write!(out, "{comparison}")?;
        }
        Ok(())
    }
}

impl Display for Comparison {
    fn fmt(&self, out: &mut Formatter<'_>) -> Result {
        let kind = self.field.rule().value;
        write!(out, "{} ", self.field)?;
        match &self.test {
            Test::Compare(operator, literal) => {
                write!(out, "{} ", operator.symbol())?;
                write_literal(out, literal, kind)
            }
            Test::In(values) => write_list(out, "IN", values, kind),
            Test::NotIn(values) => write_list(out, "NOT IN", values, kind),
            Test::IsNull => out.write_str("IS NULL"),
            Test::IsNotNull => out.write_str("IS NOT NULL"),
        }
    }
}

fn write_list(out: &mut Formatter<'_>, operator: &str, values: &[Literal], kind: ValueKind) -> Result {
    write!(out, "{operator} (")?;
    for (index, value) in values.iter().enumerate() {
        if index > 0 {
            out.write_str(", ")?;
        }
        write_literal(out, value, kind)?;
    }
    out.write_str(")")
}

/// The grammar has no escape: a text is written in the quotes that it does not contain.
fn write_literal(out: &mut Formatter<'_>, literal: &Literal, kind: ValueKind) -> Result {
    match literal {
        Literal::Integer(value) if kind == ValueKind::QuotedInteger => write!(out, "'{value}'"),
        Literal::Integer(value) => write!(out, "{value}"),
        Literal::Float(value) if value.is_infinite() => out.write_str(if *value > 0.0 { "1e999" } else { "-1e999" }),
        // The exponent form keeps the literal a float, and short: 1e300, not three hundred digits.
        Literal::Float(value) => write!(out, "{value:e}"),
        Literal::Text(text) if text.contains('\'') => write!(out, "\"{text}\""),
        Literal::Text(text) => write!(out, "'{text}'"),
    }
}

impl Display for Field {
    fn fmt(&self, out: &mut Formatter<'_>) -> Result {
        let quote = if self.key().contains('`') { '"' } else { '`' };
        let (entity, key) = (self.entity.name(), self.key());
        match self.aggregate {
            Aggregate::Last => write!(out, "{entity}.{quote}{key}{quote}"),
            aggregate => write!(out, "{}({entity}.{quote}{key}{quote})", aggregate.name()),
        }
    }
}

impl Display for OrderKey {
    fn fmt(&self, out: &mut Formatter<'_>) -> Result {
        write!(out, "{} {}", self.field, if self.descending { "DESC" } else { "ASC" })
    }
}
