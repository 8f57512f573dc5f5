//! The tokens of a filter with what each is for, for whoever colours it. They are told of any text, also of one that cannot be read.

use std::ops::Range;

use super::ast::Aggregate;
use super::lexer::{Kind, Token, tokens};
use super::parser::LONGEST_FILTER;

/// A piece of a filter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MarkedToken {
    pub mark: Mark,
    /// In characters of the filter.
    pub span: Range<usize>,
}

/// What a token is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// What is compared, such as `metrics.loss`.
    Key,
    /// `and`, `is null`, or a function such as `max`.
    Keyword,
    Operator,
    Value,
    /// A parenthesis or a comma.
    Punctuation,
    /// Nothing that a filter has.
    Other,
}

const WORDS: [&str; 8] = ["AND", "OR", "NOT", "IN", "LIKE", "ILIKE", "IS", "NULL"];

impl Mark {
    pub const ALL: [Self; 6] = [Self::Key, Self::Keyword, Self::Operator, Self::Value, Self::Punctuation, Self::Other];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Key => "key",
            Self::Keyword => "keyword",
            Self::Operator => "operator",
            Self::Value => "value",
            Self::Punctuation => "punctuation",
            Self::Other => "other",
        }
    }
}

/// The tokens of a filter of our own grammar in their order; none of one that is too long to be read at all.
pub fn marked_tokens(filter: &str) -> Vec<MarkedToken> {
    if filter.len() > LONGEST_FILTER {
        return Vec::new();
    }
    let tokens = tokens(filter);
    let mut before = Before::default();
    let (mut bytes, mut characters) = (0, 0);
    let mut character = |at: usize| {
        characters += filter.get(bytes..at).map_or(0, |passed| passed.chars().count());
        bytes = at;
        characters
    };
    let marked = tokens.iter().enumerate().map(|(index, token)| {
        let opens = matches!(tokens.get(index + 1), Some(next) if matches!(next.kind, Kind::Open(_)));
        let mark = before.mark(token, opens);
        MarkedToken { mark, span: character(token.start)..character(token.end()) }
    });
    marked.collect()
}

/// What of the tokens before decides what a word is.
#[derive(Default)]
struct Before {
    /// An operator that wants a value.
    compares: bool,
    /// `IN`, before its parenthesis.
    lists: bool,
    /// The parenthesis of a list is open.
    in_list: bool,
}

impl Before {
    fn mark(&mut self, token: &Token<'_>, opens: bool) -> Mark {
        let Self { compares, lists, in_list } = *self;
        let (mark, after) = match token.kind {
            Kind::Operator => (Mark::Operator, Self { compares: true, ..Self::default() }),
            Kind::Text | Kind::Number => (Mark::Value, Self { in_list, ..Self::default() }),
            Kind::Open(_) => (Mark::Punctuation, Self { in_list: in_list || lists, ..Self::default() }),
            Kind::Close => (Mark::Punctuation, Self::default()),
            Kind::Comma => (Mark::Punctuation, Self { in_list, ..Self::default() }),
            Kind::Other => (Mark::Other, Self { in_list, ..Self::default() }),
            // A text in double quotes, a moment such as `now-7d` or a length such as `10m`.
            Kind::Identifier | Kind::Unquoted if compares || in_list => {
                (Mark::Value, Self { in_list, ..Self::default() })
            }
            Kind::Identifier if WORDS.iter().any(|word| token.is_word(word)) => {
                let compares = token.is_word("LIKE") || token.is_word("ILIKE");
                (Mark::Keyword, Self { compares, lists: token.is_word("IN"), in_list })
            }
            Kind::Identifier if opens && Aggregate::parse(token.text).is_some() => (Mark::Keyword, Self::default()),
            Kind::Identifier | Kind::Unquoted => (Mark::Key, Self::default()),
        };
        *self = after;
        mark
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The tokens with the given mark, as they are written.
    fn marked(filter: &str, mark: Mark) -> Vec<String> {
        let tokens = marked_tokens(filter).into_iter().filter(|token| token.mark == mark);
        tokens.map(|token| filter.chars().skip(token.span.start).take(token.span.len()).collect()).collect()
    }

    #[test]
    fn each_token_is_what_the_grammar_takes_it_for() {
        let filter = "max(metrics.`ü a`) >= -0.5e3 and not (params.o in ('it''s', \"b\") or started > now-7d) AND tags.x is null";
        assert_eq!(marked(filter, Mark::Key), ["metrics.`ü a`", "params.o", "started", "tags.x"]);
        assert_eq!(marked(filter, Mark::Keyword), ["max", "and", "not", "in", "or", "AND", "is", "null"]);
        assert_eq!(marked(filter, Mark::Operator), [">=", ">"]);
        assert_eq!(marked(filter, Mark::Value), ["-0.5e3", "'it''s'", "\"b\"", "now-7d"]);
        assert_eq!(marked(filter, Mark::Punctuation).concat(), "()((,))");
    }

    #[test]
    fn a_word_is_a_key_or_a_value_by_its_place() {
        assert_eq!(marked("params.max = \"or\" and max like 'x'", Mark::Value), ["\"or\"", "'x'"]);
        assert_eq!(marked("params.max = \"or\" and max like 'x'", Mark::Key), ["params.max", "max"]);
        assert_eq!(marked("duration < 1.5h", Mark::Value), ["1.5h"]);
    }

    #[test]
    fn what_cannot_be_read_has_tokens_too() {
        assert_eq!(marked("metrics.a << 'open ∧ 日", Mark::Key), ["metrics.a", "open", "日"]);
        assert_eq!(marked("metrics.a << 'open ∧ 日", Mark::Other), ["'", "∧"]);
        assert_eq!(marked_tokens(&"x".repeat(LONGEST_FILTER + 1)), []);
        assert_eq!(marked_tokens("  "), []);
    }
}
