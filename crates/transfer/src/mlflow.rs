//! What MLflow's REST answers, read leniently: a number may be a text, as protocol buffers write it, and what is unset is absent.

use runledger_domain::KeyValue;
use runledger_domain::event::Dataset;
use runledger_domain::points::Point;
use serde::de::Error;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// One page of a listing.
#[derive(Debug, Deserialize)]
pub(crate) struct Page<T> {
    #[serde(
        alias = "experiments",
        alias = "runs",
        alias = "metrics",
        alias = "models",
        alias = "registered_models",
        alias = "model_versions",
        default = "Vec::new"
    )]
    pub(crate) items: Vec<T>,
    #[serde(default)]
    pub(crate) next_page_token: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Experiment {
    #[serde(rename = "experiment_id", deserialize_with = "int")]
    pub(crate) id: i64,
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) artifact_location: String,
    #[serde(default)]
    pub(crate) lifecycle_stage: String,
    #[serde(default, deserialize_with = "int")]
    pub(crate) creation_time: i64,
    #[serde(default, deserialize_with = "int")]
    pub(crate) last_update_time: i64,
    #[serde(default)]
    pub(crate) tags: Vec<Pair>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Run {
    pub(crate) info: RunInfo,
    #[serde(default)]
    pub(crate) data: RunData,
    #[serde(default)]
    pub(crate) inputs: RunInputs,
    #[serde(default)]
    pub(crate) outputs: RunOutputs,
}

#[derive(Debug, Deserialize)]
pub(crate) struct RunInfo {
    pub(crate) run_id: String,
    #[serde(default)]
    pub(crate) run_name: String,
    #[serde(deserialize_with = "int")]
    pub(crate) experiment_id: i64,
    #[serde(default)]
    pub(crate) user_id: String,
    #[serde(default)]
    pub(crate) status: String,
    #[serde(default, deserialize_with = "int")]
    pub(crate) start_time: i64,
    #[serde(default, deserialize_with = "opt_int")]
    pub(crate) end_time: Option<i64>,
    #[serde(default)]
    pub(crate) artifact_uri: String,
    #[serde(default)]
    pub(crate) lifecycle_stage: String,
}

#[derive(Debug, Default, Deserialize)]
pub(crate) struct RunData {
    #[serde(default)]
    pub(crate) metrics: Vec<Metric>,
    #[serde(default)]
    pub(crate) params: Vec<Pair>,
    #[serde(default)]
    pub(crate) tags: Vec<Pair>,
}

#[derive(Debug, Default, Deserialize)]
pub(crate) struct RunInputs {
    #[serde(default)]
    pub(crate) dataset_inputs: Vec<DatasetInput>,
    #[serde(default)]
    pub(crate) model_inputs: Vec<ModelLink>,
}

#[derive(Debug, Default, Deserialize)]
pub(crate) struct RunOutputs {
    #[serde(default)]
    pub(crate) model_outputs: Vec<ModelLink>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct DatasetInput {
    #[serde(default)]
    pub(crate) tags: Vec<Pair>,
    pub(crate) dataset: Dataset,
}

#[derive(Debug, Deserialize)]
pub(crate) struct ModelLink {
    pub(crate) model_id: String,
    #[serde(default, deserialize_with = "int")]
    pub(crate) step: i64,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Metric {
    pub(crate) key: String,
    #[serde(default, deserialize_with = "double")]
    pub(crate) value: f64,
    #[serde(default, deserialize_with = "int")]
    pub(crate) timestamp: i64,
    #[serde(default, deserialize_with = "int")]
    pub(crate) step: i64,
    #[serde(default)]
    pub(crate) run_id: String,
    #[serde(default)]
    pub(crate) dataset_name: Option<String>,
    #[serde(default)]
    pub(crate) dataset_digest: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct LoggedModel {
    pub(crate) info: LoggedModelInfo,
    #[serde(default)]
    pub(crate) data: LoggedModelData,
}

#[derive(Debug, Deserialize)]
pub(crate) struct LoggedModelInfo {
    pub(crate) model_id: String,
    #[serde(deserialize_with = "int")]
    pub(crate) experiment_id: i64,
    pub(crate) name: String,
    #[serde(default, deserialize_with = "int")]
    pub(crate) creation_timestamp_ms: i64,
    #[serde(default, deserialize_with = "int")]
    pub(crate) last_updated_timestamp_ms: i64,
    #[serde(default)]
    pub(crate) artifact_uri: String,
    #[serde(default)]
    pub(crate) status: String,
    #[serde(default)]
    pub(crate) model_type: String,
    #[serde(default)]
    pub(crate) source_run_id: String,
    #[serde(default)]
    pub(crate) tags: Vec<Pair>,
}

#[derive(Debug, Default, Deserialize)]
pub(crate) struct LoggedModelData {
    #[serde(default)]
    pub(crate) params: Vec<Pair>,
    #[serde(default)]
    pub(crate) metrics: Vec<Metric>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct RegisteredModel {
    pub(crate) name: String,
    #[serde(default, deserialize_with = "int")]
    pub(crate) creation_timestamp: i64,
    #[serde(default, deserialize_with = "int")]
    pub(crate) last_updated_timestamp: i64,
    #[serde(default)]
    pub(crate) description: Option<String>,
    #[serde(default)]
    pub(crate) tags: Vec<Pair>,
    #[serde(default)]
    pub(crate) aliases: Vec<Alias>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Alias {
    pub(crate) alias: String,
    #[serde(deserialize_with = "int")]
    pub(crate) version: i64,
}

#[derive(Debug, Deserialize)]
pub(crate) struct ModelVersion {
    #[serde(deserialize_with = "int")]
    pub(crate) version: i64,
    #[serde(default, deserialize_with = "int")]
    pub(crate) creation_timestamp: i64,
    #[serde(default, deserialize_with = "int")]
    pub(crate) last_updated_timestamp: i64,
    #[serde(default)]
    pub(crate) current_stage: String,
    #[serde(default)]
    pub(crate) description: String,
    #[serde(default)]
    pub(crate) source: String,
    #[serde(default)]
    pub(crate) run_id: String,
    #[serde(default)]
    pub(crate) run_link: String,
    #[serde(default)]
    pub(crate) tags: Vec<Pair>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct DownloadUri {
    #[serde(default)]
    pub(crate) artifact_uri: String,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Files {
    #[serde(default)]
    pub(crate) files: Vec<File>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct File {
    /// Below the folder that was asked for.
    pub(crate) path: String,
    #[serde(default)]
    pub(crate) is_dir: bool,
    #[serde(default, rename = "file_size", deserialize_with = "opt_int")]
    pub(crate) size: Option<i64>,
}

/// A key with its value; an empty value may be absent.
#[derive(Debug, Deserialize)]
pub(crate) struct Pair {
    pub(crate) key: String,
    #[serde(default)]
    pub(crate) value: String,
}

impl Metric {
    pub(crate) fn point(&self) -> Point {
        Point { step: self.step, timestamp: self.timestamp, value: self.value }
    }
}

/// As they are kept here, where no text holds a NUL.
pub(crate) fn pairs(pairs: Vec<Pair>) -> Vec<KeyValue> {
    pairs.into_iter().map(|Pair { key, value }| KeyValue { key: text(key), value: text(value) }).collect()
}

/// A text without the character that no database of ours keeps.
pub(crate) fn text(text: String) -> String {
    if text.contains('\0') { text.replace('\0', "") } else { text }
}

pub(crate) fn filled(given: String) -> Option<String> {
    Some(text(given)).filter(|text| !text.is_empty())
}

fn int<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    Ok(opt_int(deserializer)?.unwrap_or_default())
}

fn opt_int<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::Null => Ok(None),
        Value::Number(number) => number.as_i64().map(Some).ok_or_else(|| D::Error::custom("not a whole number")),
        Value::String(text) => text.parse().map(Some).map_err(D::Error::custom),
        _ => Err(D::Error::custom("not a number")),
    }
}

fn double<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::Number(number) => number.as_f64().ok_or_else(|| D::Error::custom("not a double")),
        Value::String(text) => text.parse().map_err(D::Error::custom),
        _ => Err(D::Error::custom("not a number")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_may_be_texts_and_the_unset_is_absent() {
        let read = |text| serde_json::from_str::<Metric>(text).unwrap();
        let metric = read(r#"{"key": "a", "value": "NaN", "timestamp": "12"}"#);
        assert!(metric.value.is_nan());
        assert_eq!((metric.timestamp, metric.step), (12, 0));
        assert!(read(r#"{"key": "a", "value": "-Infinity"}"#).value < f64::MIN);
        let page: Page<Experiment> = serde_json::from_str("{}").unwrap();
        assert!(page.items.is_empty() && page.next_page_token.is_none());
        let page: Page<Experiment> =
            serde_json::from_str(r#"{"experiments": [{"experiment_id": "7", "name": "n"}]}"#).unwrap();
        assert_eq!(page.items[0].id, 7);
    }
}
