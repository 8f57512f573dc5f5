//! What a webhook can ask for: MLflow's pairs of an entity and an action, and those of runs, which MLflow does not have.

/// A kind of happening, by its name such as `model_version.created`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Topic(&'static str);

/// MLflow's events, without that of budgets, which this server has not, and with the runs'.
const ALL: [&str; 20] = [
    "registered_model.created",
    "model_version.created",
    "model_version_tag.set",
    "model_version_tag.deleted",
    "model_version_alias.created",
    "model_version_alias.deleted",
    "prompt.created",
    "prompt_version.created",
    "prompt_tag.set",
    "prompt_tag.deleted",
    "prompt_version_tag.set",
    "prompt_version_tag.deleted",
    "prompt_alias.created",
    "prompt_alias.deleted",
    "run.created",
    "run.finished",
    "run.failed",
    "run.killed",
    "run.deleted",
    "run.restored",
];

impl Topic {
    /// Finds the topic by entity and action, in any case: MLflow's REST has them in capitals.
    pub fn find(entity: &str, action: &str) -> Option<Self> {
        Self::named(&format!("{entity}.{action}").to_ascii_lowercase())
    }

    /// Finds the topic by its name.
    pub fn named(name: &str) -> Option<Self> {
        ALL.into_iter().find(|known| *known == name).map(Self)
    }

    /// The actions that an entity has, for the message about another one; empty for an unknown entity.
    pub fn actions(entity: &str) -> Vec<&'static str> {
        let entity = entity.to_ascii_lowercase();
        ALL.into_iter()
            .filter_map(|name| name.split_once('.'))
            .filter(|pair| pair.0 == entity)
            .map(|pair| pair.1)
            .collect()
    }

    pub fn name(self) -> &'static str {
        self.0
    }

    pub fn entity(self) -> &'static str {
        self.0.split_once('.').unwrap_or_default().0
    }

    pub fn action(self) -> &'static str {
        self.0.split_once('.').unwrap_or_default().1
    }

    /// Whether it is about runs, of which there are many.
    pub fn is_of_runs(self) -> bool {
        self.entity() == "run"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn topics_are_found_as_rest_and_log_name_them() {
        let found = Topic::find("MODEL_VERSION_TAG", "SET").map(|topic| (topic.entity(), topic.action()));
        assert_eq!(found, Some(("model_version_tag", "set")));
        assert_eq!(Topic::find("MODEL_VERSION", "DELETED"), None);
        assert_eq!(Topic::actions("MODEL_VERSION_ALIAS"), ["created", "deleted"]);
        assert!(Topic::named("run.failed").is_some_and(Topic::is_of_runs));
    }
}
