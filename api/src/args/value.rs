//! Single values in the many forms in which clients send them.

use runledger_domain::validate;
use serde_json::Value;

use crate::ApiError;

/// A 64-bit integer: a number, a number with a zero fraction such as `12.0`, or a decimal text.
pub(crate) fn integer(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64().or_else(|| number.as_f64().and_then(whole)),
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}

/// The integer that a double stands for exactly.
#[expect(clippy::cast_possible_truncation, reason = "the range is checked")]
#[expect(clippy::float_cmp, reason = "only an exact integer counts")]
pub(crate) fn whole(number: f64) -> Option<i64> {
    const TWO_TO_63: f64 = 9_223_372_036_854_775_808.0;
    (number.trunc() == number && (-TWO_TO_63..TWO_TO_63).contains(&number)).then_some(number as i64)
}

/// A double as text: numeric, or one of the names for what is not finite.
pub(crate) fn double_text(text: &str) -> Option<f64> {
    match text {
        "NaN" | "nan" => Some(f64::NAN),
        "Infinity" | "inf" => Some(f64::INFINITY),
        "-Infinity" | "-inf" => Some(f64::NEG_INFINITY),
        // A text of digits that is too large for a double is a mistake, not infinity.
        _ => text.trim().parse().ok().filter(|number: &f64| number.is_finite()),
    }
}

/// The message for a value of the wrong type, with the type's name in Python.
pub(crate) fn wrong_type(path: &str, value: &Value) -> ApiError {
    let shown = value.to_string();
    let shown = validate::cut(&shown, 200);
    ApiError::invalid(format!(
        "Invalid value {shown} for parameter '{path}' supplied:  Hint: Value was of type '{}'. See the API docs for more \
         information about request parameters.",
        type_name(value)
    ))
}

pub(super) fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "NoneType",
        Value::Bool(_) => "bool",
        Value::Number(number) if number.is_f64() => "float",
        Value::Number(_) => "int",
        Value::String(_) => "str",
        Value::Array(_) => "list",
        Value::Object(_) => "dict",
    }
}

/// The name in `lowerCamelCase`, if that differs.
pub(super) fn camel_case(name: &str) -> Option<String> {
    let mut words = name.split('_');
    let first = words.next()?;
    let mut camel = String::with_capacity(name.len());
    camel.push_str(first);
    for word in words {
        let mut letters = word.chars();
        camel.extend(letters.next().map(|letter| letter.to_ascii_uppercase()));
        camel.push_str(letters.as_str());
    }
    (camel != name).then_some(camel)
}
