//! Two plain pages: the experiments, and the latest runs of one. They work without scripts and ask no other server.

mod html;

use axum::extract::{Path, State};
use axum::response::Html;
use http::{HeaderMap, header};
use runledger_domain::{Experiment, Run};
use runledger_storage::search::{ExperimentQuery, RunQuery, ViewType, compile_experiments, compile_runs};
use std::fmt::Write;

use crate::args::parse_experiment_id;
use crate::wire::double_name;
use crate::{ApiError, AppState};
use html::{escape, page, time};

/// Experiments on the first page.
const EXPERIMENTS: usize = 1_000;
/// Runs on the page of an experiment.
const RUNS: usize = 100;
/// Params and metrics of a run that are shown.
const VALUES: usize = 12;

pub(crate) async fn experiments(State(app): State<AppState>, headers: HeaderMap) -> Result<Html<String>, ApiError> {
    let search = compile_experiments(&ExperimentQuery {
        filter: "",
        order_by: &["last_update_time DESC".to_owned()],
        view: ViewType::ActiveOnly,
        max_results: EXPERIMENTS,
        page_token: None,
    })?;
    app.views.catch_up().await?;
    let experiments = app.views.search_experiments(&search).await?.items;
    let mut body = String::new();
    body.push_str("<h1>Experiments</h1>");
    if experiments.iter().all(|experiment| experiment.experiment_id == 0) {
        let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or("localhost:5000");
        write!(
            body,
            "<p>Nothing is logged here under a name of its own yet. Point a training script to this server:</p>\
             <pre>export MLFLOW_TRACKING_URI=http://{}\npython train.py</pre>",
            escape(host)
        )
        .unwrap_or_default();
    }
    body.push_str("<table><tr><th>Name<th>Id<th>Created<th>Updated<th>Artifacts</tr>");
    for Experiment { experiment_id, name, artifact_location, creation_time, last_update_time, .. } in &experiments {
        row(
            &mut body,
            &[
                &format!("<a href=\"/experiments/{experiment_id}\">{}</a>", escape(name)),
                &experiment_id.to_string(),
                &time(*creation_time),
                &time(*last_update_time),
                &format!("<code>{}</code>", escape(artifact_location)),
            ],
        );
    }
    body.push_str("</table>");
    Ok(Html(page("Experiments", &body)))
}

pub(crate) async fn experiment(State(app): State<AppState>, Path(id): Path<String>) -> Result<Html<String>, ApiError> {
    let id = parse_experiment_id(&id)?;
    let experiment = app.experiment(id).await?;
    let search = compile_runs(&RunQuery {
        experiment_ids: &[id],
        filter: "",
        order_by: &[],
        view: ViewType::ActiveOnly,
        max_results: RUNS,
        page_token: None,
    })?;
    app.views.catch_up().await?;
    let found = app.views.search_runs(&search).await?;
    let name = escape(&experiment.name);
    let mut body = format!("<p><a href=\"/\">Experiments</a></p><h1>{name}</h1>");
    if found.next_page_token.is_some() {
        write!(body, "<p>The latest {RUNS} runs.</p>").unwrap_or_default();
    }
    body.push_str("<table><tr><th>Run<th>Status<th>Started<th>Ended<th>User<th>Metrics<th>Params</tr>");
    for run in &found.items {
        let Run { run_id, name, status, start_time, end_time, user_id, .. } = run;
        let metrics = run.metrics.iter().map(|(key, point)| (key.as_str(), shown(point.value)));
        let params = run.params.iter().map(|(key, value)| (key.as_str(), value.clone()));
        row(
            &mut body,
            &[
                &format!("<span title=\"{}\">{}</span>", escape(run_id), escape(name)),
                status.as_str(),
                &time(*start_time),
                &end_time.map(time).unwrap_or_default(),
                &escape(user_id),
                &list(metrics, run.metrics.len()),
                &list(params, run.params.len()),
            ],
        );
    }
    body.push_str("</table>");
    if found.items.is_empty() {
        body.push_str("<p>This experiment has no runs yet.</p>");
    }
    Ok(Html(page(&experiment.name, &body)))
}

fn shown(value: f64) -> String {
    double_name(value).map_or_else(|| value.to_string(), str::to_owned)
}

fn row(body: &mut String, cells: &[&str]) {
    body.push_str("<tr>");
    for cell in cells {
        body.push_str("<td>");
        body.push_str(cell);
    }
    body.push_str("</tr>");
}

fn list<'a>(values: impl Iterator<Item = (&'a str, String)>, all: usize) -> String {
    let mut text = String::new();
    for (key, value) in values.take(VALUES) {
        let value = runledger_domain::validate::cut(&value, 40).to_owned();
        write!(text, "<div>{} = {}</div>", escape(key), escape(&value)).unwrap_or_default();
    }
    if all > VALUES {
        write!(text, "<div>and {} more</div>", all - VALUES).unwrap_or_default();
    }
    text
}
