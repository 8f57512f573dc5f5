//! `runledger sample-data`: asks a running server for sample data, as its page does.

use serde::Deserialize;
use serde_json::json;
use std::io::{self, Write};
use std::time::Duration;

use crate::Failure;
use crate::cli::SampleDataArgs;

/// More than a slow disk needs for some hundred appends.
const LIMIT: Duration = Duration::from_mins(2);

#[derive(Deserialize)]
struct Loaded {
    experiments: Vec<Experiment>,
    runs: usize,
}

#[derive(Deserialize)]
struct Experiment {
    experiment_id: String,
    name: String,
}

#[derive(Deserialize)]
struct Refusal {
    message: String,
}

pub(crate) async fn run(SampleDataArgs { url, force }: SampleDataArgs) -> Result<(), Failure> {
    let url = url.trim_end_matches('/');
    // It is asked directly: no proxy leads back to this machine or its network.
    let client = reqwest::Client::builder().timeout(LIMIT).no_proxy().build()?;
    let body = json!({ "force": force });
    let asked = client.post(format!("{url}/api/runledger/v1/sample-data")).json(&body).send().await;
    let answer =
        asked.map_err(|error| format!("no answer from {url}, where `runledger server` should run: {error}"))?;
    let status = answer.status();
    let text = answer.text().await?;
    if !status.is_success() {
        let reason = serde_json::from_str(&text).map_or(text, |Refusal { message }| message);
        let hint = if status.as_u16() == 409 { " The option is --force." } else { "" };
        return Err(format!("{url} answered {status}: {reason}{hint}").into());
    }
    let Loaded { experiments, runs } = serde_json::from_str(&text)?;
    let mut out = io::stdout().lock();
    writeln!(out, "{runs} runs in {} experiments:", experiments.len())?;
    for Experiment { experiment_id, name } in experiments {
        writeln!(out, "  {name}  {url}/experiments/{experiment_id}")?;
    }
    Ok(())
}
