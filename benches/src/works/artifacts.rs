//! Files through the artifact proxy.

use bytes::Bytes;
use http::Method;

use crate::{
    args::{Common, Direction},
    client::{Connection, Failure, Keep},
    error::BenchError,
    load::{Client, Done},
    report::Report,
    session,
    works::{Prepared, measure, prepare},
};

/// Different files of one client, so that a store cannot answer from the last one alone.
const FILES: usize = 4;

/// Uploads or downloads files of `kib` KiB.
pub(crate) async fn artifacts(common: &Common, direction: Direction, kib: usize) -> Result<Report, BenchError> {
    let Prepared { mut setup, clients, experiment_id } = prepare(common).await?;
    let name = match direction {
        Direction::Put => format!("artifacts-put-{kib}KiB"),
        Direction::Get => format!("artifacts-get-{kib}KiB"),
    };
    let run_id = session::run(&mut setup, &experiment_id).await?;
    let base = format!("/api/2.0/mlflow-artifacts/artifacts/{experiment_id}/{run_id}/artifacts");
    let content = noise(kib * 1024);
    let mut carriers = Vec::with_capacity(clients.len());
    for (number, connection) in clients.into_iter().enumerate() {
        let paths: Vec<String> = (0..FILES).map(|file| format!("{base}/client-{number}/{file}.bin")).collect();
        let files = if direction == Direction::Get { FILES } else { 1 };
        for path in &paths[..files] {
            if let Err(failure) = setup.send(Method::PUT, path, content.clone(), Keep::Length).await {
                return skipped(&name, common, failure);
            }
        }
        carriers.push(Carrier { connection, direction, paths, next: 0, content: content.clone() });
    }
    measure(&name, common, setup, carriers).await
}

/// A server without a proxy is no failure of the benchmark: the table says so. The status does not tell, because a
/// peer answers 500 to paths that it does not know.
fn skipped(name: &str, common: &Common, failure: Failure) -> Result<Report, BenchError> {
    match failure {
        Failure::Status(status, _) => {
            let mut report = Report::new(name);
            report.clients = common.clients;
            report.note = Some(format!("refused with {}", status.as_u16()));
            common.name.put(&mut report);
            Ok(report)
        }
        failure => Err(BenchError::Setup { what: "upload a first artifact", failure }),
    }
}

/// Bytes that do not compress.
fn noise(length: usize) -> Bytes {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let words = std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    });
    Bytes::from(words.take(length.div_ceil(8)).flatten().take(length).collect::<Vec<u8>>())
}

struct Carrier {
    connection: Connection,
    direction: Direction,
    paths: Vec<String>,
    next: usize,
    content: Bytes,
}

impl Client for Carrier {
    async fn step(&mut self) -> Result<Done, Failure> {
        let path = &self.paths[self.next % FILES];
        self.next += 1;
        let bytes = match self.direction {
            Direction::Put => {
                self.connection.send(Method::PUT, path, self.content.clone(), Keep::Length).await?;
                self.content.len() as u64
            }
            Direction::Get => self.connection.get(path, Keep::Length).await?.length,
        };
        Ok(Done { points: 0, bytes })
    }
}
