//! The objects of the artifact store that archives are, and reading files of events among them.

use async_trait::async_trait;
use bytes::Bytes;
use runledger_artifacts::{ArtifactStore, StoreError, StoreSettings};
use runledger_storage::compare::hex;
use runledger_storage::{Archive, ArchivedObject, ArchivedPart, Error, Selection, StoredEvent};
use sha2::{Digest, Sha256};
use std::ops::Range;
use std::sync::Arc;
use tokio::sync::OnceCell;
use tokio::task::spawn_blocking;

use crate::file::{FileEnd, FileIndex};
use crate::recent::Recent;

/// Indexes of files that are kept, of some ten KiB each, as every look for a stream asks all of them; and ends of files.
const INDEXES: usize = 256;
const ENDS: usize = 8;
/// Row groups that are kept, of some MiB each.
const GROUPS: usize = 8;
/// Ranges of segments that are kept, of 8 MiB at most each.
const RANGES: usize = 4;
/// What is fetched of a file of which nothing is known yet: more than its end, mostly.
const TAIL: u64 = 256 << 10;

pub(crate) type BoxError = Box<dyn std::error::Error + Send + Sync>;
type Events = Arc<Vec<StoredEvent>>;

/// What was archived of the log and of metrics, in an artifact store that is opened when it is needed.
#[derive(Debug)]
pub struct ObjectArchive {
    location: String,
    settings: StoreSettings,
    store: OnceCell<ArtifactStore>,
    indexes: Recent<String, Arc<FileIndex>>,
    ends: Recent<String, Arc<FileEnd>>,
    groups: Recent<(String, usize), Events>,
    pub(crate) segments: Recent<(String, u64, u64), Bytes>,
}

impl ObjectArchive {
    /// `location` is the one of the artifact store.
    pub fn new(location: String, settings: StoreSettings) -> Self {
        Self {
            location,
            settings,
            store: OnceCell::new(),
            indexes: Recent::new(INDEXES),
            ends: Recent::new(ENDS),
            groups: Recent::new(GROUPS),
            segments: Recent::new(RANGES),
        }
    }

    /// Lets it use a store that is open. It is the one at the location.
    pub fn share(&self, store: &ArtifactStore) {
        // One that it opened before is as good.
        drop(self.store.set(store.clone()));
    }

    pub(crate) async fn store(&self) -> Result<&ArtifactStore, StoreError> {
        self.store.get_or_try_init(|| ArtifactStore::open(&self.location, &self.settings)).await
    }

    /// The size of the object, and its bytes or a range of them.
    pub(crate) async fn fetch(&self, object: &str, range: Option<Range<u64>>) -> Result<(u64, Bytes), BoxError> {
        let found = self.store().await?.get_archive(object, range).await?;
        Ok(found.ok_or_else(|| {
            format!(
                "it is not there; bring it back from a backup of the artifact store, or let --artifact-store be the one that it \
                 was archived to, which is {} here",
                self.location
            )
        })?)
    }

    /// A range of an object with events.
    async fn piece(&self, of: &ArchivedObject, range: Range<u64>) -> Result<Bytes, BoxError> {
        let (size, bytes) = self.fetch(&of.object, Some(range)).await?;
        if u64::try_from(of.bytes) == Ok(size) {
            return Ok(bytes);
        }
        let archived = of.bytes;
        Err(format!(
            "it has {size} bytes, and {archived} were archived; bring it back from a backup of the artifact store"
        )
        .into())
    }

    async fn end(&self, of: &ArchivedObject) -> Result<Arc<FileEnd>, Error> {
        let read = async {
            let size = u64::try_from(of.bytes)?;
            let mut tail = self.piece(of, size.saturating_sub(TAIL)..size).await?;
            // Once for the metadata, once more for the filters that these name.
            while let Some(range) = FileEnd::missing(size, &tail)? {
                tail = self.piece(of, range).await?;
            }
            let end = spawn_blocking(move || FileEnd::read(size, &tail)).await??;
            Ok(Arc::new(end))
        };
        self.ends.get(of.object.clone(), read).await.map_err(unread(of))
    }

    async fn group(&self, of: &ArchivedObject, number: usize) -> Result<Events, Error> {
        let end = self.end(of).await?;
        let read = async {
            let range = end.range(number)?;
            let (begin, bytes) = (range.start, self.piece(of, range).await?);
            Ok(Arc::new(spawn_blocking(move || end.events(number, begin, bytes)).await??))
        };
        self.groups.get((of.object.clone(), number), read).await.map_err(unread(of))
    }
}

#[async_trait]
impl Archive for ObjectArchive {
    async fn parts(&self, object: &ArchivedObject, wanted: &Selection<'_>) -> Result<Vec<ArchivedPart>, Error> {
        let read = async { Ok::<_, Error>(self.end(object).await?.index()) };
        Ok(Box::pin(self.indexes.get(object.object.clone(), read)).await?.parts(wanted))
    }

    async fn events(&self, object: &ArchivedObject, part: ArchivedPart) -> Result<Events, Error> {
        self.group(object, part.number).await
    }

    async fn check(&self, object: &ArchivedObject) -> Result<Option<String>, Error> {
        let store = self.store().await.map_err(|source| unread(object)(source.into()))?;
        let found = store.get_archive(&object.object, None).await.map_err(|source| unread(object)(source.into()))?;
        let Some((size, bytes)) = found else { return Ok(Some("the artifact store has no such object".to_owned())) };
        let digest = spawn_blocking(move || hex(&Sha256::digest(&bytes))).await;
        let digest = digest.map_err(|source| unread(object)(source.into()))?;
        Ok(if u64::try_from(object.bytes) != Ok(size) {
            Some(format!("has {size} bytes, and {} were archived", object.bytes))
        } else if digest != object.sha256 {
            Some(format!("has the SHA-256 {digest}, and {} was archived", object.sha256))
        } else {
            None
        })
    }
}

fn unread(of: &ArchivedObject) -> impl FnOnce(BoxError) -> Error + use<> {
    let (what, object) = (format!("the events {} to {}", of.first, of.last), of.object.clone());
    move |source| Error::Archive { what, object, source }
}
