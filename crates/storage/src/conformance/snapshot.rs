//! Everything that the views say, as text: two views of one log must give the same.

use runledger_domain::points::{Columns, merge};
use std::collections::BTreeMap;

use super::Failure;
use crate::views::read_segment;
use crate::{Db, Row, Statement, Value};

/// Each table with its columns, except for checkpoints and times that come from no event.
const TABLES: &[(&str, &str)] = &[
    ("dead_letters", "projection, position, stream_id, kind"),
    ("experiments", "experiment_id, name, artifact_location, deleted, creation_time, last_update_time"),
    ("experiment_tags", "experiment_id, key, value"),
    (
        "runs",
        "run_no, run_id, experiment_id, name, user_id, status, start_time, end_time, deleted, deleted_time, artifact_uri",
    ),
    ("params", "run_no, key, value, experiment_id"),
    ("tags", "run_no, key, value, experiment_id"),
    ("metrics", "run_no, key, value, is_nan, timestamp, step, experiment_id, min_value, max_value"),
    ("datasets", "experiment_id, name, digest, source_type, source, schema, profile, described_at"),
    ("dataset_inputs", "run_no, name, digest, experiment_id, tags, context, linked_at"),
    ("run_models", "run_no, direction, model_id, step, linked_at"),
    (
        "logged_models",
        "model_id, experiment_id, name, model_type, source_run_id, artifact_uri, status, creation_time, last_update_time, \
         deleted",
    ),
    ("logged_model_params", "model_id, key, value"),
    ("logged_model_tags", "model_id, key, value"),
    (
        "logged_model_metrics",
        "model_id, position, number, run_id, key, value, is_nan, timestamp, step, dataset_name, dataset_digest",
    ),
    ("artifacts", "path, upload_id, size, sha256, state, error, staged_at, stored_at"),
    ("removals", "path, deletion"),
    ("registered_models", "id, name, creation_time, last_update_time, renamed_at, description, last_version"),
    ("registered_model_tags", "registered_model, key, value"),
    ("registered_model_aliases", "registered_model, alias, version"),
    (
        "model_versions",
        "registered_model, version, creation_time, last_update_time, stage, description, source, storage_location, \
         run_id, run_link, model_id",
    ),
    ("model_version_tags", "registered_model, version, key, value"),
];

/// One line per row and one per history, which may be cut into segments in any way.
pub async fn snapshot(db: &dyn Db) -> Result<Vec<String>, Failure> {
    let mut lines = Vec::new();
    for (table, columns) in TABLES {
        let rows = db.fetch(&Statement::new(format!("SELECT {columns} FROM {table}"), vec![])).await?;
        let mut rows: Vec<String> = rows.into_iter().map(|row| format!("{table} {}", text(row))).collect();
        rows.sort();
        lines.extend(rows);
    }
    let mut histories: BTreeMap<(i64, String), Vec<Columns>> = BTreeMap::new();
    let segments = "SELECT segment, columns, run_no, key FROM metric_segments ORDER BY run_no, key, segment";
    for mut row in db.fetch(&Statement::new(segments, vec![])).await? {
        let of = (row.int(2)?, row.text(3)?);
        histories.entry(of).or_default().push(read_segment(row)?.1);
    }
    let history = |(of, pieces)| format!("history {of:?} {:?}", merge(pieces).iter().collect::<Vec<_>>());
    lines.extend(histories.into_iter().map(history));
    Ok(lines)
}

/// SQLite has no booleans.
fn text(row: Row) -> String {
    let same = |value| if let Value::Bool(value) = value { Value::Int(value.into()) } else { value };
    format!("{:?}", row.0.into_iter().map(same).collect::<Vec<_>>())
}
