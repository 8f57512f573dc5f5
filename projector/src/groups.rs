//! Which events a group of the views' tables is made of.

use runledger_domain::{StreamId, StreamKind};
use runledger_storage::views::{ViewGroup, ViewGroups};

/// Whether these groups need the event.
///
/// What changes experiments and runs is needed by all: they belong to every set of groups.
pub(crate) fn needed(groups: ViewGroups, stream: &StreamId, kind: &str) -> bool {
    groups.contains(group_of(stream, kind))
}

/// The only group that the event changes, or [`ViewGroup::Runs`] if there are several.
fn group_of(stream: &StreamId, kind: &str) -> ViewGroup {
    match (stream.kind(), kind) {
        (StreamKind::LoggedModel, _) => ViewGroup::Models,
        (StreamKind::RegisteredModel, _) => ViewGroup::Registry,
        (StreamKind::Artifact, _) => ViewGroup::Artifacts,
        (StreamKind::Run, "MetricsLogged") => ViewGroup::Metrics,
        (StreamKind::Run, "ParamsLogged") => ViewGroup::Params,
        (StreamKind::Run, "TagDeleted") => ViewGroup::Tags,
        (StreamKind::Run, "InputsLogged" | "OutputsLogged") => ViewGroup::Inputs,
        _ => ViewGroup::Runs,
    }
}
