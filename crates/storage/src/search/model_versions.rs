//! The search of versions of registered models as SQL.

use super::dialect::{Dialect, Entity, EntityKind, Keys, Rule, TEXT_RULE, TIME_RULE, ValueKind, attribute};
use super::error::SearchError;
use super::keys::{KeyKind, SortKey};
use super::page::Search;
use super::registry::{LISTED, Listing, NULL_TESTS, RegistryQuery, TAGS, TagTable, VALID_ENTITIES, compile};
use crate::read_model::registry_rows::{VERSION_COLUMNS, VERSIONS};

/// A new name of the model is an update of each version.
const LAST_UPDATE: &str = "CASE WHEN m.renamed_at > v.last_update_time THEN m.renamed_at ELSE v.last_update_time END";
const NUMBER_RULE: Rule = Rule { value: ValueKind::AnyInteger, refusal: Some("attribute version_number"), ..TIME_RULE };

static FILTER: Dialect = Dialect {
    entities: &[
        Entity {
            kind: EntityKind::Attribute,
            words: &["attribute"],
            keys: Keys::Columns(&[
                attribute(&["name"], "m.name", 0, LISTED),
                attribute(&["run_id"], "v.run_id", 0, LISTED),
                attribute(&["source_path"], "v.source", 0, Rule { lists: false, ..LISTED }),
                attribute(&["version_number"], "v.version", 0, NUMBER_RULE),
            ]),
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
            words: &["attribute"],
            keys: Keys::Columns(&[
                attribute(&["name"], "m.name", 1, TEXT_RULE),
                attribute(&["version_number"], "v.version", 1, TIME_RULE),
                attribute(&["creation_timestamp"], "v.creation_time", 1, TIME_RULE),
                attribute(&["last_updated_timestamp"], LAST_UPDATE, 1, TIME_RULE),
            ]),
        },
        TAGS,
    ],
    valid_entities: VALID_ENTITIES,
    null_tests: NULL_TESTS,
};

static LISTING: Listing = Listing {
    name: "model versions",
    filter: &FILTER,
    order: &ORDER,
    from: VERSIONS,
    columns: VERSION_COLUMNS,
    tags: TagTable {
        name: "model_version_tags",
        of_entity: |alias| format!("{alias}.registered_model = v.registered_model AND {alias}.version = v.version"),
        // One version that is a prompt makes all of the model's prompts, as in MLflow.
        of_prompt: |alias| format!("{alias}.registered_model = v.registered_model"),
    },
};

/// Compiles a search of versions. Its rows are for [`crate::ReadModel::search_model_versions`].
pub fn compile_model_versions(query: &RegistryQuery<'_>) -> Result<Search, SearchError> {
    compile(&LISTING, query, |unordered| {
        let newest = unordered.then(|| SortKey::new(LAST_UPDATE, true, KeyKind::Int));
        let ties = [SortKey::new("m.name", false, KeyKind::Text), SortKey::new("v.version", true, KeyKind::Int)];
        newest.into_iter().chain(ties).collect()
    })
}
