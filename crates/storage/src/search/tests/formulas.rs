//! What our own grammar takes beyond MLflow's, and what it says about mistakes.

use super::super::ast::OrderKey;
use super::super::formula_parser::parse_formula;
use super::super::order::parse_order;
use super::super::own::OWN;
use super::runs;

const NOW: i64 = 1_000_000_000;

/// The canonical text of a filter, or the message that refuses it.
fn own(source: &str) -> String {
    match parse_formula(source, NOW) {
        Ok(read) => read.all.iter().map(ToString::to_string).collect::<Vec<_>>().join(" AND "),
        Err(fault) => format!("refused: {}", fault.error),
    }
}

#[test]
fn reads_what_mlflow_has_no_words_for() {
    // What has to hold at once stands apart, here around `AND`, without the parentheses that an alternative needs elsewhere.
    for (source, canonical) in [
        ("", ""),
        ("and", ""),
        ("metrics.a > 1 or metrics.b > 2 and metrics.c > 3", "metric.`a` > 1 OR (metric.`b` > 2 AND metric.`c` > 3)"),
        ("(metrics.a > 1 or metrics.b > 2) metrics.c > 3", "metric.`a` > 1 OR metric.`b` > 2 AND metric.`c` > 3"),
        ("not metrics.a > 1 or not (status = 'x')", "NOT metric.`a` > 1 OR NOT attribute.`status` = 'x'"),
        ("not not (status = 'x')", "NOT NOT attribute.`status` = 'x'"),
        (
            "((metrics.a > 1)) and (metrics.b > 1 and metrics.c > 1)",
            "metric.`a` > 1 AND metric.`b` > 1 AND metric.`c` > 1",
        ),
        ("MAX(metrics.a) > 1 and min(metric.`b c`) is null", "max(metric.`a`) > 1 AND min(metric.`b c`) IS NULL"),
        ("last(metrics.a) in (1, -2.5,)", "metric.`a` IN (1, -2.5e0)"),
        ("metrics.a is not null and end_time is null", "metric.`a` IS NOT NULL AND attribute.`end_time` IS NULL"),
        ("params.a not in ('x', \"y\")", "parameter.`a` NOT IN ('x', 'y')"),
        ("status in ('FAILED', 'KILLED')", "attribute.`status` IN ('FAILED', 'KILLED')"),
        (
            "started > now-7d and ended <= NOW",
            "attribute.`start_time` > 395200000 AND attribute.`end_time` <= 1000000000",
        ),
        ("attributes.start_time in (now-1h, 5)", "attribute.`start_time` IN (996400000, 5)"),
        ("duration > 1.5h and duration < 90000", "attribute.`duration` > 5400000 AND attribute.`duration` < 90000"),
    ] {
        assert_eq!(own(source), canonical, "{source}");
    }
}

#[test]
fn mlflow_has_none_of_it() {
    for source in [
        "metrics.a > 1 or metrics.b > 2",
        "not metrics.a > 1",
        "(metrics.a > 1)",
        "max(metrics.a) > 1",
        "metrics.a in (1)",
        "metrics.a is null",
        "end_time is null",
        "start_time > now-7d",
        "started > 1",
        "duration > 1",
        "status in ('FAILED')",
        "params.a in ('x')",
    ] {
        assert!(runs(source).starts_with("refused"), "{source}");
        assert!(!own(source).starts_with("refused"), "{source}");
    }
}

#[test]
fn says_what_is_wrong() {
    for (source, message) in [
        ("metrics.a > 1 or", "There is no comparison behind this or."),
        ("or metrics.a > 1", "There is no comparison before this or."),
        ("(metrics.a > 1", "This parenthesis is never closed."),
        ("metrics.a > 1)", "This parenthesis was never opened. Remove it."),
        ("()", "There is nothing between these parentheses. Remove them."),
        ("not", "There is no comparison behind this not."),
        (
            "metrics.a >",
            "Invalid clause(s) in filter string: 'metrics.a >'. \
             A comparison is a key, a comparator and a value, such as metrics.loss < 0.1.",
        ),
        ("params.a = 'x", "Invalid clause(s) in filter string: 'params.a = 'x'. A quote is not closed."),
        ("max(params.a) = 'x'", "'max' is for metrics, not for 'parameter.`a`'. Leave it out."),
        (
            "start_time > yesterday",
            "Expected numeric value type for numeric attribute: start_time. Found yesterday. \
             Write milliseconds since the epoch, or a time from now such as now-7d.",
        ),
        (
            "status is null",
            "IS NULL / IS NOT NULL is only supported for metrics, params, tags, end_time and duration, \
             not for 'attribute' 'status'",
        ),
        ("metrics.a in ('x')", "Expected numeric value type for metric. Found 'x'"),
    ] {
        assert_eq!(own(source), format!("refused: {message}"), "{source}");
    }
    assert!(own(&format!("{}metrics.a = 1{}", "(".repeat(33), ")".repeat(33))).contains("more than 32 deep"));
    assert!(own(&"metrics.a = 1 or ".repeat(41)).contains("more than 40 comparisons"));
    let list = format!("run_id in ({})", "'x',".repeat(6_000));
    assert!(!own(&list).starts_with("refused"));
    assert!(own(&format!("{list} or {list}")).contains("more than 10000 values in all"));
}

#[test]
fn orders_take_aggregates() {
    let order = |clause: &str| match parse_order(&OWN, &[clause.to_owned()]) {
        Ok(keys) => keys.iter().map(OrderKey::to_string).collect::<String>(),
        Err(error) => format!("refused: {error}"),
    };
    assert_eq!(order("max(metrics.`a b`) DESC"), "max(metric.`a b`) DESC");
    assert_eq!(order("Min(metrics.a)"), "min(metric.`a`) ASC");
    assert_eq!(order("last(metrics.a)"), "metric.`a` ASC");
    assert_eq!(order("duration desc"), "attribute.`duration` DESC");
    assert_eq!(order("ended"), "attribute.`end_time` ASC");
    for refused in ["max(params.a)", "max(metrics.a, metrics.b)", "max()", "max(metrics.a) DESC x", "sum(metrics.a)"] {
        assert!(order(refused).starts_with("refused: Invalid order_by clause"), "{refused}");
    }
    assert_eq!(
        super::order(&["max(metrics.a)"]),
        "refused: Invalid order_by clause 'max(metrics.a)'. Could not be parsed."
    );
}
