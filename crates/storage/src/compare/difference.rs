//! Differences in words: whose they are, in which field, and what both say.

use std::fmt;

use super::KEPT;
use super::tables::{Compared, Owner};
use crate::{Error, Statement, Transaction, Value};

/// Characters of a value that are shown.
const SHOWN: usize = 200;

/// Something that two generations say differently.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Whose it is, such as `run 3f2a…`.
    pub owner: String,
    /// The table and column, with what else the key says, such as `tags.value of "lr"`.
    pub field: String,
    /// What the first of the two says; `None` where it has no such row.
    pub one: Option<String>,
    /// What the other one says.
    pub other: Option<String>,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let said = |value: &Option<String>| value.clone().unwrap_or_else(|| "not there".to_owned());
        let (one, other) = (said(&self.one), said(&self.other));
        write!(f, "{}: {} is {one}, by the log it is {other}", self.owner, self.field)
    }
}

/// Gathers differences.
#[derive(Default)]
pub(super) struct Finder {
    kept: Vec<Difference>,
    count: u64,
}

impl Finder {
    pub(super) fn found(self) -> (Vec<Difference>, u64) {
        (self.kept, self.count)
    }

    /// Adds what is different between two rows of one key.
    pub(super) async fn row(
        &mut self,
        table: &Compared,
        one: Option<&[Value]>,
        other: Option<&[Value]>,
        left: &mut dyn Transaction,
        right: &mut dyn Transaction,
    ) -> Result<(), Error> {
        let key = one.or(other).unwrap_or_default();
        if self.kept.len() >= KEPT {
            self.count += 1;
            return Ok(());
        }
        let owner = owner(table.owner, key, left, right).await?;
        let further: Vec<String> = key.iter().take(table.key).skip(1).map(text).collect();
        let of = if further.is_empty() { String::new() } else { format!(" of {}", further.join(", ")) };
        if let (Some(one), Some(other)) = (one, other) {
            for (column, (one, other)) in table.columns.iter().zip(one.iter().zip(other)) {
                if one != other {
                    let field = format!("{}.{column}{of}", table.name);
                    let (one, other) = (Some(text(one)), Some(text(other)));
                    self.add(Difference { owner: owner.clone(), field, one, other });
                }
            }
        } else {
            let whole = |row: &[Value]| {
                let fields = table.columns.iter().zip(row).skip(table.key);
                let fields: Vec<String> = fields.map(|(column, value)| format!("{column} {}", text(value))).collect();
                if fields.is_empty() { "there".to_owned() } else { fields.join(", ") }
            };
            let field = format!("{}{of}", table.name);
            self.add(Difference { owner, field, one: one.map(whole), other: other.map(whole) });
        }
        Ok(())
    }

    /// Adds a difference of a run's history.
    pub(super) async fn history(
        &mut self,
        run_no: i64,
        key: &str,
        one: String,
        other: String,
        left: &mut dyn Transaction,
        right: &mut dyn Transaction,
    ) -> Result<(), Error> {
        let owner = owner(Owner::Run, &[run_no.into()], left, right).await?;
        self.add(Difference { owner, field: format!("history of {key:?}"), one: Some(one), other: Some(other) });
        Ok(())
    }

    fn add(&mut self, difference: Difference) {
        self.count += 1;
        if self.kept.len() < KEPT {
            self.kept.push(difference);
        }
    }
}

async fn owner(
    owner: Owner,
    key: &[Value],
    left: &mut dyn Transaction,
    right: &mut dyn Transaction,
) -> Result<String, Error> {
    let first = key.first().cloned().unwrap_or_default();
    let plain = if let Value::Text(text) = &first { text.clone() } else { text(&first) };
    Ok(match owner {
        Owner::Event => "dead letter".to_owned(),
        Owner::Experiment => format!("experiment {plain}"),
        Owner::LoggedModel => format!("logged model {plain}"),
        Owner::RegisteredModel => format!("registered model {plain}"),
        Owner::Artifact => format!("artifact {plain}"),
        Owner::Run => {
            let statement = Statement::new("SELECT run_id FROM runs WHERE run_no = $1", vec![first]);
            let mut rows = right.fetch(&statement).await?;
            if rows.is_empty() {
                rows = left.fetch(&statement).await?;
            }
            match rows.into_iter().next() {
                Some(mut row) => format!("run {}", row.text(0)?),
                None => format!("the run created at position {plain}"),
            }
        }
    })
}

fn text(value: &Value) -> String {
    match value {
        Value::Null => "NULL".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Int(value) => value.to_string(),
        Value::Float(value) => value.to_string(),
        Value::Text(text) => match text.char_indices().nth(SHOWN) {
            Some((cut, _)) => format!("{:?}…", text.get(..cut).unwrap_or_default()),
            None => format!("{text:?}"),
        },
        Value::Bytes(bytes) => format!("{} bytes", bytes.len()),
    }
}
