//! What operators do besides running the roles.

mod age;
pub(crate) mod archive;
pub(crate) mod dead_letters;
pub(crate) mod doctor;
pub(crate) mod events;
pub(crate) mod gc;
pub(crate) mod health;
pub(crate) mod openapi;
mod progress;
pub(crate) mod replay;
pub(crate) mod sample_data;
pub(crate) mod transfer;
pub(crate) mod uploads;
pub(crate) mod verify;
pub(crate) mod webhooks;
