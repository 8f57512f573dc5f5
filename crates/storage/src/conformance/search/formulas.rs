//! What our own grammar has beyond MLflow's: filters with `OR`, `NOT` and parentheses, more tests, aggregates.

use super::Random;
use super::corpus::{Corpus, METRICS, NUMBERS, PARAMS, RunFact, STATUSES, TAGS, text};
use super::oracle::{COMPARATORS, Check, SortBy, Subject};

/// A filter. The empty `All` is the empty filter.
#[derive(Debug)]
pub(super) enum Tree {
    Is(Check),
    All(Vec<Tree>),
    Any(Vec<Tree>),
    Not(Box<Tree>),
}

impl Tree {
    /// A filter of a few comparisons, or the empty one.
    pub(super) fn generate(random: &mut Random, corpus: &Corpus) -> Self {
        if random.chance(5) { Self::All(Vec::new()) } else { Self::nested(random, corpus, 3) }
    }

    fn nested(random: &mut Random, corpus: &Corpus, depth: usize) -> Self {
        let several = |random: &mut Random| {
            (0..=random.below(3)).map(|_| Self::nested(random, corpus, depth - 1)).collect::<Vec<_>>()
        };
        match random.below(6) {
            0 | 1 if depth > 0 => Self::All(several(random)),
            2 | 3 if depth > 0 => Self::Any(several(random)),
            4 if depth > 0 => Self::Not(Box::new(Self::nested(random, corpus, depth - 1))),
            _ if random.chance(40) => Self::Is(Check::generate(random, corpus)),
            _ => Self::Is(Check::generate_own(random)),
        }
    }

    pub(super) fn text(&self) -> String {
        match self {
            Self::Is(check) => check.text(),
            Self::All(parts) => parts.iter().map(Self::part).collect::<Vec<_>>().join(" AND "),
            Self::Any(parts) => parts.iter().map(Self::part).collect::<Vec<_>>().join(" or "),
            Self::Not(part) => format!("NOT {}", part.part()),
        }
    }

    fn part(&self) -> String {
        if let Self::Is(check) = self { check.text() } else { format!("({})", self.text()) }
    }

    pub(super) fn holds(&self, run: &RunFact) -> bool {
        match self {
            Self::Is(check) => check.holds(run),
            Self::All(parts) => parts.iter().all(|part| part.holds(run)),
            Self::Any(parts) => parts.iter().any(|part| part.holds(run)),
            Self::Not(part) => !part.holds(run),
        }
    }
}

impl Check {
    /// A comparison that MLflow's grammar has not.
    fn generate_own(random: &mut Random) -> Self {
        let number = |random: &mut Random| {
            let numbers: Vec<f64> = NUMBERS.iter().copied().filter(|value| !value.is_nan()).collect();
            random.pick(&numbers)
        };
        let time = |random: &mut Random| i64::try_from(random.below(8)).unwrap_or_default();
        let texts = |random: &mut Random| (0..=random.below(2)).map(|_| text(random)).collect();
        match random.below(8) {
            0 | 1 => Self::Number(metric(random), random.pick(COMPARATORS), number(random)),
            2 => {
                let numbers = (0..=random.below(3)).map(|_| number(random)).collect();
                Self::Numbers(metric(random), random.chance(50), numbers)
            }
            3 => {
                let keys = [
                    metric(random),
                    Subject::Param(random.pick(PARAMS)),
                    Subject::Tag(random.pick(TAGS)),
                    Subject::Attribute("end_time"),
                    Subject::Attribute("duration"),
                ];
                Self::Null(random.pick(&keys), random.chance(50))
            }
            4 => {
                let keys = [
                    Subject::Param(random.pick(PARAMS)),
                    Subject::Tag(random.pick(TAGS)),
                    Subject::Attribute(random.pick(&["run_name", "user_id"])),
                ];
                Self::List(random.pick(&keys), random.chance(50), texts(random))
            }
            5 => {
                let statuses = vec![random.pick(STATUSES).to_owned(), random.pick(STATUSES).to_owned()];
                Self::List(Subject::Attribute("status"), random.chance(50), statuses)
            }
            6 => Self::Time(Subject::Attribute("duration"), random.pick(COMPARATORS), time(random) - 2),
            _ => {
                let name = random.pick(&["start_time", "end_time", "duration"]);
                let base = if name == "duration" { 0.0 } else { 1_000.0 };
                let offset = random.pick(&[0.0, 0.5, 1.0, 2.0]);
                Self::Numbers(Subject::Attribute(name), random.chance(50), vec![base + offset, base + 1.5])
            }
        }
    }
}

impl SortBy {
    /// An order that begins with a key that MLflow's grammar has not, as often as not.
    pub(super) fn generate_own(random: &mut Random) -> Vec<Self> {
        let mut keys = Self::generate(random);
        for _ in 0..random.below(3) {
            let subject = if random.chance(80) { metric(random) } else { Subject::Attribute("duration") };
            if !keys.iter().any(|key| key.subject == subject) {
                let place = random.below(keys.len() + 1);
                keys.insert(place, Self { subject, descending: random.chance(50) });
            }
        }
        keys
    }
}

fn metric(random: &mut Random) -> Subject {
    let key = random.pick(METRICS);
    match random.below(5) {
        0 => Subject::Metric(key),
        1 | 2 => Subject::Least(key),
        _ => Subject::Greatest(key),
    }
}
