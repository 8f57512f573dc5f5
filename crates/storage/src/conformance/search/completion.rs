//! Keys and values that are offered are those that runs have.

use std::collections::BTreeSet;

use super::super::ensure;
use super::Failure;
use super::corpus::{Corpus, FIRST_ID, METRICS, PARAMS, RunFact, TAGS};
use crate::ReadModel;
use crate::search::{check_filter, expected_at};

/// Looks into one experiment of the corpus, and into one that has no runs.
pub(super) async fn finds_what_runs_have(read_model: &ReadModel, corpus: &Corpus) -> Result<(), Failure> {
    let runs: Vec<&RunFact> = corpus.runs.iter().filter(|run| run.experiment_id == FIRST_ID).collect();
    let offered = async |experiment: i64, filter: &str| -> Result<Vec<String>, Failure> {
        let expected = expected_at(filter, filter.chars().count()).ok_or("nothing is expected there")?;
        let found = read_model.completions(&[experiment], &expected).await?;
        Ok(found.into_iter().map(|completion| completion.insert).collect())
    };
    let same = async |filter: &str, expected: Vec<String>| -> Result<(), Failure> {
        let found = offered(FIRST_ID, filter).await?;
        ensure(found == expected, || format!("{filter}: {found:?} instead of {expected:?}"))
    };

    same("metrics.", ["`a b`", "loss", "m", "é"].map(|key| format!("metrics.{key}")).into()).await?;
    same("metrics.`B", vec!["metrics.`a b`".to_owned()]).await?;
    same("max(l", vec!["metrics.loss".to_owned()]).await?;
    same("params.deep", vec!["params.deep.key".to_owned()]).await?;
    same("ended > 5 and status = 'f", vec!["'FINISHED'".to_owned(), "'FAILED'".to_owned()]).await?;
    let values: BTreeSet<&String> = runs.iter().filter_map(|run| run.params.get(PARAMS[0])).collect();
    for typed in ["", "a", "é"] {
        let fits = values.iter().filter(|value| value.starts_with(typed) && value.chars().count() <= 127);
        let quoted = fits.map(|value| if value.contains('\'') { format!("\"{value}\"") } else { format!("'{value}'") });
        same(&format!("params.{} = '{typed}", PARAMS[0]), quoted.collect()).await?;
    }
    let elsewhere = offered(FIRST_ID + 30, "tags.").await?;
    ensure(elsewhere.is_empty(), || format!("{elsewhere:?} in an experiment without runs"))?;

    let filter = format!("metrics.`{}` > 1 or not (params.none = 'x' and tags.`{}` = 'y')", METRICS[0], TAGS[1]);
    let used = check_filter(&filter).map_err(|mistake| mistake.error)?;
    let unknown = async |experiment: i64| -> Result<Vec<String>, Failure> {
        let unknown = read_model.unknown_keys(&[experiment], used.clone()).await?;
        Ok(unknown.into_iter().map(|used| used.key).collect())
    };
    let (here, elsewhere) = (unknown(FIRST_ID).await?, unknown(FIRST_ID + 30).await?);
    ensure(here == ["none"], || format!("{here:?}"))?;
    ensure(elsewhere == [METRICS[0], "none", TAGS[1]], || format!("{elsewhere:?}"))
}
