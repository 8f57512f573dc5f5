//! The grammar of logged models, where it differs from that of runs.

use super::super::ast::{Literal, Operator, Test};
use super::super::logged_model_filter::{Subject, parse};
use super::super::{LoggedModelOrder, LoggedModelQuery, compile_logged_models};

fn refusal(filter: &str, order_by: &[&str]) -> String {
    let field = |name: &&str| LoggedModelOrder {
        field_name: (*name).to_owned(),
        descending: false,
        dataset_name: None,
        dataset_digest: None,
    };
    let order_by: Vec<_> = order_by.iter().map(field).collect();
    let query = LoggedModelQuery {
        experiment_ids: &[7],
        filter,
        datasets: &[],
        order_by: &order_by,
        max_results: 10,
        page_token: None,
    };
    compile_logged_models(&query).map_or_else(|error| error.to_string(), |_| "taken".to_owned())
}

#[test]
fn values_may_stand_without_quotes() {
    for value in ["0.01", "'0.01'", "\"0.01\""] {
        let read = parse(&format!("params.`l r` = {value}")).unwrap();
        assert_eq!(read[0].subject, Subject::Param("l r".to_owned()));
        assert_eq!(read[0].test, Test::Compare(Operator::Equal, Literal::Text("0.01".to_owned())), "{value}");
    }
    let ready = || Literal::Text("LOGGED_MODEL_READY".to_owned());
    assert_eq!(parse("status = READY").unwrap()[0].test, Test::Compare(Operator::Equal, ready()));
    assert_eq!(parse("attributes.status not in ('READY',)").unwrap()[0].test, Test::NotIn(vec![ready()]));
    assert_eq!(parse("  ").unwrap(), []);
}

#[test]
fn refuses_in_the_words_of_mlflow() {
    let example = "Expected a list of comparisons separated by 'AND' (e.g. 'metrics.loss > 0.1 AND params.lr = 0.01').";
    let strings = "Expected one of ('=', '!=', 'LIKE', 'ILIKE', 'IN', 'NOT IN').";
    for (filter, message) in [
        ("bad bad", format!("Invalid filter string: 'bad bad'. {example}")),
        ("name = 'a' OR name = 'b'", format!("Invalid filter string: \"name = 'a' OR name = 'b'\". {example}")),
        ("tags.t > '1'", format!("Invalid comparison operator for tags.t: '>'. {strings}")),
        ("name == 'a'", format!("Invalid comparison operator for attributes.name: '=='. {strings}")),
        (
            "creation_time LIKE '1'",
            "Invalid comparison operator for attributes.creation_timestamp_ms: 'LIKE'. Expected one of ('<', '<=', '>', \
             '>=', '=', '!=')."
                .to_owned(),
        ),
        (
            "metric.a > 1",
            "Invalid entity type: 'metric'. Expected one of ['attributes', 'metrics', 'params', 'tags'].".to_owned(),
        ),
    ] {
        assert_eq!(refusal(filter, &[]), message, "{filter}");
    }
    for (filter, beginning) in [
        ("status = 'LOGGED_MODEL_READY'", "Unknown model status in filter: 'LOGGED_MODEL_READY'."),
        ("status LIKE 'R%'", "Invalid comparison operator for attributes.status: 'LIKE'."),
        ("bogus = 'a'", "Invalid attribute 'bogus'."),
        ("metrics.a > 'x'", "Expected a number to compare metrics.a with. Found \"'x'\"."),
        ("name = ('a')", "Invalid comparison of attributes.name with =: a list goes with IN"),
        ("name IN ()", "Invalid list for attributes.name."),
        ("experiment_id = 'x'", "Invalid experiment ID 'x'."),
    ] {
        let message = refusal(filter, &[]);
        assert!(message.starts_with(beginning), "{filter}: {message}");
    }
    for (field, message) in [
        ("params.lr", "Invalid order by field name: params.lr. Only metrics are supported."),
        ("bogus", "Invalid order by field name: bogus"),
    ] {
        assert_eq!(refusal("", &[field]), message);
    }
}
