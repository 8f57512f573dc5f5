//! A filter with `OR`, `NOT` and parentheses, and its canonical text.

use std::fmt::{Display, Formatter, Result};

use super::ast::{Comparison, Filter};

/// A comparison or several, put together. A run fits or does not, there is nothing between: `NOT` holds exactly where what
/// follows it does not.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Formula {
    Is(Comparison),
    /// At least two, none of which is itself `All`.
    All(Vec<Formula>),
    /// At least two, none of which is itself `Any`.
    Any(Vec<Formula>),
    Not(Box<Formula>),
}

impl Formula {
    /// All of the parts.
    pub(super) fn all(parts: Vec<Self>) -> Self {
        join(parts, Self::All, |part| if let Self::All(inner) = part { Ok(inner) } else { Err(part) })
    }

    /// Any of the parts.
    pub(super) fn any(parts: Vec<Self>) -> Self {
        join(parts, Self::Any, |part| if let Self::Any(inner) = part { Ok(inner) } else { Err(part) })
    }

    /// What has to hold at once, each by itself.
    pub(super) fn conjuncts(self) -> Vec<Self> {
        if let Self::All(parts) = self { parts } else { vec![self] }
    }
}

impl From<Filter> for Vec<Formula> {
    fn from(Filter(comparisons): Filter) -> Self {
        comparisons.into_iter().map(Formula::Is).collect()
    }
}

fn join(
    parts: Vec<Formula>,
    several: fn(Vec<Formula>) -> Formula,
    open: fn(Formula) -> std::result::Result<Vec<Formula>, Formula>,
) -> Formula {
    let mut flat = Vec::with_capacity(parts.len());
    for part in parts {
        match open(part) {
            Ok(inner) => flat.extend(inner),
            Err(part) => flat.push(part),
        }
    }
    match flat.pop() {
        Some(only) if flat.is_empty() => only,
        last => {
            flat.extend(last);
            several(flat)
        }
    }
}

impl Display for Formula {
    fn fmt(&self, out: &mut Formatter<'_>) -> Result {
        match self {
            Self::Is(comparison) => write!(out, "{comparison}"),
            Self::All(parts) => write_joined(out, parts, " AND "),
            Self::Any(parts) => write_joined(out, parts, " OR "),
            Self::Not(part) => {
                out.write_str("NOT ")?;
                write_part(out, part)
            }
        }
    }
}

fn write_joined(out: &mut Formatter<'_>, parts: &[Formula], separator: &str) -> Result {
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            out.write_str(separator)?;
        }
        write_part(out, part)?;
    }
    Ok(())
}

fn write_part(out: &mut Formatter<'_>, part: &Formula) -> Result {
    match part {
        Formula::Is(_) | Formula::Not(_) => write!(out, "{part}"),
        Formula::All(_) | Formula::Any(_) => write!(out, "({part})"),
    }
}
