//! What there is to say about a filter, for whoever is typing it.

use std::ops::Range;

use super::ast::{Field, Key};
use super::dialect::EntityKind;
use super::error::SearchError;
use super::formula_parser::{Fault, parse_formula};

/// A mistake in a filter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    pub error: SearchError,
    /// What is wrong, in characters of the filter.
    pub span: Range<usize>,
}

/// Where keys are looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Namespace {
    Metrics,
    Params,
    Tags,
}

/// A key that a filter names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsedKey {
    pub namespace: Namespace,
    pub key: String,
    /// Where it stands, in characters of the filter.
    pub span: Range<usize>,
}

impl Namespace {
    pub const ALL: [Self; 3] = [Self::Metrics, Self::Params, Self::Tags];

    /// Its word in a filter and its table.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Metrics => "metrics",
            Self::Params => "params",
            Self::Tags => "tags",
        }
    }

    pub(super) fn of(kind: EntityKind) -> Option<Self> {
        match kind {
            EntityKind::Metric => Some(Self::Metrics),
            EntityKind::Param => Some(Self::Params),
            EntityKind::Tag => Some(Self::Tags),
            EntityKind::Attribute | EntityKind::Dataset => None,
        }
    }
}

/// Reads a filter of our own grammar, and tells which keys it names.
pub fn check_filter(filter: &str) -> Result<Vec<UsedKey>, Mistake> {
    // Whether a filter reads well does not depend on the time.
    match parse_formula(filter, 0) {
        Ok(read) => Ok(read.fields.into_iter().filter_map(|(field, span)| used(filter, field, &span)).collect()),
        Err(Fault { error, span }) => Err(Mistake { error, span: characters(filter, &span) }),
    }
}

fn used(filter: &str, field: Field, span: &Range<usize>) -> Option<UsedKey> {
    let namespace = Namespace::of(field.kind())?;
    let Key::Name(key) = field.key else { return None };
    Some(UsedKey { namespace, key, span: characters(filter, span) })
}

/// Turns a range of bytes into one of characters.
pub(super) fn characters(text: &str, span: &Range<usize>) -> Range<usize> {
    let count = |at: usize| text.get(..at).map_or(0, |before| before.chars().count());
    count(span.start)..count(span.end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_is_found() {
        let marked = |filter: &str| {
            check_filter(filter)
                .err()
                .map(|mistake| filter.chars().skip(mistake.span.start).take(mistake.span.len()).collect::<String>())
        };
        assert_eq!(marked("metrics.`ü/loss` < 1 and params.lr = '1'"), None);
        for (filter, wrong) in [
            ("metrics.ü < 1 and params.lr = 1", "params.lr = 1"),
            ("metrics.loss >", "metrics.loss >"),
            ("metrics.`ü` > 1 AND metric.b ~ 3 AND params.c = 'x'", "metric.b ~ 3"),
            ("params.a = 'x' and or and params.b = 'y'", "and"),
            ("params.a = 'x' or", "or"),
            ("(params.a = 'x' or and params.b = 'y')", "and"),
            ("metrics.loss > or metrics.b < 1", "metrics.loss >"),
            ("metrics.a < 1 and (metrics.b > 1 or metrics.c > 1", "("),
            ("metrics.a < 1) and metrics.b > 1", ")"),
            ("metrics.a < 1 and ()", "()"),
            ("not and metrics.a < 1", "not"),
            ("metrics.a < 1 and max(params.b) = 'x'", "max(params.b) = 'x'"),
            ("metrics.a < 1 and params.b = 'x", "params.b = 'x"),
            ("start_time > soon", "start_time > soon"),
            ("status is null", "status is null"),
        ] {
            assert_eq!(marked(filter).as_deref(), Some(wrong), "{filter}");
        }
    }

    #[test]
    fn keys_are_told_with_their_places() {
        let filter = "max(metrics.`ü b`) > 1 or not (params.lr = '1' and status = 'FAILED')";
        let keys = check_filter(filter).unwrap();
        let told: Vec<_> = keys.iter().map(|used| (used.namespace, used.key.as_str(), used.span.clone())).collect();
        assert_eq!(told, [(Namespace::Metrics, "ü b", 4..17), (Namespace::Params, "lr", 31..40)]);
    }
}
