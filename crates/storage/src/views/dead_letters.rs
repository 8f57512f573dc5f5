//! Dead letters: events that could not be applied, and trying them again.
//!
//! The projector is the only writer of the views, so an operator only leaves a mark on a letter. The projector takes it up, and
//! removes the letter in the transaction in which its event is applied.

use std::collections::BTreeMap;

use super::{Shards, Views};
use crate::{Error, Row, Statement, Transaction, VIEWS};

/// An event that could not be projected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadLetter {
    pub position: i64,
    pub stream_id: String,
    pub kind: String,
    pub error: String,
    /// Milliseconds since the epoch.
    pub failed_at: i64,
    /// When somebody asked to have it tried again, in milliseconds since the epoch.
    pub retry_asked_at: Option<i64>,
    /// The shards in which its event was applied since then.
    pub retried_in: Shards,
}

/// What was made up for of a letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settled {
    /// The shards in which its event is applied now.
    pub applied: Shards,
    /// All that it concerns.
    pub concerned: Shards,
}

/// The columns that [`letter`] reads.
pub(crate) const COLUMNS: &str = "position, stream_id, kind, error, failed_at, retry_asked_at, retried_in";

impl Views {
    /// Marks these letters, or all, to be tried again, with all others of their streams: what came after a missing event may have
    /// failed for that alone. Returns how many are marked now.
    pub async fn ask_to_retry(&self, positions: Option<&[i64]>, now: i64) -> Result<u64, Error> {
        let mut transaction = self.db.begin().await?;
        let mut marked = 0;
        let chunks = positions.map_or_else(|| vec![None], |all| all.chunks(500).map(Some).collect());
        for chunk in chunks {
            let mut statement = Statement::default();
            let (now, projection) = (statement.bind(now), statement.bind(VIEWS));
            let of_streams = chunk.map(|chunk| {
                let list = statement.bind_list(chunk.iter().copied());
                format!(
                    " AND stream_id IN (SELECT stream_id FROM dead_letters \
                     WHERE projection = {projection} AND position IN {list})"
                )
            });
            let of_streams = of_streams.unwrap_or_default();
            statement.sql = format!(
                "UPDATE dead_letters SET retry_asked_at = {now}, retried_in = 0 WHERE projection = {projection}{of_streams}"
            );
            marked += transaction.execute(&statement).await?;
        }
        transaction.commit().await?;
        Ok(marked)
    }

    /// The letters that are marked, in the order of the log, at most `limit`.
    pub async fn letters_to_retry(&self, limit: i64) -> Result<Vec<DeadLetter>, Error> {
        let sql = format!(
            "SELECT {COLUMNS} FROM dead_letters WHERE projection = $1 AND retry_asked_at IS NOT NULL \
             ORDER BY position LIMIT $2"
        );
        self.db.fetch(&Statement::new(sql, vec![VIEWS.into(), limit.into()])).await?.into_iter().map(letter).collect()
    }
}

pub(crate) fn letter(mut row: Row) -> Result<DeadLetter, Error> {
    Ok(DeadLetter {
        position: row.int(0)?,
        stream_id: row.text(1)?,
        kind: row.text(2)?,
        error: row.text(3)?,
        failed_at: row.int(4)?,
        retry_asked_at: row.opt_int(5)?,
        retried_in: Shards::of_bits(row.int(6)?),
    })
}

/// Removes the letters of events that are applied in all shards now, and notes for others where they are.
pub(super) async fn settle(transaction: &mut dyn Transaction, letters: &BTreeMap<i64, Settled>) -> Result<(), Error> {
    let mut whole = Vec::new();
    for (position, Settled { applied, concerned }) in letters {
        if concerned.difference(*applied).is_empty() {
            whole.push(*position);
            continue;
        }
        // The first one locks the row, so that the last of several projectors sees what all others noted.
        let note = "UPDATE dead_letters SET retried_in = retried_in | $3 WHERE projection = $1 AND position = $2";
        let done = "DELETE FROM dead_letters WHERE projection = $1 AND position = $2 AND (retried_in & $3) = $3";
        for (sql, shards) in [(note, applied), (done, concerned)] {
            let params = vec![VIEWS.into(), (*position).into(), shards.bits().into()];
            transaction.execute(&Statement::new(sql, params)).await?;
        }
    }
    for chunk in whole.chunks(500) {
        let mut statement = Statement::default();
        let projection = statement.bind(VIEWS);
        let list = statement.bind_list(chunk.iter().copied());
        statement.sql = format!("DELETE FROM dead_letters WHERE projection = {projection} AND position IN {list}");
        transaction.execute(&statement).await?;
    }
    Ok(())
}
