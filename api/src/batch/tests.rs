//! Tests of the hot path's parser.

use super::*;
use proptest::prelude::*;
use serde_json::json;

fn batch(body: &serde_json::Value) -> Result<LogBatch, String> {
    parse_batch(body.to_string().as_bytes()).map_err(|error| error.message)
}

fn metric(fields: &str) -> Result<LogBatch, String> {
    parse_batch(format!(r#"{{"run_id":"4f","metrics":[{fields}]}}"#).as_bytes()).map_err(|error| error.message)
}

#[test]
fn a_batch_is_read_into_columns() {
    let read = batch(&json!({
        "metrics": [
            {"key": "loss", "value": 0.1, "timestamp": 5, "step": 1, "run_id": "other", "model_id": null},
            {"step": "2", "timestamp": 6.0, "value": "NaN", "key": "acc"},
            {"key": "loss", "value": 1, "timestamp": "7"},
        ],
        "params": [{"key": "lr", "value": "1"}, {"key": "empty"}],
        "tags": [{"key": "t", "value": "é"}],
        "unknown": {"a": [1]},
        "run_id": "4f",
    }))
    .unwrap();
    assert_eq!(read.run_id, "4f");
    assert_eq!(
        (read.metrics.keys(), read.metrics.counts()),
        (["loss", "acc"].map(str::to_owned).as_slice(), [2, 1].as_slice())
    );
    assert_eq!(read.metrics.columns().steps(), [1, 0, 2]);
    assert_eq!(read.metrics.columns().timestamps(), [5, 7, 6]);
    assert!(read.metrics.columns().values()[2].is_nan());
    assert_eq!(read.params.iter().map(|param| param.value.as_str()).collect::<Vec<_>>(), ["1", ""]);
    assert_eq!(read.tags.len(), 1);
    assert!(read.measured.is_empty());
}

#[test]
fn metrics_may_say_something_of_models() {
    let point = json!({"key": "acc", "value": 0.5, "timestamp": 5, "step": 1});
    let of = |model: &str| {
        let mut point = point.clone();
        point["model_id"] = model.into();
        point
    };
    let mut on_data = of("m-1");
    (on_data["dataset_name"], on_data["datasetDigest"]) = ("train".into(), "9f86".into());
    let read = batch(&json!({"run_id": "4f", "metrics": [of("m-2"), on_data, point, of(""), of("m-2")]})).unwrap();
    assert_eq!(read.metrics.columns().len(), 5, "all of them are the run's");
    let [one, two] = read.measured.as_slice() else { panic!("{:?}", read.measured) };
    assert_eq!((one.model_id.as_str(), one.metrics.len()), ("m-1", 1));
    assert_eq!((two.model_id.as_str(), two.metrics.len()), ("m-2", 2));
    let first = &one.metrics[0];
    assert_eq!((first.key.as_str(), first.value.as_str(), first.timestamp, first.step), ("acc", "0.5", 5, 1));
    assert_eq!((first.dataset_name.as_deref(), first.dataset_digest.as_deref()), (Some("train"), Some("9f86")));
    assert_eq!((&two.metrics[0].dataset_name, &two.metrics[0].dataset_digest), (&None, &None));

    let read = parse_metric(br#"{"run_id":"4f","key":"m","value":"NaN","timestamp":3,"model_id":"m-1"}"#).unwrap();
    assert_eq!(read.measured[0].metrics[0].value, "NaN");
    let message = metric(r#"{"key":"m","value":1,"timestamp":3,"model_id":7}"#).unwrap_err();
    assert!(message.starts_with("Invalid value 7 for parameter 'metrics[0].model_id' supplied"), "{message}");
}

#[test]
fn the_forms_of_old_and_odd_clients_are_read() {
    assert_eq!(parse_batch(br#""{\"runId\":\"4f\",\"metrics\":null}""#).unwrap().run_id, "4f");
    let twice =
        parse_batch(br#"{"run_id":"a","run_id":"b","tags":[{"key":"x"}],"tags":[{"key":"y","key":"z"}]}"#).unwrap();
    assert_eq!((twice.run_id.as_str(), twice.tags[0].key.as_str(), twice.tags.len()), ("b", "z", 1));
    let escaped = metric(r#"{"key":"a\u0062","value":true,"timestamp":1}"#).unwrap();
    assert_eq!(
        (escaped.metrics.keys(), escaped.metrics.columns().values()),
        (["ab".to_owned()].as_slice(), [1.0].as_slice())
    );
}

#[test]
fn refusals_name_the_element() {
    for (fields, expected) in [
        (r#"{"value":1,"timestamp":1}"#, "Missing value for required parameter 'metrics[0].key'."),
        (r#"{"key":"a","timestamp":1}"#, "Missing value for required parameter 'metrics[0].value'."),
        (r#"{"key":"a","value":null,"timestamp":1}"#, "Missing value for required parameter 'metrics[0].value'."),
        (r#"{"key":"a","value":1}"#, "Missing value for required parameter 'metrics[0].timestamp'."),
        (
            r#"{"key":"a","value":"x","timestamp":1}"#,
            "Invalid value \"x\" for parameter 'metrics[0].value' supplied:  Hint: Value was of type 'str'.",
        ),
        (
            r#"{"key":"a","value":[1],"timestamp":1}"#,
            "Invalid value [1] for parameter 'metrics[0].value' supplied:  Hint: Value was of type 'list'.",
        ),
        (
            r#"{"key":"a","value":1,"timestamp":1.5}"#,
            "Invalid value 1.5 for parameter 'metrics[0].timestamp' supplied:  Hint: Value was of type 'float'.",
        ),
        (
            r#"{"key":"a","value":1,"timestamp":-1}"#,
            "Invalid value -1 for parameter 'metrics[0].timestamp' supplied: metric 'a' (value=1.0). Timestamp must be a \
             nonnegative long (64-bit integer) ",
        ),
        (
            r#"{"key":"a@b","value":1,"timestamp":1}"#,
            "Invalid value \"a@b\" for parameter 'metrics[0].name' supplied: Names",
        ),
    ] {
        let message = metric(fields).unwrap_err();
        assert!(message.starts_with(expected), "{fields}: {message}");
    }
    let message = batch(&json!({"run_id": "4f", "metrics": 5})).unwrap_err();
    assert!(message.starts_with("Invalid value 5 for parameter 'metrics' supplied:  Hint: Value was of type 'int'."));
    let message = batch(&json!({"run_id": "bad/id"})).unwrap_err();
    assert_eq!(message, "Invalid value \"bad/id\" for parameter 'run_id' supplied.");
    assert!(
        batch(&json!({"run_uuid": "4f"})).unwrap_err().starts_with("Missing value for required parameter 'run_id'.")
    );
}

#[test]
fn limits_count_what_is_over_them() {
    let metrics = |n: usize| vec![json!({"key": "a", "value": 1, "timestamp": 1}); n];
    let pairs = |n: usize| (0..n).map(|i| json!({"key": format!("k{i}"), "value": "v"})).collect::<Vec<_>>();
    let message = batch(&json!({"run_id": "4f", "metrics": metrics(1_003)})).unwrap_err();
    assert_eq!(
        message,
        "A batch logging request can contain at most 1000 metrics. Got 1003 metrics. Please split up metrics across multiple \
         requests and try again."
    );
    let message = batch(&json!({"run_id": "4f", "params": pairs(101)})).unwrap_err();
    assert!(message.contains("at most 100 params. Got 101 params."), "{message}");
    let message = batch(&json!({"run_id": "4f", "metrics": metrics(950), "tags": pairs(51)})).unwrap_err();
    assert!(
        message.contains("at most 1000 metrics, params, and tags. Got 1001 metrics, params, and tags."),
        "{message}"
    );
    assert!(batch(&json!({"run_id": "4f", "metrics": metrics(900), "tags": pairs(100)})).is_ok());
}

#[test]
fn a_param_key_comes_once() {
    let message =
        batch(&json!({"run_id": "4f", "params": [{"key": "dup", "value": "1"}, {"key": "dup", "value": "1"}]}));
    assert_eq!(
        message.unwrap_err(),
        "Duplicate parameter keys have been submitted: ['dup']. Please ensure the request contains only one param value per \
         param key."
    );
}

#[test]
fn a_single_metric_takes_the_old_name_of_the_run() {
    let read = parse_metric(br#"{"run_uuid":"4f","key":"m","value":0.5,"timestamp":3,"step":-1}"#).unwrap();
    assert_eq!((read.run_id.as_str(), read.metrics.columns().steps()), ("4f", [-1].as_slice()));
    let message = parse_metric(br#"{"run_uuid":"4f","key":"m","value":0.5}"#).unwrap_err().message;
    assert!(message.starts_with("Missing value for required parameter 'timestamp'."), "{message}");
}

fn json_like() -> impl Strategy<Value = String> {
    let token = prop_oneof![
        Just("{"),
        Just("}"),
        Just("["),
        Just("]"),
        Just(","),
        Just(":"),
        Just("\"run_id\""),
        Just("\"metrics\""),
        Just("\"params\""),
        Just("\"tags\""),
        Just("\"key\""),
        Just("\"value\""),
        Just("\"timestamp\""),
        Just("\"step\""),
        Just("1"),
        Just("-1.5e300"),
        Just("null"),
        Just("true"),
        Just("\"a\""),
        Just("\"\\u0000\""),
        Just("\"NaN\""),
    ];
    prop::collection::vec(token, 0..60).prop_map(|tokens| tokens.concat())
}

proptest! {
    #[test]
    fn no_body_panics(body in json_like(), bytes in prop::collection::vec(any::<u8>(), 0..100)) {
        for body in [body.as_bytes(), &bytes] {
            drop(parse_batch(body));
            drop(parse_metric(body));
        }
    }

    #[test]
    fn every_finite_value_survives(value in prop::num::f64::NORMAL | prop::num::f64::SUBNORMAL | prop::num::f64::ZERO) {
        let read = metric(&json!({"key": "m", "value": value, "timestamp": 1}).to_string()).unwrap();
        prop_assert_eq!(read.metrics.columns().values()[0].to_bits(), value.to_bits());
    }
}
