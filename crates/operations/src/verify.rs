//! Proofs that what is stored is whole: the log and its guards, and the artifacts. What is wrong is told as it is found.

mod artifacts;
mod guards;
mod log;
mod segments;

pub use artifacts::verify_artifacts;
pub use log::verify_log;
pub use segments::verify_segments;

use std::fmt;

/// Something that is not as it has to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What it is about, such as `log, position 17`.
    pub subject: String,
    pub problem: String,
}

impl Finding {
    fn new(subject: impl Into<String>, problem: impl Into<String>) -> Self {
        Self { subject: subject.into(), problem: problem.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.subject, self.problem)
    }
}
