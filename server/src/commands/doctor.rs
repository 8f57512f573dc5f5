//! `runledger doctor`: tries every part with the settings in force, writes included, and says what is wrong.

use prometheus::Registry;
use runledger_artifacts::{ArtifactStore, Spool};
use runledger_queue::RabbitMq;
use std::io::{self, Write};

use crate::Failure;
use crate::backend::Backend;
use crate::config::{Config, masked};
use crate::parts::{Parts, chain};

/// Tries one part after the other. Fails when one of them cannot be used.
pub(crate) async fn run(config: &Config) -> Result<(), Failure> {
    let findings = [
        Finding {
            part: "database",
            tried: config
                .database_url
                .as_deref()
                .map_or_else(|| format!("SQLite in {}", config.data_dir.display()), masked),
            setting: if config.database_url.is_some() { "--database-url" } else { "--data-dir" },
            outcome: database(config).await,
        },
        Finding {
            part: "queue",
            tried: config.amqp_url.as_deref().map_or_else(|| "in the process".to_owned(), masked),
            setting: "--amqp-url",
            outcome: queue(config).await,
        },
        Finding { part: "spool", tried: masked(&config.spool), setting: "--spool", outcome: spool(config).await },
        Finding {
            part: "artifact store",
            tried: masked(&config.artifact_store),
            setting: "--artifact-store, --s3-endpoint and the credentials in the environment",
            outcome: store(config).await,
        },
    ];
    let mut out = io::stdout().lock();
    for finding in &findings {
        finding.print(&mut out)?;
    }
    out.flush()?;
    let failed = findings.iter().filter(|finding| finding.outcome.is_err()).count();
    if failed == 0 { Ok(()) } else { Err(format!("{failed} of {} parts cannot be used", findings.len()).into()) }
}

/// What came of trying one part.
struct Finding {
    part: &'static str,
    /// Without secrets.
    tried: String,
    setting: &'static str,
    /// What was done with it.
    outcome: Result<&'static str, Failure>,
}

impl Finding {
    fn print(&self, out: &mut impl Write) -> io::Result<()> {
        let Self { part, tried, setting, outcome } = self;
        match outcome {
            Ok(done) => writeln!(out, "ok      {part:<15} {tried}: {done}"),
            Err(error) => {
                writeln!(out, "FAILED  {part:<15} {tried}")?;
                writeln!(out, "        because: {}", chain(error.as_ref()))?;
                writeln!(out, "        look at: {setting}")
            }
        }
    }
}

/// A lease is a write that leaves nothing behind.
async fn database(config: &Config) -> Result<&'static str, Failure> {
    let parts = Parts::new(Backend::open_migrated(config).await?)?;
    parts.log.head().await?;
    let lease = parts.leases.try_acquire(&format!("doctor/{}", parts.ids.random_id())).await?;
    if let Some(lease) = lease {
        lease.release().await;
    }
    Ok("connected, the schema is this version's, read and wrote")
}

async fn queue(config: &Config) -> Result<&'static str, Failure> {
    let Some(url) = &config.amqp_url else { return Ok("nothing to connect to") };
    RabbitMq::try_out(url).await?;
    Ok("connected, sent and received a message")
}

async fn spool(config: &Config) -> Result<&'static str, Failure> {
    let spool = Spool::open(&config.spool, &config.objects, config.spool_quota, &Registry::new()).await?;
    spool.probe_write().await?;
    Ok("wrote, read and removed")
}

async fn store(config: &Config) -> Result<&'static str, Failure> {
    let store = ArtifactStore::open(&config.artifact_store, &config.objects).await?;
    store.probe_write().await?;
    Ok("wrote, read and removed an object")
}
