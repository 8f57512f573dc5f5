//! Building some groups of tables from the log, and taking over the others from the active views.

use runledger_domain::StreamId;
use runledger_storage::Phase;
use runledger_storage::views::{ViewGroups, Views, defer_indexes};
use std::sync::Arc;

use super::load::{Load, Positions};
use super::{Builder, RebuildError, least};
use crate::groups::needed;

impl Builder {
    /// Takes over the tables of all other groups, and loads those of these up to where the others were then, which it returns.
    ///
    /// What is done of it the generation itself says and not the registry: a crash may have taken back some of it.
    pub(super) async fn load_part(
        &self,
        generation: i64,
        built: ViewGroups,
        load: &Load<'_>,
    ) -> Result<Positions, RebuildError> {
        let views = Views::new(Arc::clone(load.db));
        let targets = match views.taken_over().await? {
            Some(targets) => targets,
            None => self.take_over(generation, built, load, &views).await?,
        };
        if views.checkpoints().await?.iter().zip(targets).any(|(position, target)| *position < target) {
            self.status.enter(Phase::Loading, least(targets));
            defer_indexes(load.db.as_ref()).await?;
            Load { views: built, ..*load }.advance(targets, self.workers).await?;
        }
        Ok(targets)
    }

    async fn take_over(
        &self,
        generation: i64,
        built: ViewGroups,
        load: &Load<'_>,
        views: &Views,
    ) -> Result<Positions, RebuildError> {
        self.status.enter_rows(Phase::Copying);
        defer_indexes(load.db.as_ref()).await?;
        let (mut transaction, active) = self.places.begin_beside_active(generation).await?;
        let projected = |stream: String, kind: &str| needed(built, &StreamId::stored(stream), kind);
        let copied = |rows| self.status.add(i64::try_from(rows).unwrap_or(0));
        Views::take_over(transaction.as_mut(), active, built, projected, copied).await?;
        transaction.commit().await?;
        Ok(views.taken_over().await?.unwrap_or_default())
    }
}
