//! Changes to rows that a projection does not name one by one: lifecycles of whole experiments, folders, and purges.

use std::collections::BTreeSet;

use super::{Shards, Sweep, ViewGroup, ViewGroups, logged_models};
use crate::{Error, Statement, Transaction};

/// What hangs on a run.
const CHILDREN: [&str; 6] = ["params", "tags", "metrics", "metric_segments", "dataset_inputs", "run_models"];
/// Runs per statement; databases limit how many parameters a statement takes.
const CHUNK: usize = 500;

/// Removes the runs, and what hangs on them in the tables of these groups.
pub(super) async fn purge_runs(
    transaction: &mut dyn Transaction,
    runs: &BTreeSet<i64>,
    groups: ViewGroups,
) -> Result<(), Error> {
    let runs: Vec<i64> = runs.iter().copied().collect();
    for chunk in runs.chunks(CHUNK) {
        for table in CHILDREN.into_iter().chain(["runs"]).filter(|table| groups.hold(table)) {
            let mut statement = Statement::default();
            let numbers = statement.bind_list(chunk.iter().copied());
            statement.sql = format!("DELETE FROM {table} WHERE run_no IN {numbers}");
            transaction.execute(&statement).await?;
        }
    }
    Ok(())
}

/// Carries out what concerns the shards, in the tables of these groups.
pub(super) async fn carry_out(
    transaction: &mut dyn Transaction,
    sweep: Sweep,
    shards: Shards,
    groups: ViewGroups,
) -> Result<(), Error> {
    let own_runs = shards.and_holds("run_id");
    match sweep {
        Sweep::Runs { experiment_id, deleted: true, at } => {
            let sql = format!(
                "UPDATE runs SET deleted = TRUE, deleted_time = $1 \
                 WHERE experiment_id = $2 AND deleted = FALSE{own_runs}"
            );
            run(transaction, &sql, vec![at.into(), experiment_id.into()]).await
        }
        Sweep::Runs { experiment_id, deleted: false, .. } => {
            let sql = format!(
                "UPDATE runs SET deleted = FALSE, deleted_time = NULL \
                 WHERE experiment_id = $1 AND deleted = TRUE{own_runs}"
            );
            run(transaction, &sql, vec![experiment_id.into()]).await
        }
        Sweep::Experiment { experiment_id } => {
            let params = || vec![experiment_id.into()];
            for table in CHILDREN.into_iter().filter(|table| groups.hold(table)) {
                let sql = format!(
                    "DELETE FROM {table} WHERE run_no IN (SELECT run_no FROM runs WHERE experiment_id = $1{own_runs})"
                );
                run(transaction, &sql, params()).await?;
            }
            run(transaction, &format!("DELETE FROM runs WHERE experiment_id = $1{own_runs}"), params()).await?;
            // Each shard does so, because each may have written one until now; the last one leaves none.
            if groups.contains(ViewGroup::Inputs) {
                run(transaction, "DELETE FROM datasets WHERE experiment_id = $1", params()).await?;
            }
            if shards.contains(Shards::COMMON) {
                if groups.contains(ViewGroup::Models) {
                    logged_models::purge_experiment(transaction, experiment_id).await?;
                }
                run(transaction, "DELETE FROM experiment_tags WHERE experiment_id = $1", params()).await?;
                run(transaction, "DELETE FROM experiments WHERE experiment_id = $1", params()).await?;
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
