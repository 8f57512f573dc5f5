//! Groups of the views' tables, each of which can be rebuilt while the others are taken over. This is the one list of them.
//!
//! Experiments and runs belong to every rebuild, because all else hangs on them. Checkpoints and dead letters belong to no group.

use std::fmt;

/// Tables that are rebuilt together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ViewGroup {
    /// Experiments with their tags, and the rows of runs.
    Runs,
    Params,
    /// Of runs.
    Tags,
    /// The latest values, and the histories with their outlines.
    Metrics,
    /// Data sets and their uses by runs, and the models that runs consumed or made.
    Inputs,
    /// Logged models.
    Models,
    /// Registered models and their versions.
    Registry,
    /// Artifacts, and what is to be removed from the store.
    Artifacts,
}

impl ViewGroup {
    pub const ALL: [Self; 8] = [
        Self::Runs,
        Self::Params,
        Self::Tags,
        Self::Metrics,
        Self::Inputs,
        Self::Models,
        Self::Registry,
        Self::Artifacts,
    ];

    /// What an operator calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Runs => "runs",
            Self::Params => "params",
            Self::Tags => "tags",
            Self::Metrics => "metrics",
            Self::Inputs => "inputs",
            Self::Models => "models",
            Self::Registry => "registry",
            Self::Artifacts => "artifacts",
        }
    }

    /// The group of this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|group| group.name() == name)
    }

    /// Its tables.
    pub fn tables(self) -> &'static [&'static str] {
        match self {
            Self::Runs => &["experiments", "experiment_tags", "runs"],
            Self::Params => &["params"],
            Self::Tags => &["tags"],
            Self::Metrics => &["metrics", "metric_segments"],
            Self::Inputs => &["datasets", "dataset_inputs", "run_models"],
            Self::Models => &["logged_models", "logged_model_params", "logged_model_tags", "logged_model_metrics"],
            Self::Registry => &[
                "registered_models",
                "registered_model_tags",
                "registered_model_aliases",
                "model_versions",
                "model_version_tags",
            ],
            Self::Artifacts => &["artifacts", "removals"],
        }
    }
}

/// A set of groups, with [`ViewGroup::Runs`] in any case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ViewGroups(u8);

impl ViewGroups {
    pub const ALL: Self = Self(u8::MAX);

    pub fn contains(self, group: ViewGroup) -> bool {
        self.0 & bit(group) != 0
    }

    /// Whether the table belongs to one of the groups.
    pub fn hold(self, table: &str) -> bool {
        self.iter().any(|group| group.tables().contains(&table))
    }

    /// The tables of all other groups.
    pub fn other_tables(self) -> impl Iterator<Item = &'static str> {
        let others = ViewGroup::ALL.into_iter().filter(move |group| !self.contains(*group));
        others.flat_map(|group| group.tables().iter().copied())
    }

    pub fn iter(self) -> impl Iterator<Item = ViewGroup> {
        ViewGroup::ALL.into_iter().filter(move |group| self.contains(*group))
    }

    /// Reads what [`fmt::Display`] gives.
    pub fn parse(names: &str) -> Option<Self> {
        names.split(", ").map(ViewGroup::parse).collect()
    }
}

impl FromIterator<ViewGroup> for ViewGroups {
    fn from_iter<T: IntoIterator<Item = ViewGroup>>(groups: T) -> Self {
        Self(groups.into_iter().fold(bit(ViewGroup::Runs), |bits, group| bits | bit(group)))
    }
}

impl fmt::Display for ViewGroups {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.iter().map(ViewGroup::name).collect();
        f.write_str(&names.join(", "))
    }
}

fn bit(group: ViewGroup) -> u8 {
    1 << group as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_in_every_set_and_names_read_back() {
        let one: ViewGroups = [ViewGroup::Metrics].into_iter().collect();
        assert_eq!(one.to_string(), "runs, metrics");
        assert_eq!(ViewGroups::parse("runs, metrics"), Some(one));
        assert_eq!(ViewGroups::parse("runs, nonsense"), None);
        assert_eq!(ViewGroup::ALL.into_iter().collect::<ViewGroups>(), ViewGroups::ALL);
        assert!(one.hold("metric_segments") && one.hold("runs") && !one.hold("params"));
        assert!(one.other_tables().all(|table| !one.hold(table)));
        assert_eq!(ViewGroups::ALL.other_tables().count(), 0);
    }
}
