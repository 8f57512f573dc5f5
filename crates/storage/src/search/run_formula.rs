//! Conditions on a run that stand alone, so that `OR` and `NOT` can put them together.
//!
//! Each is true or false and never NULL. What looks at a metric, param, tag or data set asks whether the run is in the set of
//! those that fit, which an index answers; a set does not depend on the run, so a database makes it once.

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
                let scope = &self.scope;
                format!(
                    "{walked}.run_no IN (SELECT d.run_no FROM dataset_inputs d WHERE d.experiment_id {scope} AND {condition})"
                )
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
                let (table, scope) = (table(field.kind()), &self.scope);
                let within = if *test == Test::IsNull { "NOT IN" } else { "IN" };
                format!(
                    "{walked}.run_no {within} (SELECT x.run_no FROM {table} x WHERE x.experiment_id {scope} AND x.key = {key}{condition})"
                )
            }
        }
    }
}
