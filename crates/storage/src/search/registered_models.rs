//! The search of registered models as SQL.

use super::dialect::{Dialect, Entity, EntityKind, Keys, TEXT_RULE, TIME_RULE, attribute};
use super::error::SearchError;
use super::keys::{KeyKind, SortKey};
use super::page::Search;
use super::registry::{LISTED, Listing, NULL_TESTS, RegistryQuery, TAGS, TagTable, VALID_ENTITIES, compile};
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

static LISTING: Listing = Listing {
    name: "registered models",
    filter: &FILTER,
    order: &ORDER,
    from: "registered_models m",
    columns: MODEL_COLUMNS,
    tags: TagTable {
        name: "registered_model_tags",
        of_entity: |alias| format!("{alias}.registered_model = m.id"),
        of_prompt: |alias| format!("{alias}.registered_model = m.id"),
    },
};

/// Compiles a search of registered models. Its rows are for [`crate::ReadModel::search_registered_models`].
pub fn compile_registered_models(query: &RegistryQuery<'_>) -> Result<Search, SearchError> {
    compile(&LISTING, query, |_unordered| vec![SortKey::new("m.name", false, KeyKind::Text)])
}
