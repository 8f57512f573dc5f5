//! The experiment `Default` with id 0, which every MLflow server has from its first start.

use runledger_domain::command::CreateExperiment;
use runledger_domain::{Clock, IdGen};
use runledger_storage::{AppendRequest, EventLog};

use crate::Failure;

/// Appends the experiment. Where it is there already, whatever became of it, the guard refuses and nothing changes.
pub(crate) async fn ensure(
    log: &EventLog,
    clock: &dyn Clock,
    ids: &dyn IdGen,
    artifact_root: &str,
) -> Result<(), Failure> {
    let create = CreateExperiment {
        experiment_id: 0,
        name: "Default".to_owned(),
        artifact_location: String::new(),
        tags: vec![],
    };
    let decision = create.decide(artifact_root)?;
    let event_id = || ids.event_id();
    let request = AppendRequest::encode(decision, event_id, clock.now_ms(), "runledger".to_owned(), "start".to_owned());
    log.append(request).await?.map_or_else(|_there| Ok(()), |_position| Ok(()))
}
