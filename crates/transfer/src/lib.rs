//! Moving a whole MLflow server in, with its ids, and everything out again to a plain one, so that nobody is locked in.
//!
//! The other side is spoken to by MLflow's REST alone, so it may be of any version and stand on any store; where there is only
//! a store, MLflow's own server is started on it. What comes in is
//! appended as events under the guards that any other write has, a run in one append where it is not huge. Guarantee: either way
//! can be interrupted at any point and begun again, and nothing is doubled.

mod client;
mod error;
mod export;
mod import;
mod mlflow;
mod stock_server;

pub use client::Mlflow;
pub use error::TransferError;
pub use export::{Export, ExportSettings};
pub use import::{Import, ImportSettings, Imported};
pub use stock_server::{StockServer, StockStore};

use std::fmt::Debug;

/// What is told while things go on.
pub trait Watcher: Debug + Send + Sync {
    /// So many more of these are to be moved.
    fn found(&self, what: What, number: usize);
    /// So many of these are where they belong, whether they were moved now or before.
    fn done(&self, what: What, number: usize);
}

/// What is moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    Runs,
    LoggedModels,
    RegisteredModels,
    Files,
}
