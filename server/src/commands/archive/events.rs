//! `runledger archive events`: whole partitions of the log leave PostgreSQL.

use runledger_archive::ObjectArchive;
use runledger_storage::views::Views;
use runledger_storage::{Error, GRACE, GenerationState, ReadLimit};
use runledger_storage_postgres::{EventPartition, PostgresDb};
use std::io::{self, Write};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::sleep;

use crate::Failure;
use crate::cli::ArchiveEventsArgs;
use crate::commands::age;
use crate::commands::progress::Progress;
use crate::parts::Parts;

/// How often a partition is tried to be taken out of the table that somebody reads, and how long after each attempt.
const ATTEMPTS: usize = 60;
const PAUSE: Duration = Duration::from_secs(2);

pub(super) async fn run(parts: &Parts, args: &ArchiveEventsArgs) -> Result<(), Failure> {
    let db = parts.postgres.as_ref().ok_or("there is no PostgreSQL")?;
    Archiver { parts, db, archive: &parts.archive }.events(args).await
}

struct Archiver<'a> {
    parts: &'a Parts,
    db: &'a PostgresDb,
    archive: &'a ObjectArchive,
}

impl Archiver<'_> {
    async fn events(&self, args: &ArchiveEventsArgs) -> Result<(), Failure> {
        let partitions = self.db.event_partitions().await?;
        let (chosen, rest) = self.choose(&partitions, args).await?;
        for partition in &chosen {
            let EventPartition { name, first, last, bytes } = partition;
            writeln!(io::stdout().lock(), "events {first} to {last} in {name}, {bytes} bytes with indexes")?;
        }
        writeln!(io::stdout().lock(), "{rest}")?;
        if args.dry_run {
            return Ok(());
        }
        let events = |partition: &EventPartition| usize::try_from(partition.last - partition.first + 1);
        let progress = Progress::new("events", chosen.iter().filter_map(|partition| events(partition).ok()).sum());
        let work = async {
            for partition in &chosen {
                self.archive(partition, &progress).await?;
                self.detach(partition, args.keep_tables).await?;
            }
            Ok(())
        };
        progress.archiving(&self.parts.log, "events", work).await
    }

    /// The partitions to archive, and why not more.
    async fn choose(
        &self,
        partitions: &[EventPartition],
        args: &ArchiveEventsArgs,
    ) -> Result<(Vec<EventPartition>, String), Failure> {
        let (reached, who) = self.reached().await?;
        let younger = match &args.older_than {
            Some(text) => Some(self.parts.clock.now_ms() - age::milliseconds(text)?),
            None => None,
        };
        let mut chosen = Vec::new();
        for partition in partitions {
            let EventPartition { name, first, last, .. } = partition;
            let stays = if args.before.is_some_and(|before| *last >= before) {
                Some("it goes beyond --before".to_owned())
            } else if *last >= reached {
                Some(format!("{who} is at position {reached}"))
            } else if let Some(younger) = younger {
                let limit = ReadLimit { events: 1, bytes: 1 };
                let end = self.parts.log.read(last - 1, limit).await?;
                let young = end.first().is_none_or(|event| event.recorded_at > younger);
                young.then(|| "its last event is not older than that".to_owned())
            } else {
                None
            };
            if let Some(why) = stays {
                return Ok((chosen, format!("events {first} to {last} stay in {name} and the table: {why}")));
            }
            chosen.push(partition.clone());
        }
        Err("the log has no partition for the next event; start `runledger server`, which makes it".into())
    }

    /// The last position that everybody has come to who follows the log, and who is there.
    async fn reached(&self) -> Result<(i64, String), Failure> {
        let mut all = vec![(self.parts.log.head().await?, "the end of the log".to_owned())];
        let shards = Views::new(Arc::clone(&self.parts.views)).checkpoints().await?;
        all.extend(shards.map(|position| (position, "the projector".to_owned())));
        for (name, position) in self.parts.log.reactors().await? {
            all.push((position, format!("the reactor {name:?}")));
        }
        // Others than these do not follow the log. Should one be gone back to, it reads what was archived.
        for generation in self.parts.generations.all().await? {
            if generation.state == GenerationState::Building {
                let hint = "which is built; `runledger replay --list` tells more";
                all.push((generation.position, format!("the generation {} of the views, {hint},", generation.number)));
            }
        }
        all.into_iter().min_by_key(|(position, _)| *position).ok_or_else(|| "nobody follows the log".into())
    }

    /// Writes what is not written yet of the partition, and lets it be read from there.
    async fn archive(&self, partition: &EventPartition, progress: &Progress) -> Result<(), Failure> {
        let EventPartition { name, first, last, .. } = partition;
        let log = &self.parts.log;
        let written = log.archived_objects().await?;
        let mut position = written.last().map_or(0, |(object, _)| object.last);
        if position < first - 1 {
            return Err(
                format!("the events {} to {} are neither archived nor in the table", position + 1, first - 1).into()
            );
        }
        progress.done(usize::try_from((position + 1 - first).max(0))?);
        while position < *last {
            let object = self.archive.write(log, position, *last, |number| progress.done(number)).await?;
            log.record_archive(&object).await?;
            position = object.last;
        }
        log.serve_archives(*last).await?;
        let objects = log.archived_objects().await?;
        let of_it =
            || objects.iter().map(|(object, _)| object).filter(|object| object.first >= *first && object.last <= *last);
        let (number, bytes) = (of_it().count(), of_it().map(|object| object.bytes).sum::<i64>());
        writeln!(
            io::stdout().lock(),
            "{name} is archived: {number} objects with {bytes} bytes, read back and compared"
        )?;
        Ok(())
    }

    async fn detach(&self, partition: &EventPartition, keep: bool) -> Result<(), Failure> {
        // Whoever reads the log knows by then where to find the events.
        sleep(GRACE + Duration::from_millis(200)).await;
        let mut left = ATTEMPTS;
        loop {
            match self.db.detach_events(partition, keep).await {
                Ok(()) => break,
                Err(error @ Error::Unavailable { .. }) if left > 0 => {
                    tracing::warn!(error = &error as &dyn std::error::Error, "somebody reads the log; trying again");
                    left -= 1;
                    sleep(PAUSE).await;
                }
                Err(Error::Unavailable { .. }) => {
                    return Err("somebody reads the log in one long transaction, as a backup does, or the database is away; run it \
                                again when that is over: what is archived stays archived"
                        .into());
                }
                Err(error) => return Err(error.into()),
            }
        }
        let what = if keep { "left the log and is a table of its own" } else { "is gone from the database" };
        writeln!(io::stdout().lock(), "{} {what}", partition.name)?;
        Ok(())
    }
}
