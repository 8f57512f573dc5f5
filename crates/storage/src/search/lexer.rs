//! Cuts a filter or an order clause into tokens. It never fails: what is no token becomes [`Kind::Other`], and the
//! parser names it in its error.

use winnow::ascii::{digit0, digit1};
use winnow::combinator::{alt, not, opt, peek, preceded, repeat, terminated};
use winnow::error::EmptyError;
use winnow::prelude::*;
use winnow::stream::Stream;
use winnow::token::{any, one_of, take, take_till, take_until, take_while};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A keyword or an identifier such as `metrics.loss`, ``tags.`a b` `` or `"Run name"`.
    Identifier,
    /// An identifier with characters that need quotes, such as `metrics.a-b`.
    Unquoted,
    /// A text in single quotes.
    Text,
    Number,
    /// A run of comparison characters, known or not.
    Operator,
    /// A parenthesis; its partner closes after that many more tokens, or never if 0.
    Open(usize),
    Close,
    Comma,
    /// A comment, an unbalanced quote or any other character.
    Other,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Token<'a> {
    pub(super) kind: Kind,
    pub(super) text: &'a str,
    /// Where the text begins in the source, in bytes.
    pub(super) start: usize,
}

impl Token<'_> {
    pub(super) fn is_word(&self, word: &str) -> bool {
        self.kind == Kind::Identifier && self.text.eq_ignore_ascii_case(word)
    }

    pub(super) fn end(&self) -> usize {
        self.start + self.text.len()
    }
}

type Lexed<T> = Result<T, EmptyError>;

/// Takes time and memory linear in the length of `source`.
pub(super) fn tokens(source: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut open = Vec::new();
    let mut rest = source;
    loop {
        rest = rest.trim_start();
        let start = source.len() - rest.len();
        let Ok((kind, text)) = token.parse_next(&mut rest) else { return tokens };
        match kind {
            Kind::Open(_) => open.push(tokens.len()),
            Kind::Close => {
                if let Some(opened) = open.pop() {
                    let distance = tokens.len() - opened;
                    tokens[opened] = Token { kind: Kind::Open(distance), ..tokens[opened] };
                }
            }
            _ => {}
        }
        tokens.push(Token { kind, text, start });
    }
}

fn token<'a>(input: &mut &'a str) -> Lexed<(Kind, &'a str)> {
    alt((
        comment.take().map(|text| (Kind::Other, text)),
        number.take().map(|text| (Kind::Number, text)),
        identifier.with_taken(),
        quoted('\'').take().map(|text| (Kind::Text, text)),
        take_while(1.., ['=', '<', '>', '!', '~']).map(|text| (Kind::Operator, text)),
        '('.take().map(|text| (Kind::Open(0), text)),
        ')'.take().map(|text| (Kind::Close, text)),
        ','.take().map(|text| (Kind::Comma, text)),
        take(1usize).map(|text| (Kind::Other, text)),
    ))
    .parse_next(input)
}

fn comment(input: &mut &str) -> Lexed<()> {
    let line = (alt(("--", "#")), take_till(0.., ['\n', '\r'])).void();
    let block = ("/*", alt(((take_until(0.., "*/"), "*/").void(), repeat(0.., any.void())))).void();
    alt((line, block)).parse_next(input)
}

fn number(input: &mut &str) -> Lexed<()> {
    let mantissa = alt(((digit1, opt(('.', digit0))).void(), ('.', digit1).void()));
    let exponent = opt((one_of(['e', 'E']), opt(one_of(['+', '-'])), digit1));
    terminated((opt('-'), mantissa, exponent), peek(not(one_of(is_bare)))).void().parse_next(input)
}

/// Parts separated by dots; a part is bare or quoted, and may be empty after a dot.
fn identifier(input: &mut &str) -> Lexed<Kind> {
    let first =
        alt((bare, quoted('`').value(Kind::Identifier), quoted('"').value(Kind::Identifier))).parse_next(input)?;
    let part = alt((bare, alt((quoted('`'), quoted('"'), quoted('\''))).value(Kind::Identifier)));
    repeat(0.., preceded('.', opt(part)))
        .fold(|| first, |kind, part| if part == Some(Kind::Unquoted) { Kind::Unquoted } else { kind })
        .parse_next(input)
}

fn bare(input: &mut &str) -> Lexed<Kind> {
    let text = (one_of(is_bare), take_while(0.., |c| is_bare(c) || is_odd(c))).take().parse_next(input)?;
    Ok(if text.contains(is_odd) { Kind::Unquoted } else { Kind::Identifier })
}

fn is_bare(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Characters of keys that MLflow takes in quotes only.
fn is_odd(c: char) -> bool {
    matches!(c, '-' | '/' | ':' | '@' | '#' | '$')
}

/// A quoted text ends at the first quote that is neither doubled nor behind a backslash; those stay in the text as they
/// are. If there is no such quote, the last doubled or backslashed one ends it, so that `'C:\'` is a text.
fn quoted<'a>(quote: char) -> impl Parser<&'a str, &'a str, EmptyError> {
    move |input: &mut &'a str| {
        let body = input.strip_prefix(quote).ok_or(EmptyError)?;
        let mut fallback = None;
        let mut escaped = false;
        let mut chars = body.char_indices().peekable();
        let end = loop {
            match chars.next() {
                Some((at, c)) if c == quote && escaped => (fallback, escaped) = (Some(at), false),
                Some((at, c)) if c == quote => {
                    if chars.next_if(|(_, next)| *next == quote).is_none() {
                        break at;
                    }
                    fallback = Some(at);
                }
                Some((_, c)) => escaped = c == '\\' && quote != '`',
                None => break fallback.ok_or(EmptyError)?,
            }
        };
        Ok(input.next_slice(end + 2 * quote.len_utf8()))
    }
}
