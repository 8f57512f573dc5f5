//! The shape of the SQL, where a planner depends on it. That it finds the right rows is for the conformance suite.

use super::super::{Grammar, RunQuery, ViewType, compile_runs};
use crate::Value;

fn statements(filter: &str, order_by: &[&str]) -> Vec<(String, Vec<Value>)> {
    statements_in(Grammar::Mlflow, filter, order_by)
}

fn statements_in(grammar: Grammar, filter: &str, order_by: &[&str]) -> Vec<(String, Vec<Value>)> {
    let order_by: Vec<String> = order_by.iter().map(ToString::to_string).collect();
    let query = RunQuery {
        experiment_ids: &[7],
        filter,
        order_by: &order_by,
        view: ViewType::ActiveOnly,
        max_results: 100,
        page_token: None,
        grammar,
    };
    let search = compile_runs(&query).unwrap();
    search.statements().map(|statement| (statement.sql.clone(), statement.params.clone())).collect()
}

fn after_columns(sql: &str) -> &str {
    sql.split_once(" FROM ").unwrap().1
}

#[test]
fn plain_listing_follows_the_listing_index() {
    let [(sql, params)] = statements("", &[]).try_into().unwrap();
    assert_eq!(
        after_columns(&sql),
        "runs r WHERE r.experiment_id = $1 AND r.deleted = FALSE ORDER BY r.start_time DESC, r.run_id LIMIT 101"
    );
    assert_eq!(params, [Value::Int(7)]);
}

#[test]
fn filters_become_sets_and_the_order_a_join() {
    let all = statements("metrics.m3 > 0.9 and params.p1 = 'v7'", &["metrics.m5 DESC"]);
    assert_eq!(all.len(), 3);
    assert_eq!(
        after_columns(&all[0].0),
        "runs r \
         JOIN metrics j0 ON j0.run_no = r.run_no AND j0.experiment_id = $1 AND j0.key = $2 \
         WHERE r.experiment_id = $1 AND r.deleted = FALSE AND j0.is_nan = FALSE \
         AND j0.run_no IN (SELECT s0.run_no FROM metrics s0 WHERE s0.experiment_id = $1 AND s0.key = $3 AND s0.value > $4) \
         AND j0.run_no IN (SELECT s1.run_no FROM params s1 WHERE s1.experiment_id = $1 AND s1.key = $5 \
         AND s1.head = $6) \
         ORDER BY j0.value DESC, r.start_time DESC, r.run_id LIMIT 101"
    );
}

#[test]
fn comparisons_of_one_key_are_tested_together_and_prune_the_stages() {
    let all = statements("metrics.m > 0.1 AND metrics.m < 0.5", &["metrics.m"]);
    assert_eq!(all.len(), 2, "a run without the metric cannot match");
    assert_eq!(all[0].0.matches("JOIN").count(), 1);
    let [(sql, _)] = statements("metrics.m > 0.1 AND metrics.m < 0.5", &[]).try_into().unwrap();
    assert_eq!(sql.matches(" IN (").count(), 1);
}

#[test]
fn an_order_by_the_greatest_value_walks_its_index() {
    let own = Grammar::Own { now: 0 };
    let all = statements_in(own, "max(metrics.m) > 0.9", &["max(metrics.m) DESC"]);
    assert_eq!(all.len(), 1, "what passes has a greatest value");
    assert_eq!(
        after_columns(&all[0].0),
        "runs r \
         JOIN metrics j0 ON j0.run_no = r.run_no AND j0.experiment_id = $1 AND j0.key = $2 \
         WHERE r.experiment_id = $1 AND r.deleted = FALSE AND j0.max_value IS NOT NULL AND j0.max_value > $3 \
         ORDER BY j0.max_value DESC, r.start_time DESC, r.run_id LIMIT 101"
    );
}

#[test]
fn alternatives_stand_alone_and_what_is_beside_them_stays_indexed() {
    let own = Grammar::Own { now: 0 };
    let filter = "status = 'FAILED' and (metrics.m > 1 or not params.p in ('a', 'b'))";
    let [(sql, _)] = statements_in(own, filter, &[]).try_into().unwrap();
    assert_eq!(
        after_columns(&sql),
        "runs r WHERE r.experiment_id = $1 AND r.deleted = FALSE AND r.status = $2 AND \
         (EXISTS (SELECT 1 FROM metrics x WHERE x.run_no = r.run_no AND x.experiment_id = $1 AND x.key = $3 AND x.value > $4) \
         OR NOT EXISTS (SELECT 1 FROM params x WHERE x.run_no = r.run_no AND x.experiment_id = $1 AND x.key = $5 AND \
         x.head IN ($6, $7) AND x.value IN ($8, $9))) \
         ORDER BY r.start_time DESC, r.run_id LIMIT 101"
    );
}

#[test]
fn no_text_gets_into_the_sql() {
    let evil = "x'; DROP TABLE runs; --";
    let filter =
        format!("tags.\"{evil}\" = \"{evil}\" AND run_id IN (\"{evil}\") AND params.`{evil}` ILIKE \"{evil}\"");
    let order = format!("metrics.\"{evil}\" DESC");
    for (sql, params) in statements(&filter, &[order.as_str(), "tags.a"]) {
        assert!(!sql.contains("DROP"), "{sql}");
        assert!(params.contains(&Value::Text(evil.to_owned())));
    }
}
