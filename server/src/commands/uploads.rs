//! `runledger uploads`: what has not reached the artifact store, and what becomes of it.

use futures::{TryStreamExt, stream};
use runledger_domain::StreamId;
use runledger_operations::{Settlement, settle};
use runledger_queue::UploadQueue;
use runledger_storage::{Artifact, ArtifactState};
use serde_json::json;
use std::collections::HashSet;
use std::io::{self, Write};
use std::sync::Arc;

use super::progress::Progress;
use crate::Failure;
use crate::backend::Backend;
use crate::cli::UploadsCommand;
use crate::config::Config;
use crate::parts::{Parts, chain};

/// Dead letters that are shown.
const DEAD_LETTERS: usize = 1_000;
/// Uploads read at a time.
const PAGE: i64 = 1_000;
/// Appends on their way at a time, which the log commits together.
const AT_ONCE: usize = 64;

pub(crate) async fn run(config: &Config, command: UploadsCommand) -> Result<(), Failure> {
    let parts = Parts::new(Backend::open_migrated(config).await?)?;
    let queue = match config.amqp_url {
        Some(_) => Some(parts.queue(config, false, false)?),
        None => None,
    };
    let operator = Operator { parts, queue };
    operator.see_all().await?;
    match command {
        UploadsCommand::List { state, limit, json } => operator.list(state.as_deref(), limit, json).await,
        UploadsCommand::Show { upload_id } => operator.show(&upload_id).await,
        UploadsCommand::Retry { upload_ids, all } => {
            let chosen = operator.choose(upload_ids, all).await?;
            operator.settle("retried", chosen, Settlement::Retry).await
        }
        UploadsCommand::Discard { upload_ids, all } => {
            let chosen = operator.choose(upload_ids, all).await?;
            operator.settle("discarded", chosen, Settlement::Discard).await
        }
    }
}

struct Operator {
    parts: Parts,
    queue: Option<Arc<dyn UploadQueue>>,
}

impl Operator {
    /// What is shown and chosen is complete up to now.
    async fn see_all(&self) -> Result<(), Failure> {
        let behind = self.parts.read_model.catch_up().await?;
        if behind > 0 {
            tracing::warn!(
                behind,
                "the views are behind the log by so many events, so the latest uploads may be missing"
            );
        }
        Ok(())
    }

    async fn list(&self, state: Option<&str>, limit: i64, as_json: bool) -> Result<(), Failure> {
        let states = match state {
            None => vec![ArtifactState::Staged, ArtifactState::Failed],
            Some("staged") => vec![ArtifactState::Staged],
            Some("failed") => vec![ArtifactState::Failed],
            Some(other) => return Err(format!("there is no state {other:?} to list; use staged or failed").into()),
        };
        let uploads = self.parts.read_model.uploads(&states, None, limit).await?;
        let letters = match &self.queue {
            Some(queue) if state.is_none() => queue.dead_letters(DEAD_LETTERS).await,
            _ => Ok(Vec::new()),
        };
        // Those of uploads that failed tell nothing new.
        let shown: HashSet<&str> = uploads
            .iter()
            .filter(|upload| upload.state == ArtifactState::Failed)
            .map(|upload| &*upload.upload_id)
            .collect();
        let mut out = io::stdout().lock();
        for upload in &uploads {
            if as_json {
                writeln!(out, "{}", as_object(upload))?;
            } else {
                let Artifact { upload_id, state, size, path, error, .. } = upload;
                let reason = error.as_deref().map(|reason| format!("  {reason}")).unwrap_or_default();
                writeln!(out, "{upload_id}  {:<6}  {size:>12}  {path}{reason}", state.as_str())?;
            }
        }
        match letters {
            Ok(letters) => {
                for letter in letters {
                    let (id, path) = (letter.upload_id.as_deref(), letter.path.as_deref());
                    if id.is_some_and(|id| shown.contains(id)) {
                        continue;
                    }
                    if as_json {
                        let object =
                            json!({"upload_id": id, "path": path, "state": "dead letter", "error": letter.reason});
                        writeln!(out, "{object}")?;
                    } else {
                        let (id, path) = (id.unwrap_or("(unknown upload)"), path.unwrap_or("(unknown path)"));
                        writeln!(out, "{id:<32}  dead letter of the queue  {path}  {}", letter.reason)?;
                    }
                }
            }
            Err(error) => tracing::warn!(error = chain(&error), "the dead letters of the queue cannot be read"),
        }
        if !as_json {
            writeln!(
                out,
                "{} uploads; `runledger uploads retry` and `discard` take their ids, or --all for failed ones",
                uploads.len()
            )?;
        }
        Ok(out.flush()?)
    }

    async fn show(&self, upload_id: &str) -> Result<(), Failure> {
        let upload = self.find(upload_id).await?;
        let events = self.parts.log.read_streams(&[StreamId::artifact(&upload.path)], 0).await?;
        let mut out = io::stdout().lock();
        writeln!(out, "{:#}", as_object(&upload))?;
        for event in events {
            writeln!(out, "{:>10}  {}  {:<22} {}", event.position, event.recorded_at, event.kind, event.payload)?;
        }
        Ok(out.flush()?)
    }

    async fn choose(&self, upload_ids: Vec<String>, all: bool) -> Result<Vec<Artifact>, Failure> {
        let mut chosen = Vec::new();
        for upload_id in upload_ids {
            chosen.push(self.find(&upload_id).await?);
        }
        if !all {
            return Ok(chosen);
        }
        loop {
            let page = self.parts.read_model.uploads(&[ArtifactState::Failed], chosen.last(), PAGE).await?;
            if page.is_empty() {
                return Ok(chosen);
            }
            chosen.extend(page);
        }
    }

    async fn find(&self, upload_id: &str) -> Result<Artifact, Failure> {
        let found = self.parts.read_model.upload(upload_id).await?;
        let missing = "is not the newest of any path; `runledger uploads list` shows those that are";
        Ok(found.ok_or_else(|| format!("the upload {upload_id} {missing}"))?)
    }

    /// Appends what is decided about each upload, and forgets its dead letters.
    async fn settle(&self, what: &'static str, uploads: Vec<Artifact>, settlement: Settlement) -> Result<(), Failure> {
        let stored: Vec<&str> = uploads
            .iter()
            .filter(|upload| upload.state == ArtifactState::Stored)
            .map(|upload| &*upload.upload_id)
            .collect();
        if !stored.is_empty() {
            return Err(format!("{} reached the artifact store already; nothing was {what}", stored.join(", ")).into());
        }
        let (progress, author) = (Progress::new("uploads", uploads.len()), self.parts.author("uploads"));
        stream::iter(uploads.into_iter().map(Ok::<_, Failure>))
            .try_for_each_concurrent(AT_ONCE, |upload| {
                let (progress, author, queue) = (&progress, &author, self.queue.as_deref());
                async move {
                    let settled = settle(author, queue, upload, settlement).await?;
                    settled.map_err(|_rejection| "the log rejected an event without guards")?;
                    progress.done(1);
                    Ok(())
                }
            })
            .await?;
        writeln!(io::stdout().lock(), "{} uploads {what}", progress.count())?;
        Ok(())
    }
}

fn as_object(upload: &Artifact) -> serde_json::Value {
    json!({
        "upload_id": upload.upload_id,
        "path": upload.path,
        "state": upload.state.as_str(),
        "size": upload.size,
        "sha256": upload.sha256,
        "staged_at": upload.staged_at,
        "error": upload.error,
    })
}
