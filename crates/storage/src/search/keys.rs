//! Sort keys as SQL: the `ORDER BY`, and the condition that picks the rows behind a cursor.

use super::token::KeyValue;
use crate::Statement;

/// One expression of an `ORDER BY`. It is never NULL, so that rows compare the same way in both databases.
#[derive(Clone, Debug)]
pub(super) struct SortKey {
    pub(super) expression: String,
    pub(super) descending: bool,
    pub(super) kind: KeyKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum KeyKind {
    Int,
    Float,
    Text,
}

impl SortKey {
    pub(super) fn new(expression: impl Into<String>, descending: bool, kind: KeyKind) -> Self {
        Self { expression: expression.into(), descending, kind }
    }
}

/// Writes the expressions behind `ORDER BY`.
pub(super) fn order_by(keys: &[SortKey]) -> String {
    let terms = keys.iter().map(|key| format!("{}{}", key.expression, if key.descending { " DESC" } else { "" }));
    terms.collect::<Vec<_>>().join(", ")
}

/// Writes the condition for the rows behind the cursor: greater in the first key, or equal there and greater in the
/// second, and so on. The bound on the first key is repeated in front, where it can begin an index walk.
pub(super) fn after(statement: &mut Statement, keys: &[SortKey], cursor: &[KeyValue]) -> String {
    let mut condition = String::new();
    for (index, (key, value)) in keys.iter().zip(cursor).enumerate().rev() {
        let operator = if key.descending { "<" } else { ">" };
        let (expression, bound) = (&key.expression, statement.bind(value.value()));
        condition = if condition.is_empty() {
            format!("{expression} {operator} {bound}")
        } else if index == 0 {
            format!("{expression} {operator}= {bound} AND ({expression} {operator} {bound} OR {condition})")
        } else {
            format!("({expression} {operator} {bound} OR ({expression} = {bound} AND {condition}))")
        };
    }
    condition
}
