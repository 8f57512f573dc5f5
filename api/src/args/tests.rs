//! Tests of the parameters.

use super::*;
use proptest::prelude::*;

fn args(json: &str) -> Args {
    Args::from_json(json.as_bytes()).unwrap()
}

fn query(uri: &str) -> Args {
    let Query(pairs) = Query::try_from_uri(&uri.parse().unwrap()).unwrap();
    Args::from_query(pairs)
}

#[test]
fn numbers_come_in_many_forms() {
    for (json, expected) in [
        ("12", Some(12)),
        ("12.0", Some(12)),
        ("\"12\"", Some(12)),
        ("\"-9223372036854775808\"", Some(i64::MIN)),
        ("9223372036854775807", Some(i64::MAX)),
        ("9223372036854775808", None),
        ("1e300", None),
        ("1.5", None),
        ("\"1.5\"", None),
        ("true", None),
    ] {
        assert_eq!(args(&format!("{{\"x\":{json}}}")).int("x").ok().flatten(), expected, "{json}");
    }
    for (text, expected) in [("1", 1.0), ("0.5", 0.5), ("-Infinity", f64::NEG_INFINITY)] {
        assert_eq!(double_text(text).unwrap().to_bits(), f64::to_bits(expected), "{text}");
    }
    assert!(double_text("NaN").unwrap().is_nan());
    for bad in ["x", "", "1e999"] {
        assert_eq!(double_text(bad), None, "{bad}");
    }
}

#[test]
fn names_are_snake_or_camel_but_not_both() {
    assert_eq!(args(r#"{"runId":"a"}"#).run_id().unwrap(), "a");
    assert_eq!(args(r#"{"run_uuid":"a","run_id":"b"}"#).run_id().unwrap(), "b");
    assert_eq!(args(r#"{"run_uuid":"a","run_id":null}"#).run_id().unwrap(), "a");
    let both = args(r#"{"run_id":"a","runId":"a"}"#).run_id().unwrap_err();
    assert_eq!(both.message, "Request specifies both 'run_id' and 'runId'; provide only one of them.");
}

#[test]
fn what_is_missing_or_of_the_wrong_type_is_named() {
    let missing = |error: ApiError| error.message;
    let expected =
        "Missing value for required parameter 'name'. See the API docs for more information about request parameters.";
    for json in ["", "{}", r#"{"name":null}"#, r#"{"name":""}"#] {
        assert_eq!(missing(args(json).required("name").unwrap_err()), expected, "{json}");
    }
    assert_eq!(
        args(r#"{"name":12}"#).required("name").unwrap_err().message,
        "Invalid value 12 for parameter 'name' supplied:  Hint: Value was of type 'int'. See the API docs for more \
         information about request parameters."
    );
    let nested = args(r#"{"tags":[{"key":"a"},{"value":"b"}]}"#).key_values("tags").unwrap_err();
    assert!(nested.message.contains("'tags[1].key'"), "{nested}");
}

#[test]
fn old_clients_wrap_the_object_into_a_string() {
    assert_eq!(args(r#""{\"run_id\":\"a\"}""#).run_id().unwrap(), "a");
    assert!(Args::from_json(b"[]").unwrap_err().message.contains("'list'"));
    assert!(Args::from_json(b"{\"value\": NaN}").unwrap_err().message.contains("cannot be read as JSON"));
}

#[test]
fn a_query_repeats_lists_and_gives_scalars_once() {
    let args = query("/x?run_ids=a&run_ids=b&max_results=5&max_results=6");
    assert_eq!(args.texts("run_ids").unwrap(), ["a", "b"]);
    assert_eq!(args.int("max_results").unwrap(), Some(5));
}

proptest! {
    #[test]
    fn no_body_panics(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        drop(Args::from_json(&bytes));
    }
}
