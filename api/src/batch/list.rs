//! The lists of a batch, read element by element into what the command takes.

use runledger_domain::event::ModelMetric;
use runledger_domain::points::BatchBuilder;
use runledger_domain::{KeyValue, limits};
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt;

use super::fields::{Fields, Metric};
use super::scalar::{Place, Scalar};
use crate::ApiError;
use crate::args::wrong_type;

/// What was read so far. Elements beyond a limit are counted, but not kept.
#[derive(Debug, Default)]
pub(super) struct Received {
    pub(super) run_id: Option<String>,
    pub(super) metrics: BatchBuilder,
    pub(super) metrics_seen: usize,
    /// What the metrics say of logged models, by the model's id.
    pub(super) measured: BTreeMap<String, Vec<ModelMetric>>,
    pub(super) params: Vec<KeyValue>,
    pub(super) params_seen: usize,
    pub(super) tags: Vec<KeyValue>,
    pub(super) tags_seen: usize,
    /// Why reading was broken off.
    pub(super) refusal: Option<ApiError>,
}

impl Received {
    pub(super) fn with_capacity(points: usize) -> Self {
        Self { metrics: BatchBuilder::with_capacity(points), ..Self::default() }
    }

    fn take<E: Error>(&mut self, list: List, fields: Fields<'_>) -> Result<(), E> {
        let outcome = match list {
            List::Metrics => {
                let place = Place::Element { list: "metrics", index: self.metrics_seen };
                self.metrics_seen += 1;
                fields.metric(place).map(|Metric { key, point, model }| {
                    self.metrics.push(&key, point);
                    if let Some(model) = model {
                        self.measured.entry(model.model_id).or_default().push(model.metric);
                    }
                })
            }
            List::Params => {
                let place = Place::Element { list: "params", index: self.params_seen };
                self.params_seen += 1;
                fields.param(place).map(|param| self.params.push(param))
            }
            List::Tags => {
                let place = Place::Element { list: "tags", index: self.tags_seen };
                self.tags_seen += 1;
                fields.tag(place).map(|tag| self.tags.push(tag))
            }
        };
        outcome.map_err(|refusal| self.break_off(refusal))
    }

    fn is_full(&self, list: List) -> bool {
        match list {
            List::Metrics => self.metrics_seen >= limits::BATCH_METRICS,
            List::Params => self.params_seen >= limits::BATCH_PARAMS,
            List::Tags => self.tags_seen >= limits::BATCH_TAGS,
        }
    }

    fn count(&mut self, list: List) {
        match list {
            List::Metrics => self.metrics_seen += 1,
            List::Params => self.params_seen += 1,
            List::Tags => self.tags_seen += 1,
        }
    }

    /// Forgets a list, for the case that the body holds it twice.
    fn clear(&mut self, list: List) {
        match list {
            List::Metrics if self.metrics_seen > 0 => {
                (self.metrics, self.metrics_seen) = (BatchBuilder::default(), 0);
                self.measured.clear();
            }
            List::Metrics => {}
            List::Params => (self.params, self.params_seen) = (Vec::new(), 0),
            List::Tags => (self.tags, self.tags_seen) = (Vec::new(), 0),
        }
    }

    fn break_off<E: Error>(&mut self, refusal: ApiError) -> E {
        self.refusal = Some(refusal);
        E::custom("refused")
    }
}

/// Reads the request's object.
pub(super) struct RequestSeed<'r>(pub(super) &'r mut Received);

impl<'de> DeserializeSeed<'de> for RequestSeed<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for RequestSeed<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Self(received) = self;
        while let Some(name) = map.next_key::<Name>()? {
            let list = match name {
                Name::RunId => {
                    received.run_id = match map.next_value()? {
                        Scalar::Absent => None,
                        scalar => match scalar.into_text(Place::Request, "run_id") {
                            Ok(id) => Some(id.into_owned()),
                            Err(refusal) => return Err(received.break_off(refusal)),
                        },
                    };
                    continue;
                }
                Name::Metrics => List::Metrics,
                Name::Params => List::Params,
                Name::Tags => List::Tags,
                Name::Other => {
                    map.next_value::<IgnoredAny>()?;
                    continue;
                }
            };
            received.clear(list);
            map.next_value_seed(ListSeed { received, list })?;
        }
        Ok(())
    }
}

#[derive(Clone, Copy, Debug)]
enum List {
    Metrics,
    Params,
    Tags,
}

impl List {
    fn name(self) -> &'static str {
        match self {
            Self::Metrics => "metrics",
            Self::Params => "params",
            Self::Tags => "tags",
        }
    }
}

/// Reads one of the lists.
struct ListSeed<'r> {
    received: &'r mut Received,
    list: List,
}

impl ListSeed<'_> {
    fn refuse<E: Error>(self, value: impl Into<Value>) -> E {
        self.received.break_off(wrong_type(self.list.name(), &value.into()))
    }
}

impl<'de> DeserializeSeed<'de> for ListSeed<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for ListSeed<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the list '{}'", self.list.name())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        let Self { received, list } = self;
        while !received.is_full(list) {
            match seq.next_element::<Fields<'de>>()? {
                Some(fields) => received.take(list, fields)?,
                None => return Ok(()),
            }
        }
        while seq.next_element::<IgnoredAny>()?.is_some() {
            received.count(list);
        }
        Ok(())
    }

    /// `null` is absent.
    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E: Error>(self, flag: bool) -> Result<(), E> {
        Err(self.refuse(flag))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<(), E> {
        Err(self.refuse(number))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<(), E> {
        Err(self.refuse(number))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<(), E> {
        Err(self.refuse(number))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        Err(self.refuse(text))
    }
}

#[derive(serde::Deserialize)]
#[serde(field_identifier, rename_all = "snake_case")]
enum Name {
    #[serde(alias = "runId")]
    RunId,
    Metrics,
    Params,
    Tags,
    #[serde(other)]
    Other,
}
