//! The order of runs as SQL.
//!
//! Missing values come last in both directions, and NaN between numbers and missing ones. For the first key this is done
//! in stages, one statement each, so that the first stage is an index walk; the other keys carry a rank.

use super::ast::{Aggregate, Field, Key, OrderKey, Test};
use super::dialect::{EntityKind, ValueKind};
use super::formula::Formula;
use super::keys::{KeyKind, SortKey};
use super::runs::RunSelect;

/// A part of the order: what its runs have for the first key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// The key is never missing, so this is all.
    Whole,
    Present,
    NotANumber,
    Missing,
}

/// The stages of a search, in order. A stage that the filter leaves empty is left out.
pub(super) fn stages(first: Option<&OrderKey>, filter: &[Formula]) -> &'static [Stage] {
    let Some(OrderKey { field, .. }) = first else { return &[Stage::Whole] };
    let asks = |formula: &Formula| matches!(formula, Formula::Is(comparison) if comparison.field == *field && comparison.test != Test::IsNull);
    let required = filter.iter().any(asks);
    match (&field.key, required) {
        (Key::Column(attribute), _) if !attribute.nullable => &[Stage::Whole],
        (_, false) if may_be_nan(field) => &[Stage::Present, Stage::NotANumber, Stage::Missing],
        (_, true) if may_be_nan(field) => &[Stage::Present, Stage::NotANumber],
        (_, false) => &[Stage::Present, Stage::Missing],
        (_, true) => &[Stage::Present],
    }
}

fn may_be_nan(field: &Field) -> bool {
    field.kind() == EntityKind::Metric && field.aggregate == Aggregate::Last
}

/// Adds the sort keys, with the joins and conditions that they and the stage need.
pub(super) fn add_order(select: &mut RunSelect, order: &[OrderKey], stage: Stage) {
    if let Some((first, others)) = order.split_first() {
        add_first(select, first, stage);
        for (index, key) in others.iter().enumerate() {
            add_other(select, key, &format!("o{index}"));
        }
    }
    let keys = &mut select.select.keys;
    if !order.iter().any(|key| matches!(key.field.key, Key::Column(column) if column.column == "r.start_time")) {
        keys.push(SortKey::new("r.start_time", true, KeyKind::Int));
    }
    keys.push(SortKey::new("r.run_id", false, KeyKind::Text));
}

fn add_first(select: &mut RunSelect, OrderKey { field, descending }: &OrderKey, stage: Stage) {
    let kind = field.kind();
    match (&field.key, stage) {
        (Key::Column(attribute), Stage::Whole | Stage::Present) => {
            if stage == Stage::Present {
                select.select.conditions.push(format!("{} IS NOT NULL", attribute.column));
            }
            select.select.keys.push(SortKey::new(attribute.column, *descending, column_kind(attribute.rule.value)));
        }
        (Key::Column(attribute), Stage::NotANumber | Stage::Missing) => {
            select.select.conditions.push(format!("{} IS NULL", attribute.column));
        }
        (Key::Name(_), Stage::Missing) => select.add_missing(field),
        // NaN is stored as 0, which makes it a narrow range of the index.
        (Key::Name(key), Stage::NotANumber) => {
            let alias = select.join(kind, key);
            select.select.conditions.push(format!("{alias}.value = 0 AND {alias}.is_nan = TRUE"));
        }
        (Key::Name(key), Stage::Whole | Stage::Present) => {
            let alias = select.join(kind, key);
            let value = format!("{alias}.{}", field.aggregate.column());
            let keys = &mut select.select.keys;
            if kind == EntityKind::Metric {
                let number =
                    if may_be_nan(field) { format!("{alias}.is_nan = FALSE") } else { format!("{value} IS NOT NULL") };
                keys.push(SortKey::new(value, *descending, KeyKind::Float));
                select.select.conditions.push(number);
            } else {
                // Texts sort as their heads do, then by the rest; the heads are what the index holds.
                keys.push(SortKey::new(format!("{alias}.head"), *descending, KeyKind::Text));
                keys.push(SortKey::new(value, *descending, KeyKind::Text));
            }
        }
    }
}

fn add_other(select: &mut RunSelect, OrderKey { field, descending }: &OrderKey, alias: &str) {
    let (rank, value, kind) = match &field.key {
        Key::Column(attribute) => {
            let (column, kind) = (attribute.column, column_kind(attribute.rule.value));
            if !attribute.nullable {
                select.select.keys.push(SortKey::new(column, *descending, kind));
                return;
            }
            (format!("CASE WHEN {column} IS NULL THEN 1 ELSE 0 END"), column.to_owned(), kind)
        }
        Key::Name(key) => {
            select.left_join(field.kind(), key, alias);
            let value = format!("{alias}.{}", field.aggregate.column());
            let missing = format!("CASE WHEN {value} IS NULL THEN 2");
            let (rest, kind) = match field.kind() {
                EntityKind::Metric if may_be_nan(field) => {
                    (format!(" WHEN {alias}.is_nan = TRUE THEN 1 ELSE 0 END"), KeyKind::Float)
                }
                EntityKind::Metric => (" ELSE 0 END".to_owned(), KeyKind::Float),
                _ => (" ELSE 0 END".to_owned(), KeyKind::Text),
            };
            (missing + &rest, value, kind)
        }
    };
    let nothing = if kind == KeyKind::Text { "''" } else { "0" };
    select.select.keys.push(SortKey::new(rank, false, KeyKind::Int));
    select.select.keys.push(SortKey::new(format!("COALESCE({value}, {nothing})"), *descending, kind));
}

fn column_kind(value: ValueKind) -> KeyKind {
    match value {
        ValueKind::Text => KeyKind::Text,
        _ => KeyKind::Int,
    }
}
