//! Experiments at a glance: their runs in numbers, and the keys that their runs use.

use runledger_domain::Experiment;
use std::collections::HashMap;

use super::ReadModel;
use super::experiments::{COLUMNS, experiment};
use crate::search::ViewType;
use crate::{Error, Row, Statement};

/// An experiment with its active runs in numbers.
#[derive(Clone, Debug)]
pub struct ExperimentSummary {
    pub experiment: Experiment,
    pub counts: RunCounts,
}

/// The active runs of an experiment in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RunCounts {
    pub runs: i64,
    pub running: i64,
    /// Failed and ended since the time that was asked for.
    pub failed: i64,
    /// When a run began or ended last, in milliseconds since the epoch.
    pub last_activity: Option<i64>,
}

/// A key of params, tags or metrics.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    pub key: String,
    /// Runs that have it.
    pub runs: i64,
    /// Of a metric, least and greatest of all values, NaN left out.
    pub range: Option<(f64, f64)>,
    /// Of a param, whether runs that have it differ in it, as far as its first 128 characters tell.
    pub varies: Option<bool>,
}

/// The keys that the runs of an experiment use, the most used first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Fields {
    pub params: Vec<Field>,
    pub tags: Vec<Field>,
    pub metrics: Vec<Field>,
}

/// Experiments in a listing; more are found by a search.
const EXPERIMENTS: i64 = 10_000;

impl ReadModel {
    /// The experiments, the latest change first, with their runs counted; failures since `failed_since`.
    pub async fn experiment_summaries(
        &self,
        view: ViewType,
        only: Option<i64>,
        failed_since: i64,
    ) -> Result<Vec<ExperimentSummary>, Error> {
        let mut statement = Statement::default();
        let mut conditions: Vec<String> = view.condition("deleted").into_iter().collect();
        if let Some(id) = only {
            conditions.push(format!("experiment_id = {}", statement.bind(id)));
        }
        let conditions =
            if conditions.is_empty() { String::new() } else { format!(" WHERE {}", conditions.join(" AND ")) };
        let limit = statement.bind(EXPERIMENTS);
        statement.sql = format!(
            "SELECT {COLUMNS} FROM experiments{conditions} ORDER BY last_update_time DESC, experiment_id DESC LIMIT {limit}"
        );
        let rows = self.db.fetch(&statement).await?;
        let mut experiments = rows.into_iter().map(experiment).collect::<Result<Vec<_>, _>>()?;
        self.fill_tags(&mut experiments).await?;
        let counts = self.run_counts(only, failed_since).await?;
        let summary = |experiment: Experiment| {
            let counts = counts.get(&experiment.experiment_id).copied().unwrap_or_default();
            ExperimentSummary { experiment, counts }
        };
        Ok(experiments.into_iter().map(summary).collect())
    }

    /// The keys of the experiment's runs, deleted ones included: their rows are not told apart.
    pub async fn fields(&self, experiment_id: i64) -> Result<Fields, Error> {
        let counted = async |table: &str, ends: &str| {
            let sql = format!(
                "SELECT key, runs{ends} FROM \
                 (SELECT key, COUNT(*) AS runs FROM {table} WHERE experiment_id = $1 GROUP BY key) AS counted \
                 ORDER BY runs DESC, key"
            );
            self.db.fetch(&Statement::new(sql, vec![experiment_id.into()])).await
        };
        let field = |row: &mut Row| Ok(Field { key: row.text(0)?, runs: row.int(1)?, range: None, varies: None });
        let tag = |mut row: Row| field(&mut row);
        // Each end is where an index begins or ends, so that rows are counted in an index and none is looked at.
        let end = |end: &str, table: &str| {
            format!("(SELECT {end} FROM {table} t WHERE t.experiment_id = $1 AND t.key = counted.key)")
        };
        let (least, greatest) = (end("MIN(t.head)", "params"), end("MAX(t.head)", "params"));
        let ends = format!(", CAST(CASE WHEN {least} = {greatest} THEN 0 ELSE 1 END AS BIGINT)");
        let param = |mut row: Row| Ok(Field { varies: Some(row.int(2)? == 1), ..field(&mut row)? });
        let range = format!(", {}, {}", end("MIN(t.min_value)", "metrics"), end("MAX(t.max_value)", "metrics"));
        let metric = |mut row: Row| {
            let range = row.opt_float(2)?.zip(row.opt_float(3)?);
            Ok(Field { range, ..field(&mut row)? })
        };
        Ok(Fields {
            params: counted("params", &ends).await?.into_iter().map(param).collect::<Result<_, Error>>()?,
            tags: counted("tags", "").await?.into_iter().map(tag).collect::<Result<_, Error>>()?,
            metrics: counted("metrics", &range).await?.into_iter().map(metric).collect::<Result<_, Error>>()?,
        })
    }

    async fn run_counts(&self, only: Option<i64>, failed_since: i64) -> Result<HashMap<i64, RunCounts>, Error> {
        let mut statement = Statement::default();
        let since = statement.bind(failed_since);
        let only = only.map(|id| format!(" AND experiment_id = {}", statement.bind(id))).unwrap_or_default();
        statement.sql = format!(
            "SELECT experiment_id, COUNT(*), COUNT(CASE WHEN status = 'RUNNING' THEN 1 END), \
                    COUNT(CASE WHEN status = 'FAILED' AND end_time >= {since} THEN 1 END), \
                    MAX(COALESCE(end_time, start_time)) \
             FROM runs WHERE deleted = FALSE{only} GROUP BY experiment_id"
        );
        let counts = |row: Row| {
            let (runs, running, failed) = (row.int(1)?, row.int(2)?, row.int(3)?);
            Ok((row.int(0)?, RunCounts { runs, running, failed, last_activity: row.opt_int(4)? }))
        };
        self.db.fetch(&statement).await?.into_iter().map(counts).collect()
    }
}
