//! The changes as rows: one bulk insert per table.

use super::{Changes, ExperimentRow, LinkedModel, MetricChange, RunRow, artifacts, registry, segments};
use crate::ColumnType::{Bool, Float, Int, Text};
use crate::{BulkInsert, Error, Statement, Transaction, Value};

pub(super) const EXPERIMENTS: BulkInsert = BulkInsert {
    table: "experiments",
    columns: &[
        ("experiment_id", Int),
        ("name", Text),
        ("artifact_location", Text),
        ("deleted", Bool),
        ("creation_time", Int),
        ("last_update_time", Int),
    ],
    suffix: "ON CONFLICT (experiment_id) DO UPDATE SET name = excluded.name, deleted = excluded.deleted, \
             creation_time = excluded.creation_time, last_update_time = excluded.last_update_time",
};

const EXPERIMENT_TAGS: BulkInsert = BulkInsert {
    table: "experiment_tags",
    columns: &[("experiment_id", Int), ("key", Text), ("value", Text)],
    suffix: "ON CONFLICT (experiment_id, key) DO UPDATE SET value = excluded.value",
};

pub(super) const RUNS: BulkInsert = BulkInsert {
    table: "runs",
    columns: &[
        ("run_no", Int),
        ("run_id", Text),
        ("experiment_id", Int),
        ("name", Text),
        ("user_id", Text),
        ("status", Text),
        ("start_time", Int),
        ("end_time", Int),
        ("deleted", Bool),
        ("deleted_time", Int),
        ("artifact_uri", Text),
    ],
    suffix: "ON CONFLICT (run_no) DO UPDATE SET name = excluded.name, status = excluded.status, \
             end_time = excluded.end_time, deleted = excluded.deleted, deleted_time = excluded.deleted_time",
};

const PARAMS: BulkInsert = BulkInsert {
    table: "params",
    columns: &[("run_no", Int), ("key", Text), ("value", Text), ("experiment_id", Int)],
    suffix: "ON CONFLICT (run_no, key) DO NOTHING",
};

const TAGS: BulkInsert = BulkInsert {
    table: "tags",
    columns: &[("run_no", Int), ("key", Text), ("value", Text), ("experiment_id", Int)],
    suffix: "ON CONFLICT (run_no, key) DO UPDATE SET value = excluded.value",
};

/// A point that arrives late does not replace one of a later step.
macro_rules! later {
    ($column:literal) => {
        concat!(
            $column,
            " = CASE WHEN (excluded.step, excluded.timestamp, excluded.value) > \
             (metrics.step, metrics.timestamp, metrics.value) THEN excluded.",
            $column,
            " ELSE metrics.",
            $column,
            " END, "
        )
    };
}

/// The least and the greatest value are so of all points, however late they arrive.
macro_rules! further {
    ($column:literal, $operator:literal) => {
        concat!(
            $column,
            " = CASE WHEN metrics.",
            $column,
            " IS NULL OR excluded.",
            $column,
            $operator,
            "metrics.",
            $column,
            " THEN excluded.",
            $column,
            " ELSE metrics.",
            $column,
            " END"
        )
    };
}

const METRICS: BulkInsert = BulkInsert {
    table: "metrics",
    columns: &[
        ("run_no", Int),
        ("key", Text),
        ("value", Float),
        ("is_nan", Bool),
        ("timestamp", Int),
        ("step", Int),
        ("experiment_id", Int),
        ("min_value", Float),
        ("max_value", Float),
    ],
    suffix: concat!(
        "ON CONFLICT (run_no, key) DO UPDATE SET ",
        later!("value"),
        later!("is_nan"),
        later!("timestamp"),
        later!("step"),
        further!("min_value", " < "),
        ", ",
        further!("max_value", " > "),
    ),
};

const RUN_MODELS: BulkInsert = BulkInsert {
    table: "run_models",
    columns: &[("run_no", Int), ("direction", Text), ("model_id", Text), ("step", Int), ("linked_at", Int)],
    suffix: "ON CONFLICT (run_no, direction, model_id) DO NOTHING",
};

const DEAD_LETTERS: BulkInsert = BulkInsert {
    table: "dead_letters",
    columns: &[
        ("projection", Text),
        ("position", Int),
        ("stream_id", Text),
        ("kind", Text),
        ("error", Text),
        ("failed_at", Int),
    ],
    suffix: "ON CONFLICT (projection, position) DO UPDATE SET error = excluded.error, failed_at = excluded.failed_at, \
             retry_asked_at = NULL",
};

/// The columns of the table, for a `SELECT` that reads what the insert writes.
pub(super) fn names(table: &BulkInsert) -> String {
    let names: Vec<&str> = table.columns.iter().map(|(name, _)| *name).collect();
    names.join(", ")
}

pub(super) async fn write(transaction: &mut dyn Transaction, changes: Changes) -> Result<(), Error> {
    transaction.insert(&EXPERIMENTS, changes.experiments.into_values().map(experiment).collect()).await?;
    transaction.insert(&RUNS, changes.runs.into_values().map(run).collect()).await?;

    let mut tags = Vec::new();
    for ((experiment_id, key), value) in changes.experiment_tags {
        match value {
            Some(value) => tags.push(vec![experiment_id.into(), key.into(), value.into()]),
            None => delete_tag(transaction, "experiment_tags", "experiment_id", experiment_id, key).await?,
        }
    }
    transaction.insert(&EXPERIMENT_TAGS, tags).await?;

    let mut tags = Vec::new();
    for ((run_no, key), (experiment_id, value)) in changes.tags {
        match value {
            Some(value) => tags.push(vec![run_no.into(), key.into(), value.into(), experiment_id.into()]),
            None => delete_tag(transaction, "tags", "run_no", run_no, key).await?,
        }
    }
    transaction.insert(&TAGS, tags).await?;

    let params = changes.params.into_iter().map(|param| {
        vec![param.run_no.into(), param.entry.key.into(), param.entry.value.into(), param.experiment_id.into()]
    });
    transaction.insert(&PARAMS, params.collect()).await?;

    // In the order of the key: the rows of a run lie together, and a page of runs is read from as few pages.
    let mut metrics: Vec<_> = changes.metrics.into_iter().collect();
    metrics.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
    let metrics = metrics.into_iter().map(|((run_no, key), MetricChange { experiment_id, latest, range })| {
        let is_nan = latest.value.is_nan();
        let value = if is_nan { 0.0 } else { latest.value };
        vec![
            run_no.into(),
            (&*key).into(),
            value.into(),
            is_nan.into(),
            latest.timestamp.into(),
            latest.step.into(),
            experiment_id.into(),
            range.map(|(min, _)| min).into(),
            range.map(|(_, max)| max).into(),
        ]
    });
    transaction.insert(&METRICS, metrics.collect()).await?;
    segments::insert(transaction, changes.segments).await?;

    transaction.insert(&RUN_MODELS, changes.models.into_iter().map(run_model).collect()).await?;

    artifacts::write(transaction, changes.uploads, changes.turns, changes.removed).await?;
    registry::write(transaction, changes.registered_models, changes.model_versions).await?;

    let letters = changes.dead_letters.into_iter().map(|letter| {
        let name = crate::VIEWS.into();
        vec![
            name,
            letter.position.into(),
            letter.stream_id.into(),
            letter.kind.into(),
            letter.error.into(),
            letter.failed_at.into(),
        ]
    });
    transaction.insert(&DEAD_LETTERS, letters.collect()).await
}

/// Removes the rows of the tables whose owner, in this column, is one of the ids.
pub(super) async fn delete_of<V: Copy + Into<Value> + Sync>(
    transaction: &mut dyn Transaction,
    tables: &[&str],
    owner: &str,
    ids: &[V],
) -> Result<(), Error> {
    // Databases limit how many parameters a statement takes.
    for chunk in ids.chunks(500) {
        for table in tables {
            let mut statement = Statement::default();
            let list = statement.bind_list(chunk.iter().copied());
            statement.sql = format!("DELETE FROM {table} WHERE {owner} IN {list}");
            transaction.execute(&statement).await?;
        }
    }
    Ok(())
}

fn experiment(row: ExperimentRow) -> Vec<Value> {
    vec![
        row.experiment_id.into(),
        row.name.into(),
        row.artifact_location.into(),
        row.deleted.into(),
        row.creation_time.into(),
        row.last_update_time.into(),
    ]
}

fn run(row: RunRow) -> Vec<Value> {
    vec![
        row.run_no.into(),
        row.run_id.into(),
        row.experiment_id.into(),
        row.name.into(),
        row.user_id.into(),
        row.status.as_str().into(),
        row.start_time.into(),
        row.end_time.into(),
        row.deleted.into(),
        row.deleted_time.into(),
        row.artifact_uri.into(),
    ]
}

fn run_model(linked: LinkedModel) -> Vec<Value> {
    vec![
        linked.run_no.into(),
        linked.direction.into(),
        linked.model.model_id.into(),
        linked.model.step.into(),
        linked.position.into(),
    ]
}

async fn delete_tag(
    transaction: &mut dyn Transaction,
    table: &str,
    owner: &str,
    id: i64,
    key: String,
) -> Result<(), Error> {
    let sql = format!("DELETE FROM {table} WHERE {owner} = $1 AND key = $2");
    transaction.execute(&Statement::new(sql, vec![id.into(), key.into()])).await.map(drop)
}
