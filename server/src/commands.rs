//! What operators do besides running the roles.

pub(crate) mod dead_letters;
pub(crate) mod doctor;
pub(crate) mod events;
pub(crate) mod gc;
pub(crate) mod health;
mod progress;
pub(crate) mod uploads;
pub(crate) mod webhooks;
