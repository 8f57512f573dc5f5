//! Changes to rows that a projection does not name one by one: lifecycles of whole experiments, folders, and purges.

use std::collections::BTreeSet;

use super::Sweep;
use crate::{Error, Statement, Transaction};

/// What hangs on a run.
const CHILDREN: [&str; 6] = ["params", "tags", "metrics", "metric_segments", "dataset_inputs", "run_models"];
/// Runs per statement; databases limit how many parameters a statement takes.
const CHUNK: usize = 500;

pub(super) async fn purge_runs(transaction: &mut dyn Transaction, runs: &BTreeSet<i64>) -> Result<(), Error> {
    let runs: Vec<i64> = runs.iter().copied().collect();
    for chunk in runs.chunks(CHUNK) {
        for table in CHILDREN.into_iter().chain(["runs"]) {
            let mut statement = Statement::default();
            let numbers = statement.bind_list(chunk.iter().copied());
            statement.sql = format!("DELETE FROM {table} WHERE run_no IN {numbers}");
            transaction.execute(&statement).await?;
        }
    }
    Ok(())
}

pub(super) async fn carry_out(transaction: &mut dyn Transaction, sweep: Sweep) -> Result<(), Error> {
    match sweep {
        Sweep::Runs { experiment_id, deleted: true, at } => {
            let sql = "UPDATE runs SET deleted = TRUE, deleted_time = $1 WHERE experiment_id = $2 AND deleted = FALSE";
            run(transaction, sql, vec![at.into(), experiment_id.into()]).await
        }
        Sweep::Runs { experiment_id, deleted: false, .. } => {
            let sql =
                "UPDATE runs SET deleted = FALSE, deleted_time = NULL WHERE experiment_id = $1 AND deleted = TRUE";
            run(transaction, sql, vec![experiment_id.into()]).await
        }
        Sweep::Experiment { experiment_id } => {
            let runs = "SELECT run_no FROM runs WHERE experiment_id = $1";
            for table in CHILDREN {
                let sql = format!("DELETE FROM {table} WHERE run_no IN ({runs})");
                run(transaction, &sql, vec![experiment_id.into()]).await?;
            }
            for table in ["runs", "datasets", "experiment_tags", "experiments"] {
                let sql = format!("DELETE FROM {table} WHERE experiment_id = $1");
                run(transaction, &sql, vec![experiment_id.into()]).await?;
            }
            Ok(())
        }
        Sweep::Artifacts { path, deletion } => {
            // `0` follows `/`, so the range is every path below the folder.
            let sql = "DELETE FROM artifacts WHERE path = $1 OR (path >= $2 AND path < $3)";
            let params = vec![(&path).into(), format!("{path}/").into(), format!("{path}0").into()];
            run(transaction, sql, params).await?;
            let sql = "INSERT INTO removals (path, deletion) VALUES ($1, $2) ON CONFLICT (path, deletion) DO NOTHING";
            run(transaction, sql, vec![path.into(), deletion.into()]).await
        }
    }
}

async fn run(transaction: &mut dyn Transaction, sql: &str, params: Vec<crate::Value>) -> Result<(), Error> {
    transaction.execute(&Statement::new(sql, params)).await.map(drop)
}
