//! What an event changed of a run, with the values before and after it.

use serde::Serialize;

use super::{RUN_NAME_TAG, Run};
use crate::Event;

/// One field of a run that an event changed. `None` is a field that was not there, or is not there any more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FieldChange {
    /// `name`, `status`, `end_time`, `lifecycle_stage`, `params.<key>` or `tags.<key>`.
    pub field: String,
    pub old: Option<FieldValue>,
    pub new: Option<FieldValue>,
}

/// The value of a field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum FieldValue {
    Text(String),
    /// Milliseconds since the epoch.
    Time(i64),
}

#[derive(Clone, Copy, Debug)]
enum Field<'a> {
    Name,
    Status,
    EndTime,
    Lifecycle,
    Param(&'a str),
    Tag(&'a str),
}

impl Run {
    /// Folds the next event, which may be the first one, and tells which fields are other than before. Metrics, inputs and
    /// outputs are added to and never changed, so nothing is told of them.
    pub fn trace(state: &mut Option<Self>, event: &Event) -> Vec<FieldChange> {
        let fields = touched(event);
        let before: Vec<Option<FieldValue>> = fields.iter().map(|field| value(state.as_ref(), *field)).collect();
        match state {
            Some(run) => run.evolve(event),
            None => *state = Self::begin(event),
        }
        let change = |(field, old): (&Field<'_>, Option<FieldValue>)| {
            let new = value(state.as_ref(), *field);
            (old != new).then(|| FieldChange { field: field.name(), old, new })
        };
        fields.iter().zip(before).filter_map(change).collect()
    }

    /// The fields that are there, but for params and tags, by name.
    pub fn fields(&self) -> Vec<(&'static str, FieldValue)> {
        let names = [
            ("name", Field::Name),
            ("status", Field::Status),
            ("end_time", Field::EndTime),
            ("lifecycle_stage", Field::Lifecycle),
        ];
        names.into_iter().filter_map(|(name, field)| Some((name, self.field(field)?))).collect()
    }

    fn field(&self, field: Field<'_>) -> Option<FieldValue> {
        let text = |text: &str| Some(FieldValue::Text(text.to_owned()));
        match field {
            Field::Name => text(&self.name),
            Field::Status => text(self.status.as_str()),
            Field::EndTime => self.end_time.map(FieldValue::Time),
            Field::Lifecycle => text(if self.deleted { "deleted" } else { "active" }),
            Field::Param(key) => text(self.params.get(key)?),
            Field::Tag(key) => text(self.tags.get(key)?),
        }
    }
}

fn value(run: Option<&Run>, field: Field<'_>) -> Option<FieldValue> {
    run?.field(field)
}

impl Field<'_> {
    fn name(self) -> String {
        match self {
            Self::Name => "name".to_owned(),
            Self::Status => "status".to_owned(),
            Self::EndTime => "end_time".to_owned(),
            Self::Lifecycle => "lifecycle_stage".to_owned(),
            Self::Param(key) => format!("params.{key}"),
            Self::Tag(key) => format!("tags.{key}"),
        }
    }
}

/// The fields that the event may change.
fn touched(event: &Event) -> Vec<Field<'_>> {
    match event {
        Event::RunCreated(created) => {
            let fields = [Field::Name, Field::Status, Field::Lifecycle];
            fields.into_iter().chain(created.tags.iter().map(|tag| Field::Tag(&tag.key))).collect()
        }
        Event::RunUpdated(update) => {
            let status = update.status.map(|_| Field::Status);
            let end_time = update.end_time.map(|_| Field::EndTime);
            let name = update.name.as_ref().map(|_| [Field::Name, Field::Tag(RUN_NAME_TAG)]);
            status.into_iter().chain(end_time).chain(name.into_iter().flatten()).collect()
        }
        Event::RunDeleted(_) | Event::RunRestored(_) | Event::ExperimentDeleted(_) | Event::ExperimentRestored(_) => {
            vec![Field::Lifecycle]
        }
        Event::ParamsLogged(logged) => logged.params.iter().map(|param| Field::Param(&param.key)).collect(),
        Event::TagsSet(set) => {
            let named = set.tags.iter().any(|tag| tag.key == RUN_NAME_TAG);
            let name = named.then_some(Field::Name);
            name.into_iter().chain(set.tags.iter().map(|tag| Field::Tag(&tag.key))).collect()
        }
        Event::TagDeleted(deleted) => vec![Field::Tag(&deleted.key)],
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{RunCreated, RunUpdated, TagDeleted, TagsSet};
    use crate::{KeyValue, RunStatus};

    fn tag(key: &str, value: &str) -> KeyValue {
        KeyValue { key: key.to_owned(), value: value.to_owned() }
    }

    fn told(state: &mut Option<Run>, event: &Event) -> Vec<(String, Option<FieldValue>, Option<FieldValue>)> {
        Run::trace(state, event).into_iter().map(|change| (change.field, change.old, change.new)).collect()
    }

    fn text(text: &str) -> FieldValue {
        FieldValue::Text(text.to_owned())
    }

    #[test]
    fn each_event_tells_what_it_changed_and_nothing_else() {
        let mut state = None;
        let created = RunCreated {
            run_id: "r".to_owned(),
            experiment_id: 1,
            name: "first".to_owned(),
            user_id: String::new(),
            start_time: 1,
            artifact_uri: String::new(),
            tags: vec![tag("a", "1")],
        };
        let begun = told(&mut state, &Event::RunCreated(created));
        assert!(begun.contains(&("tags.a".to_owned(), None, Some(text("1")))), "{begun:?}");
        let update = RunUpdated { status: Some(RunStatus::Running), end_time: Some(9), name: Some("next".to_owned()) };
        assert_eq!(
            told(&mut state, &Event::RunUpdated(update)),
            [
                ("end_time".to_owned(), None, Some(FieldValue::Time(9))),
                ("name".to_owned(), Some(text("first")), Some(text("next"))),
                ("tags.mlflow.runName".to_owned(), None, Some(text("next"))),
            ]
        );
        let set = Event::TagsSet(TagsSet { tags: vec![tag("a", "2"), tag("b", "3")] });
        let expected =
            [("tags.a".to_owned(), Some(text("1")), Some(text("2"))), ("tags.b".to_owned(), None, Some(text("3")))];
        assert_eq!(told(&mut state, &set), expected);
        assert_eq!(told(&mut state, &set), []);
        let deleted = Event::TagDeleted(TagDeleted { key: "b".to_owned() });
        assert_eq!(told(&mut state, &deleted), [("tags.b".to_owned(), Some(text("3")), None)]);
        let expected = [("lifecycle_stage".to_owned(), Some(text("active")), Some(text("deleted")))];
        assert_eq!(told(&mut state, &Event::run_deleted()), expected);
    }
}
