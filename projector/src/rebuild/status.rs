//! How far a rebuild is: for who waits for it in this process, and in the registry for everybody else.

use runledger_storage::{Generation, Phase};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::Builder;

/// How often the registry is told.
const PERIOD: Duration = Duration::from_millis(500);

/// How far a rebuild is. Clones share it.
#[derive(Clone, Debug)]
pub struct Status {
    sender: Arc<watch::Sender<Progress>>,
}

/// What is done of a phase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    pub phase: Phase,
    /// The last event that every shard has; while copying and comparing, rows.
    pub done: i64,
    /// The last event that is to be there; while copying and comparing it is not known.
    pub target: Option<i64>,
}

impl Default for Status {
    fn default() -> Self {
        let (sender, _) = watch::channel(Progress { phase: Phase::Loading, done: 0, target: None });
        Self { sender: Arc::new(sender) }
    }
}

impl Status {
    pub fn subscribe(&self) -> watch::Receiver<Progress> {
        self.sender.subscribe()
    }

    pub(super) fn enter(&self, phase: Phase, target: i64) {
        self.sender.send_replace(Progress { phase, done: 0, target: Some(target) });
    }

    /// Enters a phase that counts rows.
    pub(super) fn enter_rows(&self, phase: Phase) {
        self.sender.send_replace(Progress { phase, done: 0, target: None });
    }

    pub(super) fn set_target(&self, target: i64) {
        self.sender.send_modify(|progress| progress.target = Some(target));
    }

    pub(super) fn reach(&self, position: i64) {
        self.sender.send_modify(|progress| progress.done = position);
    }

    pub(super) fn add(&self, rows: i64) {
        self.sender.send_modify(|progress| progress.done += rows);
    }
}

/// Writes the status down now and then, until it is dropped. That also tells others that somebody is at it.
pub(super) struct Reporter {
    task: Option<JoinHandle<()>>,
    stop: CancellationToken,
}

impl Reporter {
    pub(super) fn start(builder: &Builder, generation: &Generation) -> Self {
        let stop = CancellationToken::new();
        let task = tokio::spawn(report(builder.clone(), generation.clone(), stop.clone()));
        Self { task: Some(task), stop }
    }

    /// Returns when the last word is written.
    pub(super) async fn stop(mut self) {
        self.stop.cancel();
        if let Some(task) = self.task.take()
            && let Err(error) = task.await
        {
            tracing::warn!(%error, "the task that reports the progress ended unexpectedly");
        }
    }
}

impl Drop for Reporter {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

async fn report(builder: Builder, generation: Generation, stop: CancellationToken) {
    let mut position = generation.position;
    loop {
        let Progress { phase, done, target } = *builder.status.sender.borrow();
        if !phase.counts_rows() {
            position = position.max(done);
        }
        let target = target.unwrap_or(position);
        let told = builder.registry.report(generation.number, phase, position, target, &builder.name).await;
        if let Err(error) = told {
            tracing::warn!(error = &error as &dyn std::error::Error, "the progress could not be written down");
        }
        if stop.is_cancelled() {
            return;
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = sleep(PERIOD) => {}
        }
    }
}
