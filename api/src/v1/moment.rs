//! Moments of the past, as requests name them.

use chrono::DateTime;
use runledger_storage::Until;
use serde::{Deserialize, Deserializer};
use std::borrow::Cow;
use utoipa::openapi::schema::{ObjectBuilder, OneOfBuilder, Schema, Type};
use utoipa::openapi::{KnownFormat, RefOr, SchemaFormat};
use utoipa::{PartialSchema, ToSchema};

/// From here on a moment is a time in milliseconds since the epoch (in 1973), before it a position of the log.
const TIMES: i64 = 100_000_000_000;

/// A position of the log, milliseconds since the epoch, or a time such as `2026-05-04T09:30:00Z`. In a body it may be a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Moment(pub(crate) i64);

impl Moment {
    pub(super) fn until(self) -> Until {
        if self.0 < TIMES { Until::Position(self.0) } else { Until::Time(self.0) }
    }

    fn parse(text: &str) -> Option<Self> {
        let time = || DateTime::parse_from_rfc3339(text).ok().map(|time| time.timestamp_millis());
        text.parse().ok().or_else(time).map(Self)
    }
}

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written<'a> {
            Number(i64),
            Text(Cow<'a, str>),
        }
        let moment = match Written::deserialize(deserializer) {
            Ok(Written::Number(number)) => Some(Self(number)),
            Ok(Written::Text(text)) => Self::parse(&text),
            Err(_neither) => None,
        };
        let wrong =
            "a moment is a position of the log, milliseconds since the epoch, or a time such as 2026-05-04T09:30:00Z";
        moment.ok_or_else(|| serde::de::Error::custom(wrong))
    }
}

impl PartialSchema for Moment {
    fn schema() -> RefOr<Schema> {
        let format = |format| Some(SchemaFormat::KnownFormat(format));
        OneOfBuilder::new()
            .description(Some(
                "A position of the log or, from 100 000 000 000 on, milliseconds since the epoch; or a time in the form of RFC 3339.",
            ))
            .item(ObjectBuilder::new().schema_type(Type::Integer).format(format(KnownFormat::Int64)))
            .item(ObjectBuilder::new().schema_type(Type::String).format(format(KnownFormat::DateTime)))
            .into()
    }
}

impl ToSchema for Moment {
    fn name() -> Cow<'static, str> {
        "Moment".into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_a_position_or_a_time() {
        let until = |text| Moment::parse(text).map(Moment::until);
        assert_eq!(until("17"), Some(Until::Position(17)));
        assert_eq!(until("1700000000000"), Some(Until::Time(1_700_000_000_000)));
        assert_eq!(until("2023-11-14T22:13:20Z"), Some(Until::Time(1_700_000_000_000)));
        assert_eq!(until("yesterday"), None);
        assert_eq!(serde_json::from_str::<Moment>("17").unwrap(), Moment(17));
        assert_eq!(serde_json::from_str::<Moment>("\"17\"").unwrap(), Moment(17));
    }
}
