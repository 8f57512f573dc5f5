//! Data sets and their uses by runs, as rows. The data sets of an experiment are the one thing that all shards write.

use runledger_domain::event::Dataset;
use std::collections::BTreeMap;

use super::LinkedDataset;
use crate::ColumnType::{Int, Text};
use crate::{BulkInsert, Error, Transaction, Value};

const DATASETS: BulkInsert = BulkInsert {
    table: "datasets",
    columns: &[
        ("experiment_id", Int),
        ("name", Text),
        ("digest", Text),
        ("source_type", Text),
        ("source", Text),
        ("schema", Text),
        ("profile", Text),
        ("described_at", Int),
    ],
    // The first description in the log is kept, also when the shard that has it comes later than others.
    suffix: "ON CONFLICT (experiment_id, name, digest) DO UPDATE SET source_type = excluded.source_type, \
             source = excluded.source, schema = excluded.schema, profile = excluded.profile, \
             described_at = excluded.described_at WHERE excluded.described_at < datasets.described_at",
};

const DATASET_INPUTS: BulkInsert = BulkInsert {
    table: "dataset_inputs",
    columns: &[
        ("run_no", Int),
        ("name", Text),
        ("digest", Text),
        ("experiment_id", Int),
        ("tags", Text),
        ("context", Text),
        ("linked_at", Int),
    ],
    suffix: "ON CONFLICT (run_no, name, digest) DO NOTHING",
};

/// The uses come in the order of the log.
pub(super) async fn write(transaction: &mut dyn Transaction, uses: Vec<LinkedDataset>) -> Result<(), Error> {
    // Sorted, so that two projectors never wait for each other; and each once, because a statement updates no row twice.
    let mut datasets = BTreeMap::new();
    let mut inputs = Vec::with_capacity(uses.len());
    for LinkedDataset { position, run_no, experiment_id, input } in uses {
        let context = input.tags.iter().find(|tag| tag.key == "mlflow.data.context").map(|tag| tag.value.clone());
        let tags = serde_json::to_string(&input.tags).unwrap_or_default();
        let dataset = input.dataset;
        inputs.push(vec![
            run_no.into(),
            (&dataset.name).into(),
            (&dataset.digest).into(),
            experiment_id.into(),
            tags.into(),
            context.into(),
            position.into(),
        ]);
        let key = (experiment_id, dataset.name.clone(), dataset.digest.clone());
        datasets.entry(key).or_insert_with(|| row(experiment_id, dataset, position));
    }
    transaction.insert(&DATASET_INPUTS, inputs).await?;
    transaction.insert(&DATASETS, datasets.into_values().collect()).await
}

fn row(experiment_id: i64, dataset: Dataset, described_at: i64) -> Vec<Value> {
    vec![
        experiment_id.into(),
        dataset.name.into(),
        dataset.digest.into(),
        dataset.source_type.into(),
        dataset.source.into(),
        dataset.schema.into(),
        dataset.profile.into(),
        described_at.into(),
    ]
}
