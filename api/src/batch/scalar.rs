//! Values as they stand in the body, in the many forms in which clients send them.

use runledger_domain::DomainError;
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
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

impl Place {
    /// The object's path, empty for the request itself.
    pub(super) fn path(self) -> String {
        match self {
            Self::Request => String::new(),
            Self::Element { list, index } => format!("{list}[{index}]"),
        }
    }

    pub(super) fn member(self, name: &str) -> String {
        match self {
            Self::Request => name.to_owned(),
            Self::Element { list, index } => format!("{list}[{index}].{name}"),
        }
    }
}

impl<'de> Scalar<'de> {
    /// Refuses what is absent or an empty text.
    pub(super) fn required(self, place: Place, name: &str) -> Result<Self, ApiError> {
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

    pub(super) fn integer(&self) -> Option<i64> {
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
    pub(super) fn double(&self) -> Option<f64> {
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
