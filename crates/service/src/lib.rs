//! The frame of a process: logs, signals, two-stage stop, supervision of its tasks.
//!
//! Invariant: this crate knows no domain. A role is a future that ends when its shutdown token is cancelled; one that ends
//! earlier has crashed, and takes the process down with a failure.

mod logs;
mod supervisor;

pub use logs::{LogFormat, init_logs};
pub use supervisor::{Crashed, Supervisor};
