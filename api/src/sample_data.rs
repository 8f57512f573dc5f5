//! Sample data: a few experiments as a team might have them, so that somebody new has something to look at.
//!
//! The experiments are made up by [`experiments`], the same ones each time but for their age; here they are recorded with the
//! commands that a training would use. Nothing marks them as samples, and they are deleted like any experiment.

mod images;
mod nested;
mod noise;
mod pretraining;
mod sweep;

use axum::body::Body;
use futures::{StreamExt, TryStreamExt, stream};
use http::HeaderMap;
use runledger_artifacts::ArtifactPath;
use runledger_domain::command::{CreateExperiment, CreateRun, LogBatch, log_batch, log_inputs, update_run};
use runledger_domain::event::{Dataset, DatasetInput, RunUpdated};
use runledger_domain::guard::GuardKey;
use runledger_domain::points::{BatchBuilder, Point};
use runledger_domain::{KeyValue, Run, RunStatus, limits};

use crate::app::refusal;
use crate::artifacts::upload;
use crate::{ApiError, App, RequestContext};

/// Runs recorded at a time.
const AT_ONCE: usize = 8;

/// What was recorded.
#[derive(Debug, Default)]
pub(crate) struct Loaded {
    /// Id and name.
    pub(crate) experiments: Vec<(i64, String)>,
    pub(crate) runs: usize,
}

/// An experiment to be recorded.
#[derive(Debug)]
struct SampleExperiment {
    name: &'static str,
    tags: Vec<KeyValue>,
    runs: Vec<SampleRun>,
}

/// A run to be recorded, with the runs below it.
#[derive(Debug)]
struct SampleRun {
    name: String,
    user: &'static str,
    status: RunStatus,
    /// Milliseconds since the epoch.
    start: i64,
    end: i64,
    params: Vec<KeyValue>,
    tags: Vec<KeyValue>,
    /// Histories by key.
    metrics: Vec<(&'static str, Vec<Point>)>,
    datasets: Vec<DatasetInput>,
    /// Contents by path.
    files: Vec<(&'static str, Vec<u8>)>,
    children: Vec<SampleRun>,
}

/// Records all experiments, whatever there is already.
pub(crate) async fn load(app: &App, context: &RequestContext) -> Result<Loaded, ApiError> {
    let mut loaded = Loaded::default();
    for experiment in experiments(app.clock.now_ms()) {
        let SampleExperiment { name, tags, runs } = experiment;
        let name = free_name(app, name).await?;
        let experiment_id = app.log.next_experiment_id().await?;
        let artifact_location = String::new();
        let command = CreateExperiment { experiment_id, name: name.clone(), artifact_location, tags };
        app.execute(context, command.decide(&app.settings.artifact_root)?).await?;
        loaded.runs += stream::iter(runs)
            .map(|run| record_family(app, context, experiment_id, run))
            .buffer_unordered(AT_ONCE)
            .try_fold(0, async |sum, recorded| Ok(sum + recorded))
            .await?;
        loaded.experiments.push((experiment_id, name));
    }
    Ok(loaded)
}

/// The experiments, the latest of whose runs ended shortly before `now`.
fn experiments(now: i64) -> Vec<SampleExperiment> {
    vec![sweep::experiment(now), pretraining::experiment(now), nested::experiment(now)]
}

/// The name, or with a number behind it the first that is free.
async fn free_name(app: &App, name: &str) -> Result<String, ApiError> {
    let mut candidate = name.to_owned();
    for number in 2.. {
        if app.log.guard(&GuardKey::ExperimentName(candidate.clone())).await?.is_none() {
            break;
        }
        candidate = format!("{name}-{number}");
    }
    Ok(candidate)
}

/// Records a run and those below it, and tells how many they are.
async fn record_family(
    app: &App,
    context: &RequestContext,
    experiment_id: i64,
    mut run: SampleRun,
) -> Result<usize, ApiError> {
    let children = std::mem::take(&mut run.children);
    let count = 1 + children.len();
    let parent = record(app, context, experiment_id, run).await?;
    for mut child in children {
        child.tags.push(pair("mlflow.parentRunId", &parent));
        record(app, context, experiment_id, child).await?;
    }
    Ok(count)
}

async fn record(app: &App, context: &RequestContext, experiment_id: i64, run: SampleRun) -> Result<String, ApiError> {
    let SampleRun { name, user, status, start, end, params, mut tags, metrics, datasets, files, .. } = run;
    tags.extend([pair("mlflow.user", user), pair("mlflow.source.type", "LOCAL")]);
    let command = CreateRun {
        experiment_id,
        user_id: user.to_owned(),
        run_name: name,
        start_time: start,
        tags,
        ..CreateRun::default()
    };
    let location = app.artifact_location(experiment_id).await?;
    let decision = command.decide(&location, app.ids.as_ref())?;
    let created = decision.events.first().and_then(|(_, event)| Run::begin(event));
    let Run { run_id, artifact_uri, .. } =
        created.ok_or_else(|| ApiError::internal("the command to create a run decided something else"))?;
    app.append(context, Some(user), decision).await?.map_err(|rejection| refusal(&rejection))?;

    app.log_params(context, LogBatch { run_id: run_id.clone(), params, ..LogBatch::default() }, true).await?;
    // As a client sends them, so that the log is one that clients make.
    for points in by_step(&metrics).chunks(limits::BATCH_METRICS) {
        let mut batch = BatchBuilder::with_capacity(points.len());
        for (key, point) in points {
            batch.push(key, *point);
        }
        let batch = LogBatch { run_id: run_id.clone(), metrics: batch.finish(), ..LogBatch::default() };
        app.execute(context, log_batch(batch, None)).await?;
    }
    if !datasets.is_empty() {
        app.execute(context, log_inputs(&run_id, datasets, Vec::new())?).await?;
    }
    if let Some(root) = ArtifactPath::of_uri(&artifact_uri)? {
        for (path, bytes) in files {
            upload::stream(app, context, &root.join(path)?, &HeaderMap::new(), Body::from(bytes)).await?;
        }
    }
    let update = RunUpdated { status: Some(status), end_time: Some(end), name: None };
    app.execute(context, update_run(&run_id, update)?).await?;
    Ok(run_id)
}

/// The points of all metrics in the order in which a training logs them.
fn by_step(metrics: &[(&'static str, Vec<Point>)]) -> Vec<(&'static str, Point)> {
    let mut points: Vec<_> =
        metrics.iter().flat_map(|(key, points)| points.iter().map(move |point| (*key, *point))).collect();
    points.sort_by_key(|(_, point)| point.timestamp);
    points
}

#[expect(clippy::needless_pass_by_value, reason = "a literal is easier to write than a reference to one")]
fn pair(key: &str, value: impl ToString) -> KeyValue {
    KeyValue { key: key.to_owned(), value: value.to_string() }
}

/// A file of these lines.
fn lines(lines: &[String]) -> Vec<u8> {
    (lines.join("\n") + "\n").into_bytes()
}

/// A data set that a run was trained or evaluated on.
fn dataset(name: &str, digest: &str, source: &str, context: &str) -> DatasetInput {
    DatasetInput {
        dataset: Dataset {
            name: name.to_owned(),
            digest: digest.to_owned(),
            source_type: "http".to_owned(),
            source: format!(r#"{{"url":"{source}"}}"#),
            schema: None,
            profile: None,
        },
        tags: vec![pair("mlflow.data.context", context)],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(runs: &[SampleRun]) -> Vec<&SampleRun> {
        runs.iter().flat_map(|run| std::iter::once(run).chain(&run.children)).collect()
    }

    #[test]
    fn they_are_the_same_each_time() {
        // NaN does not equal itself.
        assert_eq!(format!("{:?}", experiments(1_000_000_000_000)), format!("{:?}", experiments(1_000_000_000_000)));
    }

    #[test]
    fn they_show_what_there_is_to_see() {
        let now = 1_800_000_000_000;
        let experiments = experiments(now);
        let runs: Vec<&SampleRun> = experiments.iter().flat_map(|experiment| all(&experiment.runs)).collect();
        assert!(runs.len() > 40);
        assert!(runs.iter().all(|run| run.start < run.end && run.end <= now), "all are over");
        let points = || runs.iter().flat_map(|run| &run.metrics).flat_map(|(_, points)| points);
        assert!(points().any(|point| point.value.is_nan()));
        assert!(points().all(|point| point.timestamp <= now && point.step >= 0));
        assert!(runs.iter().any(|run| run.status == RunStatus::Failed));
        assert!(runs.iter().any(|run| !run.children.is_empty() && !run.datasets.is_empty()));
        assert!(runs.iter().any(|run| run.metrics.iter().any(|(key, _)| key.starts_with("system/"))));
        assert!(runs.iter().flat_map(|run| &run.tags).any(|tag| tag.key == "mlflow.note.content"));
        for ending in [".csv", ".json", ".png", ".svg", ".md", ".txt"] {
            assert!(runs.iter().flat_map(|run| &run.files).any(|(path, _)| path.ends_with(ending)), "{ending}");
        }
    }
}
