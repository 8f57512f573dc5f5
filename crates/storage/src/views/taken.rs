//! Taking over tables from the active generation, so that only the others have to be built from the log.
//!
//! Invariant: the tables that were taken over, and the positions at which they were, come in one commit. Until every shard of the
//! new generation has come to its position, only the other tables may be written, and from then on all of them.

use super::{Shards, ViewGroups, Views};
use crate::compare::TABLES;
use crate::{Error, Row, Statement, Transaction, VIEWS, Value};

/// Tables that are not compared column by column.
const WHOLE: [(&str, &[&str]); 2] = [
    (
        "dead_letters",
        &["projection", "position", "stream_id", "kind", "error", "failed_at", "retry_asked_at", "retried_in"],
    ),
    (
        "metric_segments",
        &[
            "run_no",
            "key",
            "segment",
            "level",
            "points",
            "columns",
            "object",
            "object_start",
            "object_bytes",
            "outline",
        ],
    ),
];

/// The columns of a table of the views that are written; nothing for one that does not say what the log says.
pub fn columns_of(table: &str) -> &'static [&'static str] {
    let whole = WHOLE.iter().find(|(name, _)| *name == table).map(|(_, columns)| *columns);
    let compared = || TABLES.iter().find(|compared| compared.name == table).map(|compared| compared.columns);
    whole.or_else(compared).unwrap_or_default()
}

impl Views {
    /// Takes over the tables of all groups but those that are `built`, and the dead letters of the events, by stream and kind, that
    /// are not `projected` for these. `transaction` sees the new tables by their names, and the active ones as of one moment by
    /// their names with `active` in front. `copied` is told of rows.
    pub async fn take_over(
        transaction: &mut dyn Transaction,
        active: &str,
        built: ViewGroups,
        projected: impl Fn(String, &str) -> bool + Send,
        mut copied: impl FnMut(u64) + Send,
    ) -> Result<(), Error> {
        let positions = format!(
            "UPDATE projections SET taken_over = (SELECT a.position FROM {active}projections a WHERE a.name = projections.name)"
        );
        transaction.execute(&Statement::new(positions, vec![])).await?;
        for table in built.other_tables() {
            copied(transaction.execute(&copy(active, table, "", vec![])).await?);
        }
        let letters = format!("SELECT position, stream_id, kind FROM {active}dead_letters WHERE projection = $1");
        let letter = |mut row: Row| Ok::<_, Error>((row.int(0)?, row.text(1)?, row.text(2)?));
        let letters = transaction.fetch(&Statement::new(letters, vec![VIEWS.into()])).await?.into_iter().map(letter);
        for letter in letters {
            let (position, stream, kind) = letter?;
            if !projected(stream, &kind) {
                let of_event = "WHERE projection = $1 AND position = $2";
                let params = vec![VIEWS.into(), position.into()];
                copied(transaction.execute(&copy(active, "dead_letters", of_event, params)).await?);
            }
        }
        Ok(())
    }

    /// The positions at which tables were taken over, shard by shard; `None` if none were.
    pub async fn taken_over(&self) -> Result<Option<[i64; Shards::COUNT]>, Error> {
        let mut statement = Statement::default();
        let names = statement.bind_list(Shards::ALL.iter().map(Shards::checkpoint));
        statement.sql = format!("SELECT taken_over FROM projections WHERE name IN {names} ORDER BY name");
        let rows = self.db.fetch(&statement).await?;
        let none = rows.iter().any(|row| row.0.first() == Some(&Value::Null));
        if none { Ok(None) } else { super::positions(&rows).map(Some) }
    }
}

fn copy(active: &str, table: &str, of: &str, params: Vec<Value>) -> Statement {
    let columns = columns_of(table).join(", ");
    Statement::new(format!("INSERT INTO {table} ({columns}) SELECT {columns} FROM {active}{table} {of}"), params)
}
