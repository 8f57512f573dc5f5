//! `runledger events export`: the log in files, for archives and for analysis.

use runledger_storage::{Audit, AuditedEvent, ReadLimit};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use tokio::task::spawn_blocking;

use super::jsonl::JsonLines;
use super::partitions::{Partitions, Span, cut};
use super::table::{ParquetFiles, Tables};
use crate::Failure;
use crate::cli::ExportFormat;
use crate::commands::progress::Progress;
use crate::parts::Parts;

/// What is read at a time.
const PAGE: ReadLimit = ReadLimit { events: 5_000, bytes: 8 << 20 };

/// Writes the events up to the present end of the log. Files that are there already are not written again.
pub(crate) async fn run(
    parts: &Parts,
    format: ExportFormat,
    to: PathBuf,
    from: Option<i64>,
    width: i64,
) -> Result<(), Failure> {
    let head = parts.log.head().await?;
    let target = spawn_blocking(move || Target::open(format, &to)).await??;
    let spans = target.files().spans()?;
    let first = match (spans.first().zip(spans.last()), from) {
        (None, from) => from.unwrap_or(1),
        (Some((begin, end)), Some(from)) if from < begin.first || from > end.last + 1 => {
            return Err(format!(
                "the files in {} hold the events from {} to {}, and go on from there; export to another folder to begin at {from}",
                target.files().folder().display(),
                begin.first,
                end.last
            )
            .into());
        }
        (Some((_, end)), _) => end.last + 1,
    };
    let total = usize::try_from(head - first + 1).unwrap_or_default();
    let progress = Progress::new("events", total);
    for span in cut(first, head, width) {
        write(parts, &target, span, &progress).await?;
    }
    writeln!(io::stdout().lock(), "{} events written to {}", progress.count(), target.files().folder().display())?;
    Ok(())
}

/// Where the files go.
#[derive(Clone, Debug)]
enum Target {
    JsonLines(Partitions),
    Parquet(Tables),
}

enum Writer {
    JsonLines(JsonLines),
    Parquet(Box<ParquetFiles>),
}

async fn write(parts: &Parts, target: &Target, span: Span, progress: &Progress) -> Result<(), Failure> {
    let opened = target.clone();
    let mut writer = spawn_blocking(move || opened.create(span)).await??;
    let mut position = span.first - 1;
    while position < span.last {
        let events = PAGE.events.min(span.last - position);
        let page = parts.log.audit_after(&Audit::default(), position, ReadLimit { events, ..PAGE }, true).await?;
        let missing = || format!("the log has no event {} although it goes on to {}", position + 1, span.last);
        let last = page.last().ok_or_else(missing)?.position;
        let number = page.len();
        if usize::try_from(last - position) != Ok(number) {
            return Err(format!("the log has a gap between {position} and {last}; `runledger verify` shows it").into());
        }
        position = last;
        writer = spawn_blocking(move || writer.write(&page)).await??;
        progress.done(number);
    }
    spawn_blocking(move || writer.finish()).await?
}

impl Target {
    fn open(format: ExportFormat, folder: &Path) -> Result<Self, Failure> {
        let target = match format {
            ExportFormat::Jsonl => Self::JsonLines(JsonLines::files(folder)?),
            ExportFormat::Parquet => Self::Parquet(Tables::open(folder)?),
        };
        if let Self::Parquet(tables) = &target {
            tables.tidy(tables.events.spans()?.last().map_or(0, |span| span.last))?;
        }
        Ok(target)
    }

    fn files(&self) -> &Partitions {
        match self {
            Self::JsonLines(files) => files,
            Self::Parquet(tables) => &tables.events,
        }
    }

    fn create(&self, span: Span) -> Result<Writer, Failure> {
        Ok(match self {
            Self::JsonLines(files) => Writer::JsonLines(JsonLines::create(files, span)?),
            Self::Parquet(tables) => Writer::Parquet(Box::new(ParquetFiles::create(tables, span)?)),
        })
    }
}

impl Writer {
    fn write(mut self, events: &[AuditedEvent]) -> Result<Self, Failure> {
        match &mut self {
            Self::JsonLines(lines) => lines.write(events)?,
            Self::Parquet(files) => files.write(events)?,
        }
        Ok(self)
    }

    fn finish(self) -> Result<(), Failure> {
        match self {
            Self::JsonLines(lines) => lines.finish(),
            Self::Parquet(files) => files.finish(),
        }
    }
}
