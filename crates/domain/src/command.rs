//! Commands: what a user asks for, decided to events and guards.
//!
//! Every `decide` is pure. It checks the request, and leaves what depends on the state of the log to guards, so that most
//! commands need no read before the append.

mod experiment;
mod logged_model;
mod model_version;
mod registered_model;
mod run;
mod upload;

pub use experiment::{CreateExperiment, delete_experiment, purge_experiment, rename_experiment, restore_experiment};
pub use experiment::{delete_experiment_tag, set_experiment_tag};
pub use logged_model::{
    CreateLoggedModel, delete_logged_model, delete_logged_model_tag, log_logged_model_params, purge_logged_model,
    set_logged_model_status, set_logged_model_tags,
};
pub use model_version::{
    CreateModelVersion, delete_model_version, delete_model_version_tag, set_model_version_tag, tell_logged_model,
    transition_stage, update_model_version,
};
pub use registered_model::{
    CreateRegisteredModel, check_alias, check_model_name, delete_alias, delete_registered_model,
    delete_registered_model_tag, rename_registered_model, set_alias, set_registered_model_tag, update_registered_model,
};
pub use run::{
    CreateRun, LogBatch, Measured, delete_run, delete_run_tag, log_batch, log_inputs, log_outputs, new_params,
    purge_run, restore_run, set_run_tags, update_run,
};
pub use upload::{discard_upload, retry_upload};

use crate::guard::Guard;
use crate::{Event, StreamId};

/// What an accepted command appends, all or nothing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Decision {
    pub events: Vec<(StreamId, Event)>,
    pub guards: Vec<Guard>,
}

impl Decision {
    fn one(stream: StreamId, event: Event, guards: Vec<Guard>) -> Self {
        Self { events: vec![(stream, event)], guards }
    }
}
