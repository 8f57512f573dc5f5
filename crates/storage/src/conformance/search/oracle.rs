//! The naive meaning of filters and orders.

use std::cmp::Ordering;

use super::Random;
use super::corpus::{
    CONTEXTS, Corpus, DATASETS, METRICS, NUMBERS, PARAMS, RunFact, STATUSES, TAGS, greatest, least, text,
};

/// What a comparison looks at.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Subject {
    Metric(&'static str),
    /// The least value of a metric; our own grammar alone has it, as the next.
    Least(&'static str),
    Greatest(&'static str),
    Param(&'static str),
    Tag(&'static str),
    Attribute(&'static str),
    Dataset(&'static str),
}

/// One comparison of a filter.
#[derive(Debug)]
pub(super) enum Check {
    Number(Subject, &'static str, f64),
    Time(Subject, &'static str, i64),
    Text(Subject, &'static str, String),
    List(Subject, bool, Vec<String>),
    Numbers(Subject, bool, Vec<f64>),
    Null(Subject, bool),
}

/// One key of an order.
#[derive(Debug)]
pub(super) struct SortBy {
    pub(super) subject: Subject,
    pub(super) descending: bool,
}

pub(super) const COMPARATORS: &[&str] = &["=", "!=", ">", ">=", "<", "<="];
pub(super) const TEXT_COMPARATORS: &[&str] = &["=", "=", "!=", "LIKE", "ILIKE"];

impl Check {
    pub(super) fn generate(random: &mut Random, corpus: &Corpus) -> Self {
        match random.below(12) {
            0..=3 => {
                let numbers: Vec<f64> = NUMBERS.iter().copied().filter(|value| !value.is_nan()).collect();
                Self::Number(Subject::Metric(random.pick(METRICS)), random.pick(COMPARATORS), random.pick(&numbers))
            }
            4 => {
                let time = 999 + i64::try_from(random.below(8)).unwrap_or_default();
                let name = random.pick(&["start_time", "end_time", "Created"]);
                Self::Time(Subject::Attribute(name), random.pick(COMPARATORS), time)
            }
            5 => Self::Null(
                random.pick(&[Subject::Param(PARAMS[0]), Subject::Tag(TAGS[0]), Subject::Tag(TAGS[1])]),
                random.chance(50),
            ),
            6 => {
                let run = &corpus.runs[random.below(corpus.runs.len())];
                let (subject, value) = match random.below(3) {
                    0 => (Subject::Dataset("name"), (random.pick(DATASETS)).to_owned()),
                    1 => (Subject::Dataset("digest"), text(random)),
                    _ => (Subject::Attribute("run_id"), run.run_id.clone()),
                };
                Self::List(subject, random.chance(60), vec![value, "nothing".to_owned()])
            }
            7 => {
                let (subject, value) = match random.below(3) {
                    0 => (Subject::Dataset("name"), (random.pick(DATASETS)).to_owned()),
                    1 => (Subject::Dataset("context"), (random.pick(CONTEXTS)).to_owned()),
                    _ => (Subject::Attribute("status"), (random.pick(STATUSES)).to_owned()),
                };
                Self::Text(subject, random.pick(TEXT_COMPARATORS), value)
            }
            8 => {
                let subject = Subject::Attribute(random.pick(&["run_name", "user_id", "artifact_uri"]));
                Self::Text(subject, random.pick(TEXT_COMPARATORS), pattern(random))
            }
            choice => {
                let key =
                    if choice == 9 { Subject::Tag(random.pick(TAGS)) } else { Subject::Param(random.pick(PARAMS)) };
                let comparator = random.pick(TEXT_COMPARATORS);
                let value = if comparator.ends_with("LIKE") { pattern(random) } else { text(random) };
                Self::Text(key, comparator, value)
            }
        }
    }

    /// The comparison in the grammar of the search.
    pub(super) fn text(&self) -> String {
        match self {
            Self::Number(subject, comparator, value) => format!("{} {comparator} {value:e}", subject.text()),
            Self::Time(subject, comparator, value) => format!("{} {comparator} {value}", subject.text()),
            Self::Text(subject, comparator, value) => format!("{} {comparator} \"{value}\"", subject.text()),
            Self::List(subject, within, values) => {
                let values: Vec<String> = values.iter().map(|value| format!("\"{value}\"")).collect();
                format!("{} {} ({})", subject.text(), if *within { "IN" } else { "NOT IN" }, values.join(", "))
            }
            Self::Numbers(subject, within, values) => {
                let values: Vec<String> = values.iter().map(|value| format!("{value:e}")).collect();
                format!("{} {} ({})", subject.text(), if *within { "IN" } else { "NOT IN" }, values.join(", "))
            }
            Self::Null(subject, null) => format!("{} IS {}", subject.text(), if *null { "NULL" } else { "NOT NULL" }),
        }
    }

    pub(super) fn holds(&self, run: &RunFact) -> bool {
        match self {
            Self::Number(subject, comparator, value) => {
                subject.number(run).is_some_and(|number| compare_numbers(number, comparator, *value))
            }
            Self::Time(subject, comparator, value) => {
                subject.time(run).is_some_and(|time| ordered(time.cmp(value), comparator))
            }
            Self::Text(subject, comparator, value) => {
                subject.texts(run).iter().any(|text| compare_texts(text, comparator, value))
            }
            Self::List(subject, within, values) => {
                subject.texts(run).iter().any(|text| values.contains(text) == *within)
            }
            Self::Numbers(subject, within, values) => {
                subject.any_number(run).is_some_and(|number| values.contains(&number) == *within)
            }
            Self::Null(subject, null) => subject.is_missing(run) == *null,
        }
    }
}

impl SortBy {
    /// Up to three different keys.
    pub(super) fn generate(random: &mut Random) -> Vec<Self> {
        let mut keys: Vec<Self> = Vec::new();
        for _ in 0..random.below(4) {
            let subject = match random.below(6) {
                0..=2 => Subject::Metric(random.pick(METRICS)),
                3 => Subject::Param(random.pick(PARAMS)),
                4 => Subject::Tag(random.pick(TAGS)),
                _ => Subject::Attribute(random.pick(&[
                    "start_time",
                    "end_time",
                    "run_name",
                    "status",
                    "user_id",
                    "run_id",
                    "artifact_uri",
                ])),
            };
            if !keys.iter().any(|key| key.subject == subject) {
                keys.push(Self { subject, descending: random.chance(50) });
            }
        }
        keys
    }

    pub(super) fn text(&self) -> String {
        format!("{}{}", self.subject.text(), if self.descending { " DESC" } else { "" })
    }
}

/// The order of two runs: numbers, then NaN, then missing; ties by latest start and id.
pub(super) fn compare(order: &[SortBy], a: &RunFact, b: &RunFact) -> Ordering {
    for SortBy { subject, descending } in order {
        let ranked = subject.rank(a).cmp(&subject.rank(b));
        let values = match subject {
            Subject::Metric(_) | Subject::Least(_) | Subject::Greatest(_) => {
                subject.number(a).partial_cmp(&subject.number(b)).unwrap_or(Ordering::Equal)
            }
            Subject::Attribute("start_time" | "end_time" | "duration") => subject.time(a).cmp(&subject.time(b)),
            _ => subject.texts(a).cmp(&subject.texts(b)),
        };
        let ordering = ranked.then(if *descending { values.reverse() } else { values });
        if ordering != Ordering::Equal {
            return ordering;
        }
    }
    b.start_time.cmp(&a.start_time).then_with(|| a.run_id.cmp(&b.run_id))
}

impl Subject {
    fn text(self) -> String {
        match self {
            Self::Metric(key) => format!("metrics.`{key}`"),
            Self::Least(key) => format!("min(metrics.`{key}`)"),
            Self::Greatest(key) => format!("max(metrics.\"{key}\")"),
            Self::Param(key) => format!("params.`{key}`"),
            Self::Tag(key) => format!("tags.\"{key}\""),
            Self::Attribute(key) => key.to_owned(),
            Self::Dataset(key) => format!("dataset.{key}"),
        }
    }

    fn rank(self, run: &RunFact) -> u8 {
        match self {
            Self::Metric(_) | Self::Least(_) | Self::Greatest(_) => {
                self.number(run).map_or(2, |value| u8::from(value.is_nan()))
            }
            _ => u8::from(self.is_missing(run)),
        }
    }

    fn is_missing(self, run: &RunFact) -> bool {
        match self {
            Self::Metric(_) | Self::Least(_) | Self::Greatest(_) => self.number(run).is_none(),
            Self::Attribute("start_time" | "end_time" | "duration") => self.time(run).is_none(),
            _ => self.texts(run).is_empty(),
        }
    }

    fn number(self, run: &RunFact) -> Option<f64> {
        match self {
            Self::Metric(key) => run.metrics.get(key)?.last().copied(),
            Self::Least(key) => least(run.metrics.get(key)?),
            Self::Greatest(key) => greatest(run.metrics.get(key)?),
            _ => None,
        }
    }

    /// The number or the time. The times of the corpus are small.
    #[expect(clippy::cast_precision_loss, reason = "small times are exact")]
    fn any_number(self, run: &RunFact) -> Option<f64> {
        self.number(run).or_else(|| self.time(run).map(|time| time as f64))
    }

    fn time(self, run: &RunFact) -> Option<i64> {
        match self {
            Self::Attribute("end_time") => run.end_time,
            Self::Attribute("duration") => run.end_time.map(|end| end - run.start_time),
            Self::Attribute(_) => Some(run.start_time),
            _ => None,
        }
    }

    fn texts(self, run: &RunFact) -> Vec<String> {
        let one = |text: Option<&String>| text.cloned().into_iter().collect();
        match self {
            Self::Param(key) => one(run.params.get(key)),
            Self::Tag(key) => one(run.tags.get(key)),
            Self::Attribute("run_id") => vec![run.run_id.clone()],
            Self::Attribute("run_name") => vec![run.name.clone()],
            Self::Attribute("user_id") => vec![run.user_id.clone()],
            Self::Attribute("status") => vec![run.status.to_owned()],
            Self::Attribute(_) => vec![run.artifact_uri()],
            Self::Dataset("name") => run.datasets.iter().map(|(name, ..)| (*name).to_owned()).collect(),
            Self::Dataset("digest") => run.datasets.iter().map(|(_, digest, _)| digest.clone()).collect(),
            Self::Dataset(_) => run.datasets.iter().filter_map(|(.., context)| *context).map(str::to_owned).collect(),
            Self::Metric(_) | Self::Least(_) | Self::Greatest(_) => Vec::new(),
        }
    }
}

pub(super) fn pattern(random: &mut Random) -> String {
    match random.below(5) {
        0 => text(random),
        1 => format!("{}%", text(random)),
        2 => format!("%{}", text(random)),
        3 => format!("%{}%", text(random)),
        _ => (random.pick(&["_", "a_b", "A_B", "%\\%", "%é%", "%", "__%", ""])).to_owned(),
    }
}

pub(super) fn compare_numbers(number: f64, comparator: &str, value: f64) -> bool {
    match number.partial_cmp(&value) {
        Some(ordering) => ordered(ordering, comparator),
        None => comparator == "!=",
    }
}

fn ordered(ordering: Ordering, comparator: &str) -> bool {
    match comparator {
        "=" => ordering.is_eq(),
        "!=" => ordering.is_ne(),
        ">" => ordering.is_gt(),
        ">=" => ordering.is_ge(),
        "<" => ordering.is_lt(),
        _ => ordering.is_le(),
    }
}

/// Compares as the grammar does; the experiments use it as well.
pub(super) fn compare_texts(text: &str, comparator: &str, value: &str) -> bool {
    let chars = |text: &str| text.chars().collect::<Vec<_>>();
    match comparator {
        "LIKE" => like(&chars(text), &chars(value)),
        "ILIKE" => like(&chars(&text.to_ascii_lowercase()), &chars(&value.to_ascii_lowercase())),
        _ => ordered(text.cmp(value), comparator),
    }
}

fn like(text: &[char], pattern: &[char]) -> bool {
    match pattern {
        [] => text.is_empty(),
        ['%', rest @ ..] => (0..=text.len()).any(|skipped| like(&text[skipped..], rest)),
        ['_', rest @ ..] => !text.is_empty() && like(&text[1..], rest),
        [first, rest @ ..] => text.first() == Some(first) && like(&text[1..], rest),
    }
}
