//! What a process needs from others, looked at again and again, and told at `/ready`.
//!
//! A check is either essential, and the process is not ready without it, or it is not: a training job does not wait for a
//! broker, so an API whose broker is away goes on taking requests and only says so.

use futures::future::{BoxFuture, join_all};
use serde::Serialize;
use std::fmt::{self, Debug};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

/// How often everything is looked at.
const PERIOD: Duration = Duration::from_secs(5);
/// How long one check may take.
const LIMIT: Duration = Duration::from_secs(4);

type Look = Arc<dyn Fn() -> BoxFuture<'static, Result<(), String>> + Send + Sync>;

/// One thing that the process stands on.
#[derive(Clone)]
pub struct Check {
    name: &'static str,
    essential: bool,
    look: Look,
}

/// How a thing was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    pub name: &'static str,
    pub ok: bool,
    /// The process is not ready without it.
    pub essential: bool,
    /// What is wrong, what was tried and which setting to look at; empty when all is well.
    pub detail: String,
}

/// The state of the process, as `/ready` tells it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// `ready`, `degraded` (ready, but something inessential is away) or `not ready`.
    pub status: &'static str,
    pub checks: Vec<Finding>,
}

/// The latest report. Clones share it.
#[derive(Clone, Debug)]
pub struct Readiness {
    checks: Arc<Vec<Check>>,
    report: watch::Sender<Report>,
}

impl Check {
    /// `look` answers what is wrong.
    pub fn new<F>(name: &'static str, essential: bool, look: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<(), String>> + Send + 'static,
    {
        Self { name, essential, look: Arc::new(move || Box::pin(look())) }
    }
}

impl Debug for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Check").field("name", &self.name).field("essential", &self.essential).finish_non_exhaustive()
    }
}

impl Readiness {
    /// Nothing is known before the first look.
    pub fn new(checks: Vec<Check>) -> Self {
        let unknown = |check: &Check| Finding {
            name: check.name,
            ok: false,
            essential: check.essential,
            detail: "not looked at yet".to_owned(),
        };
        let report = Report::of(checks.iter().map(unknown).collect());
        Self { checks: Arc::new(checks), report: watch::channel(report).0 }
    }

    pub fn report(&self) -> Report {
        self.report.borrow().clone()
    }

    /// Looks at everything once, side by side, and logs what has changed.
    pub async fn look(&self) {
        let findings = join_all(self.checks.iter().map(|check| async move {
            let outcome = timeout(LIMIT, (check.look)()).await;
            let outcome = outcome.unwrap_or_else(|_late| Err(format!("no answer within {} s", LIMIT.as_secs())));
            let (name, essential) = (check.name, check.essential);
            Finding { name, ok: outcome.is_ok(), essential, detail: outcome.err().unwrap_or_default() }
        }));
        let report = Report::of(findings.await);
        let before = self.report.send_replace(report.clone());
        for (now, then) in report.checks.iter().zip(before.checks) {
            match (now.ok, now.detail == then.detail) {
                (false, false) => tracing::warn!(detail = now.detail, "{} cannot be used", now.name),
                (true, false) if then.detail != "not looked at yet" => tracing::info!("{} can be used again", now.name),
                _ => {}
            }
        }
    }

    /// Looks until `shutdown`.
    pub async fn run(self, shutdown: CancellationToken) {
        let looking = async {
            loop {
                self.look().await;
                sleep(PERIOD).await;
            }
        };
        shutdown.run_until_cancelled(looking).await;
    }
}

impl Report {
    fn of(checks: Vec<Finding>) -> Self {
        let missing = |essential| checks.iter().any(|check| !check.ok && check.essential == essential);
        let status = match (missing(true), missing(false)) {
            (true, _) => "not ready",
            (false, true) => "degraded",
            (false, false) => "ready",
        };
        Self { status, checks }
    }

    /// Whether requests or work should come here.
    pub fn is_ready(&self) -> bool {
        self.status != "not ready"
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicBool, Ordering};

    #[tokio::test]
    async fn only_essential_parts_make_a_process_unready() {
        let broken = Arc::new(AtomicBool::new(true));
        let check = |name, essential| {
            let broken = Arc::clone(&broken);
            Check::new(name, essential, move || {
                let outcome = if broken.load(Ordering::Relaxed) { Err(format!("{name} is away")) } else { Ok(()) };
                async move { outcome }
            })
        };
        let readiness = Readiness::new(vec![check("database", true), check("broker", false)]);
        assert!(!readiness.report().is_ready());
        readiness.look().await;
        assert_eq!(readiness.report().checks[1].detail, "broker is away");

        let degraded = Readiness::new(vec![check("broker", false)]);
        degraded.look().await;
        assert_eq!((degraded.report().status, degraded.report().is_ready()), ("degraded", true));

        broken.store(false, Ordering::Relaxed);
        readiness.look().await;
        assert_eq!(readiness.report().status, "ready");
    }

    #[tokio::test(start_paused = true)]
    async fn a_check_that_hangs_counts_as_failed() {
        let readiness = Readiness::new(vec![Check::new("store", true, std::future::pending)]);
        readiness.look().await;
        assert!(!readiness.report().is_ready());
    }
}
