//! Guards: the invariants that are checked in the transaction of the append.
//!
//! A guard names a key of a small table that the log keeps beside the events, says what must hold for it, and what becomes of
//! it when the append goes through. Appends are serial, so a guard that holds when it is checked holds when the events land.
//! Metric-only requests check [`Expect::Active`] and change nothing, so that they never wait for each other.

use crate::DomainError;
use std::fmt;

/// What a guard is about.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum GuardKey {
    Run(String),
    Experiment(i64),
    ExperimentName(String),
    LoggedModel(String),
    /// By the model's own id.
    RegisteredModel(String),
    RegisteredModelName(String),
    /// The `Idempotency-Key` of a `runs/create`.
    Idempotency(String),
}

/// What must hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expect {
    /// There is no such key yet.
    Absent,
    /// The key is there, in whatever state.
    Present,
    /// The key is there and not deleted.
    Active,
    /// The key is there and deleted.
    Deleted,
    /// The key is active and nobody bumped it since it had this version.
    Version(i64),
}

/// What the append does to the key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Then {
    Keep,
    /// Inserts the key with version 1. A key takes part in the lifecycle of its parent: the later change of the two counts.
    Insert {
        parent: Option<GuardKey>,
    },
    /// Adds 1 to the version.
    Bump,
    Delete,
    Restore,
    /// Removes the key, so that it can be inserted again.
    Release,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guard {
    pub key: GuardKey,
    pub expect: Expect,
    pub then: Then,
}

/// Why an append was refused: what the guard found instead of what it expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    Absent,
    Active,
    Deleted,
    OtherVersion,
}

impl Guard {
    pub fn new(key: GuardKey, expect: Expect, then: Then) -> Self {
        Self { key, expect, then }
    }

    /// A write to a run that must exist and not be deleted.
    pub fn active_run(run_id: &str) -> Self {
        Self::new(GuardKey::Run(run_id.to_owned()), Expect::Active, Then::Keep)
    }

    /// The error that the user gets, in MLflow's words; `None` when the command should read again and retry.
    pub fn violation(&self, found: Found) -> Option<DomainError> {
        if found == Found::OtherVersion {
            return None;
        }
        Some(match (&self.key, found) {
            (GuardKey::Run(id), Found::Absent) => DomainError::not_found(format!("Run with id={id} not found")),
            (GuardKey::Run(id), Found::Deleted) => {
                DomainError::invalid(format!("The run {id} must be in the 'active' state. Current state is deleted."))
            }
            (GuardKey::Experiment(id), Found::Deleted) if self.then == Then::Keep => DomainError::invalid(format!(
                "The experiment {id} must be in the 'active' state. Current state is deleted."
            )),
            (GuardKey::Experiment(_), Found::Deleted) if self.then == Then::Bump => {
                DomainError::new(crate::ErrorCode::InvalidState, "Cannot rename a non-active experiment.")
            }
            (GuardKey::Experiment(id), _) => DomainError::not_found(format!("No Experiment with id={id} exists")),
            (GuardKey::ExperimentName(name), _) => DomainError::new(
                crate::ErrorCode::ResourceAlreadyExists,
                format!("Experiment(name={name}) already exists. Use another name, or restore it if it was deleted."),
            ),
            (GuardKey::LoggedModel(id), Found::Absent | Found::Deleted) => {
                let id = crate::validate::cut(id, 256);
                DomainError::not_found(format!("Logged model with ID '{id}' not found."))
            }
            (GuardKey::RegisteredModelName(name), Found::Active | Found::Deleted) => DomainError::new(
                crate::ErrorCode::ResourceAlreadyExists,
                format!("Registered Model (name={name}) already exists."),
            ),
            // A registered model's name does not lead to it any more; the command reads again and finds out.
            (
                GuardKey::Run(_)
                | GuardKey::LoggedModel(_)
                // A registered model that its name led to a moment ago: the command reads again and finds out.
                | GuardKey::RegisteredModel(_)
                | GuardKey::RegisteredModelName(_)
                | GuardKey::Idempotency(_),
                _,
            ) => return None,
        })
    }
}

impl fmt::Display for GuardKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Run(id) => write!(f, "run/{id}"),
            Self::Experiment(id) => write!(f, "experiment/{id}"),
            Self::ExperimentName(name) => write!(f, "experiment-name/{name}"),
            Self::LoggedModel(id) => write!(f, "logged-model/{id}"),
            Self::RegisteredModel(id) => write!(f, "registered-model/{id}"),
            Self::RegisteredModelName(name) => write!(f, "registered-model-name/{name}"),
            Self::Idempotency(key) => write!(f, "idempotency/{key}"),
        }
    }
}
