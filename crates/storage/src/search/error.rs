//! What is wrong with a search, in MLflow's words.

use thiserror::Error;

/// A filter, an order or a page token that cannot be used. The text is what MLflow's server says in the same case;
/// the API answers it as `INVALID_PARAMETER_VALUE`.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct SearchError(String);

impl SearchError {
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }
}

/// The longest piece of a request that a message repeats, in characters.
const LONGEST_QUOTE: usize = 200;

/// Shortens a piece of the request, so that a hostile filter does not come back in full.
pub(super) fn cut(text: &str) -> String {
    match text.char_indices().nth(LONGEST_QUOTE) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// Writes names the way Python prints a set, which is how MLflow lists what is allowed: `{'a', 'b'}`.
pub(super) fn python_set<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    format!("{{{}}}", quoted_list(names))
}

/// Writes names the way Python prints the inside of a list: `'a', 'b'`.
pub(super) fn quoted_list<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    names.into_iter().map(|name| format!("'{name}'")).collect::<Vec<_>>().join(", ")
}
