//! Which runs are deleted, and since when, derived from the log whatever the rows say: their own events and those of their
//! experiment, in the order of the log.

use runledger_domain::{RecordedEvent, StreamId};
use runledger_storage::views::{Changes, RunRow};
use runledger_storage::{Error, Until};
use std::collections::HashMap;

use crate::places::Group;
use crate::step::Projector;

/// What changes all runs of an experiment.
pub(crate) const OF_ALL: [&str; 2] = ["ExperimentDeleted", "ExperimentRestored"];
const OF_ONE: [&str; 2] = ["RunDeleted", "RunRestored"];
/// Runs looked at together.
const RUNS: i64 = 500;

impl Projector {
    /// Corrects the run, or the runs of the experiment, that belong to the shards of the group. What does not read changes nothing.
    pub(crate) async fn derive_lifecycles(&mut self, group: Group, stream: &StreamId) -> Result<(), Error> {
        if let Some(run_id) = stream.run_id().filter(|run_id| group.shards.contains_run(run_id)) {
            let runs = self.deps.views.runs(&[run_id]).await?;
            let Some(experiment_id) = runs.first().map(|run| run.experiment_id) else { return Ok(()) };
            let of_all = self.lifecycle_events(group, &[StreamId::experiment(experiment_id)], &OF_ALL).await?;
            return self.derive(group, &of_all, runs).await;
        }
        let Some(experiment_id) = stream.experiment_id() else { return Ok(()) };
        let of_all = self.lifecycle_events(group, std::slice::from_ref(stream), &OF_ALL).await?;
        let mut behind = 0;
        loop {
            let runs = self.deps.views.runs_of(experiment_id, group.shards, behind, RUNS).await?;
            let Some(last) = runs.last() else { return Ok(()) };
            behind = last.run_no;
            self.derive(group, &of_all, runs).await?;
        }
    }

    async fn derive(&self, group: Group, of_all: &[RecordedEvent], runs: Vec<RunRow>) -> Result<(), Error> {
        let streams: Vec<StreamId> = runs.iter().map(|run| StreamId::run(&run.run_id)).collect();
        let mut of_one: HashMap<StreamId, Vec<RecordedEvent>> = HashMap::new();
        for event in self.lifecycle_events(group, &streams, &OF_ONE).await? {
            of_one.entry(event.stream.clone()).or_default().push(event);
        }
        let derive = |(run, stream): (RunRow, &StreamId)| {
            let row = derived(&run, of_one.get(stream).into_iter().flatten().chain(of_all));
            (row != run).then_some((row.run_no, row))
        };
        let changes =
            Changes { runs: runs.into_iter().zip(&streams).filter_map(derive).collect(), ..Changes::default() };
        self.deps.views.apply(group.shards, group.position, group.position, changes, &[]).await
    }

    /// The events of these kinds of the streams, as far as the group is, that read.
    pub(crate) async fn lifecycle_events(
        &self,
        group: Group,
        streams: &[StreamId],
        kinds: &[&str],
    ) -> Result<Vec<RecordedEvent>, Error> {
        let mut events = self.deps.log.read_kinds_of(streams, kinds, Until::Position(group.position)).await?;
        events.retain(|event| event.decode().is_ok());
        Ok(events)
    }
}

/// What these events make of the run.
fn derived<'a>(run: &RunRow, events: impl Iterator<Item = &'a RecordedEvent>) -> RunRow {
    let mut events: Vec<&RecordedEvent> = events.filter(|event| event.position > run.run_no).collect();
    events.sort_by_key(|event| event.position);
    let mut row = RunRow { deleted: false, deleted_time: None, ..run.clone() };
    for event in events {
        match event.kind.as_str() {
            // One that is deleted already stays so since then.
            "ExperimentDeleted" if row.deleted => {}
            "ExperimentDeleted" | "RunDeleted" => (row.deleted, row.deleted_time) = (true, Some(event.recorded_at)),
            _ => (row.deleted, row.deleted_time) = (false, None),
        }
    }
    row
}
