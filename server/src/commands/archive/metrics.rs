//! `runledger archive metrics`: the points of runs that have ended leave the database, and their charts do not notice.
//!
//! Objects are written down beside the log before they are made, so that each is removed in time: when its run was purged, or when
//! the generation of the views that named it is gone.

use runledger_storage::views::{MovableRun, MovableSegment, Views};
use runledger_storage::{Db, GenerationState};
use std::collections::BTreeSet;
use std::io::{self, Write};
use std::sync::Arc;

use crate::Failure;
use crate::cli::ArchiveMetricsArgs;
use crate::commands::age;
use crate::commands::progress::Progress;
use crate::commands::replay::explain;
use crate::parts::Parts;

/// Runs per statement.
const RUNS: i64 = 500;
/// Segments per statement, of some hundred KiB at most each.
const SEGMENTS: i64 = 32;
/// An object is closed when it is this large, so that it can be made in memory and sent in one piece.
const OBJECT_BYTES: usize = 16 << 20;
/// Names of objects per statement.
const NAMES: i64 = 1_000;

pub(super) async fn run(parts: &Parts, args: &ArchiveMetricsArgs) -> Result<(), Failure> {
    let ended = match &args.older_than {
        Some(text) => parts.clock.now_ms() - age::milliseconds(text)?,
        None => parts.clock.now_ms(),
    };
    // Nobody builds other views or changes to them meanwhile.
    let turn = parts.builder("archive metrics", 1).take_turn().await.map_err(explain)?;
    let mover = Mover { parts, views: Views::new(Arc::clone(&parts.views)) };
    let outcome = tokio::select! {
        outcome = Box::pin(mover.run(ended, args)) => outcome,
        () = turn.lost().cancelled() => {
            Err("the lease was lost: the database did not answer in time; run it again, it goes on where it was".into())
        }
    };
    turn.release().await;
    outcome
}

struct Mover<'a> {
    parts: &'a Parts,
    views: Views,
}

impl Mover<'_> {
    async fn run(&self, ended: i64, args: &ArchiveMetricsArgs) -> Result<(), Failure> {
        // From here on it is this generation whose rows are changed, or none.
        self.views.checkpoints().await?;
        let progress = Progress::new("bytes", 0);
        let work = self.move_runs(ended, args, &progress);
        let (runs, segments) =
            if args.dry_run { work.await? } else { progress.archiving(&self.parts.log, "metrics", work).await? };
        let (bytes, moved) = (progress.count(), if args.dry_run { "could be moved" } else { "moved, read back" });
        writeln!(io::stdout().lock(), "{segments} segments of {runs} runs, {bytes} bytes: {moved}")?;
        if !args.dry_run {
            let removed = self.sweep().await?;
            writeln!(io::stdout().lock(), "{removed} objects removed that nothing names any more")?;
        }
        Ok(())
    }

    /// Moves what there is, or only counts it. Returns how many runs and segments that was.
    async fn move_runs(
        &self,
        ended: i64,
        args: &ArchiveMetricsArgs,
        progress: &Progress,
    ) -> Result<(u64, u64), Failure> {
        let (mut behind, mut runs, mut segments) = (0, 0_u64, 0_u64);
        loop {
            let page = self.views.movable_runs(behind, ended, args.at_least, RUNS).await?;
            let Some(last) = page.last() else { return Ok((runs, segments)) };
            behind = last.run_no;
            progress.found(page.iter().filter_map(|run| usize::try_from(run.bytes).ok()).sum());
            for run in page {
                runs += 1;
                let bytes = usize::try_from(run.bytes).unwrap_or_default();
                segments += if args.dry_run {
                    u64::try_from(run.segments).unwrap_or_default()
                } else {
                    self.move_run(&run).await?
                };
                progress.done(bytes);
            }
        }
    }

    /// Moves what there is of the run, and returns how many segments that was.
    async fn move_run(&self, run: &MovableRun) -> Result<u64, Failure> {
        let (mut behind, mut moved) = (None, 0);
        loop {
            let segments = self.gather(run, behind.as_ref()).await?;
            let Some(last) = segments.last() else { return Ok(moved) };
            behind = Some(last.clone());
            let bytes = segments.iter().flat_map(|segment| segment.columns.iter().copied()).collect();
            let archive = &self.parts.archive;
            let (object, bytes) = archive.name_segments(&run.run_id, bytes).await?;
            self.parts.log.record_segments(&object).await?;
            archive.keep_segments(&object, bytes).await?;
            moved += self.views.move_segments(run, &object, &segments).await?;
        }
    }

    /// The next segments of the run, as many as an object takes.
    async fn gather(&self, run: &MovableRun, behind: Option<&MovableSegment>) -> Result<Vec<MovableSegment>, Failure> {
        let (mut gathered, mut bytes): (Vec<MovableSegment>, usize) = (Vec::new(), 0);
        while bytes < OBJECT_BYTES {
            let page = self.views.movable_segments(run.run_no, gathered.last().or(behind), SEGMENTS).await?;
            if page.is_empty() {
                break;
            }
            bytes += page.iter().map(|segment| segment.columns.len()).sum::<usize>();
            gathered.extend(page);
        }
        Ok(gathered)
    }

    /// Removes the objects that no generation of the views names, and returns how many those were.
    async fn sweep(&self) -> Result<u64, Failure> {
        let mut named = BTreeSet::new();
        for generation in self.parts.generations.all().await? {
            let db: Arc<dyn Db> = match generation.state {
                GenerationState::Active => Arc::clone(&self.parts.views),
                GenerationState::Discarded => continue,
                _ => self.parts.open_generation(generation.number).await?,
            };
            let views = Views::new(db);
            let mut behind = String::new();
            loop {
                let page = views.segment_objects(&behind, NAMES).await?;
                let Some(last) = page.last() else { break };
                behind.clone_from(last);
                named.extend(page);
            }
        }
        let mut removed = 0;
        let mut behind = String::new();
        loop {
            let page = self.parts.log.recorded_segments(&behind, NAMES).await?;
            let Some(last) = page.last() else { return Ok(removed) };
            behind.clone_from(last);
            for object in page.iter().filter(|object| !named.contains(*object)) {
                self.parts.archive.remove_segments(object).await?;
                self.parts.log.forget_segments(object).await?;
                removed += 1;
            }
        }
    }
}
