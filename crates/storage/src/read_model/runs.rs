//! Runs, one by id or a page of a search.

use runledger_domain::{Event, Run, RunStatus, StreamId};
use std::collections::{BTreeMap, HashMap};

use super::{CHECKPOINT, Page, ReadModel, children};
use crate::search::Search;
use crate::{Error, Row, Statement};

/// A data set that runs of an experiment used, in one context.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DatasetSummary {
    pub experiment_id: i64,
    pub name: String,
    pub digest: String,
    /// The input tag `mlflow.data.context`, such as `training`.
    pub context: Option<String>,
}

impl ReadModel {
    /// The run with everything that was acknowledged.
    pub async fn run(&self, run_id: &str) -> Result<Option<Run>, Error> {
        self.read_run(run_id, true).await
    }

    /// The run with its own fields as of everything that was acknowledged; params, tags, metrics and links may be missing.
    pub async fn run_info(&self, run_id: &str) -> Result<Option<Run>, Error> {
        self.read_run(run_id, false).await
    }

    async fn read_run(&self, run_id: &str, whole: bool) -> Result<Option<Run>, Error> {
        let sql = format!("SELECT {COLUMNS}, checkpoint FROM ({CHECKPOINT}) AS views LEFT JOIN runs ON run_id = $1");
        let (mut checkpoint, mut found) = (0, Vec::new());
        for row in self.db.fetch(&Statement::new(sql, vec![run_id.into()])).await? {
            checkpoint = row.int(10)?;
            if row.opt_int(0)?.is_some() {
                found.push(run(row)?);
            }
        }
        if whole {
            children::fill(self.db.as_ref(), &mut found).await?;
        }
        let mut run = found.pop().map(|(_, run)| run);

        let mut streams = vec![StreamId::run(run_id)];
        streams.extend(run.as_ref().map(|run| StreamId::experiment(run.experiment_id)));
        let mut tail = self.log.read_streams(&streams, checkpoint).await?;
        if run.is_none() {
            let begun = tail.first().map(runledger_domain::RecordedEvent::decode).transpose();
            if let Some(created) = begun.ok().flatten().as_ref().and_then(Run::begin) {
                let experiment = [StreamId::experiment(created.experiment_id)];
                tail.extend(self.log.read_streams(&experiment, checkpoint).await?);
                tail.sort_by_key(|event| event.position);
            }
        }
        for recorded in tail {
            // An event that does not read is the projector's to report; the run is answered without it.
            let Ok(event) = recorded.decode() else { continue };
            match &mut run {
                _ if matches!(event, Event::RunPurged(_) | Event::ExperimentPurged(_)) => run = None,
                Some(run) => run.evolve(&event),
                None => run = Run::begin(&event),
            }
        }
        Ok(run)
    }

    /// The experiments of those runs that the views know.
    pub async fn experiments_of(&self, run_ids: &[&str]) -> Result<HashMap<String, i64>, Error> {
        let mut statement = Statement::default();
        let ids = statement.bind_list(run_ids.iter().copied());
        statement.sql = format!("SELECT run_id, experiment_id FROM runs WHERE run_id IN {ids}");
        let owner = |mut row: Row| Ok((row.text(0)?, row.int(1)?));
        self.db.fetch(&statement).await?.into_iter().map(owner).collect()
    }

    /// A page of a compiled search of runs.
    pub async fn search_runs(&self, search: &Search) -> Result<Page<Run>, Error> {
        let page = search.fetch(self.db.as_ref()).await?;
        let mut runs: Vec<(i64, Run)> = page.rows.into_iter().map(run).collect::<Result<_, _>>()?;
        children::fill(self.db.as_ref(), &mut runs).await?;
        let items = runs.into_iter().map(|(_, run)| run).collect();
        Ok(Page { items, next_page_token: page.next_page_token })
    }

    /// The distinct data sets of the experiments, at most 1000.
    pub async fn dataset_summaries(&self, experiment_ids: &[i64]) -> Result<Vec<DatasetSummary>, Error> {
        let mut statement = Statement::default();
        let experiments = statement.bind_list(experiment_ids.iter().copied());
        statement.sql = format!(
            "SELECT DISTINCT experiment_id, name, digest, context FROM dataset_inputs \
             WHERE experiment_id IN {experiments} ORDER BY experiment_id, name, digest, context LIMIT 1000"
        );
        let summary = |mut row: Row| {
            Ok(DatasetSummary {
                experiment_id: row.int(0)?,
                name: row.text(1)?,
                digest: row.text(2)?,
                context: row.opt_text(3)?,
            })
        };
        self.db.fetch(&statement).await?.into_iter().map(summary).collect()
    }
}

/// What a listing shows of every run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunHead {
    pub run_id: String,
    pub experiment_id: i64,
    pub name: String,
    pub user_id: String,
    pub status: RunStatus,
    /// Milliseconds since the epoch.
    pub start_time: i64,
    /// Milliseconds since the epoch.
    pub end_time: Option<i64>,
    pub deleted: bool,
}

pub(super) const COLUMNS: &str =
    "run_no, run_id, experiment_id, name, user_id, status, start_time, end_time, deleted, artifact_uri";

/// Reads [`COLUMNS`], without the last.
pub(super) fn head(mut row: Row) -> Result<(i64, RunHead), Error> {
    let run_no = row.int(0)?;
    let status = row.text(5)?;
    let head = RunHead {
        run_id: row.text(1)?,
        experiment_id: row.int(2)?,
        name: row.text(3)?,
        user_id: row.text(4)?,
        status: RunStatus::parse(&status).ok_or_else(|| Error::Corrupt {
            table: "runs",
            id: run_no.to_string(),
            reason: format!("status {status:?}"),
        })?,
        start_time: row.int(6)?,
        end_time: row.opt_int(7)?,
        deleted: row.bool(8)?,
    };
    Ok((run_no, head))
}

/// Reads [`COLUMNS`].
fn run(mut row: Row) -> Result<(i64, Run), Error> {
    let artifact_uri = row.text(9)?;
    let (run_no, head) = head(row)?;
    let run = Run {
        run_id: head.run_id,
        experiment_id: head.experiment_id,
        name: head.name,
        user_id: head.user_id,
        status: head.status,
        start_time: head.start_time,
        end_time: head.end_time,
        deleted: head.deleted,
        artifact_uri,
        params: BTreeMap::new(),
        tags: BTreeMap::new(),
        metrics: BTreeMap::new(),
        datasets: Vec::new(),
        model_inputs: Vec::new(),
        model_outputs: Vec::new(),
    };
    Ok((run_no, run))
}
