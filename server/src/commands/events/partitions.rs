//! The files of an export: one for each range of positions, named by it.
//!
//! A file is written under a temporary name and gets its own when it is whole, so the files that are there tell how far an export
//! has come, whatever interrupted it. A file that ends early, where the log ended, is followed by one that begins behind it.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use crate::Failure;

/// The files of one table below one folder.
#[derive(Clone, Debug)]
pub(super) struct Partitions {
    folder: PathBuf,
    ending: &'static str,
}

/// A range of positions, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) first: i64,
    pub(super) last: i64,
}

impl Partitions {
    /// Opens the folder, which is made if it is not there, and removes what an interrupted export left of unfinished files.
    pub(super) fn open(folder: PathBuf, ending: &'static str) -> io::Result<Self> {
        fs::create_dir_all(&folder)?;
        for entry in fs::read_dir(&folder)? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "part") {
                fs::remove_file(path)?;
            }
        }
        Ok(Self { folder, ending })
    }

    /// The ranges of the files that are there, in order. Two that overlap, or between which something is missing, are refused.
    pub(super) fn spans(&self) -> Result<Vec<Span>, Failure> {
        let mut spans = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            spans.extend(self.span(&entry?.file_name().to_string_lossy()));
        }
        spans.sort_unstable_by_key(|span| span.first);
        match spans.windows(2).find(|pair| matches!(pair, [one, next] if one.last + 1 != next.first)) {
            Some([one, next]) => Err(format!(
                "the files in {} end at {} and go on at {}; remove those behind the gap, or export to another folder",
                self.folder.display(),
                one.last,
                next.first
            )
            .into()),
            _ => Ok(spans),
        }
    }

    /// Removes the files that begin after the position.
    pub(super) fn forget_after(&self, position: i64) -> Result<(), Failure> {
        for entry in fs::read_dir(&self.folder)? {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if self.span(&name).is_some_and(|span| span.first > position) {
                fs::remove_file(&path)?;
            }
        }
        Ok(())
    }

    pub(super) fn create(&self, span: Span) -> io::Result<File> {
        File::create(self.temporary(span))
    }

    /// Gives the file, which was written and flushed, its name.
    pub(super) fn finish(&self, span: Span, file: &File) -> io::Result<()> {
        file.sync_all()?;
        fs::rename(self.temporary(span), self.folder.join(self.name(span)))?;
        File::open(&self.folder)?.sync_all()
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    fn temporary(&self, span: Span) -> PathBuf {
        self.folder.join(format!("{}.part", self.name(span)))
    }

    fn name(&self, Span { first, last }: Span) -> String {
        format!("{first:012}-{last:012}.{}", self.ending)
    }

    fn span(&self, name: &str) -> Option<Span> {
        let (first, last) = name.strip_suffix(self.ending)?.strip_suffix('.')?.split_once('-')?;
        Some(Span { first: first.parse().ok()?, last: last.parse().ok()? })
    }
}

/// The ranges from a position to the end of the log: they end at the multiples of `width`, and at the end.
pub(super) fn cut(first: i64, end: i64, width: i64) -> impl Iterator<Item = Span> {
    let next = move |first: &i64| {
        let last = ((first - 1) / width).saturating_add(1).saturating_mul(width).min(end);
        (*first <= end).then_some(Span { first: *first, last })
    };
    std::iter::successors(next(&first), move |span| next(&(span.last + 1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_end_at_multiples_of_the_width_and_at_the_end_of_the_log() {
        let spans: Vec<_> = cut(8, 25, 10).map(|Span { first, last }| (first, last)).collect();
        assert_eq!(spans, [(8, 10), (11, 20), (21, 25)]);
        assert_eq!(cut(26, 25, 10).count(), 0);
        assert_eq!(cut(1, 10, i64::MAX).map(|span| span.last).collect::<Vec<_>>(), [10]);
    }

    #[test]
    fn a_file_is_known_by_its_name() {
        let partitions = Partitions { folder: PathBuf::new(), ending: "jsonl" };
        let span = Span { first: 1, last: 100_000 };
        assert_eq!(partitions.name(span), "000000000001-000000100000.jsonl");
        assert_eq!(partitions.span(&partitions.name(span)), Some(span));
        assert_eq!(partitions.span("000000000001-000000100000.parquet"), None);
    }
}
