//! What each search may name: entities, their keys, operators and values. One table per endpoint; the grammar is the same.

use super::ast::{Aggregate, Field, Key, Operator};
use super::error::{SearchError, cut, python_set};

/// The vocabulary of one search endpoint.
#[derive(Debug)]
pub(super) struct Dialect {
    pub(super) entities: &'static [Entity],
    /// What a message about an unknown entity says after it.
    pub(super) valid_entities: &'static str,
    /// The entities that `IS NULL` works on, for its message.
    pub(super) null_tests: &'static str,
}

/// One kind of thing that a filter compares.
#[derive(Debug, PartialEq)]
pub(super) struct Entity {
    pub(super) kind: EntityKind,
    /// The words for it; the first is its name in messages.
    pub(super) words: &'static [&'static str],
    pub(super) keys: Keys,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum EntityKind {
    Attribute,
    Metric,
    Param,
    Tag,
    Dataset,
}

#[derive(Debug, PartialEq)]
pub(super) enum Keys {
    /// A fixed set of columns.
    Columns(&'static [Attribute]),
    /// Any key, all under one rule.
    Any(Rule),
}

/// A column that a filter or an order may name.
#[derive(Debug, PartialEq)]
pub(super) struct Attribute {
    /// Its name, then its aliases.
    pub(super) names: &'static [&'static str],
    pub(super) column: &'static str,
    pub(super) nullable: bool,
    /// How many of `names` an order may use, from the first.
    pub(super) sortable: usize,
    pub(super) rule: Rule,
}

/// Which operators and values fit.
#[derive(Debug, PartialEq)]
pub(super) struct Rule {
    pub(super) value: ValueKind,
    pub(super) operators: &'static [Operator],
    /// Whether `IN` and `NOT IN` fit.
    pub(super) lists: bool,
    /// Whether `IS NULL` and `IS NOT NULL` fit.
    pub(super) nulls: bool,
    /// Whether `max(…)` and `min(…)` fit.
    pub(super) aggregates: bool,
    /// The name used in `Invalid comparator for <name>: <comparator>`. Without one the message lists what is allowed.
    pub(super) refusal: Option<&'static str>,
    pub(super) words: Words,
}

/// MLflow has two stores, each with words of its own for the same mistake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Words {
    Tracking,
    /// Here the name of an attribute does not stand in quotes, either.
    Registry,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ValueKind {
    /// A metric's value.
    Number,
    /// A time in milliseconds.
    Integer,
    /// A time in milliseconds, or one that is told from now.
    Moment,
    /// A length of time in milliseconds or in a unit.
    Duration,
    Text,
    /// An integer written in quotes.
    QuotedInteger,
    /// An integer, in quotes or not.
    AnyInteger,
}

const EQUALITY: &[Operator] = &[Operator::Equal, Operator::NotEqual];
const TEXT: &[Operator] = &[Operator::Equal, Operator::NotEqual, Operator::Like, Operator::Ilike];
const NUMERIC: &[Operator] = &[
    Operator::Equal,
    Operator::NotEqual,
    Operator::Greater,
    Operator::GreaterOrEqual,
    Operator::Less,
    Operator::LessOrEqual,
];

pub(super) const METRIC_RULE: Rule = Rule {
    value: ValueKind::Number,
    operators: NUMERIC,
    lists: false,
    nulls: false,
    aggregates: false,
    refusal: None,
    words: Words::Tracking,
};
pub(super) const TIME_RULE: Rule = Rule { value: ValueKind::Integer, ..METRIC_RULE };
pub(super) const TEXT_RULE: Rule = Rule { value: ValueKind::Text, operators: TEXT, ..METRIC_RULE };
pub(super) const LIST_RULE: Rule = Rule { lists: true, ..TEXT_RULE };
const TAG_RULE: Rule = Rule { nulls: true, ..TEXT_RULE };

pub(super) const fn attribute(
    names: &'static [&'static str],
    column: &'static str,
    sortable: usize,
    rule: Rule,
) -> Attribute {
    Attribute { names, column, nullable: false, sortable, rule }
}

pub(super) const METRIC_WORDS: &[&str] = &["metric", "metrics"];
pub(super) const PARAM_WORDS: &[&str] = &["parameter", "parameters", "param", "params"];
pub(super) const TAG_WORDS: &[&str] = &["tag", "tags"];
pub(super) const RUN_WORDS: &[&str] = &["attribute", "attributes", "attr", "run"];
/// The data sets that a run used.
pub(super) const DATASETS: Entity = Entity {
    kind: EntityKind::Dataset,
    words: &["dataset", "datasets"],
    keys: Keys::Columns(&[
        attribute(&["name"], "d.name", 0, LIST_RULE),
        attribute(&["digest"], "d.digest", 0, LIST_RULE),
        attribute(&["context"], "d.context", 0, LIST_RULE),
    ]),
};

/// The search of runs.
pub(super) static RUNS: Dialect = Dialect {
    entities: &[
        Entity { kind: EntityKind::Metric, words: METRIC_WORDS, keys: Keys::Any(METRIC_RULE) },
        Entity { kind: EntityKind::Param, words: PARAM_WORDS, keys: Keys::Any(TAG_RULE) },
        Entity { kind: EntityKind::Tag, words: TAG_WORDS, keys: Keys::Any(TAG_RULE) },
        Entity {
            kind: EntityKind::Attribute,
            words: RUN_WORDS,
            keys: Keys::Columns(&[
                attribute(&["artifact_uri"], "r.artifact_uri", 1, TEXT_RULE),
                attribute(&["end_time"], "r.end_time", 1, TIME_RULE).nullable(),
                attribute(&["run_id"], "r.run_id", 1, LIST_RULE),
                // MLflow compares the tag mlflow.runName, which every write of the name keeps equal to this column.
                attribute(&["run_name", "run name", "Run name", "Run Name"], "r.name", 1, TEXT_RULE),
                attribute(&["start_time", "created", "Created"], "r.start_time", 3, TIME_RULE),
                attribute(&["status"], "r.status", 1, TEXT_RULE),
                attribute(&["user_id"], "r.user_id", 1, TEXT_RULE),
            ]),
        },
        DATASETS,
    ],
    valid_entities: "Valid values are ['metric', 'parameter', 'tag', 'attribute', 'dataset']",
    null_tests: "tags and params",
};

/// The search of experiments.
pub(super) static EXPERIMENTS: Dialect = Dialect {
    entities: &[
        Entity {
            kind: EntityKind::Attribute,
            words: &["attribute", "attributes"],
            keys: Keys::Columns(&[
                attribute(&["name"], "e.name", 1, TEXT_RULE),
                attribute(
                    &["experiment_id"],
                    "e.experiment_id",
                    1,
                    Rule {
                        value: ValueKind::QuotedInteger,
                        operators: EQUALITY,
                        refusal: Some("experiment_id"),
                        ..LIST_RULE
                    },
                ),
                attribute(&["creation_time"], "e.creation_time", 1, TIME_RULE),
                attribute(&["last_update_time"], "e.last_update_time", 1, TIME_RULE),
            ]),
        },
        Entity { kind: EntityKind::Tag, words: TAG_WORDS, keys: Keys::Any(Rule { refusal: Some("tag"), ..TAG_RULE }) },
    ],
    valid_entities: "Valid entity types are ('attribute', 'attributes', 'tag', 'tags')",
    null_tests: "tags",
};

/// Where a name stands: an order takes fewer names than a filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Filter,
    Order,
}

impl Dialect {
    /// Looks up an identifier such as `metrics.loss` or `status`. Only the first dot separates.
    pub(super) fn field(&self, identifier: &str, place: Place) -> Result<Field, SearchError> {
        let (word, key) = identifier.split_once('.').unwrap_or(("attribute", identifier));
        let word = strip(word, &['`']);
        let entity =
            self.entities.iter().find(|entity| entity.words.contains(&word)).ok_or_else(|| {
                SearchError::new(format!("Invalid entity type '{}'. {}", cut(word), self.valid_entities))
            })?;
        let bare = strip(strip(key, &['\'', '"']), &['`']);
        let key = match entity.keys {
            Keys::Any(_) => Key::Name(bare.to_owned()),
            Keys::Columns(attributes) => {
                let in_quotes = bare.len() < key.len() && attributes.iter().any(|a| a.rule.words == Words::Registry);
                Key::Column(entity.attribute(attributes, if in_quotes { key } else { bare }, place)?)
            }
        };
        Ok(Field { entity, key, aggregate: Aggregate::Last })
    }
}

impl Entity {
    pub(super) fn name(&self) -> &'static str {
        self.words.first().copied().unwrap_or_default()
    }

    fn attribute(
        &self,
        attributes: &'static [Attribute],
        key: &str,
        place: Place,
    ) -> Result<&'static Attribute, SearchError> {
        if self.kind == EntityKind::Dataset && place == Place::Order {
            return Err(SearchError::new(format!("Invalid identifier type '{}'", self.name())));
        }
        attributes.iter().find(|attribute| attribute.names_in(place).contains(&key)).ok_or_else(|| {
            let valid = python_set(attributes.iter().flat_map(|attribute| attribute.names_in(place)).copied());
            SearchError::new(format!("Invalid {} key '{}' specified. Valid keys are '{valid}'", self.name(), cut(key)))
        })
    }
}

impl Attribute {
    pub(super) fn name(&self) -> &'static str {
        self.names.first().copied().unwrap_or_default()
    }

    fn names_in(&self, place: Place) -> &'static [&'static str] {
        match place {
            Place::Filter => self.names,
            Place::Order => self.names.get(..self.sortable).unwrap_or_default(),
        }
    }

    pub(super) const fn nullable(self) -> Self {
        Self { nullable: true, ..self }
    }
}

impl Field {
    /// The field with that value of its metric.
    pub(super) fn with(self, aggregate: Aggregate) -> Result<Self, SearchError> {
        if aggregate == Aggregate::Last || self.rule().aggregates {
            return Ok(Self { aggregate, ..self });
        }
        let function = aggregate.name();
        Err(SearchError::new(format!(
            "'{function}' is for metrics, not for '{}'. Leave it out.",
            cut(&self.to_string())
        )))
    }

    pub(super) fn rule(&self) -> &'static Rule {
        match (&self.key, &self.entity.keys) {
            (Key::Column(attribute), _) => &attribute.rule,
            (Key::Name(_), Keys::Any(rule)) => rule,
            // `Dialect::field` gives a name to entities with any key only.
            (Key::Name(_), Keys::Columns(_)) => &TEXT_RULE,
        }
    }
}

impl Rule {
    /// The message for a comparator that does not fit.
    pub(super) fn refuse(&self, comparator: &str) -> SearchError {
        let comparator = cut(comparator);
        if let Some(name) = self.refusal {
            return SearchError::new(format!("Invalid comparator for {name}: {comparator}"));
        }
        let lists: &[&str] = if self.lists { &["IN", "NOT IN"] } else { &[] };
        let nulls: &[&str] = if self.nulls { &["IS NULL", "IS NOT NULL"] } else { &[] };
        let symbols = self.operators.iter().map(|operator| operator.symbol());
        let valid = python_set(symbols.chain(lists.iter().copied()).chain(nulls.iter().copied()));
        SearchError::new(format!("Invalid comparator '{comparator}' not one of '{valid}'"))
    }

    /// Finds the operator that a comparator means, in any case.
    pub(super) fn operator(&self, comparator: &str) -> Result<Operator, SearchError> {
        let known = self.operators.iter().find(|operator| operator.symbol() == comparator);
        known.copied().ok_or_else(|| self.refuse(comparator))
    }
}

/// Takes the quotes off a text that is in one of them.
pub(super) fn strip<'a>(text: &'a str, quotes: &[char]) -> &'a str {
    let stripped = quotes.iter().find_map(|quote| text.strip_prefix(*quote)?.strip_suffix(*quote));
    stripped.unwrap_or(text)
}
