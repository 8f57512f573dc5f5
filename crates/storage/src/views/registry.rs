//! Registered models and their versions, as rows. Tags and aliases are replaced as a whole: they are few, and seldom change.

use runledger_domain::{ModelVersion, RegisteredModel};
use std::collections::BTreeMap;

use super::tables::delete_of;
use crate::ColumnType::{Int, Text};
use crate::{BulkInsert, Error, Statement, Transaction, Value};

const MODELS: BulkInsert = BulkInsert {
    table: "registered_models",
    columns: &[
        ("id", Text),
        ("name", Text),
        ("creation_time", Int),
        ("last_update_time", Int),
        ("renamed_at", Int),
        ("description", Text),
        ("last_version", Int),
    ],
    suffix: "ON CONFLICT (id) DO UPDATE SET name = excluded.name, creation_time = excluded.creation_time, \
             last_update_time = excluded.last_update_time, \
             renamed_at = excluded.renamed_at, description = excluded.description, last_version = excluded.last_version",
};

const MODEL_TAGS: BulkInsert = BulkInsert {
    table: "registered_model_tags",
    columns: &[("registered_model", Text), ("key", Text), ("value", Text)],
    suffix: "",
};

const ALIASES: BulkInsert = BulkInsert {
    table: "registered_model_aliases",
    columns: &[("registered_model", Text), ("alias", Text), ("version", Int)],
    suffix: "",
};

const VERSIONS: BulkInsert = BulkInsert {
    table: "model_versions",
    columns: &[
        ("registered_model", Text),
        ("version", Int),
        ("creation_time", Int),
        ("last_update_time", Int),
        ("stage", Text),
        ("description", Text),
        ("source", Text),
        ("storage_location", Text),
        ("run_id", Text),
        ("run_link", Text),
        ("model_id", Text),
    ],
    suffix: "ON CONFLICT (registered_model, version) DO UPDATE SET creation_time = excluded.creation_time, last_update_time = excluded.last_update_time, \
             stage = excluded.stage, description = excluded.description",
};

const VERSION_TAGS: BulkInsert = BulkInsert {
    table: "model_version_tags",
    columns: &[("registered_model", Text), ("version", Int), ("key", Text), ("value", Text)],
    suffix: "",
};

/// Owners per statement; databases limit how many parameters a statement takes.
const CHUNK: usize = 500;

/// Writes the states. A deleted model goes with all that hangs on it, a deleted version with its tags.
pub(super) async fn write(
    transaction: &mut dyn Transaction,
    models: BTreeMap<String, RegisteredModel>,
    versions: BTreeMap<(String, i64), ModelVersion>,
) -> Result<(), Error> {
    let changed: Vec<&str> = models.keys().map(String::as_str).collect();
    delete_of(transaction, &["registered_model_tags", "registered_model_aliases"], "registered_model", &changed)
        .await?;
    let deleted: Vec<&str> = models.values().filter(|model| model.deleted).map(|model| model.id.as_str()).collect();
    delete_of(transaction, &["model_version_tags", "model_versions"], "registered_model", &deleted).await?;
    delete_of(transaction, &["registered_models"], "id", &deleted).await?;

    let (mut rows, mut tags, mut aliases) = (Vec::new(), Vec::new(), Vec::new());
    for model in models.into_values().filter(|model| !model.deleted) {
        let id = model.id.as_str();
        tags.extend(model.tags.iter().map(|(key, value)| vec![id.into(), key.into(), value.into()]));
        aliases.extend(model.aliases.iter().map(|(alias, version)| vec![id.into(), alias.into(), (*version).into()]));
        rows.push(row(model));
    }
    transaction.insert(&MODELS, rows).await?;
    transaction.insert(&MODEL_TAGS, tags).await?;
    transaction.insert(&ALIASES, aliases).await?;
    write_versions(transaction, versions).await
}

async fn write_versions(
    transaction: &mut dyn Transaction,
    versions: BTreeMap<(String, i64), ModelVersion>,
) -> Result<(), Error> {
    let changed: Vec<(&str, i64)> = versions.keys().map(|(id, version)| (id.as_str(), *version)).collect();
    delete_of_versions(transaction, "model_version_tags", &changed).await?;
    let deleted = versions.iter().filter(|(_, version)| version.deleted);
    let deleted: Vec<(&str, i64)> = deleted.map(|((id, version), _)| (id.as_str(), *version)).collect();
    delete_of_versions(transaction, "model_versions", &deleted).await?;

    let (mut rows, mut tags) = (Vec::new(), Vec::new());
    for ((id, number), version) in versions.into_iter().filter(|(_, version)| !version.deleted) {
        let of_version = |(key, value): (&String, &String)| vec![(&id).into(), number.into(), key.into(), value.into()];
        tags.extend(version.tags.iter().map(of_version));
        rows.push(version_row(id, version));
    }
    transaction.insert(&VERSIONS, rows).await?;
    transaction.insert(&VERSION_TAGS, tags).await
}

async fn delete_of_versions(
    transaction: &mut dyn Transaction,
    table: &str,
    versions: &[(&str, i64)],
) -> Result<(), Error> {
    for chunk in versions.chunks(CHUNK) {
        let mut statement = Statement::default();
        let owners: Vec<String> = chunk
            .iter()
            .map(|(id, version)| format!("({}, {})", statement.bind(*id), statement.bind(*version)))
            .collect();
        statement.sql =
            format!("DELETE FROM {table} WHERE (registered_model, version) IN (VALUES {})", owners.join(", "));
        transaction.execute(&statement).await?;
    }
    Ok(())
}

fn row(model: RegisteredModel) -> Vec<Value> {
    vec![
        model.id.into(),
        model.name.into(),
        model.creation_time.into(),
        model.last_update_time.into(),
        model.renamed_at.into(),
        model.description.into(),
        model.last_version.into(),
    ]
}

fn version_row(id: String, version: ModelVersion) -> Vec<Value> {
    vec![
        id.into(),
        version.version.into(),
        version.creation_time.into(),
        version.last_update_time.into(),
        version.stage.as_str().into(),
        version.description.into(),
        version.source.into(),
        version.storage_location.into(),
        version.run_id.unwrap_or_default().into(),
        version.run_link.into(),
        version.model_id.into(),
    ]
}
