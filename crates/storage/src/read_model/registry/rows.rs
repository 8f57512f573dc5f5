//! The rows of the registry as states, for the read model and for the projector that goes on from them.

use runledger_domain::{ModelVersion, RegisteredModel, Stage};
use std::collections::{BTreeMap, HashMap};

use super::NamedVersion;
use crate::{Db, Error, Row, Statement};

/// Owners per statement; databases limit how many parameters a statement takes.
const CHUNK: usize = 500;

pub(crate) const MODEL_COLUMNS: &[&str] =
    &["m.id", "m.name", "m.creation_time", "m.last_update_time", "m.renamed_at", "m.description", "m.last_version"];
pub(crate) const VERSION_COLUMNS: &[&str] = &[
    "m.name",
    "v.registered_model",
    "v.version",
    "v.creation_time",
    "v.last_update_time",
    "m.renamed_at",
    "v.stage",
    "v.description",
    "v.source",
    "v.storage_location",
    "v.run_id",
    "v.run_link",
    "v.model_id",
];
/// What [`VERSION_COLUMNS`] are selected from.
pub(crate) const VERSIONS: &str = "model_versions v JOIN registered_models m ON m.id = v.registered_model";

/// The models that exist, of these ids.
pub(crate) async fn models(db: &dyn Db, ids: &[&str]) -> Result<Vec<RegisteredModel>, Error> {
    let mut found = Vec::new();
    for chunk in ids.chunks(CHUNK) {
        let mut statement = Statement::default();
        let list = statement.bind_list(chunk.iter().copied());
        statement.sql = format!("SELECT {} FROM registered_models m WHERE m.id IN {list}", MODEL_COLUMNS.join(", "));
        found.extend(read_models(db, db.fetch(&statement).await?).await?);
    }
    Ok(found)
}

/// The versions that exist, of these models and numbers.
pub(crate) async fn versions(db: &dyn Db, numbers: &[(&str, i64)]) -> Result<Vec<(String, ModelVersion)>, Error> {
    let mut found = Vec::new();
    for chunk in numbers.chunks(CHUNK) {
        let mut statement = Statement::default();
        let (list, columns) = (pairs(&mut statement, chunk.iter().copied()), VERSION_COLUMNS.join(", "));
        statement.sql = format!("SELECT {columns} FROM {VERSIONS} WHERE (v.registered_model, v.version) IN {list}");
        let read = read_versions(db, db.fetch(&statement).await?).await?;
        found.extend(read.into_iter().map(|(id, named)| (id, named.version)));
    }
    Ok(found)
}

/// The versions whose files a run made, the newest first.
pub(super) async fn versions_of_run(db: &dyn Db, run_id: &str) -> Result<Vec<NamedVersion>, Error> {
    let sql = format!(
        "SELECT {} FROM {VERSIONS} WHERE v.run_id = $1 ORDER BY v.creation_time DESC, m.name, v.version DESC",
        VERSION_COLUMNS.join(", ")
    );
    let rows = db.fetch(&Statement::new(sql, vec![run_id.into()])).await?;
    Ok(read_versions(db, rows).await?.into_iter().map(|(_, named)| named).collect())
}

/// The highest version of each stage, by model, from the highest on.
pub(super) async fn latest(db: &dyn Db, ids: &[&str]) -> Result<HashMap<String, Vec<ModelVersion>>, Error> {
    let mut found: HashMap<String, Vec<ModelVersion>> = HashMap::new();
    for chunk in ids.chunks(CHUNK) {
        let mut statement = Statement::default();
        let (list, columns) = (statement.bind_list(chunk.iter().copied()), VERSION_COLUMNS.join(", "));
        statement.sql = format!(
            "SELECT {columns} FROM {VERSIONS} JOIN (SELECT registered_model, stage, MAX(version) AS version \
             FROM model_versions WHERE registered_model IN {list} GROUP BY registered_model, stage) AS l \
             ON l.registered_model = v.registered_model AND l.version = v.version ORDER BY v.version DESC"
        );
        for (id, named) in read_versions(db, db.fetch(&statement).await?).await? {
            found.entry(id).or_default().push(named.version);
        }
    }
    Ok(found)
}

/// The stage of each version of the model.
pub(super) async fn stages(db: &dyn Db, id: &str) -> Result<BTreeMap<i64, Stage>, Error> {
    let sql = "SELECT version, stage FROM model_versions WHERE registered_model = $1";
    let stage = |mut row: Row| Ok((row.int(0)?, stage(id, &row.text(1)?)?));
    db.fetch(&Statement::new(sql, vec![id.into()])).await?.into_iter().map(stage).collect()
}

/// Reads rows of [`MODEL_COLUMNS`], with their tags and aliases.
pub(super) async fn read_models(db: &dyn Db, rows: Vec<Row>) -> Result<Vec<RegisteredModel>, Error> {
    let mut models = rows.into_iter().map(model).collect::<Result<Vec<_>, _>>()?;
    for chunk in models.chunks_mut(CHUNK) {
        let mut tags = Statement::default();
        let list = tags.bind_list(chunk.iter().map(|model| model.id.as_str()));
        let mut aliases = tags.clone();
        let mut by_id: HashMap<String, &mut RegisteredModel> =
            chunk.iter_mut().map(|model| (model.id.clone(), model)).collect();
        tags.sql =
            format!("SELECT registered_model, key, value FROM registered_model_tags WHERE registered_model IN {list}");
        for mut row in db.fetch(&tags).await? {
            if let Some(model) = by_id.get_mut(&row.text(0)?) {
                model.tags.insert(row.text(1)?, row.text(2)?);
            }
        }
        aliases.sql = format!(
            "SELECT registered_model, alias, version FROM registered_model_aliases WHERE registered_model IN {list}"
        );
        for mut row in db.fetch(&aliases).await? {
            if let Some(model) = by_id.get_mut(&row.text(0)?) {
                model.aliases.insert(row.text(1)?, row.int(2)?);
            }
        }
    }
    Ok(models)
}

/// Reads rows of [`VERSION_COLUMNS`], with their tags; each version comes with the id of its model.
pub(super) async fn read_versions(db: &dyn Db, rows: Vec<Row>) -> Result<Vec<(String, NamedVersion)>, Error> {
    let mut versions = rows.into_iter().map(version).collect::<Result<Vec<_>, _>>()?;
    for chunk in versions.chunks_mut(CHUNK) {
        let mut statement = Statement::default();
        let list = pairs(&mut statement, chunk.iter().map(|(id, named)| (id.as_str(), named.version.version)));
        statement.sql = format!(
            "SELECT registered_model, version, key, value FROM model_version_tags \
             WHERE (registered_model, version) IN {list}"
        );
        let mut by_number: HashMap<(String, i64), &mut ModelVersion> =
            chunk.iter_mut().map(|(id, named)| ((id.clone(), named.version.version), &mut named.version)).collect();
        for mut row in db.fetch(&statement).await? {
            if let Some(version) = by_number.get_mut(&(row.text(0)?, row.int(1)?)) {
                version.tags.insert(row.text(2)?, row.text(3)?);
            }
        }
    }
    Ok(versions)
}

/// Binds `(VALUES (id, version), …)`, for use after `IN`.
fn pairs<'a>(statement: &mut Statement, numbers: impl Iterator<Item = (&'a str, i64)>) -> String {
    let pairs: Vec<String> =
        numbers.map(|(id, version)| format!("({}, {})", statement.bind(id), statement.bind(version))).collect();
    format!("(VALUES {})", pairs.join(", "))
}

fn model(mut row: Row) -> Result<RegisteredModel, Error> {
    Ok(RegisteredModel {
        id: row.text(0)?,
        name: row.text(1)?,
        creation_time: row.int(2)?,
        last_update_time: row.int(3)?,
        renamed_at: row.opt_int(4)?,
        description: row.opt_text(5)?,
        tags: BTreeMap::new(),
        aliases: BTreeMap::new(),
        last_version: row.int(6)?,
        deleted: false,
    })
}

fn version(mut row: Row) -> Result<(String, NamedVersion), Error> {
    let (name, id) = (row.text(0)?, row.text(1)?);
    let run_id = row.text(10)?;
    let version = ModelVersion {
        version: row.int(2)?,
        creation_time: row.int(3)?,
        // A new name of the model is an update of each version.
        last_update_time: row.int(4)?.max(row.opt_int(5)?.unwrap_or(i64::MIN)),
        stage: stage(&id, &row.text(6)?)?,
        description: row.text(7)?,
        source: row.text(8)?,
        storage_location: row.opt_text(9)?,
        run_id: Some(run_id).filter(|id| !id.is_empty()),
        run_link: row.opt_text(11)?,
        model_id: row.opt_text(12)?,
        tags: BTreeMap::new(),
        deleted: false,
    };
    Ok((id, NamedVersion { name, version }))
}

fn stage(id: &str, text: &str) -> Result<Stage, Error> {
    Stage::parse(text).map_err(|_unknown| Error::Corrupt {
        table: "model_versions",
        id: id.to_owned(),
        reason: format!("stage {text:?}"),
    })
}
