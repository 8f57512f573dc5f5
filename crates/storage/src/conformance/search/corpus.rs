//! The data that searches are tried on.

use std::collections::BTreeMap;

use super::{Failure, Random};
use crate::ColumnType::{Bool, Float, Int, Text};
use crate::{BulkInsert, ColumnType, Db, Statement, Value};

/// Experiments of the corpus have this id and the following ones; so have runs as `run_no`.
pub(super) const FIRST_ID: i64 = 9_000_000;

const RUNS: i64 = 240;
const EXPERIMENTS: i64 = 40;

pub(super) const METRICS: &[&str] = &["m", "loss", "a b", "é"];
pub(super) const PARAMS: &[&str] = &["p", "lr", "deep.key"];
pub(super) const TAGS: &[&str] = &["t", "mlflow.source.name"];
pub(super) const STATUSES: &[&str] = &["RUNNING", "FINISHED", "FAILED"];
pub(super) const DATASETS: &[&str] = &["train", "Train", "test"];
pub(super) const CONTEXTS: &[&str] = &["training", "eval"];

pub(super) const NUMBERS: &[f64] =
    &[0.0, 0.5, 1.0, -1.0, 0.1 + 0.2, 5e-324, 9_007_199_254_740_993.0, 1e300, f64::MAX, f64::MIN, f64::NAN];

/// What MLflow's data model calls a run.
#[derive(Clone, Debug)]
pub(super) struct RunFact {
    pub(super) run_no: i64,
    pub(super) run_id: String,
    pub(super) experiment_id: i64,
    pub(super) name: String,
    pub(super) user_id: String,
    pub(super) status: &'static str,
    pub(super) start_time: i64,
    pub(super) end_time: Option<i64>,
    pub(super) deleted: bool,
    /// Every value that was logged, the latest at the end.
    pub(super) metrics: BTreeMap<&'static str, Vec<f64>>,
    pub(super) params: BTreeMap<&'static str, String>,
    pub(super) tags: BTreeMap<&'static str, String>,
    /// Name, digest and context of the data sets.
    pub(super) datasets: Vec<(&'static str, String, Option<&'static str>)>,
}

#[derive(Clone, Debug)]
pub(super) struct ExperimentFact {
    pub(super) id: i64,
    pub(super) name: String,
    pub(super) deleted: bool,
    pub(super) creation_time: i64,
    pub(super) last_update_time: i64,
    pub(super) tags: BTreeMap<&'static str, String>,
}

pub(super) struct Corpus {
    pub(super) runs: Vec<RunFact>,
    pub(super) experiments: Vec<ExperimentFact>,
}

/// Texts that are easy to confuse.
pub(super) fn text(random: &mut Random) -> String {
    let long = "x".repeat(127);
    match random.below(18) {
        0 => String::new(),
        1 => long,
        2 => format!("{long}é"),
        3 => format!("{long}éa"),
        4 => format!("{long}éb"),
        choice => {
            ["a", "A", "b", "ab", "aB", "a_b", "a%b", "axb", "x\\y", "it's", "é", "É", "\u{1}a"][choice - 5].to_owned()
        }
    }
}

fn texts(random: &mut Random, keys: &[&'static str]) -> BTreeMap<&'static str, String> {
    let mut texts = BTreeMap::new();
    for key in keys {
        if random.chance(70) {
            texts.insert(*key, text(random));
        }
    }
    texts
}

impl Corpus {
    pub(super) fn generate(random: &mut Random) -> Self {
        let runs = (0..RUNS).map(|number| RunFact::generate(random, FIRST_ID + number)).collect();
        let experiments = (0..EXPERIMENTS)
            .map(|number| ExperimentFact {
                id: FIRST_ID + number,
                name: format!("{}{number}", text(random)),
                deleted: random.chance(20),
                creation_time: 1000 + i64::from(random.chance(50)),
                last_update_time: 1000 + i64::from(random.chance(50)),
                tags: texts(random, TAGS),
            })
            .collect();
        Self { runs, experiments }
    }

    pub(super) async fn load(&self, db: &dyn Db) -> Result<(), Failure> {
        let mut transaction = db.begin().await?;
        for table in ["experiments", "experiment_tags", "runs", "metrics", "params", "tags", "dataset_inputs"] {
            let sql = format!("DELETE FROM {table} WHERE experiment_id >= {FIRST_ID}");
            transaction.execute(&Statement::new(sql, vec![])).await?;
        }
        let experiments = self.experiments.iter().map(ExperimentFact::columns);
        transaction.insert(&EXPERIMENTS_INSERT, experiments.collect()).await?;
        let tags = self.experiments.iter().flat_map(|experiment| {
            let row = |(key, value): (&&str, &String)| vec![experiment.id.into(), (*key).into(), value.into()];
            experiment.tags.iter().map(row)
        });
        transaction.insert(&EXPERIMENT_TAGS, tags.collect()).await?;
        transaction.insert(&RUNS_INSERT, self.runs.iter().map(RunFact::columns).collect()).await?;
        let metrics = self.runs.iter().flat_map(RunFact::metric_rows);
        transaction.insert(&METRICS_INSERT, metrics.collect()).await?;
        let params = self.runs.iter().flat_map(|run| run.text_rows(&run.params));
        transaction.insert(&PARAMS_INSERT, params.collect()).await?;
        let tags = self.runs.iter().flat_map(|run| run.text_rows(&run.tags));
        transaction.insert(&TAGS_INSERT, tags.collect()).await?;
        let datasets = self.runs.iter().flat_map(RunFact::dataset_rows);
        transaction.insert(&DATASETS_INSERT, datasets.collect()).await?;
        transaction.commit().await?;
        Ok(())
    }
}

impl ExperimentFact {
    /// The columns that a search of experiments selects.
    pub(super) fn columns(&self) -> Vec<Value> {
        vec![
            self.id.into(),
            self.name.clone().into(),
            format!("mlflow-artifacts:/{}", self.id).into(),
            self.deleted.into(),
            self.creation_time.into(),
            self.last_update_time.into(),
        ]
    }
}

impl RunFact {
    fn generate(random: &mut Random, run_no: i64) -> Self {
        let mut metrics = BTreeMap::new();
        for key in METRICS {
            if random.chance(70) {
                metrics.insert(*key, (0..=random.below(3)).map(|_| random.pick(NUMBERS)).collect());
            }
        }
        let mut datasets = Vec::new();
        for name in DATASETS {
            if random.chance(30) {
                let context = random.chance(60).then(|| random.pick(CONTEXTS));
                datasets.push((*name, text(random), context));
            }
        }
        let start_time = 1000 + i64::try_from(random.below(5)).unwrap_or_default();
        Self {
            run_no,
            // Ids must not sort like the runs were created.
            run_id: format!("{:016x}{run_no:016x}", random.next()),
            experiment_id: FIRST_ID + i64::try_from(random.below(3)).unwrap_or_default(),
            name: text(random),
            user_id: text(random),
            status: random.pick(STATUSES),
            start_time,
            end_time: random.chance(60).then(|| start_time + i64::from(random.chance(50))),
            deleted: random.chance(20),
            metrics,
            params: texts(random, PARAMS),
            tags: texts(random, TAGS),
            datasets,
        }
    }

    pub(super) fn artifact_uri(&self) -> String {
        format!("mlflow-artifacts:/{}/{}", self.experiment_id, self.run_id)
    }

    /// The columns that a search of runs selects.
    pub(super) fn columns(&self) -> Vec<Value> {
        vec![
            self.run_no.into(),
            self.run_id.clone().into(),
            self.experiment_id.into(),
            self.name.clone().into(),
            self.user_id.clone().into(),
            self.status.into(),
            self.start_time.into(),
            self.end_time.into(),
            self.deleted.into(),
            self.artifact_uri().into(),
        ]
    }

    fn metric_rows(&self) -> impl Iterator<Item = Vec<Value>> {
        self.metrics.iter().map(|(key, values)| {
            let latest = values.last().copied().unwrap_or_default();
            let time = Value::Int(0);
            vec![
                self.run_no.into(),
                (*key).into(),
                if latest.is_nan() { 0.0 } else { latest }.into(),
                latest.is_nan().into(),
                time.clone(),
                time,
                self.experiment_id.into(),
                least(values).into(),
                greatest(values).into(),
            ]
        })
    }

    fn text_rows(&self, texts: &BTreeMap<&'static str, String>) -> Vec<Vec<Value>> {
        let row = |(key, value): (&&str, &String)| {
            vec![self.run_no.into(), (*key).into(), value.into(), self.experiment_id.into()]
        };
        texts.iter().map(row).collect()
    }

    fn dataset_rows(&self) -> impl Iterator<Item = Vec<Value>> {
        self.datasets.iter().map(|(name, digest, context)| {
            vec![
                self.run_no.into(),
                (*name).into(),
                digest.into(),
                self.experiment_id.into(),
                "[]".into(),
                (*context).into(),
                self.run_no.into(),
            ]
        })
    }
}

/// The least value, NaN left out.
pub(super) fn least(values: &[f64]) -> Option<f64> {
    values.iter().copied().filter(|value| !value.is_nan()).reduce(f64::min)
}

/// The greatest value, NaN left out.
pub(super) fn greatest(values: &[f64]) -> Option<f64> {
    values.iter().copied().filter(|value| !value.is_nan()).reduce(f64::max)
}

const fn insert(table: &'static str, columns: &'static [(&'static str, ColumnType)]) -> BulkInsert {
    BulkInsert { table, columns, suffix: "" }
}

const EXPERIMENTS_INSERT: BulkInsert = insert(
    "experiments",
    &[
        ("experiment_id", Int),
        ("name", Text),
        ("artifact_location", Text),
        ("deleted", Bool),
        ("creation_time", Int),
        ("last_update_time", Int),
    ],
);
const EXPERIMENT_TAGS: BulkInsert =
    insert("experiment_tags", &[("experiment_id", Int), ("key", Text), ("value", Text)]);
const RUNS_INSERT: BulkInsert = insert(
    "runs",
    &[
        ("run_no", Int),
        ("run_id", Text),
        ("experiment_id", Int),
        ("name", Text),
        ("user_id", Text),
        ("status", Text),
        ("start_time", Int),
        ("end_time", Int),
        ("deleted", Bool),
        ("artifact_uri", Text),
    ],
);
const METRICS_INSERT: BulkInsert = insert(
    "metrics",
    &[
        ("run_no", Int),
        ("key", Text),
        ("value", Float),
        ("is_nan", Bool),
        ("timestamp", Int),
        ("step", Int),
        ("experiment_id", Int),
        ("min_value", Float),
        ("max_value", Float),
    ],
);
const PARAMS_INSERT: BulkInsert =
    insert("params", &[("run_no", Int), ("key", Text), ("value", Text), ("experiment_id", Int)]);
const TAGS_INSERT: BulkInsert =
    insert("tags", &[("run_no", Int), ("key", Text), ("value", Text), ("experiment_id", Int)]);
const DATASETS_INSERT: BulkInsert = insert(
    "dataset_inputs",
    &[
        ("run_no", Int),
        ("name", Text),
        ("digest", Text),
        ("experiment_id", Int),
        ("tags", Text),
        ("context", Text),
        ("linked_at", Int),
    ],
);
