//! The list of the views' tables and columns is that of the database.

use std::collections::{BTreeMap, BTreeSet};

use super::{Failure, Fixture, ensure};
use crate::Statement;
use crate::views::{ViewGroup, columns_of};

/// They say nothing of the log, or only what could not be said.
const OF_NO_GROUP: [&str; 3] = ["dead_letters", "migrations_views", "projections"];
/// They are made with the generation.
const NOT_TAKEN_OVER: [&str; 2] = ["migrations_views", "projections"];

pub(super) async fn each_belongs_to_one_group(fixture: &Fixture) -> Result<(), Failure> {
    let mut tables: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for mut row in fixture.views.fetch(&Statement::new(fixture.views_columns, vec![])).await? {
        tables.entry(row.text(0)?).or_default().insert(row.text(1)?);
    }
    for (table, found) in &tables {
        let groups = ViewGroup::ALL.iter().filter(|group| group.tables().contains(&table.as_str())).count();
        let expected = usize::from(!OF_NO_GROUP.contains(&table.as_str()));
        ensure(groups == expected, || format!("{table} belongs to {groups} groups of tables"))?;
        if !NOT_TAKEN_OVER.contains(&table.as_str()) {
            let listed: BTreeSet<String> = columns_of(table).iter().map(ToString::to_string).collect();
            ensure(listed == *found, || format!("{table} has the columns {found:?}, and {listed:?} are listed"))?;
        }
    }
    let listed = ViewGroup::ALL.iter().flat_map(|group| group.tables());
    let missing: Vec<_> = listed.filter(|table| !tables.contains_key(**table)).collect();
    ensure(missing.is_empty(), || format!("there are no tables {missing:?}"))
}
