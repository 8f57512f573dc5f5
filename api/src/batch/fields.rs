//! The elements of a batch: metrics, params and tags, with scalars as they stand in the body.

use runledger_domain::points::Point;
use runledger_domain::{DomainError, KeyValue, limits, validate};
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use std::borrow::Cow;
use std::fmt;

use crate::ApiError;
use crate::args::{double_text, whole, wrong_type};

/// Where an object stands, for messages.
#[derive(Clone, Copy, Debug)]
pub(super) enum Place {
    /// The object is the request itself.
    Request,
    /// An element of a list of the request.
    Element { list: &'static str, index: usize },
}

/// A value that is usually a scalar, with text borrowed from the body where it has no escapes.
#[derive(Debug, Default)]
pub(super) enum Scalar<'de> {
    /// Absent or `null`.
    #[default]
    Absent,
    Bool(bool),
    Int(i64),
    Uint(u64),
    Float(f64),
    Text(Cow<'de, str>),
    /// A list or an object, kept for the message that refuses it.
    Other(Value),
}

/// The fields that elements may have; the last of several with one name counts.
#[derive(Debug, Default)]
pub(super) struct Fields<'de> {
    key: Scalar<'de>,
    value: Scalar<'de>,
    timestamp: Scalar<'de>,
    step: Scalar<'de>,
    run_id: Scalar<'de>,
    run_uuid: Scalar<'de>,
}

impl<'de> Fields<'de> {
    /// The metric, checked.
    pub(super) fn metric(self, place: Place) -> Result<(Cow<'de, str>, Point), ApiError> {
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
        Ok((key, Point { step, timestamp, value }))
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

impl Place {
    /// The object's path, empty for the request itself.
    fn path(self) -> String {
        match self {
            Self::Request => String::new(),
            Self::Element { list, index } => format!("{list}[{index}]"),
        }
    }

    fn member(self, name: &str) -> String {
        match self {
            Self::Request => name.to_owned(),
            Self::Element { list, index } => format!("{list}[{index}].{name}"),
        }
    }
}

impl<'de> Scalar<'de> {
    /// Refuses what is absent or an empty text.
    fn required(self, place: Place, name: &str) -> Result<Self, ApiError> {
        match self {
            Self::Absent => Err(DomainError::missing(&place.member(name)).into()),
            Self::Text(text) if text.is_empty() => Err(DomainError::missing(&place.member(name)).into()),
            scalar => Ok(scalar),
        }
    }

    pub(super) fn into_text(self, place: Place, name: &str) -> Result<Cow<'de, str>, ApiError> {
        match self {
            Self::Text(text) => Ok(text),
            other => Err(other.refuse(place, name)),
        }
    }

    fn integer(&self) -> Option<i64> {
        match self {
            Self::Int(number) => Some(*number),
            Self::Uint(number) => i64::try_from(*number).ok(),
            Self::Float(number) => whole(*number),
            Self::Text(text) => text.parse().ok(),
            _ => None,
        }
    }

    /// `true` is 1, as in MLflow.
    #[expect(clippy::cast_precision_loss, reason = "an integer that is logged as a metric becomes a double")]
    fn double(&self) -> Option<f64> {
        match self {
            Self::Int(number) => Some(*number as f64),
            Self::Uint(number) => Some(*number as f64),
            Self::Float(number) => Some(*number),
            Self::Text(text) => double_text(text),
            Self::Bool(flag) => Some(f64::from(u8::from(*flag))),
            _ => None,
        }
    }

    /// The refusal of a value whose type does not fit.
    pub(super) fn refuse(&self, place: Place, name: &str) -> ApiError {
        let value = match self {
            Self::Absent => Value::Null,
            Self::Bool(flag) => (*flag).into(),
            Self::Int(number) => (*number).into(),
            Self::Uint(number) => (*number).into(),
            Self::Float(number) => (*number).into(),
            Self::Text(text) => text.as_ref().into(),
            Self::Other(value) => value.clone(),
        };
        wrong_type(&place.member(name), &value)
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

impl<'de> Deserialize<'de> for Scalar<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ScalarVisitor;
        impl<'de> Visitor<'de> for ScalarVisitor {
            type Value = Scalar<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON value")
            }

            fn visit_unit<E: Error>(self) -> Result<Scalar<'de>, E> {
                Ok(Scalar::Absent)
            }

            fn visit_bool<E: Error>(self, flag: bool) -> Result<Scalar<'de>, E> {
                Ok(Scalar::Bool(flag))
            }

            fn visit_i64<E: Error>(self, number: i64) -> Result<Scalar<'de>, E> {
                Ok(Scalar::Int(number))
            }

            fn visit_u64<E: Error>(self, number: u64) -> Result<Scalar<'de>, E> {
                Ok(Scalar::Uint(number))
            }

            fn visit_f64<E: Error>(self, number: f64) -> Result<Scalar<'de>, E> {
                Ok(Scalar::Float(number))
            }

            fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Scalar<'de>, E> {
                Ok(Scalar::Text(Cow::Borrowed(text)))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Scalar<'de>, E> {
                Ok(Scalar::Text(Cow::Owned(text.to_owned())))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Scalar<'de>, A::Error> {
                Value::deserialize(SeqAccessDeserializer::new(seq)).map(Scalar::Other)
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Scalar<'de>, A::Error> {
                Value::deserialize(MapAccessDeserializer::new(map)).map(Scalar::Other)
            }
        }
        deserializer.deserialize_any(ScalarVisitor)
    }
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
