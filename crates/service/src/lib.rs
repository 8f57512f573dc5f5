//! The frame of a process: signals, two-stage stop, supervision of its tasks, and the operators' port.
//!
//! Invariant: this crate knows no domain. A role is a future that ends when its shutdown token is cancelled; one that ends
//! earlier has crashed, and takes the process down with a failure.

mod admin;
mod readiness;
mod supervisor;

pub use admin::{metrics, ready, serve_admin};
pub use readiness::{Check, Finding, Readiness, Report};
pub use supervisor::{Crashed, Supervisor};
