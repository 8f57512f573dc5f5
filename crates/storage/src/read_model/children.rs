//! What hangs on runs: params, tags, latest metrics, data sets and models, for many runs in one statement per table.

use runledger_domain::event::{Dataset, DatasetInput, ModelOutput};
use runledger_domain::points::Point;
use runledger_domain::{KeyValue, Run};
use std::collections::{BTreeMap, HashMap};

use crate::{Column, ColumnType, Db, Error, Row, Statement};

/// Runs per statement; databases limit how many parameters a statement takes.
const CHUNK: usize = 500;

/// Completes the runs, each given with its `run_no`.
pub(super) async fn fill(db: &dyn Db, runs: &mut [(i64, Run)]) -> Result<(), Error> {
    for chunk in runs.chunks_mut(CHUNK) {
        fill_chunk(db, chunk).await?;
    }
    Ok(())
}

async fn fill_chunk(db: &dyn Db, runs: &mut [(i64, Run)]) -> Result<(), Error> {
    let numbers: Vec<i64> = runs.iter().map(|(number, _)| *number).collect();
    let mut by_number: HashMap<i64, &mut Run> = runs.iter_mut().map(|(number, run)| (*number, run)).collect();

    for (table, of) in [("params", params as fn(&mut Run) -> &mut BTreeMap<String, String>), ("tags", tags)] {
        let statement = in_runs(&format!("SELECT run_no, key, value FROM {table} WHERE run_no IN "), "", &numbers);
        let columns = db.fetch_columns(&statement, &[ColumnType::Int, ColumnType::Text, ColumnType::Text]).await?;
        let Ok([Column::Int(numbers), Column::Text(keys), Column::Text(values)]) = <[_; 3]>::try_from(columns) else {
            return Err(other_columns(table));
        };
        for ((number, key), value) in numbers.iter().zip(keys).zip(values) {
            if let Some(run) = by_number.get_mut(number) {
                of(run).insert(key, value);
            }
        }
    }
    metrics(db, &numbers, &mut by_number).await?;
    let datasets = "SELECT i.run_no, i.name, i.digest, i.tags, d.source_type, d.source, d.schema, d.profile \
                    FROM dataset_inputs i JOIN datasets d \
                      ON d.experiment_id = i.experiment_id AND d.name = i.name AND d.digest = i.digest \
                    WHERE i.run_no IN ";
    each(db, datasets, " ORDER BY i.run_no, i.linked_at", &numbers, &mut by_number, |run, row| {
        run.datasets.push(dataset_input(row)?);
        Ok(())
    })
    .await?;
    let models = "SELECT run_no, direction, model_id, step FROM run_models WHERE run_no IN ";
    each(db, models, " ORDER BY run_no, linked_at", &numbers, &mut by_number, |run, row| {
        if row.text(1)? == "input" {
            run.model_inputs.push(row.text(2)?);
        } else {
            run.model_outputs.push(ModelOutput { model_id: row.text(2)?, step: row.int(3)? });
        }
        Ok(())
    })
    .await
}

/// Gives each row of the statement to the run that its first column names.
async fn each(
    db: &dyn Db,
    select: &str,
    order: &str,
    numbers: &[i64],
    runs: &mut HashMap<i64, &mut Run>,
    take: impl Fn(&mut Run, &mut Row) -> Result<(), Error>,
) -> Result<(), Error> {
    for mut row in db.fetch(&in_runs(select, order, numbers)).await? {
        if let Some(run) = runs.get_mut(&row.int(0)?) {
            take(run, &mut row)?;
        }
    }
    Ok(())
}

/// The latest metrics of the runs.
async fn metrics(db: &dyn Db, numbers: &[i64], runs: &mut HashMap<i64, &mut Run>) -> Result<(), Error> {
    const TYPES: [ColumnType; 6] =
        [ColumnType::Int, ColumnType::Text, ColumnType::Float, ColumnType::Bool, ColumnType::Int, ColumnType::Int];
    let select = "SELECT run_no, key, value, is_nan, timestamp, step FROM metrics WHERE run_no IN ";
    let columns = db.fetch_columns(&in_runs(select, "", numbers), &TYPES).await?;
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

fn other_columns(table: &'static str) -> Error {
    Error::Corrupt { table, id: "columns".to_owned(), reason: "other types than were asked for".to_owned() }
}

fn params(run: &mut Run) -> &mut BTreeMap<String, String> {
    &mut run.params
}

fn tags(run: &mut Run) -> &mut BTreeMap<String, String> {
    &mut run.tags
}

fn in_runs(select: &str, order: &str, numbers: &[i64]) -> Statement {
    let mut statement = Statement::default();
    let list = statement.bind_list(numbers.iter().copied());
    statement.sql = format!("{select}{list}{order}");
    statement
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
