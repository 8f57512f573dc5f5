//! Reads that begin or end among what was archived.

use futures::{StreamExt, TryStreamExt, stream};

use super::{ArchivedObject, Archives, Known, StoredEvent};
use crate::log::{Selection, Size};
use crate::{Error, EventLog, Row};

/// Objects whose index of streams is looked at ahead.
const AHEAD: usize = 8;

impl EventLog {
    /// The events that are wanted, in order: out of the archive as far as it serves them, and the rest out of the table.
    pub(crate) async fn ascending<T: From<StoredEvent>>(
        &self,
        wanted: &Selection<'_>,
        columns: &str,
        size: Size,
        row: fn(Row) -> Result<T, Error>,
    ) -> Result<Vec<T>, Error> {
        let table = async |wanted: &Selection<'_>, size| {
            let rows = self.db().fetch(&wanted.ascending(columns, size)).await?;
            rows.into_iter().map(row).collect::<Result<Vec<T>, Error>>()
        };
        let Some(archives) = self.archives() else { return table(wanted, size).await };
        let mut known = archives.known().await?;
        loop {
            let (mut found, mut left) = (Vec::new(), Some(size));
            if known.serves(wanted) {
                let old = archives.ascending(&known, wanted, size).await?;
                left = size.less(old.len(), old.iter().map(|event| event.bytes).sum());
                found = old.into_iter().map(T::from).collect();
            }
            if let (Some(left), Some(rest)) = (left, known.in_table(wanted)) {
                found.extend(table(&rest, left).await?);
            }
            if known.was_right(archives, wanted).await? {
                return Ok(found);
            }
        }
    }

    /// As [`Self::ascending`], the last first.
    pub(crate) async fn descending<T: From<StoredEvent>>(
        &self,
        wanted: &Selection<'_>,
        columns: &str,
        limit: i64,
        row: fn(Row) -> Result<T, Error>,
    ) -> Result<Vec<T>, Error> {
        let table = async |wanted: &Selection<'_>| {
            let rows = self.db().fetch(&wanted.descending(columns, limit)).await?;
            rows.into_iter().map(row).collect::<Result<Vec<T>, Error>>()
        };
        let Some(archives) = self.archives() else { return table(wanted).await };
        let mut known = archives.known().await?;
        loop {
            let mut found = match known.in_table(wanted) {
                Some(rest) => table(&rest).await?,
                None => Vec::new(),
            };
            // What was archived meanwhile would be missing in the middle.
            if !known.was_right(archives, wanted).await? {
                continue;
            }
            let left = usize::try_from(limit).unwrap_or_default().saturating_sub(found.len());
            if left > 0 && known.serves(wanted) {
                let old = archives.descending(&known, wanted, left).await?;
                found.extend(old.into_iter().map(T::from));
            }
            return Ok(found);
        }
    }
}

impl EventLog {
    /// Whether anything is served by objects.
    pub(crate) async fn has_archived(&self) -> Result<bool, Error> {
        let Some(archives) = self.archives() else { return Ok(false) };
        Ok(archives.known().await?.end() > 0)
    }
}

impl Known {
    /// Whether objects serve some of what is wanted.
    fn serves(&self, wanted: &Selection<'_>) -> bool {
        wanted.reaches(1, self.end())
    }

    /// What is wanted of the table; `None` if nothing is.
    fn in_table<'a>(&self, wanted: &Selection<'a>) -> Option<Selection<'a>> {
        let rest = Selection { after: wanted.after.max(self.end()), ..*wanted };
        rest.reaches(rest.after + 1, i64::MAX).then_some(rest)
    }

    /// Whether the table still had all that was read of it, by what is known after that. If not, this takes the place of what was
    /// known.
    async fn was_right(&mut self, archives: &Archives, wanted: &Selection<'_>) -> Result<bool, Error> {
        let now = archives.known().await?;
        let right = now.end() <= wanted.after.max(self.end());
        *self = now;
        Ok(right)
    }
}

impl Archives {
    async fn ascending(&self, known: &Known, wanted: &Selection<'_>, size: Size) -> Result<Vec<StoredEvent>, Error> {
        let (mut found, mut bytes) = (Vec::new(), 0);
        let objects = known.objects.iter().filter(|object| wanted.reaches(object.first, object.last));
        let mut parts = self.parts(objects, wanted);
        while let Some((object, parts)) = parts.try_next().await? {
            for part in parts {
                let events = self.archive.events(object, part).await?;
                for event in events.iter().filter(|event| wanted.wants(event)) {
                    bytes += event.bytes;
                    found.push(event.clone());
                    if size.less(found.len(), bytes).is_none() {
                        return Ok(found);
                    }
                }
            }
        }
        Ok(found)
    }

    async fn descending(&self, known: &Known, wanted: &Selection<'_>, limit: usize) -> Result<Vec<StoredEvent>, Error> {
        let mut found = Vec::new();
        let objects = known.objects.iter().rev().filter(|object| wanted.reaches(object.first, object.last));
        let mut parts = self.parts(objects, wanted);
        while let Some((object, parts)) = parts.try_next().await? {
            for part in parts.into_iter().rev() {
                let events = self.archive.events(object, part).await?;
                let wanted = events.iter().rev().filter(|event| wanted.wants(event));
                found.extend(wanted.take(limit - found.len()).cloned());
                if found.len() == limit {
                    return Ok(found);
                }
            }
        }
        Ok(found)
    }

    /// The parts of each object that may hold what is wanted. Where only some streams are, most objects have none, so several are
    /// looked at together.
    fn parts<'a>(
        &'a self,
        objects: impl Iterator<Item = &'a ArchivedObject> + Send + 'a,
        wanted: &'a Selection<'a>,
    ) -> stream::BoxStream<'a, Result<(&'a ArchivedObject, Vec<super::ArchivedPart>), Error>> {
        let parts =
            move |object: &'a ArchivedObject| async move { Ok((object, self.archive.parts(object, wanted).await?)) };
        stream::iter(objects).map(parts).buffered(if wanted.names_streams() { AHEAD } else { 1 }).boxed()
    }
}
