//! The words of MLflow's registry, collected from it; where it prints a set, ours has a fixed order.

use super::super::{RegistryQuery, Search, SearchError, compile_model_versions, compile_registered_models};

type Compile = fn(&RegistryQuery<'_>) -> Result<Search, SearchError>;

fn message(compile: Compile, filter: &str, order: &[&str]) -> String {
    let order_by: Vec<String> = order.iter().map(|clause| (*clause).to_owned()).collect();
    let query = RegistryQuery { filter, order_by: &order_by, max_results: 1, page_token: None };
    compile(&query).map_or_else(|error| error.to_string(), |_compiled| String::new())
}

#[test]
fn filters_of_registered_models() {
    for (filter, expected) in [
        ("name = \"a\" AND tags.`b c` ILIKE 'x' AND name IN ('a', 'b')", ""),
        ("name > 'a'", "Invalid comparator for attribute: >"),
        ("name = 1", "Expected a quoted string value or a list of quoted string values for attributes. Got value 1"),
        ("`name` = 'a'", "Invalid attribute key '`name`' specified. Valid keys are '{'name'}'"),
        ("run_id = 'a'", "Invalid attribute key 'run_id' specified. Valid keys are '{'name'}'"),
        (
            "attributes.name = 'a'",
            "Invalid entity type 'attributes'. Valid entity types are ('attribute', 'tag', 'tags')",
        ),
        ("tags.n > '1'", "Invalid comparator for tag: >"),
        ("tags.n = 1", "Expected a quoted string value for tag (e.g. 'my-value'). Got value 1"),
        (
            "name = 'a' ; name = 'b'",
            "Search filter contained multiple expression 'name = 'a' ; name = 'b''. Provide AND-ed expression list.",
        ),
        (
            "tags.n IS NULL",
            "IS NULL / IS NOT NULL is only supported for runs, experiments and logged models, not for 'tag' 'n'",
        ),
    ] {
        assert_eq!(message(compile_registered_models, filter, &[]), expected, "{filter}");
    }
}

#[test]
fn filters_of_versions() {
    for (filter, expected) in [
        ("version_number > '1' AND version_number <= 2 AND run_id IN ('') AND source_path LIKE '%'", ""),
        ("version_number = 'abc'", "Invalid value for numeric attribute 'version_number': 'abc'"),
        ("version_number = 1.5", "Invalid value for numeric attribute 'version_number': 1.5"),
        ("version_number LIKE '1'", "Invalid comparator for attribute version_number: LIKE"),
        (
            "version_number IN ('1')",
            "Only ['name', 'run_id'] attributes support comparison with a list of quoted string values.",
        ),
        (
            "source_path IN ('a')",
            "Only ['name', 'run_id'] attributes support comparison with a list of quoted string values.",
        ),
        ("name = 1", "Only the '{'version_number'}' attributes support comparison with numeric values."),
        ("source_path > 'a'", "Invalid comparator for attribute: >"),
    ] {
        assert_eq!(message(compile_model_versions, filter, &[]), expected, "{filter}");
    }
}

#[test]
fn orders() {
    let keys = "Valid keys are '{'name', 'timestamp', 'last_updated_timestamp'}'";
    for (order, expected) in [
        (&["`name` DESC"] as &[&str], String::new()),
        (&["colour"], format!("Invalid order by key 'colour' specified. {keys}")),
        (&["tags.n"], "Invalid order by key 'n' specified. Only attributes sort.".to_owned()),
        (
            &["timestamp", "last_updated_timestamp DESC"],
            "`order_by` contains duplicate fields: ['timestamp', 'last_updated_timestamp DESC']".to_owned(),
        ),
        (&["name UP"], "Invalid ordering key in order_by clause 'name UP'.".to_owned()),
    ] {
        assert_eq!(message(compile_registered_models, "", order), expected, "{order:?}");
    }
    let keys = "Valid keys are '{'name', 'version_number', 'creation_timestamp', 'last_updated_timestamp'}'";
    let expected = format!("Invalid attribute key 'run_id' specified. {keys}");
    assert_eq!(message(compile_model_versions, "", &["run_id"]), expected);
}
