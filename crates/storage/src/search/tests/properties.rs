//! Properties over generated filters and over any text.

use proptest::prelude::*;

use super::super::ast::{Aggregate, Comparison, Field, Filter, Key, Literal, Operator, Test};
use super::super::dialect::{Dialect, EXPERIMENTS, Keys, RUNS, Rule, ValueKind};
use super::super::formula::Formula;
use super::super::formula_parser::parse_formula;
use super::super::order::parse_order;
use super::super::own::OWN;
use super::super::parser::parse_filter;
use super::super::token::{Cursor, KeyValue};

/// Texts that the grammar can write: without quotes there is always a pair of them to put around.
fn text() -> impl Strategy<Value = String> {
    prop_oneof!["[^'\"`\\\\\0]{0,12}", "[^\"\\\\\0`]{0,12}"]
}

fn literal(rule: &'static Rule) -> BoxedStrategy<Literal> {
    match rule.value {
        ValueKind::Text => text().prop_map(Literal::Text).boxed(),
        ValueKind::QuotedInteger | ValueKind::AnyInteger => any::<i64>().prop_map(Literal::Integer).boxed(),
        ValueKind::Number | ValueKind::Integer | ValueKind::Moment | ValueKind::Duration => {
            let float = any::<f64>().prop_filter("the grammar has no NaN", |value| !value.is_nan());
            prop_oneof![any::<i64>().prop_map(Literal::Integer), float.prop_map(Literal::Float)].boxed()
        }
    }
}

fn test(rule: &'static Rule) -> BoxedStrategy<Test> {
    let operator: BoxedStrategy<Operator> = proptest::sample::select(rule.operators).boxed();
    let mut tests =
        vec![(operator, literal(rule)).prop_map(|(operator, value)| Test::Compare(operator, value)).boxed()];
    if rule.lists {
        tests.push(prop::collection::vec(literal(rule), 1..4).prop_map(Test::In).boxed());
        tests.push(prop::collection::vec(literal(rule), 1..4).prop_map(Test::NotIn).boxed());
    }
    if rule.nulls {
        tests.extend([Just(Test::IsNull).boxed(), Just(Test::IsNotNull).boxed()]);
    }
    proptest::strategy::Union::new(tests).boxed()
}

fn comparison(dialect: &'static Dialect) -> impl Strategy<Value = Comparison> {
    let entities: Vec<_> = dialect.entities.iter().collect();
    let field = proptest::sample::select(entities).prop_flat_map(|entity| match &entity.keys {
        Keys::Any(rule) => {
            let aggregates: &[Aggregate] =
                if rule.aggregates { &[Aggregate::Last, Aggregate::Min, Aggregate::Max] } else { &[Aggregate::Last] };
            ("[^'\"`\\\\\0]{1,10}", proptest::sample::select(aggregates))
                .prop_map(move |(name, aggregate)| Field { entity, key: Key::Name(name), aggregate })
                .boxed()
        }
        Keys::Columns(columns) => proptest::sample::select(columns.iter().collect::<Vec<_>>())
            .prop_map(move |column| Field { entity, key: Key::Column(column), aggregate: Aggregate::Last })
            .boxed(),
    });
    field.prop_flat_map(|field| test(field.rule()).prop_map(move |test| Comparison { field: field.clone(), test }))
}

fn formula() -> impl Strategy<Value = Formula> {
    comparison(&OWN).prop_map(Formula::Is).prop_recursive(4, 24, 4, |inner| {
        let several = || prop::collection::vec(inner.clone(), 1..4);
        prop_oneof![
            several().prop_map(Formula::all),
            several().prop_map(Formula::any),
            inner.clone().prop_map(|part| Formula::Not(Box::new(part))),
        ]
    })
}

/// Text made of pieces of the grammar, which gets deeper into the parser than any text does.
fn pieces() -> impl Strategy<Value = String> {
    let piece = proptest::sample::select(vec![
        "metrics",
        "tags",
        "params.",
        ".",
        "a",
        "'",
        "\"",
        "`",
        "'x'",
        "\\",
        "(",
        ")",
        ",",
        "AND",
        "OR",
        "NOT",
        "IN",
        "IS",
        "NULL",
        "LIKE",
        "=",
        "!=",
        ">",
        "1",
        "-",
        "1e",
        "--",
        "/*",
        "*/",
        "#",
        ";",
        "é",
        "\u{1}",
        "\u{feff}",
        "\n",
        "run_id",
        "dataset.name",
        "start_time",
        "max",
        "now",
        "now-7d",
        "duration",
    ]);
    prop::collection::vec((piece, any::<bool>()), 0..40).prop_map(|pieces| {
        pieces.into_iter().flat_map(|(piece, blank)| [piece, if blank { " " } else { "" }]).collect()
    })
}

proptest! {
    #[test]
    fn canonical_text_parses_back(comparisons in prop::collection::vec(comparison(&RUNS), 1..6)) {
        let filter = Filter(comparisons);
        prop_assert_eq!(parse_filter(&RUNS, &filter.to_string()), Ok(filter));
    }

    #[test]
    fn canonical_text_of_a_formula_parses_back(formula in formula()) {
        let read = parse_formula(&formula.to_string(), 0).map_err(|fault| fault.error);
        prop_assert_eq!(read.map(|read| read.all), Ok(formula.conjuncts()));
    }

    #[test]
    fn any_text_is_taken_or_refused(source in prop_oneof![any::<String>(), pieces()]) {
        for dialect in [&RUNS, &EXPERIMENTS] {
            if let Ok(filter) = parse_filter(dialect, &source) {
                let canonical = filter.to_string();
                // A text with both quotes has no canonical form that parses.
                if !source.contains(['\'', '"', '`']) {
                    prop_assert_eq!(parse_filter(dialect, &canonical), Ok(filter));
                }
            }
            drop(parse_order(dialect, std::slice::from_ref(&source)));
        }
        drop(parse_order(&OWN, std::slice::from_ref(&source)));
        match parse_formula(&source, 0) {
            Ok(read) => for (_, span) in read.fields {
                prop_assert!(source.get(span).is_some_and(|field| !field.is_empty()));
            },
            Err(fault) => {
                prop_assert!(source.get(fault.span.clone()).is_some(), "{:?}", fault);
                prop_assert!(parse_filter(&RUNS, &source).is_err(), "MLflow takes what we refuse: {}", fault.error);
            }
        }
    }

    #[test]
    fn cursors_survive_their_token(part in 0_usize..3, int: i64, float: f64, text: String) {
        let keys = vec![KeyValue::Int(int), KeyValue::Float(float.to_bits()), KeyValue::Text(text)];
        let cursor = Cursor { search: "x".to_owned(), part, keys };
        prop_assert_eq!(Cursor::decode(&cursor.encode(), "x"), Ok(Some(cursor)));
    }
}

#[test]
fn hostile_filters_take_no_time() {
    for piece in [
        "'", "''", "\"", "`", "(", ")", "((", "tags.", "-", "/*", "a.'", "\\'", "'\\", "IS NOT ", "1.", "x IN (", ".",
        "NOT ", "max(", "a=1 OR ", "(a=1 ",
    ] {
        let source = piece.repeat(60_000 / piece.len());
        let started = std::time::Instant::now();
        drop(parse_filter(&RUNS, &source));
        drop(parse_formula(&source, 0));
        assert!(started.elapsed().as_secs() < 5, "{piece}: {:?}", started.elapsed());
    }
}
