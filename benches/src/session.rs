//! The requests that prepare a load: an experiment, runs, and what their answers name.

use bytes::Bytes;
use serde_json::{Value, json};

use crate::{
    client::{Answer, Connection, Failure, Keep},
    error::BenchError,
};

/// Prefix of `MLflow`'s tracking endpoints.
pub(crate) const API: &str = "/api/2.0/mlflow";

/// `path` below `MLflow`'s tracking endpoints.
pub(crate) fn api(path: &str) -> String {
    format!("{API}/{path}")
}

/// A JSON body.
pub(crate) fn body(value: &Value) -> Bytes {
    Bytes::from(value.to_string())
}

/// The id of the experiment called `name`, which is made when missing.
pub(crate) async fn experiment(connection: &mut Connection, name: &str) -> Result<String, BenchError> {
    let what = "create an experiment";
    let made = connection.post(&api("experiments/create"), body(&json!({ "name": name })), Keep::Body).await;
    let answer = match made {
        Err(Failure::Status(status, _)) if status.is_client_error() => {
            let encoded = percent_encoding::utf8_percent_encode(name, percent_encoding::NON_ALPHANUMERIC);
            let path = api(&format!("experiments/get-by-name?experiment_name={encoded}"));
            connection.get(&path, Keep::Body).await
        }
        other => other,
    };
    let answer = answer.map_err(|failure| BenchError::Setup { what, failure })?;
    quoted(&answer, "experiment_id").ok_or_else(|| missing(what, "experiment_id", &answer))
}

/// A new run in `experiment_id`.
pub(crate) async fn run(connection: &mut Connection, experiment_id: &str) -> Result<String, BenchError> {
    let what = "create a run";
    let answer = create_run(connection, body(&run_request(experiment_id, 0)))
        .await
        .map_err(|failure| BenchError::Setup { what, failure })?;
    quoted(&answer, "run_id").ok_or_else(|| missing(what, "run_id", &answer))
}

/// The body of `runs/create` for the run that starts `order` seconds after the first.
pub(crate) fn run_request(experiment_id: &str, order: u64) -> Value {
    json!({
        "experiment_id": experiment_id,
        "user_id": "bench",
        "run_name": format!("bench-{order}"),
        "start_time": 1_790_000_000_000_u64 + order * 1_000,
    })
}

/// `runs/create`.
pub(crate) async fn create_run(connection: &mut Connection, body: Bytes) -> Result<Answer, Failure> {
    connection.post(&api("runs/create"), body, Keep::Body).await
}

/// The string that `field` holds at its first occurrence. A scan, because parsing would cost the generator more than
/// it costs some servers to answer.
pub(crate) fn quoted(answer: &Answer, field: &str) -> Option<String> {
    let text = std::str::from_utf8(&answer.body).ok()?;
    let after = text.split_once(&format!("\"{field}\""))?.1;
    let mut parts = after.splitn(3, '"');
    let between = parts.next()?;
    (between.trim() == ":").then(|| parts.next().map(str::to_owned)).flatten()
}

/// What the server's `/version` says, if it has such a page.
pub(crate) async fn version(connection: &mut Connection) -> Option<String> {
    let answer = connection.get("/version", Keep::Body).await.ok()?;
    let text = String::from_utf8_lossy(&answer.body).trim().trim_matches('"').to_owned();
    (!text.is_empty() && text.len() < 40).then_some(text)
}

fn missing(what: &'static str, field: &'static str, answer: &Answer) -> BenchError {
    let text = String::from_utf8_lossy(&answer.body);
    BenchError::Answer { what, field, body: text.chars().take(300).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_a_field_with_and_without_blanks() {
        for text in ["{\"run_id\":\"abc\",\"x\":1}", "{\n  \"run_id\": \"abc\"\n}"] {
            let answer = Answer { body: Bytes::from(text), length: 0 };
            assert_eq!(quoted(&answer, "run_id").as_deref(), Some("abc"));
            assert_eq!(quoted(&answer, "x"), None);
        }
    }
}
