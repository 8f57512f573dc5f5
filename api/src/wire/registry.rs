//! Registered models and their versions on the wire.

use runledger_domain::{ModelVersion, RegisteredModel};
use serde::ser::SerializeSeq;
use serde::{Serialize, Serializer};
use std::collections::BTreeMap;

use super::{Pairs, display};

/// `{registered_model}`, also an element of a listing.
#[derive(Debug, Serialize)]
pub(crate) struct RegisteredModelOut<'a> {
    name: &'a str,
    creation_timestamp: i64,
    last_updated_timestamp: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    latest_versions: Vec<VersionOut<'a>>,
    #[serde(skip_serializing_if = "Pairs::is_empty")]
    tags: Pairs<'a>,
    #[serde(skip_serializing_if = "Aliases::is_empty")]
    aliases: Aliases<'a>,
}

/// `{model_version}`, also an element of a listing. The id of its logged model is not in it, as in MLflow.
#[derive(Debug, Serialize)]
pub(crate) struct VersionOut<'a> {
    name: &'a str,
    #[serde(serialize_with = "display")]
    version: i64,
    creation_timestamp: i64,
    last_updated_timestamp: i64,
    current_stage: &'static str,
    description: &'a str,
    source: &'a str,
    run_id: &'a str,
    status: &'static str,
    #[serde(skip_serializing_if = "Pairs::is_empty")]
    tags: Pairs<'a>,
    run_link: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    aliases: Vec<&'a str>,
}

/// Aliases as a list of `{alias, version}`.
#[derive(Debug)]
struct Aliases<'a>(&'a BTreeMap<String, i64>);

impl<'a> RegisteredModelOut<'a> {
    /// `latest` is the highest version of each stage.
    pub(crate) fn new(model: &'a RegisteredModel, latest: &'a [ModelVersion]) -> Self {
        Self {
            name: &model.name,
            creation_timestamp: model.creation_time,
            last_updated_timestamp: model.last_update_time,
            description: model.description.as_deref().filter(|text| !text.is_empty()),
            latest_versions: latest.iter().map(|version| VersionOut::new(&model.name, version)).collect(),
            tags: Pairs(&model.tags),
            aliases: Aliases(&model.aliases),
        }
    }
}

impl<'a> VersionOut<'a> {
    /// A version as listings show it, without its aliases.
    pub(crate) fn new(name: &'a str, version: &'a ModelVersion) -> Self {
        Self {
            name,
            version: version.version,
            creation_timestamp: version.creation_time,
            last_updated_timestamp: version.last_update_time,
            current_stage: version.stage.as_str(),
            description: &version.description,
            source: &version.source,
            run_id: version.run_id.as_deref().unwrap_or_default(),
            status: "READY",
            tags: Pairs(&version.tags),
            run_link: version.run_link.as_deref().unwrap_or_default(),
            aliases: Vec::new(),
        }
    }

    pub(crate) fn with_aliases(self, model: &'a RegisteredModel) -> Self {
        Self { aliases: model.aliases_of(self.version).collect(), ..self }
    }
}

impl Aliases<'_> {
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Serialize for Aliases<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Alias<'a> {
            alias: &'a str,
            #[serde(serialize_with = "display")]
            version: i64,
        }
        let mut list = serializer.serialize_seq(Some(self.0.len()))?;
        for (alias, version) in self.0 {
            list.serialize_element(&Alias { alias, version: *version })?;
        }
        list.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use runledger_domain::Stage;

    #[test]
    fn what_is_unset_is_absent_but_for_the_texts_that_mlflow_always_sends() {
        let mut model = RegisteredModel {
            id: "0".to_owned(),
            name: "m".to_owned(),
            creation_time: 1,
            last_update_time: 2,
            renamed_at: None,
            description: None,
            tags: BTreeMap::new(),
            aliases: BTreeMap::new(),
            last_version: 1,
            deleted: false,
        };
        let version = ModelVersion {
            version: 1,
            creation_time: 1,
            last_update_time: 2,
            stage: Stage::None,
            description: String::new(),
            source: "s3://b/x".to_owned(),
            storage_location: None,
            run_id: None,
            run_link: None,
            model_id: Some("m-1".to_owned()),
            tags: BTreeMap::new(),
            deleted: false,
        };
        let json = |model: &RegisteredModel| serde_json::to_string(&RegisteredModelOut::new(model, &[])).unwrap();
        assert_eq!(json(&model), r#"{"name":"m","creation_timestamp":1,"last_updated_timestamp":2}"#);
        model.aliases.insert("a".to_owned(), 1);
        assert!(json(&model).ends_with(r#""aliases":[{"alias":"a","version":"1"}]}"#));
        let version = VersionOut::new("m", &version).with_aliases(&model);
        assert_eq!(
            serde_json::to_string(&version).unwrap(),
            r#"{"name":"m","version":"1","creation_timestamp":1,"last_updated_timestamp":2,"current_stage":"None","#
                .to_owned()
                + r#""description":"","source":"s3://b/x","run_id":"","status":"READY","run_link":"","aliases":["a"]}"#
        );
    }
}
