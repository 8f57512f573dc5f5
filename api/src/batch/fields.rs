//! The elements of a batch: metrics, params and tags, checked.

use runledger_domain::event::ModelMetric;
use runledger_domain::points::Point;
use runledger_domain::{DomainError, KeyValue, limits, validate};
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use std::borrow::Cow;
use std::fmt;

use super::scalar::{Place, Scalar};
use crate::ApiError;

/// The fields that elements may have; the last of several with one name counts.
#[derive(Debug, Default)]
pub(super) struct Fields<'de> {
    key: Scalar<'de>,
    value: Scalar<'de>,
    timestamp: Scalar<'de>,
    step: Scalar<'de>,
    run_id: Scalar<'de>,
    run_uuid: Scalar<'de>,
    model_id: Scalar<'de>,
    dataset_name: Scalar<'de>,
    dataset_digest: Scalar<'de>,
}

/// A metric of a batch.
pub(super) struct Metric<'de> {
    pub(super) key: Cow<'de, str>,
    pub(super) point: Point,
    /// The logged model that it says something of.
    pub(super) model: Option<Box<OfModel>>,
}

/// What a metric says of a logged model.
pub(super) struct OfModel {
    pub(super) model_id: String,
    pub(super) metric: ModelMetric,
}

impl<'de> Fields<'de> {
    /// The metric, checked.
    pub(super) fn metric(mut self, place: Place) -> Result<Metric<'de>, ApiError> {
        let model_id = take_text(&mut self.model_id, place, "model_id")?;
        let dataset = [("dataset_name", &mut self.dataset_name), ("dataset_digest", &mut self.dataset_digest)];
        let [dataset_name, dataset_digest] = dataset.map(|(name, scalar)| take_text(scalar, place, name));
        let key = self.key.required(place, "key")?.into_text(place, "key")?;
        let value = self.value.required(place, "value")?;
        let timestamp = self.timestamp.required(place, "timestamp")?;
        let value = value.double().ok_or_else(|| value.refuse(place, "value"))?;
        let timestamp = timestamp.integer().ok_or_else(|| timestamp.refuse(place, "timestamp"))?;
        let step = match self.step {
            Scalar::Absent => 0,
            step => step.integer().ok_or_else(|| step.refuse(place, "step"))?,
        };
        if !is_plain(&key) {
            validate::metric_key(&place.path(), &key)?;
        }
        if timestamp < 0 {
            return Err(ApiError::invalid(format!(
                "Invalid value {timestamp} for parameter '{}' supplied: metric '{key}' (value={value:?}). Timestamp must be a \
                 nonnegative long (64-bit integer) ",
                place.member("timestamp")
            )));
        }
        let of_model = |model_id| {
            let metric = ModelMetric {
                key: key.clone().into_owned(),
                value: ModelMetric::text(value),
                timestamp,
                step,
                dataset_name: dataset_name?,
                dataset_digest: dataset_digest?,
            };
            Ok::<_, ApiError>(Box::new(OfModel { model_id, metric }))
        };
        let model = model_id.map(of_model).transpose()?;
        Ok(Metric { key, point: Point { step, timestamp, value }, model })
    }

    /// The param, checked and cut.
    pub(super) fn param(self, place: Place) -> Result<KeyValue, ApiError> {
        let mut param = self.pair(place)?;
        validate::param(&place.path(), &mut param)?;
        Ok(param)
    }

    /// The tag, checked and cut.
    pub(super) fn tag(self, place: Place) -> Result<KeyValue, ApiError> {
        let mut tag = self.pair(place)?;
        validate::run_tag(&place.path(), &mut tag)?;
        Ok(tag)
    }

    /// The id of the run, under its present or its old name.
    pub(super) fn run_id(&self) -> Result<String, ApiError> {
        for (name, id) in [("run_id", &self.run_id), ("run_uuid", &self.run_uuid)] {
            match id {
                Scalar::Absent => {}
                Scalar::Text(id) if id.is_empty() => {}
                Scalar::Text(id) => {
                    validate::run_id(id)?;
                    return Ok(id.clone().into_owned());
                }
                other => return Err(other.refuse(Place::Request, name)),
            }
        }
        Err(DomainError::missing("run_id").into())
    }

    fn pair(self, place: Place) -> Result<KeyValue, ApiError> {
        let key = self.key.required(place, "key")?.into_text(place, "key")?.into_owned();
        let value = match self.value {
            Scalar::Absent => String::new(),
            value => value.into_text(place, "value")?.into_owned(),
        };
        Ok(KeyValue { key, value })
    }
}

/// The text, if one is given that is not empty.
fn take_text(scalar: &mut Scalar<'_>, place: Place, name: &str) -> Result<Option<String>, ApiError> {
    match std::mem::take(scalar) {
        Scalar::Absent => Ok(None),
        scalar => {
            let text = scalar.into_text(place, name)?;
            validate::no_nul(&place.member(name), &text)?;
            Ok((!text.is_empty()).then(|| text.into_owned()))
        }
    }
}

/// Whether a key surely passes `validate::metric_key`, which allocates. The other way round does not hold.
fn is_plain(key: &str) -> bool {
    let mut before = b'/';
    for byte in key.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'-' | b' ' | b':' => {}
            // Not at the beginning of a segment, where it may make `.` or `..`, or an empty segment.
            b'.' | b'/' if before != b'/' => {}
            _ => return false,
        }
        before = byte;
    }
    before != b'/' && key.len() <= limits::KEY
}

impl<'de> Deserialize<'de> for Fields<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct FieldsVisitor;
        impl<'de> Visitor<'de> for FieldsVisitor {
            type Value = Fields<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields<'de>, A::Error> {
                let mut fields = Fields::default();
                while let Some(name) = map.next_key::<Name>()? {
                    match name {
                        Name::Key => fields.key = map.next_value()?,
                        Name::Value => fields.value = map.next_value()?,
                        Name::Timestamp => fields.timestamp = map.next_value()?,
                        Name::Step => fields.step = map.next_value()?,
                        Name::RunId => fields.run_id = map.next_value()?,
                        Name::RunUuid => fields.run_uuid = map.next_value()?,
                        Name::ModelId => fields.model_id = map.next_value()?,
                        Name::Dataset => fields.dataset_name = map.next_value()?,
                        Name::Digest => fields.dataset_digest = map.next_value()?,
                        Name::Other => drop(map.next_value::<IgnoredAny>()?),
                    }
                }
                Ok(fields)
            }
        }
        deserializer.deserialize_map(FieldsVisitor)
    }
}

/// The name of a field, recognised without an allocation.
#[derive(serde::Deserialize)]
#[serde(field_identifier, rename_all = "snake_case")]
enum Name {
    Key,
    Value,
    Timestamp,
    Step,
    #[serde(alias = "runId")]
    RunId,
    #[serde(alias = "runUuid")]
    RunUuid,
    #[serde(alias = "modelId")]
    ModelId,
    #[serde(rename = "dataset_name", alias = "datasetName")]
    Dataset,
    #[serde(rename = "dataset_digest", alias = "datasetDigest")]
    Digest,
    #[serde(other)]
    Other,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ordinary_keys_are_plain() {
        for key in ["loss", "val/loss", "a.b", "lr-group 0:x"] {
            assert!(is_plain(key), "{key}");
        }
    }

    proptest! {
        #[test]
        fn a_plain_key_is_valid(key in "[a./_ é]{0,8}") {
            prop_assert!(!is_plain(&key) || key.is_empty() || validate::metric_key("", &key).is_ok());
        }
    }
}
