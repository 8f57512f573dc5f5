//! Filling an experiment, and what the runs in it hold.
//!
//! The contents follow from the run's number alone, so that `seed/*.sql` can write the same rows straight into a
//! peer's database where its API would take an hour.

use std::{
    io::Write as _,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

use bytes::Bytes;

use crate::{
    args::Common,
    client::{Connection, Failure, Keep},
    error::BenchError,
    load::{Client, Done},
    report::{Report, count_f64},
    session::{self, api, body},
    works::{Prepared, measure, prepare},
};

/// Runs between two progress lines.
const PROGRESS: u64 = 5_000;

/// Makes `runs` runs with 20 metrics, 20 params and 5 tags each, from number `first` on.
pub(crate) async fn seed(common: &Common, runs: u64, first: u64) -> Result<Report, BenchError> {
    let Prepared { setup, clients, experiment_id } = prepare(common).await?;
    let shared = Arc::new(Shared { experiment_id, next: AtomicU64::new(0), first, runs, started: Instant::now() });
    let makers = clients.into_iter().map(|connection| Maker { connection, shared: Arc::clone(&shared) }).collect();
    let mut whole = common.clone();
    whole.seconds = f64::INFINITY;
    whole.count = Some(runs);
    whole.warm_up = 0;
    measure("seed", &whole, setup, makers).await
}

/// Metric `key` (0 to 19) of run `number`: even over 0 to 1, in an order of its own for each key.
fn metric(number: u64, key: u64) -> f64 {
    count_f64((number * 7_919 + key * 104_729 + number / 10 * key) % 100_003) / 100_003.0
}

/// Param `key` (0 to 19) of run `number`: one of v0 to v9.
fn param(number: u64, key: u64) -> String {
    format!("v{}", (number + number / 10 * key) % 10)
}

/// The fields of a `runs/log-batch` body after `run_id`, closing brace included.
pub(crate) fn contents(number: u64) -> String {
    let list = |count: u64, item: &dyn Fn(u64) -> String| (0..count).map(item).collect::<Vec<_>>().join(", ");
    let metrics = list(20, &|key| {
        let value = metric(number, key);
        format!(r#"{{"key": "m{key}", "value": {value}, "timestamp": 1790000000000, "step": 0}}"#)
    });
    let params = list(20, &|key| format!(r#"{{"key": "p{key}", "value": "{}"}}"#, param(number, key)));
    let tags = list(5, &|key| format!(r#"{{"key": "t{key}", "value": "{}"}}"#, (number + key) % 3));
    format!(r#""metrics": [{metrics}], "params": [{params}], "tags": [{tags}]}}"#)
}

struct Shared {
    experiment_id: String,
    next: AtomicU64,
    first: u64,
    runs: u64,
    started: Instant,
}

struct Maker {
    connection: Connection,
    shared: Arc<Shared>,
}

impl Client for Maker {
    async fn step(&mut self) -> Result<Done, Failure> {
        let number = self.shared.next.fetch_add(1, Ordering::Relaxed);
        let made = number + 1;
        let number = self.shared.first + number;
        let request = session::run_request(&self.shared.experiment_id, number);
        let answer = session::create_run(&mut self.connection, body(&request)).await?;
        let run_id = session::quoted(&answer, "run_id")
            .ok_or_else(|| Failure::Connection("runs/create answered without a run_id".to_owned()))?;
        let batch = format!(r#"{{"run_id": "{run_id}", {}"#, contents(number));
        self.connection.post(&api("runs/log-batch"), Bytes::from(batch), Keep::Length).await?;
        self.shared.progress(made);
        Ok(Done { points: 20, bytes: 0 })
    }
}

impl Shared {
    fn progress(&self, made: u64) {
        if !made.is_multiple_of(PROGRESS) {
            return;
        }
        let rate = count_f64(made) / self.started.elapsed().as_secs_f64();
        let left = count_f64(self.runs.saturating_sub(made)) / rate;
        let line = format!("{made} of {} runs, {rate:.0}/s, {left:.0} s left", self.runs);
        // Progress is a courtesy: the load goes on when nobody can read it.
        drop(writeln!(std::io::stderr().lock(), "{line}"));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn a_hundredth_of_the_runs_match_the_search() {
        let hits = (0..100_000).filter(|&run| metric(run, 3) > 0.9 && param(run, 1) == "v7").count();
        assert!((800..1_200).contains(&hits), "{hits} hits");
    }

    #[test]
    fn contents_are_json() {
        let text = format!(r#"{{"run_id": "r", {}"#, contents(12));
        let body: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(body["metrics"].as_array().unwrap().len(), 20);
        assert_eq!(body["params"].as_array().unwrap().len(), 20);
        assert_eq!(body["tags"].as_array().unwrap().len(), 5);
    }
}
