//! The search of registered models as SQL.

use super::dialect::{Dialect, Entity, EntityKind, Keys, TEXT_RULE, TIME_RULE, attribute};
use super::error::SearchError;
use super::keys::{KeyKind, SortKey};
use super::order::parse_order;
use super::page::{Search, Select};
use super::registry::{
    LISTED, NULL_TESTS, RegistryQuery, TAGS, TagTable, VALID_ENTITIES, add_filter, parse, sort_keys,
};
use super::token::{Cursor, digest};
use crate::read_model::registry_rows::MODEL_COLUMNS;

static FILTER: Dialect = Dialect {
    entities: &[
        Entity {
            kind: EntityKind::Attribute,
            words: &["attribute"],
            keys: Keys::Columns(&[attribute(&["name"], "m.name", 0, LISTED)]),
        },
        TAGS,
    ],
    valid_entities: VALID_ENTITIES,
    null_tests: NULL_TESTS,
};

static ORDER: Dialect = Dialect {
    entities: &[
        Entity {
            kind: EntityKind::Attribute,
            words: &["order by", "attribute"],
            keys: Keys::Columns(&[
                attribute(&["name"], "m.name", 1, TEXT_RULE),
                attribute(&["timestamp", "last_updated_timestamp"], "m.last_update_time", 2, TIME_RULE),
            ]),
        },
        TAGS,
    ],
    valid_entities: VALID_ENTITIES,
    null_tests: NULL_TESTS,
};

const TAG_TABLE: TagTable = TagTable {
    name: "registered_model_tags",
    of_entity: |alias| format!("{alias}.registered_model = m.id"),
    of_prompt: |alias| format!("{alias}.registered_model = m.id"),
};

/// Compiles a search of registered models. Its rows are for [`crate::ReadModel::search_registered_models`].
pub fn compile_registered_models(query: &RegistryQuery<'_>) -> Result<Search, SearchError> {
    let filter = parse(&FILTER, query.filter)?;
    let order = parse_order(&ORDER, query.order_by)?;
    let order_text: Vec<String> = order.iter().map(ToString::to_string).collect();
    let digest = digest(&["registered models", &filter.to_string(), &order_text.join(",")]);
    let cursor = Cursor::decode(query.page_token.unwrap_or_default(), &digest)?;

    let mut select = Select::new("registered_models m");
    add_filter(&mut select, &TAG_TABLE, &filter);
    select.keys = sort_keys(&order, vec![SortKey::new("m.name", false, KeyKind::Text)])?;
    if let Some(cursor) = cursor {
        select.resume(&cursor)?;
    }
    let part = select.finish(MODEL_COLUMNS, 0, query.max_results);
    Ok(Search::new(vec![part], MODEL_COLUMNS.len(), query.max_results, digest))
}
