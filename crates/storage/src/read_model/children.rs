//! What hangs on runs: params, tags, latest metrics, data sets and models, for many runs at once.

use runledger_domain::event::{Dataset, DatasetInput, ModelOutput};
use runledger_domain::points::Point;
use runledger_domain::{KeyValue, Run};
use std::collections::{BTreeMap, HashMap};

use crate::ColumnType::{Bool, Float, Int, Text};
use crate::{Column, ColumnQuery, Db, Error, Row, Statement, Value};

/// Runs per statement; databases limit how many parameters a statement takes.
const CHUNK: usize = 500;

/// Completes the runs, each given with its `run_no`.
pub(super) async fn fill(db: &dyn Db, runs: &mut [(i64, Run)]) -> Result<(), Error> {
    for chunk in runs.chunks_mut(CHUNK) {
        Box::pin(fill_chunk(db, chunk)).await?;
    }
    Ok(())
}

async fn fill_chunk(db: &dyn Db, runs: &mut [(i64, Run)]) -> Result<(), Error> {
    let mut statement = Statement::default();
    let list = statement.bind_list(runs.iter().map(|(number, _)| *number));
    let of = |select: &str, order: &str| format!("{select} WHERE run_no IN {list}{order}");
    let texts = [
        ColumnQuery { sql: of("SELECT run_no, key, value FROM params", ""), columns: &[Int, Text, Text] },
        ColumnQuery { sql: of("SELECT run_no, key, value FROM tags", ""), columns: &[Int, Text, Text] },
    ];
    let others = [
        ColumnQuery {
            sql: of("SELECT run_no, key, value, is_nan, timestamp, step FROM metrics", ""),
            columns: &[Int, Text, Float, Bool, Int, Int],
        },
        ColumnQuery {
            sql: of("SELECT run_no, direction, model_id, step FROM run_models", " ORDER BY run_no, linked_at"),
            columns: &[Int, Text, Text, Int],
        },
        ColumnQuery { sql: of("SELECT run_no FROM dataset_inputs", ""), columns: &[Int] },
    ];
    // About as much work each, and two processes of the database do it at the same time.
    let (texts, others) =
        tokio::try_join!(db.fetch_columns(&texts, &statement.params), db.fetch_columns(&others, &statement.params))?;
    let (Ok([params, tags]), Ok([metrics, models, with_datasets])) =
        (<[_; 2]>::try_from(texts), <[_; 3]>::try_from(others))
    else {
        return Err(other_columns("runs"));
    };
    let mut by_number: HashMap<i64, &mut Run> = runs.iter_mut().map(|(number, run)| (*number, run)).collect();
    take_texts("params", params, &mut by_number, |run| &mut run.params)?;
    take_texts("tags", tags, &mut by_number, |run| &mut run.tags)?;
    take_metrics(metrics, &mut by_number)?;
    take_models(models, &mut by_number)?;
    // Few runs have any, and their descriptions have columns with NULL.
    if with_datasets.first().is_some_and(|column| !column.is_empty()) {
        Box::pin(fill_datasets(db, &list, statement.params, &mut by_number)).await?;
    }
    Ok(())
}

fn take_texts(
    table: &'static str,
    columns: Vec<Column>,
    runs: &mut HashMap<i64, &mut Run>,
    of: fn(&mut Run) -> &mut BTreeMap<String, String>,
) -> Result<(), Error> {
    let Ok([Column::Int(numbers), Column::Text(keys), Column::Text(values)]) = <[_; 3]>::try_from(columns) else {
        return Err(other_columns(table));
    };
    for ((number, key), value) in numbers.iter().zip(keys).zip(values) {
        if let Some(run) = runs.get_mut(number) {
            of(run).insert(key, value);
        }
    }
    Ok(())
}

fn take_metrics(columns: Vec<Column>, runs: &mut HashMap<i64, &mut Run>) -> Result<(), Error> {
    let Ok(
        [
            Column::Int(numbers),
            Column::Text(keys),
            Column::Float(values),
            Column::Bool(nans),
            Column::Int(times),
            Column::Int(steps),
        ],
    ) = <[_; 6]>::try_from(columns)
    else {
        return Err(other_columns("metrics"));
    };
    let points = values.iter().zip(nans).zip(times.iter().zip(steps));
    for ((number, key), ((value, is_nan), (timestamp, step))) in numbers.iter().zip(keys).zip(points) {
        if let Some(run) = runs.get_mut(number) {
            let value = if is_nan { f64::NAN } else { *value };
            run.metrics.insert(key, Point { step, timestamp: *timestamp, value });
        }
    }
    Ok(())
}

fn take_models(columns: Vec<Column>, runs: &mut HashMap<i64, &mut Run>) -> Result<(), Error> {
    let Ok([Column::Int(numbers), Column::Text(directions), Column::Text(ids), Column::Int(steps)]) =
        <[_; 4]>::try_from(columns)
    else {
        return Err(other_columns("run_models"));
    };
    for ((number, direction), (model_id, step)) in numbers.iter().zip(directions).zip(ids.into_iter().zip(steps)) {
        match runs.get_mut(number) {
            Some(run) if direction == "input" => run.model_inputs.push(model_id),
            Some(run) => run.model_outputs.push(ModelOutput { model_id, step }),
            None => {}
        }
    }
    Ok(())
}

async fn fill_datasets(
    db: &dyn Db,
    list: &str,
    params: Vec<Value>,
    runs: &mut HashMap<i64, &mut Run>,
) -> Result<(), Error> {
    let sql = format!(
        "SELECT i.run_no, i.name, i.digest, i.tags, d.source_type, d.source, d.schema, d.profile \
         FROM dataset_inputs i JOIN datasets d \
           ON d.experiment_id = i.experiment_id AND d.name = i.name AND d.digest = i.digest \
         WHERE i.run_no IN {list} ORDER BY i.run_no, i.linked_at"
    );
    for mut row in db.fetch(&Statement::new(sql, params)).await? {
        if let Some(run) = runs.get_mut(&row.int(0)?) {
            run.datasets.push(dataset_input(&mut row)?);
        }
    }
    Ok(())
}

fn other_columns(table: &'static str) -> Error {
    Error::Corrupt { table, id: "columns".to_owned(), reason: "other types than were asked for".to_owned() }
}

fn dataset_input(row: &mut Row) -> Result<DatasetInput, Error> {
    let dataset = Dataset {
        name: row.text(1)?,
        digest: row.text(2)?,
        source_type: row.text(4)?,
        source: row.text(5)?,
        schema: row.opt_text(6)?,
        profile: row.opt_text(7)?,
    };
    let tags: Vec<KeyValue> = serde_json::from_str(&row.text(3)?).map_err(|source| Error::Corrupt {
        table: "dataset_inputs",
        id: format!("{}@{}", dataset.name, dataset.digest),
        reason: format!("tags: {source}"),
    })?;
    Ok(DatasetInput { dataset, tags })
}
