//! Views of a few events in memory, by which the API shows tables of runs as they were.

use async_trait::async_trait;
use runledger_domain::{Clock, RecordedEvent};
use runledger_projector::project_apart;
use runledger_storage::views::Views;
use runledger_storage::{Db, Error, SideViews};
use runledger_storage_sqlite::SqliteDb;
use std::sync::Arc;

/// Each in a database of its own.
#[derive(Debug)]
pub(crate) struct InMemory(pub(crate) Arc<dyn Clock>);

#[async_trait]
impl SideViews for InMemory {
    async fn show(&self, events: Vec<RecordedEvent>) -> Result<Arc<dyn Db>, Error> {
        let db: Arc<dyn Db> = Arc::new(SqliteDb::views_in_memory().await?);
        project_apart(Views::new(Arc::clone(&db)), Arc::clone(&self.0), events).await?;
        Ok(db)
    }
}
