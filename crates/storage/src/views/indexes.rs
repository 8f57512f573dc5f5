//! Indexes that nothing needs while views are loaded, and that cost more to keep than to make: a metric's row changes with every
//! batch, and each of its indexes with it.

use crate::{Db, Error, Statement};

/// What only searches use, by name. As the migrations make them.
const DEFERRED: &[(&str, &str)] = &[
    ("params_search", "params (experiment_id, key, head, run_no)"),
    ("tags_search", "tags (experiment_id, key, head, run_no)"),
    ("metrics_search", "metrics (experiment_id, key, value, run_no, is_nan)"),
    ("metrics_by_min", "metrics (experiment_id, key, min_value, run_no)"),
    ("metrics_by_max", "metrics (experiment_id, key, max_value, run_no)"),
    ("dataset_inputs_search", "dataset_inputs (experiment_id, name, digest)"),
];

/// Removes the indexes that only searches use. Doing so again changes nothing.
pub async fn defer_indexes(db: &dyn Db) -> Result<(), Error> {
    for (name, _) in DEFERRED {
        db.write(&Statement::new(format!("DROP INDEX IF EXISTS {name}"), vec![])).await?;
    }
    Ok(())
}

/// Makes the indexes that are missing, one after the other.
pub async fn make_indexes(db: &dyn Db) -> Result<(), Error> {
    for (name, columns) in DEFERRED {
        db.write(&Statement::new(format!("CREATE INDEX IF NOT EXISTS {name} ON {columns}"), vec![])).await?;
    }
    Ok(())
}
