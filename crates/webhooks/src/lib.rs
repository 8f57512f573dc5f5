//! Tells others what happens, as MLflow's webhooks do, and of runs as well.
//!
//! The reactor ([`run`]) reads the log and writes down what it owes to whom, together with its place in the log; then it sends, in
//! the order of the log for each webhook and model or run, and again after a failure, until the receiver takes it or the time is
//! up. So a receiver that is away misses nothing, and a crash loses nothing; at worst something comes twice, under the same
//! delivery id. A rebuild of the views does not touch any of it.

mod address;
mod metrics;
mod payload;
mod reactor;
mod sender;
mod topic;

pub use address::{AddressError, check_url};
pub use metrics::WebhookMetrics;
pub use payload::example;
pub use reactor::{Deps, REACTOR, run};
pub use sender::{Answer, Sender};
pub use topic::Topic;
