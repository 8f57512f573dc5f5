//! Numbers as MLflow's GraphQL writes them.

use async_graphql::{InputValueError, InputValueResult, Scalar, ScalarType, Value};
use serde::Serialize;

/// A 64-bit integer, which is a string in answers, so that JavaScript does not round it.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(transparent)]
pub(super) struct LongString(pub(super) i64);

#[Scalar]
impl ScalarType for LongString {
    fn parse(value: Value) -> InputValueResult<Self> {
        let number = match &value {
            Value::Number(number) => number.as_i64(),
            Value::String(text) => text.parse().ok(),
            _ => None,
        };
        number.map(Self).ok_or_else(|| InputValueError::expected_type(value))
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}

/// The value of a metric as MLflow's GraphQL has it: nothing for NaN, and the largest double for infinity.
pub(super) fn double(value: f64) -> Option<f64> {
    (!value.is_nan()).then(|| value.clamp(f64::MIN, f64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_double_has_a_form() {
        assert_eq!(double(f64::NAN), None);
        assert_eq!(double(f64::INFINITY), Some(f64::MAX));
        assert_eq!(double(f64::NEG_INFINITY), Some(-f64::MAX));
        assert_eq!(double(0.5), Some(0.5));
    }

    #[test]
    fn long_integers_come_as_numbers_or_strings_and_leave_as_strings() {
        assert_eq!(
            LongString::parse(Value::from("9007199254740993")).unwrap().to_value(),
            Value::from("9007199254740993")
        );
        assert_eq!(LongString::parse(Value::from(5)).unwrap().0, 5);
        assert!(LongString::parse(Value::from(true)).is_err());
    }
}
