//! The table of archived objects: what was written, and what of it serves the log.

use super::{ArchivedObject, COLUMNS, StoredEvent, stored};
use crate::db::{Db, Row, Statement};
use crate::log::{Selection, Size};
use crate::{Error, EventLog, ReadLimit, Until};

const OBJECT: &str = "from_position, to_position, object, bytes, sha256";

impl EventLog {
    /// Every object that was written down, in order, and whether it serves the log.
    pub async fn archived_objects(&self) -> Result<Vec<(ArchivedObject, bool)>, Error> {
        let sql = format!("SELECT {OBJECT}, served_since FROM event_archives ORDER BY from_position");
        let rows = self.db().fetch(&Statement::new(sql, vec![])).await?;
        let found = rows.into_iter().map(|mut row| Ok((object(&mut row)?, row.opt_int(5)?.is_some())));
        let found = found.collect::<Result<Vec<_>, Error>>()?;
        contiguous(0, found.iter().map(|(object, _)| object))?;
        Ok(found)
    }

    /// Writes an object down that follows those that are there.
    pub async fn record_archive(&self, object: &ArchivedObject) -> Result<(), Error> {
        let now = self.db().now_ms();
        let sql = format!("INSERT INTO event_archives ({OBJECT}, archived_at) VALUES ($1, $2, $3, $4, $5, {now})");
        let params = vec![
            object.first.into(),
            object.last.into(),
            (&object.object).into(),
            object.bytes.into(),
            (&object.sha256).into(),
        ];
        let statement = Statement::new(format!("{sql} RETURNING from_position"), params);
        self.db().write(&statement).await.map(drop)
    }

    /// Lets the objects up to the position serve the log. The table must go on to have these events for [`super::GRACE`].
    pub async fn serve_archives(&self, upto: i64) -> Result<(), Error> {
        let now = self.db().now_ms();
        let sql = format!(
            "UPDATE event_archives SET served_since = {now} WHERE to_position <= $1 AND served_since IS NULL \
             RETURNING from_position"
        );
        self.db().write(&Statement::new(sql, vec![upto.into()])).await.map(drop)
    }

    /// Writes down that an object with segments of metrics may be there.
    pub async fn record_segments(&self, object: &str) -> Result<(), Error> {
        let sql = format!(
            "INSERT INTO segment_objects (object, archived_at) VALUES ($1, {}) ON CONFLICT (object) DO NOTHING \
             RETURNING object",
            self.db().now_ms()
        );
        self.db().write(&Statement::new(sql, vec![object.into()])).await.map(drop)
    }

    /// The objects that were written down, behind this one, in order.
    pub async fn recorded_segments(&self, behind: &str, limit: i64) -> Result<Vec<String>, Error> {
        let sql = "SELECT object FROM segment_objects WHERE object > $1 ORDER BY object LIMIT $2";
        let rows = self.db().fetch(&Statement::new(sql, vec![behind.into(), limit.into()])).await?;
        rows.into_iter().map(|mut row| row.text(0)).collect()
    }

    /// Forgets an object that is not there any more.
    pub async fn forget_segments(&self, object: &str) -> Result<(), Error> {
        let sql = "DELETE FROM segment_objects WHERE object = $1 RETURNING object";
        self.db().write(&Statement::new(sql, vec![object.into()])).await.map(drop)
    }

    /// The events after the position, up to and including `upto`, as the table has them.
    pub async fn stored_events(&self, position: i64, upto: i64, limit: ReadLimit) -> Result<Vec<StoredEvent>, Error> {
        let wanted = Selection { until: Some(Until::Position(upto)), ..Selection::after(position) };
        let rows = self.db().fetch(&wanted.ascending(COLUMNS, Size::Page(limit))).await?;
        rows.into_iter().map(stored).collect()
    }
}

/// The objects after the position that serve the log.
pub(super) async fn served(db: &dyn Db, position: i64) -> Result<Vec<ArchivedObject>, Error> {
    let sql = format!(
        "SELECT {OBJECT} FROM event_archives WHERE from_position > $1 AND served_since IS NOT NULL ORDER BY from_position"
    );
    let rows = db.fetch(&Statement::new(sql, vec![position.into()])).await?;
    let objects = rows.into_iter().map(|mut row| object(&mut row)).collect::<Result<Vec<_>, Error>>()?;
    contiguous(position, objects.iter())?;
    Ok(objects)
}

fn object(row: &mut Row) -> Result<ArchivedObject, Error> {
    let (first, last, bytes) = (row.int(0)?, row.int(1)?, row.int(3)?);
    Ok(ArchivedObject { first, last, object: row.text(2)?, bytes, sha256: row.text(4)? })
}

/// Fails where something is missing between two objects.
fn contiguous<'a>(position: i64, objects: impl Iterator<Item = &'a ArchivedObject>) -> Result<(), Error> {
    let mut end = position;
    for object in objects {
        if object.first != end + 1 || object.last < object.first {
            return Err(Error::Corrupt {
                table: "event_archives",
                id: object.first.to_string(),
                reason: format!("an object with the event {} should be there", end + 1),
            });
        }
        end = object.last;
    }
    Ok(())
}
