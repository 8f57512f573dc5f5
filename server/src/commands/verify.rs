//! `runledger verify`: proves that what is stored is whole, and names what is not.

use runledger_operations::{Finding, verify_artifacts, verify_log, verify_segments};
use runledger_projector::{Outcome, Plan};
use runledger_storage::views::{ViewGroups, Views};
use runledger_storage::{Error, Purpose};
use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::progress::{Progress, line};
use super::replay::{explain, show, watching, workers};
use crate::Failure;
use crate::backend::Backend;
use crate::cli::VerifyArgs;
use crate::config::Config;
use crate::parts::{Parts, open_store};

/// Artifacts that are read at a time.
const AT_ONCE: usize = 8;
const PERIOD: Duration = Duration::from_secs(1);

/// Looks at what the options name, and tells what is wrong. Returns whether all holds.
pub(crate) async fn run(config: &Config, args: VerifyArgs) -> Result<bool, Failure> {
    let parts = Parts::new(Backend::open_migrated(config).await?)?;
    let chosen = args.log || args.views || args.artifacts;
    let mut holds = true;
    if args.log || !chosen {
        holds &= log(&parts).await?;
    }
    if args.views || !chosen {
        holds &= views(config, &parts).await?;
    }
    if args.artifacts {
        holds &= artifacts(config, &parts).await?;
    }
    Ok(holds)
}

async fn log(parts: &Parts) -> Result<bool, Error> {
    let (begun, mut told) = (Instant::now(), Instant::now());
    let mut findings = 0_u64;
    let read = |position: i64, head: i64| {
        if told.elapsed() >= PERIOD {
            told = Instant::now();
            let number = |position| usize::try_from(position).unwrap_or_default();
            // Nobody looks when standard error is closed.
            let text = line("events", number(position), number(head), begun.elapsed());
            drop(writeln!(io::stderr(), "log: {text}"));
        }
    };
    let position = Box::pin(verify_log(&parts.log, read, |finding| {
        findings += 1;
        tell(&finding);
    }))
    .await?;
    conclude("log", findings, &format!("{position} events without a gap, each reads, and the guards agree with them"));
    Ok(findings == 0)
}

/// The views are what a rebuild says. What the projector set aside, the rebuild sets aside as well.
async fn views(config: &Config, parts: &Parts) -> Result<bool, Failure> {
    let builder = parts.builder("verify", workers(config));
    let views = ViewGroups::ALL;
    let plan = Plan { purpose: Purpose::Compare, views, until: None, accept_differences: false, set_aside: true };
    let outcome = watching(&builder.status, builder.build(plan)).await.map_err(explain)?;
    let Outcome::Compared { position, comparison } = outcome else {
        return Err("the rebuild was not compared".into());
    };
    show(&mut io::stdout().lock(), &comparison)?;
    let digest = &comparison.other_digest;
    conclude(
        "views",
        comparison.count,
        &format!("equal to the fold of the log at position {position}, digest {digest}"),
    );
    Ok(comparison.count == 0)
}

async fn artifacts(config: &Config, parts: &Parts) -> Result<bool, Failure> {
    let behind = parts.read_model.catch_up().await?;
    if behind > 0 {
        tracing::warn!(behind, "the views are behind the log by so many events; later artifacts are not looked at");
    }
    let (spool, store) = (parts.spool(config).await?, open_store(config, &parts.registry).await?);
    let total = usize::try_from(parts.read_model.count_artifacts().await?).unwrap_or_default();
    let (progress, bytes) = (Progress::new("artifacts", total), AtomicU64::new(0));
    let mut findings = 0_u64;
    let read = |size| {
        bytes.fetch_add(size, Ordering::Relaxed);
        progress.done(1);
    };
    let found = |finding: Finding| {
        findings += 1;
        tell(&finding);
    };
    let count = verify_artifacts(&parts.read_model, &store, &spool, AT_ONCE, read, found).await?;
    let views = Views::new(Arc::clone(&parts.views));
    let of_metrics = verify_segments(&views, parts.archive.as_ref(), |finding| {
        findings += 1;
        tell(&finding);
    })
    .await?;
    let bytes = bytes.load(Ordering::Relaxed);
    let archived = match of_metrics {
        0 => String::new(),
        number => format!("; {number} objects with points of metrics, as they were archived"),
    };
    conclude("artifacts", findings, &format!("{count} with {bytes} bytes, each as it was acknowledged{archived}"));
    Ok(findings == 0)
}

fn tell(finding: &Finding) {
    // Nobody looks when standard output is closed; the status tells all the same.
    drop(writeln!(io::stdout(), "{finding}"));
}

fn conclude(what: &str, findings: u64, fine: &str) {
    let line =
        if findings == 0 { format!("ok      {what}: {fine}") } else { format!("WRONG   {what}: {findings} findings") };
    drop(writeln!(io::stdout(), "{line}"));
}
