//! Large objects, sent in parts that travel side by side.

use object_store::PutPayload;
use object_store::multipart::PartId;
use object_store::path::Path;
use tokio::runtime::Handle;
use tokio::task::JoinSet;

use super::{ANSWER, Bucket, COMPLETION, Fault, Kind, transfer, within};
use crate::memory::{Held, PART};

/// A multipart upload in the making. Nothing is visible before it is complete; one that is dropped is aborted.
#[derive(Debug)]
pub(crate) struct Multipart {
    bucket: Bucket,
    name: String,
    key: Path,
    id: String,
    sending: JoinSet<Result<(usize, PartId), Fault>>,
    /// In the order of the parts, which need not be the order of their arrival.
    sent: Vec<Option<PartId>>,
    /// Bytes.
    size: u64,
    open: bool,
}

/// Parts of one file on their way at a time.
const PARTS_AT_ONCE: usize = 4;
/// Parts of an upload, of which S3 allows 10 000.
const PARTS_LIMIT: u64 = 9_500;

/// Bytes of the parts of a file of that size, whole MiB.
pub(crate) fn part_size(size: u64) -> usize {
    let mib = size.div_ceil(PARTS_LIMIT).div_ceil(1 << 20);
    usize::try_from(mib << 20).unwrap_or(usize::MAX).max(PART)
}

impl Bucket {
    pub(crate) async fn open_multipart(&self, name: &str) -> Result<Multipart, Fault> {
        let key = self.key(name)?;
        let id = within(ANSWER, self.objects.create_multipart(&key)).await?;
        let (bucket, name, sending) = (self.clone(), name.to_owned(), JoinSet::new());
        Ok(Multipart { bucket, name, key, id, sending, sent: Vec::new(), size: 0, open: true })
    }

    /// Puts the parts together and returns the size of the object.
    ///
    /// Some stores answer 200 and tell of their failure in the body, so it counts what is there afterwards.
    pub(crate) async fn complete_multipart(&self, name: &str, id: &str, parts: Vec<PartId>) -> Result<u64, Fault> {
        let key = self.key(name)?;
        within(COMPLETION, self.objects.complete_multipart(&key, &id.to_owned(), parts)).await?;
        let missing = || Fault::other("the object is not there after its parts were put together".to_owned());
        self.size(name).await?.ok_or_else(missing)
    }

    /// Gives up a multipart upload. One that does not exist any more was given up before.
    pub(crate) async fn abort_multipart(&self, name: &str, id: &str) -> Result<(), Fault> {
        let key = self.key(name)?;
        match within(ANSWER, self.objects.abort_multipart(&key, &id.to_owned())).await {
            Err(Fault { kind: Kind::NotFound | Kind::Parts, .. }) => Ok(()),
            outcome => outcome,
        }
    }
}

impl Multipart {
    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    /// The number of the next part, from 0 on.
    pub(crate) fn next_part(&self) -> usize {
        self.sent.len()
    }

    /// Starts to send the next part, and waits before while others are in its way. `held` is given back once it was sent.
    pub(crate) async fn send(&mut self, part: PutPayload, held: Held) -> Result<(), Fault> {
        while self.sending.len() >= PARTS_AT_ONCE {
            self.one_sent().await?;
        }
        let (bucket, key, id, number) = (self.bucket.clone(), self.key.clone(), self.id.clone(), self.sent.len());
        self.sent.push(None);
        self.size += part.content_length() as u64;
        self.sending.spawn(async move {
            let limit = transfer(part.content_length());
            let sent = within(limit, bucket.objects.put_part(&key, &id, number, part)).await;
            drop(held);
            sent.map(|part| (number, part))
        });
        Ok(())
    }

    /// Makes the object visible once all parts have arrived. After a failure there is only aborting it.
    pub(crate) async fn complete(&mut self) -> Result<(), Fault> {
        while !self.sending.is_empty() {
            self.one_sent().await?;
        }
        let parts = std::mem::take(&mut self.sent).into_iter().flatten().collect();
        let size = self.bucket.complete_multipart(&self.name, &self.id, parts).await?;
        if size != self.size {
            return Err(Fault::other(format!("the object has {size} bytes, but {} were sent", self.size)));
        }
        self.open = false;
        Ok(())
    }

    pub(crate) async fn abort(mut self) -> Result<(), Fault> {
        self.open = false;
        // A part that arrives after the others are gone would stay.
        self.sending.shutdown().await;
        self.bucket.abort_multipart(&self.name, &self.id).await
    }

    async fn one_sent(&mut self) -> Result<(), Fault> {
        if let Some(sent) = self.sending.join_next().await {
            let (number, part) = sent.map_err(|error| Fault::other(error.to_string()))??;
            if let Some(place) = self.sent.get_mut(number) {
                *place = Some(part);
            }
        }
        Ok(())
    }
}

impl Drop for Multipart {
    fn drop(&mut self) {
        let (true, Ok(runtime)) = (self.open, Handle::try_current()) else { return };
        let (bucket, name, id) = (self.bucket.clone(), std::mem::take(&mut self.name), std::mem::take(&mut self.id));
        self.sending.abort_all();
        runtime.spawn(async move {
            if let Err(error) = bucket.abort_multipart(&name, &id).await {
                tracing::warn!(%error, name, "a multipart upload could not be aborted; the janitor does it");
            }
        });
    }
}
