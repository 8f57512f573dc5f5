//! Streams: the events of one experiment, of one run, of one artifact path.

/// What a stream is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StreamKind {
    Experiment,
    Run,
    Artifact,
}

/// The name of a stream, such as `run/4f…`, `experiment/7` or `artifact/7/4f…/artifacts/model.pkl`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct StreamId(String);

impl StreamId {
    pub fn experiment(id: i64) -> Self {
        Self(format!("experiment/{id}"))
    }

    pub fn run(run_id: &str) -> Self {
        Self(format!("run/{run_id}"))
    }

    pub fn artifact(path: &str) -> Self {
        Self(format!("artifact/{path}"))
    }

    /// A name as it is stored.
    pub fn stored(name: String) -> Self {
        Self(name)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn kind(&self) -> StreamKind {
        match self.0.split_once('/') {
            Some(("experiment", _)) => StreamKind::Experiment,
            Some(("artifact", _)) => StreamKind::Artifact,
            _ => StreamKind::Run,
        }
    }

    /// The run id of a run stream.
    pub fn run_id(&self) -> Option<&str> {
        self.0.strip_prefix("run/")
    }

    /// The experiment id of an experiment stream.
    pub fn experiment_id(&self) -> Option<i64> {
        self.0.strip_prefix("experiment/")?.parse().ok()
    }
}

impl StreamKind {
    /// The name in the log's column `stream_kind`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Experiment => "experiment",
            Self::Run => "run",
            Self::Artifact => "artifact",
        }
    }
}
