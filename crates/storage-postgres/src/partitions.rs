//! Partitions of the log: which there are, and how one leaves the table once objects serve its events.

use runledger_storage::{Db, Error, GRACE, Statement};

use crate::PostgresDb;

/// A partition of the table of events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventPartition {
    pub name: String,
    /// The first position that it may hold.
    pub first: i64,
    /// The last position that it may hold.
    pub last: i64,
    /// What it takes on disk, with its indexes.
    pub bytes: i64,
}

impl PostgresDb {
    /// The partitions that are attached, in order.
    pub async fn event_partitions(&self) -> Result<Vec<EventPartition>, Error> {
        let sql = "SELECT name, from_position, before_position, pg_total_relation_size(name::regclass) \
                   FROM event_partitions() ORDER BY from_position";
        let partition = |mut row: runledger_storage::Row| {
            let (first, before, bytes) = (row.int(1)?, row.int(2)?, row.int(3)?);
            // No event is at position 0.
            Ok(EventPartition { name: row.text(0)?, first: first.max(1), last: before - 1, bytes })
        };
        self.fetch(&Statement::new(sql, vec![])).await?.into_iter().map(partition).collect()
    }

    /// Takes the partition out of the table of events, and removes it unless it is to be kept as a table of its own.
    ///
    /// [`Error::Conflict`]: objects do not serve all of its events, or not for as long as readers need to know of it.
    /// [`Error::Unavailable`]: somebody reads the log for so long that the partition could not be taken out; whoever came
    /// meanwhile did not have to wait for more than a second and a half.
    pub async fn detach_events(&self, partition: &EventPartition, keep: bool) -> Result<(), Error> {
        let mut transaction = self.begin().await?;
        let served = format!(
            "SELECT max(to_position) FROM event_archives WHERE served_since <= {} - {}",
            self.now_ms(),
            GRACE.as_millis()
        );
        let rows = transaction.fetch(&Statement::new(served, vec![])).await?;
        let served = rows.first().map_or(Ok(None), |row| row.opt_int(0))?;
        if served.is_none_or(|served| served < partition.last) {
            return Err(Error::Conflict { what: "the table of archived events" });
        }
        let name = format!("\"{}\"", partition.name.replace('"', "\"\""));
        // Longer than PostgreSQL waits before it stops an automatic vacuum that is in the way.
        let mut statements =
            vec!["SET LOCAL lock_timeout = '1500ms'".to_owned(), format!("ALTER TABLE events DETACH PARTITION {name}")];
        if !keep {
            statements.push(format!("DROP TABLE {name}"));
        }
        for sql in statements {
            transaction.execute(&Statement::new(sql, vec![])).await?;
        }
        transaction.commit().await
    }
}
