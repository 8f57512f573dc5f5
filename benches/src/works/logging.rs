//! Writing metric points: batches into many runs or one, and single points.

use crate::{
    args::Common,
    client::{Connection, Failure, Keep},
    error::BenchError,
    load::{Client, Done},
    report::Report,
    session::{self, api},
    template::Template,
    works::{Prepared, measure, prepare},
};

const KEYS: usize = 10;
const PER_KEY: usize = 100;

/// Batches of 1000 points over 10 keys, a run for each client.
pub(crate) async fn burst(common: &Common) -> Result<Report, BenchError> {
    let Prepared { mut setup, clients, experiment_id } = prepare(common).await?;
    let mut writers = Vec::with_capacity(clients.len());
    for (number, connection) in clients.into_iter().enumerate() {
        let run_id = session::run(&mut setup, &experiment_id).await?;
        writers.push(Writer::batches(connection, &run_id, number));
    }
    measure("burst", common, setup, writers).await
}

/// The same batches, all clients into one run: the same ten keys, and values that differ between clients.
pub(crate) async fn shared_run(common: &Common) -> Result<Report, BenchError> {
    let Prepared { mut setup, clients, experiment_id } = prepare(common).await?;
    let run_id = session::run(&mut setup, &experiment_id).await?;
    let clients = clients.into_iter().enumerate();
    let writers = clients.map(|(number, connection)| Writer::batches(connection, &run_id, number)).collect();
    measure("shared-run", common, setup, writers).await
}

/// One point per request, a run for each client.
pub(crate) async fn log_metric(common: &Common) -> Result<Report, BenchError> {
    let Prepared { mut setup, clients, experiment_id } = prepare(common).await?;
    let mut writers = Vec::with_capacity(clients.len());
    for (number, connection) in clients.into_iter().enumerate() {
        let run_id = session::run(&mut setup, &experiment_id).await?;
        let template = Template::metric(&run_id, number);
        writers.push(Writer { connection, path: api("runs/log-metric"), template });
    }
    measure("log-metric", common, setup, writers).await
}

/// A training process that does nothing but log.
struct Writer {
    connection: Connection,
    path: String,
    template: Template,
}

impl Writer {
    fn batches(connection: Connection, run_id: &str, number: usize) -> Self {
        let template = Template::batch(run_id, number, KEYS, PER_KEY);
        Self { connection, path: api("runs/log-batch"), template }
    }
}

impl Client for Writer {
    async fn step(&mut self) -> Result<Done, Failure> {
        self.connection.post(&self.path, self.template.renew(), Keep::Length).await?;
        Ok(Done { points: self.template.points(), bytes: 0 })
    }
}
