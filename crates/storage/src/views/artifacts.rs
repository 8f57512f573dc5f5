//! Uploads to paths, what became of them, and removals from the store, as rows.

use std::collections::BTreeMap;

use super::{Turn, UploadRow, UploadTurn};
use crate::ColumnType::{Int, Text};
use crate::{ArtifactState, BulkInsert, Error, Statement, Transaction};

const ARTIFACTS: BulkInsert = BulkInsert {
    table: "artifacts",
    columns: &[
        ("path", Text),
        ("upload_id", Text),
        ("size", Int),
        ("sha256", Text),
        ("state", Text),
        ("staged_at", Int),
        ("stored_at", Int),
    ],
    suffix: "ON CONFLICT (path) DO UPDATE SET upload_id = excluded.upload_id, size = excluded.size, \
             sha256 = excluded.sha256, state = excluded.state, error = NULL, staged_at = excluded.staged_at, \
             stored_at = excluded.stored_at",
};

pub(super) async fn write(
    transaction: &mut dyn Transaction,
    uploads: BTreeMap<String, UploadRow>,
    turns: Vec<UploadTurn>,
    removed: Vec<(String, i64)>,
) -> Result<(), Error> {
    let rows = uploads.into_iter().map(|(path, row)| {
        let size = i64::try_from(row.size).unwrap_or(i64::MAX);
        let stored_at = (row.state == ArtifactState::Stored).then_some(row.at);
        vec![
            path.into(),
            row.upload_id.into(),
            size.into(),
            row.sha256.into(),
            row.state.as_str().into(),
            row.at.into(),
            stored_at.into(),
        ]
    });
    transaction.insert(&ARTIFACTS, rows.collect()).await?;
    for turn in turns {
        transaction.execute(&take_turn(turn)).await?;
    }
    for (path, deletion) in removed {
        // The objects of an earlier deletion of the path are gone with them.
        let sql = "DELETE FROM removals WHERE path = $1 AND deletion <= $2";
        transaction.execute(&Statement::new(sql, vec![path.into(), deletion.into()])).await?;
    }
    Ok(())
}

/// An upload that was overtaken by a newer one of its path changes nothing.
fn take_turn(turn: UploadTurn) -> Statement {
    let mut statement = Statement::default();
    let newest = format!("path = {} AND upload_id = {}", statement.bind(turn.path), statement.bind(turn.upload_id));
    statement.sql = match turn.turn {
        Turn::Stored { at } => {
            let at = statement.bind(at);
            format!("UPDATE artifacts SET state = 'stored', stored_at = {at}, error = NULL WHERE {newest}")
        }
        Turn::Failed { reason } => {
            let reason = statement.bind(reason);
            format!("UPDATE artifacts SET state = 'failed', error = {reason} WHERE {newest} AND state <> 'stored'")
        }
        Turn::Retried => {
            format!("UPDATE artifacts SET state = 'staged', error = NULL WHERE {newest} AND state = 'failed'")
        }
    };
    statement
}
