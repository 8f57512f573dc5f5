//! The messages of MLflow's server, collected from it; where it prints a set, ours has a fixed order.

use super::super::dialect::EXPERIMENTS;
use super::super::order::parse_order;
use super::super::{ExperimentQuery, Grammar, RunQuery, ViewType, compile_experiments, compile_runs};
use super::{experiments, order, runs};

const RUN_KEYS: &str = "{'artifact_uri', 'end_time', 'run_id', 'run_name', 'run name', 'Run name', 'Run Name', \
                        'start_time', 'created', 'Created', 'status', 'user_id'}";

#[test]
fn refuses_filters_in_the_words_of_mlflow() {
    for (source, message) in [
        ("   ", "Invalid filter '   '. Could not be parsed."),
        ("tags.a = 'x' OR tags.b = 'y'", "Invalid clause(s) in filter string: 'OR'"),
        ("(tags.a = 'x')", "Invalid clause(s) in filter string: '(tags.a = 'x')'"),
        ("NOT tags.a = 'x'", "Invalid clause(s) in filter string: 'NOT'"),
        ("tags.a = 'x';", "Invalid clause(s) in filter string: ';'"),
        ("tags.a = 'x' -- c", "Invalid clause(s) in filter string: '-- c'"),
        ("tags.a = 'x' /* c */", "Invalid clause(s) in filter string: '/* c */'"),
        ("tags.a = 'x' # c", "Invalid clause(s) in filter string: '# c'"),
        ("tags.a BETWEEN 'a' AND 'b'", "Invalid clause(s) in filter string: 'tags.a', 'BETWEEN', ''a'', ''b''"),
        ("tags.a = 'x", "Invalid clause(s) in filter string: 'tags.a', '=', ''', 'x'"),
        ("tags.a = \"x", "Invalid clause(s) in filter string: 'tags.a', '=', '\"', 'x'"),
        ("tags.a", "Invalid clause(s) in filter string: 'tags.a'"),
        ("tags.a =", "Invalid clause(s) in filter string: 'tags.a', '='"),
        ("= 'x'", "Invalid clause(s) in filter string: '=', ''x''"),
        ("tags.a 'x'", "Invalid clause(s) in filter string: 'tags.a', ''x''"),
        ("metrics.m > 1 2", "Invalid clause(s) in filter string: '2'"),
        ("metrics.m > +1", "Invalid clause(s) in filter string: 'metrics.m', '>', '+', '1'"),
        ("metrics.m = 1.5.2", "Invalid clause(s) in filter string: '.2'"),
        ("metrics.a b > 1", "Invalid clause(s) in filter string: 'metrics.a'"),
        ("tags.a = 'x' LIMIT 1", "Invalid clause(s) in filter string: 'LIMIT', '1'"),
        ("'x' = tags.a", "Invalid comparison clause. Expected 'Identifier' found ''x''"),
        ("5 < metrics.m", "Invalid comparison clause. Expected 'Identifier' found '5'"),
        ("tags.a-b = 'x'", "Invalid comparison clause. Expected 'Identifier' found 'tags.a-b'"),
        (
            "tags.a == 'x'",
            "Invalid comparator '==' not one of '{'=', '!=', 'LIKE', 'ILIKE', 'IS NULL', 'IS NOT NULL'}'",
        ),
        (
            "params.a <> 'x'",
            "Invalid comparator '<>' not one of '{'=', '!=', 'LIKE', 'ILIKE', 'IS NULL', 'IS NOT NULL'}'",
        ),
        ("params.p not like 'a'", "Invalid comparator 'NOT LIKE' not one of '{"),
        ("tags.a RLIKE 'x'", "Invalid comparator 'RLIKE' not one of '{"),
        ("metrics.m => 1", "Invalid comparator '=>' not one of '{'=', '!=', '>', '>=', '<', '<='}'"),
        ("status > 'a'", "Invalid comparator '>' not one of '{'=', '!=', 'LIKE', 'ILIKE'}'"),
        ("dataset.name > 'x'", "Invalid comparator '>' not one of '{'=', '!=', 'LIKE', 'ILIKE', 'IN', 'NOT IN'}'"),
        ("metrics.m > 'x'", "Expected numeric value type for metric. Found 'x'"),
        ("metrics.m>1and params.p='x'", "Expected numeric value type for metric. Found 1and"),
        ("metrics.m > (1)", "Expected numeric value type for metric. Found (1)"),
        ("params.p = 5", "Expected a quoted string value for parameter (e.g. 'my-value'). Got value 5"),
        ("tags.p = 5", "Expected a quoted string value for tag (e.g. 'my-value'). Got value 5"),
        (
            "params.p IN ('a', 'b')",
            "Expected a quoted string value for parameter (e.g. 'my-value'). Got value ('a', 'b')",
        ),
        (
            "params.p = `v`",
            "Parameter value is either not quoted or unidentified quote types used for string value `v`. Use either single or double quotes.",
        ),
        ("status = 5", "Expected a quoted string value for attributes. Got value 5"),
        ("start_time = '5'", "Expected numeric value type for numeric attribute: start_time. Found '5'"),
        ("start_time IN (1)", "Expected numeric value type for numeric attribute: start_time. Found (1)"),
        ("dataset.name = 5", "Expected a quoted string value for dataset attributes. Got value 5"),
        ("status IN ('a')", "Only ['run_id'] attributes support comparison with a list of quoted string values."),
        (
            "run_id IN ()",
            "While parsing a list in the query, expected a non-empty list of string values, but got empty list",
        ),
        (
            "run_id IN (1, 2)",
            "While parsing a list in the query, expected string value, punctuation, or whitespace, but got different type in list: (1, 2)",
        ),
        (
            "run_id IN ('a' 'b')",
            "While parsing a list in the query, expected a non-empty list of string values, but got ill-formed list.",
        ),
        (
            "bogus.x = 'x'",
            "Invalid entity type 'bogus'. Valid values are ['metric', 'parameter', 'tag', 'attribute', 'dataset']",
        ),
        ("ATTR.status = 'x'", "Invalid entity type 'ATTR'. "),
        ("bogus = 'x'", &format!("Invalid attribute key 'bogus' specified. Valid keys are '{RUN_KEYS}'")),
        ("lifecycle_stage = 'active'", "Invalid attribute key 'lifecycle_stage' specified. "),
        (
            "dataset.bogus = 'x'",
            "Invalid dataset key 'bogus' specified. Valid keys are '{'name', 'digest', 'context'}'",
        ),
        ("metrics.m IS NULL", "IS NULL / IS NOT NULL is only supported for tags and params, not for 'metric' 'm'"),
        ("tags.a = 'x\0'", "The filter contains the character U+0000. Remove it."),
    ] {
        assert!(runs(source).starts_with(&format!("refused: {message}")), "{source}: {}", runs(source));
    }
}

#[test]
fn refuses_filters_of_experiments_in_the_words_of_mlflow() {
    for (source, message) in [
        ("experiment_id > '1'", "Invalid comparator for experiment_id: >"),
        ("experiment_id LIKE '1'", "Invalid comparator for experiment_id: LIKE"),
        ("experiment_id = 1", "Expected a quoted string value for attributes. Got value 1"),
        ("experiment_id = 'x'", "Invalid experiment ID 'x'. Experiment ID must be a valid integer."),
        ("experiment_id IN ('x')", "Invalid experiment ID 'x'. Experiment ID must be a valid integer."),
        ("tags.a > 'x'", "Invalid comparator for tag: >"),
        ("name > 'a'", "Invalid comparator '>' not one of '{'=', '!=', 'LIKE', 'ILIKE'}'"),
        ("name IN ('a')", "Only ['experiment_id'] attributes support comparison with a list of quoted string values."),
        ("name IS NULL", "IS NULL / IS NOT NULL is only supported for tags, not for 'attribute' 'name'"),
        (
            "attr.name = 'x'",
            "Invalid entity type 'attr'. Valid entity types are ('attribute', 'attributes', 'tag', 'tags')",
        ),
        (
            "bogus = 'x'",
            "Invalid attribute key 'bogus' specified. Valid keys are '{'name', 'experiment_id', 'creation_time', 'last_update_time'}'",
        ),
    ] {
        assert_eq!(experiments(source), format!("refused: {message}"), "{source}");
    }
}

#[test]
fn refuses_orders_in_the_words_of_mlflow() {
    for (clauses, message) in [
        (&["metrics.m UP"][..], "Invalid ordering key in order_by clause 'metrics.m UP'."),
        (&["metrics.m ASC DESC"], "Invalid order_by clause 'metrics.m ASC DESC'. Could not be parsed."),
        (&[""], "Invalid order_by clause ''. Could not be parsed."),
        (&["metrics.m,metrics.n"], "Invalid order_by clause 'metrics.m,metrics.n'. Could not be parsed."),
        (&["metrics.a-b"], "Invalid order_by clause 'metrics.a-b'. Could not be parsed."),
        (&["5"], "Invalid order_by clause '5'. Could not be parsed."),
        (&["`Run Name`"], "Invalid attribute key 'Run Name' specified. Valid keys are '{'artifact_uri', "),
        (
            &["bogus.x"],
            "Invalid entity type 'bogus'. Valid values are ['metric', 'parameter', 'tag', 'attribute', 'dataset']",
        ),
        (&["dataset.name"], "Invalid identifier type 'dataset'"),
        (&["metrics.m", "metric.m DESC"], "`order_by` contains duplicate fields: ['metrics.m', 'metric.m DESC']"),
        (&["created", "start_time"], "`order_by` contains duplicate fields: ['created', 'start_time']"),
    ] {
        assert!(order(clauses).starts_with(&format!("refused: {message}")), "{clauses:?}: {}", order(clauses));
    }
    let tag_order = ExperimentQuery {
        filter: "",
        order_by: &["tags.a".to_owned()],
        view: ViewType::All,
        max_results: 1,
        page_token: None,
    };
    let message = compile_experiments(&tag_order).unwrap_err().to_string();
    assert_eq!(message, "Invalid order_by entity: tag");
    assert!(parse_order(&EXPERIMENTS, &["tags.a".to_owned()]).is_ok());
}

#[test]
fn refuses_page_tokens_that_are_not_its_own() {
    let query = RunQuery {
        experiment_ids: &[1],
        filter: "",
        order_by: &[],
        view: ViewType::ActiveOnly,
        max_results: 10,
        page_token: None,
        grammar: Grammar::Mlflow,
    };
    for (token, message) in [
        ("abc", "Invalid page token, could not base64-decode"),
        ("é", "Invalid page token, could not base64-decode"),
        ("YWJj", "Invalid page token, decoded value=b'abc'"),
        ("eyJvZmZzZXQiOiAyfQ==", "Invalid page token, parsed value={\"offset\":2}"),
        ("W10=", "Invalid page token, parsed value=[]"),
        ("eyJxIjoiIiwicCI6MCwiayI6W119", "Invalid page token, it belongs to a search with another filter, "),
    ] {
        let message_of = compile_runs(&RunQuery { page_token: Some(token), ..query }).unwrap_err().to_string();
        assert!(message_of.starts_with(message), "{token}: {message_of}");
    }
    assert!(compile_runs(&RunQuery { page_token: Some(""), ..query }).is_ok());
}

#[test]
fn repeats_hostile_input_only_in_part() {
    for source in ["x ".repeat(30_000), "'".repeat(60_001), "(".repeat(60_000), format!("{} = 'x'", "y".repeat(60_000))]
    {
        assert!(runs(&source).len() < 3_000, "{}", runs(&source).len());
    }
    assert!(runs(&"x".repeat(70_000)).contains("at most 65536 are allowed"));
    assert!(runs(&"metrics.m > 1 ".repeat(41)).contains("41 comparisons; at most 40"));
}
