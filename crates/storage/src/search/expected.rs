//! What may be written at a place of a filter: what stands before it decides. Keys and values are looked up by the read model.

use runledger_domain::RunStatus;
use std::ops::Range;

use super::ast::{Aggregate, Field, Key};
use super::dialect::{Attribute, Keys, Place, ValueKind, strip};
use super::lexer::{Kind, Token, tokens};
use super::mistake::{Namespace, characters};
use super::own::OWN;

const STATUSES: [RunStatus; 5] =
    [RunStatus::Running, RunStatus::Scheduled, RunStatus::Finished, RunStatus::Failed, RunStatus::Killed];

/// What may stand at the cursor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expected {
    pub what: Expectation,
    /// As much of it as there is already.
    pub typed: String,
    /// What it takes the place of, in characters of the filter; it ends at the cursor.
    pub span: Range<usize>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expectation {
    /// The left side of a comparison.
    Field,
    /// A metric, in the parentheses of `max(…)`.
    Metric,
    /// A value of this param or tag.
    Value(Namespace, String),
    /// One of these words.
    Words(WordKind, Vec<String>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WordKind {
    Operator,
    Value,
    Keyword,
}

/// Where a filter of our own grammar stands after some of its tokens.
enum State<'t> {
    Start,
    /// Behind `max`, before its parenthesis.
    Function,
    Metric,
    MetricEnd(&'t str),
    Operator(&'t str),
    Not(&'t str),
    In(&'t str),
    Value(&'t str),
    Listed(&'t str),
    ListEnd(&'t str),
    Is,
    IsNot,
    Done,
    /// Nothing sensible can follow.
    Lost,
}

/// What may stand at the cursor, a number of characters, of a filter of our own grammar.
pub fn expected_at(filter: &str, cursor: usize) -> Option<Expected> {
    let cursor = filter.char_indices().nth(cursor).map_or(filter.len(), |(at, _)| at);
    let before = filter.get(..cursor)?;
    let tokens = tokens(before);
    let start = partial(before, &tokens);
    let whole = tokens.iter().take_while(|token| token.start < start).count();
    let whole = tokens.get(..whole)?;
    let state = whole.iter().enumerate().fold(State::Start, |state, (index, token)| {
        let opens = matches!(whole.get(index + 1), Some(next) if matches!(next.kind, Kind::Open(_)));
        state.after(token, opens)
    });
    let typed = before.get(start..)?.to_owned();
    Some(Expected { what: state.expectation()?, typed, span: characters(filter, &(start..cursor)) })
}

/// Where the word begins that the cursor is in; at the end where it is in none.
fn partial(before: &str, tokens: &[Token<'_>]) -> usize {
    let is_quote = |token: &Token<'_>| token.kind == Kind::Other && matches!(token.text, "'" | "\"" | "`");
    if let Some(open) = tokens.iter().position(is_quote) {
        // The key that the quote belongs to is a part of the word.
        let quote = tokens.get(open).map_or(before.len(), |token| token.start);
        let owner = open.checked_sub(1).and_then(|at| tokens.get(at));
        return owner.filter(|key| key.end() == quote && key.text.ends_with('.')).map_or(quote, |key| key.start);
    }
    let last = tokens.last().filter(|last| last.end() == before.len());
    let word =
        last.filter(|last| matches!(last.kind, Kind::Identifier | Kind::Unquoted | Kind::Operator | Kind::Number));
    word.map_or(before.len(), |word| word.start)
}

impl<'t> State<'t> {
    /// Where it stands after one more token; `opens` says that a parenthesis follows.
    fn after(self, token: &Token<'t>, opens: bool) -> Self {
        let is = |word: &str| token.is_word(word);
        let (open, close) = (matches!(token.kind, Kind::Open(_)), token.kind == Kind::Close);
        match self {
            _ if token.kind == Kind::Other => Self::Lost,
            Self::Start | Self::Done if is("AND") || is("OR") || is("NOT") || open => Self::Start,
            Self::Start | Self::Done if opens && Aggregate::parse(token.text).is_some() => Self::Function,
            // `AND` may be left out.
            Self::Start | Self::Done if token.kind == Kind::Identifier => Self::Operator(token.text),
            Self::Function if open => Self::Metric,
            Self::Metric if token.kind == Kind::Identifier => Self::MetricEnd(token.text),
            Self::MetricEnd(key) if close => Self::Operator(key),
            Self::Operator(key) if token.kind == Kind::Operator || is("LIKE") || is("ILIKE") => Self::Value(key),
            Self::Operator(_) if is("IS") => Self::Is,
            Self::Operator(key) if is("NOT") => Self::Not(key),
            Self::Operator(key) | Self::Not(key) if is("IN") => Self::In(key),
            Self::In(key) if open => Self::Listed(key),
            Self::Done | Self::Listed(_) | Self::ListEnd(_) if close => Self::Done,
            Self::Listed(key) => Self::ListEnd(key),
            Self::ListEnd(key) if token.kind == Kind::Comma => Self::Listed(key),
            Self::Is if is("NOT") => Self::IsNot,
            Self::Is | Self::IsNot if is("NULL") => Self::Done,
            Self::Value(_) if matches!(token.kind, Kind::Identifier | Kind::Text | Kind::Number | Kind::Unquoted) => {
                Self::Done
            }
            _ => Self::Lost,
        }
    }

    fn expectation(self) -> Option<Expectation> {
        let keywords = |words: &[&str]| Some(words_of(WordKind::Keyword, words));
        match self {
            Self::Start => Some(Expectation::Field),
            Self::Metric => Some(Expectation::Metric),
            Self::Operator(key) => Some(operators(&field(key)?)),
            Self::Not(_) => keywords(&["in"]),
            Self::In(_) | Self::Function => keywords(&["("]),
            Self::Value(key) | Self::Listed(key) => values(field(key)?),
            Self::ListEnd(_) | Self::MetricEnd(_) => keywords(&[")"]),
            Self::Is => keywords(&["null", "not null"]),
            Self::IsNot => keywords(&["null"]),
            Self::Done => keywords(&["and", "or"]),
            Self::Lost => None,
        }
    }
}

fn field(key: &str) -> Option<Field> {
    OWN.field(key, Place::Filter).ok()
}

fn operators(field: &Field) -> Expectation {
    let rule = field.rule();
    let symbols = rule.operators.iter().map(|operator| operator.symbol().to_ascii_lowercase());
    let lists: &[&str] = if rule.lists { &["in", "not in"] } else { &[] };
    let nulls: &[&str] = if rule.nulls { &["is null", "is not null"] } else { &[] };
    let words = symbols.chain(lists.iter().chain(nulls).map(ToString::to_string)).collect();
    Expectation::Words(WordKind::Operator, words)
}

fn values(field: Field) -> Option<Expectation> {
    let namespace = Namespace::of(field.kind());
    match (field.rule().value, field.key) {
        (ValueKind::Moment, _) => Some(words_of(WordKind::Value, &["now-1h", "now-1d", "now-7d", "now-30d"])),
        (ValueKind::Duration, _) => Some(words_of(WordKind::Value, &["1m", "10m", "1h", "1d"])),
        (ValueKind::Text, Key::Name(key)) => namespace.map(|namespace| Expectation::Value(namespace, key)),
        (ValueKind::Text, Key::Column(column)) if column.name() == "status" => {
            let statuses = STATUSES.iter().map(|status| format!("'{}'", status.as_str())).collect();
            Some(Expectation::Words(WordKind::Value, statuses))
        }
        _ => None,
    }
}

fn words_of(kind: WordKind, words: &[&str]) -> Expectation {
    Expectation::Words(kind, words.iter().map(ToString::to_string).collect())
}

/// Every attribute of a run, as a filter names it.
pub(crate) fn attributes() -> impl Iterator<Item = &'static str> {
    let columns = OWN.entities.iter().filter(|entity| entity.words.contains(&"attributes"));
    columns
        .filter_map(|entity| if let Keys::Columns(columns) = &entity.keys { Some(*columns) } else { None })
        .flatten()
        .map(Attribute::name)
}

/// The namespace that the word before a key's first dot names.
pub(crate) fn namespace(word: &str) -> Option<Namespace> {
    let entity = OWN.entities.iter().find(|entity| entity.words.contains(&word))?;
    Namespace::of(entity.kind)
}

/// Takes the quote off the beginning of what is typed, and off its end where it is there already.
pub(crate) fn unquoted(typed: &str) -> &str {
    let quotes = ['\'', '"', '`'];
    let bare = strip(typed, &quotes);
    bare.strip_prefix(quotes).unwrap_or(bare)
}

/// Writes a key as the grammar wants it, in quotes where they are needed; none where it cannot be written.
pub(crate) fn quoted_key(key: &str) -> Option<String> {
    let bare = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
    if !key.is_empty() && key.chars().all(bare) {
        return Some(key.to_owned());
    }
    let quote = ['`', '"', '\''].into_iter().find(|quote| !key.contains(*quote))?;
    Some(format!("{quote}{key}{quote}"))
}

/// Writes a value as the grammar wants it; none where it has both quotes, for which there is no way.
pub(crate) fn quoted_value(value: &str) -> Option<String> {
    let quote = ['\'', '"'].into_iter().find(|quote| !value.contains(*quote))?;
    Some(format!("{quote}{value}{quote}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is expected at the `|`, with what is typed of it.
    fn at(filter: &str) -> Option<(Expectation, String)> {
        let cursor = filter.chars().take_while(|c| *c != '|').count();
        let expected = expected_at(&filter.replace('|', ""), cursor)?;
        let replaced: String = filter.chars().skip(expected.span.start).take(expected.span.len()).collect();
        assert_eq!(replaced, expected.typed);
        Some((expected.what, expected.typed))
    }

    #[test]
    fn fields_are_expected_where_comparisons_begin() {
        for (filter, typed) in [
            ("|", ""),
            ("lo|", "lo"),
            ("metrics.va|", "metrics.va"),
            ("metrics.`val/a|", "metrics.`val/a"),
            ("tags.\"a b|\" = 'x'", "tags.\"a b"),
            ("metrics.ü > 1 and (not pa|", "pa"),
            ("metrics.ü > 1 or |", ""),
            ("params.a in ('x', 'y') and |", ""),
        ] {
            assert_eq!(at(filter), Some((Expectation::Field, typed.to_owned())), "{filter}");
        }
        assert_eq!(at("max(metrics.l|"), Some((Expectation::Metric, "metrics.l".to_owned())));
        assert_eq!(at("metrics.a > 1 and max(|"), Some((Expectation::Metric, String::new())));
    }

    #[test]
    fn values_are_expected_behind_a_comparator() {
        let value =
            |key: &str, typed: &str| Some((Expectation::Value(Namespace::Params, key.to_owned()), typed.to_owned()));
        assert_eq!(at("params.lr = |"), value("lr", ""));
        assert_eq!(at("params.`a b` != 'ad|"), value("a b", "'ad"));
        assert_eq!(at("params.lr = \"|"), value("lr", "\""));
        assert_eq!(at("params.lr not in ('x', |"), value("lr", ""));
        assert_eq!(at("metrics.a > |"), None, "any number");
        let words = |filter: &str| match at(filter) {
            Some((Expectation::Words(kind, words), _)) => (kind, words.join(" ")),
            other => panic!("{filter}: {other:?}"),
        };
        assert_eq!(words("status = |").1, "'RUNNING' 'SCHEDULED' 'FINISHED' 'FAILED' 'KILLED'");
        assert_eq!(words("started > n|"), (WordKind::Value, "now-1h now-1d now-7d now-30d".to_owned()));
        assert_eq!(words("duration < |").1, "1m 10m 1h 1d");
    }

    #[test]
    fn words_are_expected_elsewhere() {
        let words = |filter: &str| match at(filter) {
            Some((Expectation::Words(_, words), typed)) => (words.join(" "), typed),
            other => panic!("{filter}: {other:?}"),
        };
        let metric = "= != > >= < <= in not in is null is not null";
        for (filter, expected, typed) in [
            ("metrics.a |", metric, ""),
            ("max(metrics.a) |", metric, ""),
            ("metrics.a <|", metric, "<"),
            ("status |", "= != like ilike in not in", ""),
            ("params.a is |", "null not null", ""),
            ("params.a is not n|", "null", "n"),
            ("params.a not |", "in", ""),
            ("params.a in |", "(", ""),
            ("params.a in ('x' |", ")", ""),
            ("max(metrics.a |", ")", ""),
            ("metrics.a > 1 |", "and or", ""),
            ("(metrics.a > 1) |", "and or", ""),
            ("params.a = 'x'|", "and or", ""),
        ] {
            assert_eq!(words(filter), (expected.to_owned(), typed.to_owned()), "{filter}");
        }
        for lost in ["nothing.a > |", "= |", "params.a = ~ |", "metrics.a > 1 -- |"] {
            assert_eq!(at(lost), None, "{lost}");
        }
    }

    #[test]
    fn what_is_quoted_is_read_back() {
        for key in ["lr", "a.b", "val/acc", "a b", "it's", "a`b", "日本"] {
            let field = field(&format!("metrics.{}", quoted_key(key).unwrap())).unwrap();
            assert_eq!(field.key(), key);
        }
        assert_eq!(quoted_key("`\"'"), None);
        assert_eq!(quoted_value("it's").as_deref(), Some("\"it's\""));
        assert_eq!((unquoted("'ad"), unquoted("\"a\""), unquoted("a")), ("ad", "a", "a"));
    }
}
