//! Values that several answers share, with their place in the description of the API.

use runledger_domain::RunStatus;
use runledger_domain::points::double_name;
use runledger_storage::search::Mark;
use runledger_storage::webhooks::DeliveryState;
use runledger_storage::{ArtifactState, CompletionKind};
use serde::{Serialize, Serializer};
use std::borrow::Cow;
use utoipa::openapi::schema::{Array, ArrayBuilder, Object, ObjectBuilder, OneOfBuilder, Schema, SchemaType, Type};
use utoipa::openapi::{KnownFormat, RefOr, SchemaFormat};
use utoipa::{PartialSchema, ToSchema};

/// A double as JSON has it: a number, or the name of one that JSON has not.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Number(pub(crate) f64);

/// The states of a run.
pub(crate) fn run_status() -> Object {
    use RunStatus::{Failed, Finished, Killed, Running, Scheduled};
    one_of([Running, Scheduled, Finished, Failed, Killed].map(RunStatus::as_str))
}

/// What became of an upload.
pub(crate) fn upload_state() -> Object {
    use ArtifactState::{Failed, Staged, Stored};
    one_of([Staged, Stored, Failed].map(ArtifactState::as_str))
}

pub(crate) fn stage() -> Object {
    one_of(["active", "deleted"])
}

pub(crate) fn readiness() -> Object {
    one_of(["ready", "degraded", "not ready"])
}

/// What happened to a run, in a word.
pub(crate) fn change() -> Object {
    one_of(["created", "updated", "metrics", "deleted", "restored"])
}

/// What a row has in its columns. A text may also be the name of a double, as [`Number`] writes it.
pub(crate) fn cells() -> Array {
    let cell = SchemaType::from_iter([Type::Number, Type::String, Type::Null]);
    let description = "One for each column: a param or tag, the last value of a metric, or null.";
    ArrayBuilder::new().items(ObjectBuilder::new().schema_type(cell)).description(Some(description)).build()
}

/// What became of a webhook's delivery.
pub(crate) fn delivery_state() -> Object {
    use DeliveryState::{Delivered, Failed, Pending};
    one_of([Pending, Delivered, Failed].map(DeliveryState::as_str))
}

/// What a filter can be completed by.
pub(crate) fn completion() -> Object {
    one_of(CompletionKind::ALL.map(CompletionKind::name))
}

/// What a piece of a filter is for.
pub(crate) fn mark() -> Object {
    one_of(Mark::ALL.map(Mark::name))
}

/// How two values differ.
pub(crate) fn difference() -> Object {
    one_of(["added", "removed", "changed"])
}

/// The value of a field of a run.
pub(crate) fn field_value() -> Object {
    ObjectBuilder::new().schema_type(SchemaType::from_iter([Type::String, Type::Integer, Type::Null])).build()
}

fn one_of<const N: usize>(words: [&str; N]) -> Object {
    ObjectBuilder::new().schema_type(Type::String).enum_values(Some(words)).build()
}

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match double_name(self.0) {
            Some(name) => serializer.serialize_str(name),
            None => serializer.serialize_f64(self.0),
        }
    }
}

impl PartialSchema for Number {
    fn schema() -> RefOr<Schema> {
        let double = SchemaFormat::KnownFormat(KnownFormat::Double);
        OneOfBuilder::new()
            .description(Some("A double. JSON has no number for three of them, which are texts."))
            .item(ObjectBuilder::new().schema_type(Type::Number).format(Some(double)))
            .item(one_of(["NaN", "Infinity", "-Infinity"]))
            .into()
    }
}

impl ToSchema for Number {
    fn name() -> Cow<'static, str> {
        "MetricValue".into()
    }
}
