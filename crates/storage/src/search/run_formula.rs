//! Conditions on a run that stand alone, so that `OR` and `NOT` can put them together.
//!
//! Each is true or false and never NULL. What looks at a metric, param, tag or data set asks whether the run has a row that
//! fits. A database may look for it under the run's number, or make the set of all runs that have one.

use super::ast::{Comparison, Key, Test};
use super::dialect::EntityKind;
use super::formula::Formula;
use super::predicate::{column_test, row_test};
use super::runs::{RunSelect, table};

impl RunSelect {
    /// Writes the formula as one condition on the row with the alias `walked`.
    pub(super) fn condition(&mut self, walked: &str, formula: &Formula) -> String {
        match formula {
            Formula::Is(comparison) => self.alone(walked, comparison),
            Formula::All(parts) => self.joined(walked, parts, " AND "),
            Formula::Any(parts) => self.joined(walked, parts, " OR "),
            Formula::Not(part) => format!("NOT {}", self.condition(walked, part)),
        }
    }

    fn joined(&mut self, walked: &str, parts: &[Formula], separator: &str) -> String {
        let parts: Vec<String> = parts.iter().map(|part| self.condition(walked, part)).collect();
        format!("({})", parts.join(separator))
    }

    fn alone(&mut self, walked: &str, Comparison { field, test }: &Comparison) -> String {
        let statement = &mut self.select.statement;
        match &field.key {
            Key::Column(attribute) if field.kind() == EntityKind::Dataset => {
                let condition = column_test(statement, attribute.column, test);
                let of_run = self.of_run(walked, "d");
                format!("EXISTS (SELECT 1 FROM dataset_inputs d WHERE {of_run} AND {condition})")
            }
            Key::Column(attribute) => {
                let (column, condition) = (attribute.column, column_test(statement, attribute.column, test));
                match test {
                    Test::IsNull | Test::IsNotNull => format!("({condition})"),
                    _ if attribute.nullable => format!("({column} IS NOT NULL AND {condition})"),
                    _ => format!("({condition})"),
                }
            }
            Key::Name(key) => {
                let key = statement.bind(key);
                let condition = row_test(statement, "x", field, test);
                let condition = condition.map(|condition| format!(" AND {condition}")).unwrap_or_default();
                let exists = if *test == Test::IsNull { "NOT EXISTS" } else { "EXISTS" };
                let (table, of_run) = (table(field.kind()), self.of_run(walked, "x"));
                format!("{exists} (SELECT 1 FROM {table} x WHERE {of_run} AND x.key = {key}{condition})")
            }
        }
    }

    /// The condition that the row with that alias is one of the run's.
    fn of_run(&self, walked: &str, alias: &str) -> String {
        format!("{alias}.run_no = {walked}.run_no AND {alias}.experiment_id {}", self.scope)
    }
}
