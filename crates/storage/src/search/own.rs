//! What our own search of runs may name: all that MLflow's may, with more tests, and a run's duration.

use super::dialect::{
    DATASETS, Dialect, Entity, EntityKind, Keys, LIST_RULE, METRIC_RULE, METRIC_WORDS, PARAM_WORDS, RUN_WORDS, RUNS,
    Rule, TAG_WORDS, TEXT_RULE, ValueKind, attribute,
};

const METRIC: Rule = Rule { lists: true, nulls: true, aggregates: true, ..METRIC_RULE };
const TEXT: Rule = Rule { lists: true, nulls: true, ..TEXT_RULE };
const MOMENT: Rule = Rule { value: ValueKind::Moment, lists: true, ..METRIC_RULE };
const END: Rule = Rule { nulls: true, ..MOMENT };
const DURATION: Rule = Rule { value: ValueKind::Duration, ..END };

/// The search behind the table of runs.
pub(super) static OWN: Dialect = Dialect {
    entities: &[
        Entity { kind: EntityKind::Metric, words: METRIC_WORDS, keys: Keys::Any(METRIC) },
        Entity { kind: EntityKind::Param, words: PARAM_WORDS, keys: Keys::Any(TEXT) },
        Entity { kind: EntityKind::Tag, words: TAG_WORDS, keys: Keys::Any(TEXT) },
        Entity {
            kind: EntityKind::Attribute,
            words: RUN_WORDS,
            keys: Keys::Columns(&[
                attribute(&["artifact_uri"], "r.artifact_uri", 1, LIST_RULE),
                attribute(&["duration"], "(r.end_time - r.start_time)", 1, DURATION).nullable(),
                attribute(&["end_time", "ended"], "r.end_time", 2, END).nullable(),
                attribute(&["run_id"], "r.run_id", 1, LIST_RULE),
                attribute(&["run_name", "run name", "Run name", "Run Name"], "r.name", 1, LIST_RULE),
                attribute(&["start_time", "created", "Created", "started"], "r.start_time", 4, MOMENT),
                attribute(&["status"], "r.status", 1, LIST_RULE),
                attribute(&["user_id"], "r.user_id", 1, LIST_RULE),
            ]),
        },
        DATASETS,
    ],
    valid_entities: RUNS.valid_entities,
    null_tests: "metrics, params, tags, end_time and duration",
};
