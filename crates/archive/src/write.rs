//! Writing a part of the log to the artifact store, and making sure that it says there what it says in the table.

use bytes::Bytes;
use parquet::errors::ParquetError;
use runledger_artifacts::{ArtifactStore, StoreError};
use runledger_storage::compare::hex;
use runledger_storage::{ArchivedObject, Error, EventLog, ReadLimit, StoredEvent};
use sha2::{Digest, Sha256};
use thiserror::Error as ThisError;
use tokio::task::{JoinError, spawn_blocking};

use crate::ObjectArchive;
use crate::file::{FileEnd, FileWriter};

/// What is read of the table at a time.
const PAGE: ReadLimit = ReadLimit { events: 5_000, bytes: 8 << 20 };
/// A file is closed when it is this large, so that it can be made in memory and sent in one piece.
const FILE_BYTES: usize = 32 << 20;

/// A part of the log was not archived. Nothing was changed but an object, perhaps, that nobody reads.
#[derive(Debug, ThisError)]
pub enum ArchiveError {
    #[error("the log has no event {0}; `runledger verify --log` shows what is missing")]
    Hole(i64),
    #[error("the object {object:?} does not say what the table says; nothing was removed from the table")]
    Differs { object: String },
    #[error("the events cannot be written as Parquet")]
    Encode(#[from] ParquetError),
    #[error("a task ended unexpectedly")]
    Task(#[from] JoinError),
    #[error(transparent)]
    Log(#[from] Error),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What was written of the log.
#[derive(Default)]
struct Written {
    position: i64,
    digest: Sha256,
}

impl ObjectArchive {
    /// Writes the events of the table after the position, up to and including `upto` or as many as an object takes. `told` is
    /// told how many were written.
    pub async fn write(
        &self,
        log: &EventLog,
        position: i64,
        upto: i64,
        mut told: impl FnMut(usize),
    ) -> Result<ArchivedObject, ArchiveError> {
        let mut writing = (FileWriter::new()?, Written { position, digest: Sha256::new() });
        while writing.1.position < upto && writing.0.size() < FILE_BYTES {
            let at = writing.1.position;
            let page = log.stored_events(at, upto, PAGE).await?;
            let number = page.len();
            if page.is_empty() {
                return Err(ArchiveError::Hole(at + 1));
            }
            writing = spawn_blocking(move || {
                let (mut file, mut written) = writing;
                page.into_iter().try_for_each(|event| {
                    written.take(&event)?;
                    Ok::<_, ArchiveError>(file.add(event)?)
                })?;
                Ok::<_, ArchiveError>((file, written))
            })
            .await??;
            told(number);
        }
        let (file, written) = writing;
        let (bytes, sha256) = spawn_blocking(move || {
            let bytes = file.finish()?;
            let sha256 = hex(&Sha256::digest(&bytes));
            Ok::<_, ParquetError>((bytes, sha256))
        })
        .await??;
        let (first, last) = (position + 1, written.position);
        // Two logs that use one store do not take each other's objects.
        let mark = sha256.get(..16).unwrap_or_default();
        let object = ArtifactStore::archive_name(&format!("events/{first:012}-{last:012}-{mark}.parquet"));
        let size = i64::try_from(bytes.len()).unwrap_or(i64::MAX);
        let archived = ArchivedObject { first, last, object, bytes: size, sha256 };
        let store = self.store().await?;
        store.put_archive(&archived.object, bytes).await?;
        let back = store.get_archive(&archived.object, None).await?;
        let same = spawn_blocking(move || {
            let (_, bytes) = back?;
            let read = digest_of(position, &bytes).ok()?;
            (read.position == written.position && read.digest.finalize() == written.digest.finalize()).then_some(())
        })
        .await?;
        same.map_or_else(|| Err(ArchiveError::Differs { object: archived.object.clone() }), |()| Ok(archived.clone()))
    }
}

/// Reads the whole file.
fn digest_of(position: i64, bytes: &Bytes) -> Result<Written, ArchiveError> {
    let end = FileEnd::read(bytes.len() as u64, bytes)?;
    let mut read = Written { position, digest: Sha256::new() };
    for number in end.all() {
        let range = end.range(number)?;
        let (from, to) = (usize::try_from(range.start), usize::try_from(range.end));
        let piece = bytes.slice(from.unwrap_or_default()..to.unwrap_or_default().min(bytes.len()));
        end.events(number, range.start, piece)?.iter().try_for_each(|event| read.take(event))?;
    }
    Ok(read)
}

impl Written {
    /// Takes the event that follows.
    fn take(&mut self, event: &StoredEvent) -> Result<(), ArchiveError> {
        if event.position != self.position + 1 {
            return Err(ArchiveError::Hole(self.position + 1));
        }
        self.position = event.position;
        let numbers = [event.position, event.recorded_at, event.schema_version.into(), event.bytes];
        for number in numbers {
            self.digest.update(number.to_be_bytes());
        }
        let texts =
            [event.stream.as_str(), &event.kind, &event.actor, &event.request_id, &event.payload, &event.event_id];
        let points = event.points.as_deref();
        self.digest.update([u8::from(points.is_some())]);
        for bytes in texts.map(str::as_bytes).into_iter().chain([points.unwrap_or_default(), &event.trace]) {
            self.digest.update((bytes.len() as u64).to_be_bytes());
            self.digest.update(bytes);
        }
        Ok(())
    }
}
