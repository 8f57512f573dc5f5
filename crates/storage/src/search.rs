//! The search grammar of MLflow, compiled to SQL.
//!
//! A filter and an order are read by one grammar (`lexer`, `parser`, `order`) under the vocabulary of an endpoint
//! (`dialect`), and become statements that PostgreSQL and SQLite both take and that answer the same rows in the same
//! order. Guarantee: any text compiles or is refused with a message for its sender, in time linear in its length; no
//! piece of it gets into the SQL except as a parameter.

mod ast;
mod dialect;
mod error;
mod experiments;
mod keys;
mod lexer;
mod literal;
mod logged_model_filter;
mod logged_models;
mod mistake;
mod model_versions;
mod order;
mod page;
mod parser;
mod predicate;
mod registered_models;
mod registry;
mod run_order;
mod runs;
#[cfg(test)]
mod tests;
mod token;

pub use error::SearchError;
pub use experiments::{ExperimentQuery, compile_experiments};
pub use logged_models::{LoggedModelOrder, LoggedModelQuery, MeasuredOn, compile_logged_models};
pub use mistake::{Mistake, find_mistake};
pub use model_versions::compile_model_versions;
pub use page::{Page, Search};
pub use registered_models::compile_registered_models;
pub use registry::RegistryQuery;
pub use runs::{RunQuery, compile_run_numbers, compile_runs};

/// Which runs or experiments a search sees.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ViewType {
    #[default]
    ActiveOnly,
    DeletedOnly,
    All,
}

impl ViewType {
    fn name(self) -> &'static str {
        match self {
            Self::ActiveOnly => "active",
            Self::DeletedOnly => "deleted",
            Self::All => "all",
        }
    }

    /// The condition on the column that marks what is deleted, if there is one.
    pub(crate) fn condition(self, column: &str) -> Option<String> {
        match self {
            Self::ActiveOnly => Some(format!("{column} = FALSE")),
            Self::DeletedOnly => Some(format!("{column} = TRUE")),
            Self::All => None,
        }
    }
}
