//! What operators do, by a command or through the API alike: purge what was deleted, settle uploads that did not arrive, follow the
//! log, and prove that what is stored is whole.
//!
//! Guarantee: every step that changes something is one append under the guards that it needs, so that whatever interrupts an operation can be begun
//! again, and two operators at once do no harm.

mod author;
mod purge;
mod tail;
mod uploads;
mod verify;

pub use author::Author;
pub use purge::{Purged, deleted_logged_models, deleted_runs, purge_experiment, purge_logged_model, purge_run};
pub use tail::{About, Interest, LogTail, TailPage, ToldEvent};
pub use uploads::{Settlement, settle};
pub use verify::{Finding, verify_artifacts, verify_log, verify_segments};
