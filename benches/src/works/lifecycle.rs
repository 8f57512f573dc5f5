//! Short runs from creation to end, as a hyperparameter sweep makes them.

use bytes::Bytes;
use serde_json::json;

use crate::{
    args::Common,
    client::{Connection, Failure, Keep},
    error::BenchError,
    load::{Client, Done},
    report::Report,
    session::{self, api, body},
    works::{Prepared, measure, prepare, seed::contents},
};

/// Create, log 20 params, 20 metrics and 5 tags in one batch, finish. One operation is all three requests.
pub(crate) async fn lifecycle(common: &Common) -> Result<Report, BenchError> {
    let Prepared { setup, clients, experiment_id } = prepare(common).await?;
    let create = body(&session::run_request(&experiment_id, 0));
    let sweeps = clients
        .into_iter()
        .enumerate()
        .map(|(number, connection)| Sweep { connection, create: create.clone(), batch: contents(number as u64) })
        .collect();
    measure("lifecycle", common, setup, sweeps).await
}

struct Sweep {
    connection: Connection,
    create: Bytes,
    batch: String,
}

impl Client for Sweep {
    async fn step(&mut self) -> Result<Done, Failure> {
        let answer = session::create_run(&mut self.connection, self.create.clone()).await?;
        let run_id = session::quoted(&answer, "run_id")
            .ok_or_else(|| Failure::Connection("runs/create answered without a run_id".to_owned()))?;
        let batch = format!(r#"{{"run_id": "{run_id}", {}"#, self.batch);
        self.connection.post(&api("runs/log-batch"), Bytes::from(batch), Keep::Length).await?;
        let end = json!({"run_id": run_id, "status": "FINISHED", "end_time": 1_790_000_060_000_u64});
        self.connection.post(&api("runs/update"), body(&end), Keep::Length).await?;
        Ok(Done { points: 20, bytes: 0 })
    }
}
