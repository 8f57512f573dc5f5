//! Logged models with what hangs on them, as rows.

use runledger_domain::event::ModelMetric;
use runledger_domain::{LoggedModel, LoggedModelStatus};
use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::tables::delete_of;
use super::{MeasuredRow, Views};
use crate::ColumnType::{Bool, Float, Int, Text};
use crate::{BulkInsert, Db, Error, Row, Statement, Transaction, Value};

const MODELS: BulkInsert = BulkInsert {
    table: "logged_models",
    columns: &[
        ("model_id", Text),
        ("experiment_id", Int),
        ("name", Text),
        ("model_type", Text),
        ("source_run_id", Text),
        ("artifact_uri", Text),
        ("status", Text),
        ("creation_time", Int),
        ("last_update_time", Int),
        ("deleted", Bool),
    ],
    suffix: "ON CONFLICT (model_id) DO UPDATE SET status = excluded.status, creation_time = excluded.creation_time, \
             last_update_time = excluded.last_update_time, deleted = excluded.deleted",
};

const PARAMS: BulkInsert = BulkInsert {
    table: "logged_model_params",
    columns: &[("model_id", Text), ("key", Text), ("value", Text)],
    suffix: "",
};

const TAGS: BulkInsert = BulkInsert { table: "logged_model_tags", ..PARAMS };

const METRICS: BulkInsert = BulkInsert {
    table: "logged_model_metrics",
    columns: &[
        ("model_id", Text),
        ("position", Int),
        ("number", Int),
        ("run_id", Text),
        ("key", Text),
        ("value", Float),
        ("is_nan", Bool),
        ("timestamp", Int),
        ("step", Int),
        ("dataset_name", Text),
        ("dataset_digest", Text),
    ],
    suffix: "ON CONFLICT (model_id, position, number) DO NOTHING",
};

/// The columns of a model, for [`logged_model`].
pub(crate) const COLUMNS: &str = "model_id, experiment_id, name, model_type, source_run_id, artifact_uri, status, \
                                  creation_time, last_update_time, deleted";

/// Models per statement; databases limit how many parameters a statement takes.
const CHUNK: usize = 500;

impl Views {
    /// The models that exist, without what was measured of them.
    pub async fn logged_models(&self, model_ids: &[&str]) -> Result<Vec<LoggedModel>, Error> {
        let mut found = Vec::new();
        for chunk in model_ids.chunks(CHUNK) {
            let mut statement = Statement::default();
            let ids = statement.bind_list(chunk.iter().copied());
            statement.sql = format!("SELECT {COLUMNS} FROM logged_models WHERE model_id IN {ids}");
            for row in self.db.fetch(&statement).await? {
                found.push(logged_model(row)?);
            }
        }
        fill_texts(self.db.as_ref(), &mut found).await?;
        Ok(found)
    }
}

/// Writes the models as they are now; `None` removes one with all that hangs on it.
pub(super) async fn write(
    transaction: &mut dyn Transaction,
    models: BTreeMap<String, Option<LoggedModel>>,
    measured: Vec<MeasuredRow>,
) -> Result<(), Error> {
    let (mut rows, mut params, mut tags) = (Vec::new(), Vec::new(), Vec::new());
    let ids: Vec<&String> = models.keys().collect();
    delete_of(transaction, &["logged_model_params", "logged_model_tags"], "model_id", &ids).await?;
    for (model_id, model) in models.iter().filter_map(|(id, model)| model.as_ref().map(|model| (id, model))) {
        let texts = |(key, value): (&String, &String)| vec![model_id.into(), key.into(), value.into()];
        params.extend(model.params.iter().map(texts));
        tags.extend(model.tags.iter().map(texts));
        rows.push(model_row(model));
    }
    transaction.insert(&MODELS, rows).await?;
    transaction.insert(&PARAMS, params).await?;
    transaction.insert(&TAGS, tags).await?;
    transaction.insert(&METRICS, measured.into_iter().map(metric_row).collect()).await?;
    let gone: Vec<&String> = models.iter().filter(|(_, model)| model.is_none()).map(|(id, _)| id).collect();
    delete_of(transaction, &["logged_models", "logged_model_metrics"], "model_id", &gone).await
}

/// Removes what the runs measured.
pub(super) async fn purge_runs(transaction: &mut dyn Transaction, run_ids: &BTreeSet<String>) -> Result<(), Error> {
    delete_of(transaction, &["logged_model_metrics"], "run_id", &run_ids.iter().collect::<Vec<_>>()).await
}

/// Removes the models of the experiment.
pub(super) async fn purge_experiment(transaction: &mut dyn Transaction, experiment_id: i64) -> Result<(), Error> {
    for table in ["logged_model_params", "logged_model_tags", "logged_model_metrics"] {
        let sql = format!(
            "DELETE FROM {table} WHERE model_id IN (SELECT model_id FROM logged_models WHERE experiment_id = $1)"
        );
        transaction.execute(&Statement::new(sql, vec![experiment_id.into()])).await?;
    }
    let sql = "DELETE FROM logged_models WHERE experiment_id = $1";
    transaction.execute(&Statement::new(sql, vec![experiment_id.into()])).await.map(drop)
}

/// Reads [`COLUMNS`].
pub(crate) fn logged_model(mut row: Row) -> Result<LoggedModel, Error> {
    let model_id = row.text(0)?;
    let status = row.text(6)?;
    let status = LoggedModelStatus::parse(&status).ok_or_else(|| Error::Corrupt {
        table: "logged_models",
        id: model_id.clone(),
        reason: format!("status {status:?}"),
    })?;
    let given = |text: String| (!text.is_empty()).then_some(text);
    Ok(LoggedModel {
        model_id,
        experiment_id: row.int(1)?,
        name: row.text(2)?,
        model_type: given(row.text(3)?),
        source_run_id: given(row.text(4)?),
        artifact_uri: row.text(5)?,
        status,
        creation_time: row.int(7)?,
        last_update_time: row.int(8)?,
        deleted: row.bool(9)?,
        params: BTreeMap::new(),
        tags: BTreeMap::new(),
        metrics: BTreeSet::new(),
    })
}

/// Completes the models with their params and tags.
pub(crate) async fn fill_texts(db: &dyn Db, models: &mut [LoggedModel]) -> Result<(), Error> {
    for chunk in models.chunks_mut(CHUNK) {
        let ids: Vec<String> = chunk.iter().map(|model| model.model_id.clone()).collect();
        let mut by_id: HashMap<String, &mut LoggedModel> =
            chunk.iter_mut().map(|model| (model.model_id.clone(), model)).collect();
        for (table, is_params) in [("logged_model_params", true), ("logged_model_tags", false)] {
            let mut statement = Statement::default();
            let list = statement.bind_list(&ids);
            statement.sql = format!("SELECT model_id, key, value FROM {table} WHERE model_id IN {list}");
            for mut row in db.fetch(&statement).await? {
                let Some(model) = by_id.get_mut(&row.text(0)?) else { continue };
                let texts = if is_params { &mut model.params } else { &mut model.tags };
                texts.insert(row.text(1)?, row.text(2)?);
            }
        }
    }
    Ok(())
}

fn model_row(model: &LoggedModel) -> Vec<Value> {
    vec![
        (&model.model_id).into(),
        model.experiment_id.into(),
        (&model.name).into(),
        model.model_type.clone().unwrap_or_default().into(),
        model.source_run_id.clone().unwrap_or_default().into(),
        (&model.artifact_uri).into(),
        model.status.as_str().into(),
        model.creation_time.into(),
        model.last_update_time.into(),
        model.deleted.into(),
    ]
}

fn metric_row(row: MeasuredRow) -> Vec<Value> {
    let MeasuredRow { model_id, position, number, run_id, metric } = row;
    let value = ModelMetric::number(&metric.value);
    vec![
        model_id.into(),
        position.into(),
        number.into(),
        run_id.into(),
        metric.key.into(),
        if value.is_nan() { 0.0 } else { value }.into(),
        value.is_nan().into(),
        metric.timestamp.into(),
        metric.step.into(),
        metric.dataset_name.unwrap_or_default().into(),
        metric.dataset_digest.unwrap_or_default().into(),
    ]
}
