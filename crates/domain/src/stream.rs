//! Streams: the events of one experiment, run, artifact path, logged model or registered model.

/// What a stream is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StreamKind {
    Experiment,
    Run,
    Artifact,
    LoggedModel,
    RegisteredModel,
}

/// The name of a stream, such as `run/4f…`, `experiment/7` or `artifact/7/4f…/artifacts/model.pkl`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
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

    pub fn logged_model(model_id: &str) -> Self {
        Self(format!("logged-model/{model_id}"))
    }

    /// `id` is the model's own, not its name, which may change.
    pub fn registered_model(id: &str) -> Self {
        Self(format!("registered-model/{id}"))
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
            Some(("logged-model", _)) => StreamKind::LoggedModel,
            Some(("registered-model", _)) => StreamKind::RegisteredModel,
            _ => StreamKind::Run,
        }
    }

    /// The path of an artifact's stream.
    pub fn artifact_path(&self) -> Option<&str> {
        self.0.strip_prefix("artifact/")
    }

    /// The run id of a run stream.
    pub fn run_id(&self) -> Option<&str> {
        self.0.strip_prefix("run/")
    }

    /// The model id of a logged model's stream.
    pub fn logged_model_id(&self) -> Option<&str> {
        self.0.strip_prefix("logged-model/")
    }

    /// The id of a registered model's stream.
    pub fn registered_model_id(&self) -> Option<&str> {
        self.0.strip_prefix("registered-model/")
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
            Self::LoggedModel => "logged-model",
            Self::RegisteredModel => "registered-model",
        }
    }
}
