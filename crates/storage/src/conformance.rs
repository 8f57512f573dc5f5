//! What every back end must show. A back end's tests call [`all`] with a fresh database; the behaviour is owned here, once.

mod guards;
mod leases;
mod log;
mod registry;
pub mod search;
mod snapshot;
mod tables;
mod views;

pub use search::Failure;
pub use snapshot::snapshot;

use runledger_domain::command::Decision;
use runledger_domain::event::{ExperimentCreated, TagsSet};
use runledger_domain::guard::Guard;
use runledger_domain::{Event, IdGen, KeyValue, StreamId, SystemIds};
use std::sync::Arc;

use crate::{AppendBatch, AppendRequest, Db, EventLog, LogMetrics, Outcome, ReadModel};

/// A fresh database.
#[expect(missing_debug_implementations, reason = "a function has nothing to show")]
pub struct Fixture {
    pub log: Arc<dyn Db>,
    pub views: Arc<dyn Db>,
    /// Answers table and column for every column of the views that is written.
    pub views_columns: &'static str,
    /// Opens one more writer, as another process would.
    pub writer: Box<dyn Fn() -> Arc<dyn AppendBatch> + Send + Sync>,
}

impl Fixture {
    /// Opens the log with a writer of its own.
    fn open(&self) -> Result<EventLog, Failure> {
        let metrics = LogMetrics::register(&prometheus::Registry::new())?;
        Ok(EventLog::start(Arc::clone(&self.log), (self.writer)(), metrics))
    }
}

/// Every check, one after the other, on one database.
pub async fn all(fixture: &Fixture) -> Result<(), Failure> {
    log::a_batch_sent_twice_is_appended_once(fixture).await?;
    log::positions_have_no_gaps_and_readers_pass_none(fixture).await?;
    log::events_read_as_they_were_written(fixture).await?;
    log::reads_are_bounded(fixture).await?;
    log::events_cannot_be_changed(fixture).await?;
    log::a_reactor_moves_from_where_it_is(fixture).await?;
    guards::each_expectation_is_checked(fixture).await?;
    guards::a_rejected_request_leaves_its_neighbours_alone(fixture).await?;
    guards::the_later_of_run_and_experiment_counts(fixture).await?;
    guards::a_version_lets_one_of_many_through(fixture).await?;
    leases::a_name_has_one_holder(fixture).await?;
    leases::renewal_keeps_a_lease_and_death_frees_it(fixture).await?;
    leases::a_lost_lease_says_so(fixture).await?;
    leases::many_contend_for_one_name(fixture).await?;
    registry::reads_go_on_from_the_rows(fixture).await?;
    tables::each_belongs_to_one_group(fixture).await?;
    views::only_one_projector_moves_the_checkpoint(fixture).await?;
    views::shards_move_apart(fixture).await?;
    views::the_latest_metric_and_the_range_follow_the_rules(fixture).await?;
    views::merged_history_is_complete(fixture).await?;
    views::a_long_history_is_drawn_of_outlines(fixture).await?;
    search::registry::searches_match_an_oracle(fixture).await?;
    let read_model = ReadModel::new(Arc::clone(&fixture.views), fixture.open()?);
    search::search_matches_oracle(&read_model, fixture.views.as_ref()).await?;
    search::logged_models_match_oracle(fixture).await
}

/// A failure with the message.
fn failure(message: impl Into<String>) -> Failure {
    message.into().into()
}

/// Fails with the message unless the condition holds.
fn ensure(condition: bool, message: impl FnOnce() -> String) -> Result<(), Failure> {
    if condition { Ok(()) } else { Err(failure(message())) }
}

/// A request that sets a tag on the stream, under the guards.
fn tag(stream: StreamId, value: &str, guards: Vec<Guard>) -> AppendRequest {
    let tags = vec![KeyValue { key: "k".to_owned(), value: value.to_owned() }];
    encode(Decision { events: vec![(stream, Event::TagsSet(TagsSet { tags }))], guards })
}

/// A request that creates the experiment, under the guards.
fn create(id: i64, guards: Vec<Guard>) -> AppendRequest {
    let created =
        ExperimentCreated { experiment_id: id, name: id.to_string(), artifact_location: String::new(), tags: vec![] };
    encode(Decision { events: vec![(StreamId::experiment(id), Event::ExperimentCreated(created))], guards })
}

fn encode(decision: Decision) -> AppendRequest {
    AppendRequest::encode(
        decision,
        || SystemIds.event_id(),
        1_700_000_000_000,
        "tester".to_owned(),
        "request".to_owned(),
    )
}

/// The position of an accepted request.
fn accepted(outcome: Outcome) -> Result<i64, Failure> {
    outcome.map_err(|rejection| failure(format!("rejected: {rejection:?}")))
}
