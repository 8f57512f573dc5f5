//! Comparisons as SQL conditions that mean the same in both databases.

use super::ast::{Aggregate, Field, Literal, Operator, Test};
use super::dialect::EntityKind;
use crate::{Statement, Value};

/// MLflow's patterns have no escape, but PostgreSQL takes a backslash for one unless it is told another. This control
/// character stands in, and is doubled where a pattern contains it.
const ESCAPE: char = '\u{1}';

/// How much of a param or tag value is in its column `head`, which is indexed, in characters, as the migrations say.
const INDEXED_HEAD: usize = 128;

/// A test on a column of the main table or of a data set.
pub(super) fn column_test(statement: &mut Statement, column: &str, test: &Test) -> String {
    match test {
        Test::Compare(operator, Literal::Text(value)) => text(statement, column, *operator, value),
        Test::Compare(operator, literal) => integer(statement, column, *operator, literal),
        Test::In(values) => list(statement, column, "IN", values),
        Test::NotIn(values) => list(statement, column, "NOT IN", values),
        Test::IsNull => format!("{column} IS NULL"),
        Test::IsNotNull => format!("{column} IS NOT NULL"),
    }
}

fn list(statement: &mut Statement, column: &str, operator: &str, values: &[Literal]) -> String {
    let values: Vec<Value> = values.iter().filter_map(bindable).collect();
    match (values.is_empty(), operator) {
        (false, _) => format!("{column} {operator} {}", statement.bind_list(values)),
        (true, "IN") => "1 = 0".to_owned(),
        (true, _) => format!("{column} IS NOT NULL"),
    }
}

/// What a column of integers or texts can equal.
fn bindable(literal: &Literal) -> Option<Value> {
    match literal {
        Literal::Integer(value) => Some((*value).into()),
        Literal::Float(value) => whole(Operator::Equal, *value).map(Value::from),
        Literal::Text(value) => Some(value.into()),
    }
}

/// A test on the row of a metric, param or tag; none where it is enough that there is one.
pub(super) fn row_test(statement: &mut Statement, alias: &str, field: &Field, test: &Test) -> Option<String> {
    let column = format!("{alias}.{}", field.aggregate.column());
    let extreme = field.aggregate != Aggregate::Last;
    Some(match test {
        Test::IsNull | Test::IsNotNull if extreme => format!("{column} IS NOT NULL"),
        Test::IsNull | Test::IsNotNull => return None,
        Test::Compare(operator, Literal::Text(value)) => keyed_text(statement, alias, *operator, value),
        // What there is of them is a number.
        Test::Compare(operator, literal) if extreme => {
            format!("{column} {} {}", symbol(*operator), statement.bind(number(literal)))
        }
        Test::Compare(operator, literal) => metric(statement, alias, *operator, literal),
        Test::In(values) | Test::NotIn(values) if field.kind() == EntityKind::Metric => {
            let within = matches!(test, Test::In(_));
            let numbers: Vec<f64> = values.iter().map(number).collect();
            // NaN is stored as 0, and equals nothing.
            let zero = !extreme && numbers.contains(&0.0);
            let numbers = statement.bind_list(numbers);
            match (within, zero) {
                (true, true) => format!("{column} IN {numbers} AND {alias}.is_nan = FALSE"),
                (true, false) => format!("{column} IN {numbers}"),
                (false, true) => format!("({column} NOT IN {numbers} OR {alias}.is_nan = TRUE)"),
                (false, false) => format!("{column} NOT IN {numbers}"),
            }
        }
        Test::In(values) => {
            // The heads lead, as they do in an equality.
            let heads =
                values.iter().filter_map(|value| if let Literal::Text(text) = value { Some(text) } else { None });
            let heads: Vec<String> = heads.map(|text| text.chars().take(INDEXED_HEAD).collect()).collect();
            let heads = statement.bind_list(heads);
            format!("{alias}.head IN {heads} AND {}", list(statement, &column, "IN", values))
        }
        Test::NotIn(values) => list(statement, &column, "NOT IN", values),
    })
}

pub(super) fn text(statement: &mut Statement, column: &str, operator: Operator, value: &str) -> String {
    let pattern = |text: String| text.replace(ESCAPE, "\u{1}\u{1}");
    match operator {
        Operator::Like => {
            let bound = statement.bind(pattern(value.to_owned()));
            format!("{column} LIKE {bound} ESCAPE '{ESCAPE}'")
        }
        // Both databases fold only ASCII letters of such columns, so the pattern must be folded the same way.
        Operator::Ilike => {
            let bound = statement.bind(pattern(value.to_ascii_lowercase()));
            format!("LOWER({column}) LIKE {bound} ESCAPE '{ESCAPE}'")
        }
        _ => format!("{column} {} {}", symbol(operator), statement.bind(value)),
    }
}

/// A test on the value of a param or tag. An equality is led by the indexed head, which says all for a short text.
fn keyed_text(statement: &mut Statement, alias: &str, operator: Operator, value: &str) -> String {
    if operator != Operator::Equal {
        return text(statement, &format!("{alias}.value"), operator, value);
    }
    let short: String = value.chars().take(INDEXED_HEAD).collect();
    let whole = short.chars().count() == INDEXED_HEAD;
    let mut condition = format!("{alias}.head = {}", statement.bind(short));
    if whole {
        condition = format!("{condition} AND {alias}.value = {}", statement.bind(value));
    }
    condition
}

/// A test on the latest value of a metric. NaN is stored as 0 and a flag; it matches only `!=`. The flag is looked at only
/// where 0 would decide wrongly, so that the other tests need nothing but the index.
pub(super) fn metric(statement: &mut Statement, alias: &str, operator: Operator, literal: &Literal) -> String {
    let value = number(literal);
    let condition = format!("{alias}.value {} {}", symbol(operator), statement.bind(value));
    match operator {
        Operator::NotEqual if holds(0.0, operator, value) => condition,
        Operator::NotEqual => format!("({condition} OR {alias}.is_nan = TRUE)"),
        _ if holds(0.0, operator, value) => format!("{condition} AND {alias}.is_nan = FALSE"),
        _ => condition,
    }
}

fn holds(left: f64, operator: Operator, right: f64) -> bool {
    let Some(ordering) = left.partial_cmp(&right) else { return operator == Operator::NotEqual };
    match operator {
        Operator::Equal => ordering.is_eq(),
        Operator::Greater => ordering.is_gt(),
        Operator::GreaterOrEqual => ordering.is_ge(),
        Operator::Less => ordering.is_lt(),
        Operator::LessOrEqual => ordering.is_le(),
        Operator::NotEqual | Operator::Like | Operator::Ilike => ordering.is_ne(),
    }
}

#[expect(clippy::cast_precision_loss, reason = "a metric is a double, and MLflow reads the literal as one")]
fn number(literal: &Literal) -> f64 {
    match literal {
        Literal::Integer(value) => *value as f64,
        Literal::Float(value) => *value,
        // The parser gives metrics numbers only.
        Literal::Text(_) => 0.0,
    }
}

/// A test on an integer column. A fraction is turned into the whole bound that means the same, so that an index serves.
fn integer(statement: &mut Statement, column: &str, operator: Operator, literal: &Literal) -> String {
    let bound = match literal {
        Literal::Integer(value) => Some(*value),
        literal => whole(operator, number(literal)),
    };
    match bound {
        Some(bound) => format!("{column} {} {}", symbol(operator), statement.bind(bound)),
        None if operator == Operator::Equal => "1 = 0".to_owned(),
        None => format!("{column} IS NOT NULL"),
    }
}

/// The integer that stands for a float in a comparison, or none where no integer equals it. Far bounds saturate: no time
/// reaches them.
#[expect(clippy::cast_possible_truncation, reason = "saturates, which is what a far bound needs")]
fn whole(operator: Operator, value: f64) -> Option<i64> {
    match operator {
        Operator::Greater | Operator::LessOrEqual => Some(value.floor() as i64),
        Operator::GreaterOrEqual | Operator::Less => Some(value.ceil() as i64),
        Operator::Equal | Operator::NotEqual | Operator::Like | Operator::Ilike => {
            (value.fract() == 0.0 && value.abs() < 9e18).then_some(value as i64)
        }
    }
}

fn symbol(operator: Operator) -> &'static str {
    match operator {
        Operator::NotEqual => "<>",
        other => other.symbol(),
    }
}
