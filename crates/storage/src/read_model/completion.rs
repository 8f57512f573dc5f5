//! What a filter that is being typed could go on with, and which of its keys nothing has.
//!
//! Keys and values are found by skipping through an index from one to the next, so an answer costs what it shows, however many
//! runs there are. Deleted runs count, too: their rows are not told apart.

use super::ReadModel;
use crate::search::{
    Aggregate, Expectation, Expected, Namespace, UsedKey, WordKind, attributes, namespace, quoted_key, quoted_value,
    unquoted,
};
use crate::{Error, Statement};

/// Something to go on with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completion {
    /// As one reads it.
    pub text: String,
    /// As the grammar wants it written.
    pub insert: String,
    pub kind: CompletionKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CompletionKind {
    Metric,
    Param,
    Tag,
    Attribute,
    Function,
    Operator,
    Value,
    Keyword,
}

/// Completions in an answer.
const MOST: usize = 20;
/// Keys of a namespace that are looked through.
const KEYS: usize = 2_000;
/// Experiments that are looked through.
const EXPERIMENTS: usize = 10;
/// Longer values are indexed by their heads alone; nobody types them.
const LONGEST_VALUE: usize = 127;

impl CompletionKind {
    pub const ALL: [Self; 8] = [
        Self::Metric,
        Self::Param,
        Self::Tag,
        Self::Attribute,
        Self::Function,
        Self::Operator,
        Self::Value,
        Self::Keyword,
    ];

    /// Its name in an answer.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Metric => "metric",
            Self::Param => "param",
            Self::Tag => "tag",
            Self::Attribute => "attribute",
            Self::Function => "function",
            Self::Operator => "operator",
            Self::Value => "value",
            Self::Keyword => "keyword",
        }
    }
}

impl ReadModel {
    /// Which of the keys no run of the experiments has.
    pub async fn unknown_keys(&self, experiment_ids: &[i64], used: Vec<UsedKey>) -> Result<Vec<UsedKey>, Error> {
        let mut unknown = Vec::new();
        for used in used {
            let mut statement = Statement::default();
            let (key, ids) = (statement.bind(&used.key), statement.bind_list(experiment_ids.iter().copied()));
            let table = used.namespace.name();
            statement.sql = format!("SELECT 1 FROM {table} WHERE experiment_id IN {ids} AND key = {key} LIMIT 1");
            if self.db.fetch(&statement).await?.is_empty() {
                unknown.push(used);
            }
        }
        Ok(unknown)
    }

    /// What may be written there, from the runs of the experiments; the best first.
    pub async fn completions(&self, experiment_ids: &[i64], expected: &Expected) -> Result<Vec<Completion>, Error> {
        let ids = experiment_ids.get(..EXPERIMENTS).unwrap_or(experiment_ids);
        let typed = expected.typed.as_str();
        let mut found = match &expected.what {
            Expectation::Field => self.fields_like(ids, typed).await?,
            Expectation::Metric => self.keys_like(ids, &[Namespace::Metrics], typed).await?,
            Expectation::Value(namespace, key) => self.values_like(ids, *namespace, key, typed).await?,
            Expectation::Words(kind, words) => words_like(*kind, words, typed),
        };
        // What is there already needs no completion.
        found.retain(|completion| completion.insert != typed);
        found.truncate(MOST);
        Ok(found)
    }

    async fn fields_like(&self, ids: &[i64], typed: &str) -> Result<Vec<Completion>, Error> {
        let mut found = self.keys_like(ids, &Namespace::ALL, typed).await?;
        let lower = typed.to_lowercase();
        let name = lower.split_once('.').map_or(lower.as_str(), |(_, name)| name);
        let whole = |text: &str| !lower.is_empty() && text.starts_with(&lower);
        for attribute in attributes() {
            let full = format!("attributes.{attribute}");
            if whole(&full) || (!lower.contains('.') && attribute.starts_with(name)) {
                let insert = if lower.contains('.') { full } else { attribute.to_owned() };
                found.push(Completion { text: insert.clone(), insert, kind: CompletionKind::Attribute });
            }
        }
        for aggregate in [Aggregate::Max, Aggregate::Min] {
            let insert = format!("{}(", aggregate.name());
            if whole(&insert) {
                found.insert(0, Completion { text: insert.clone(), insert, kind: CompletionKind::Function });
            }
        }
        Ok(found)
    }

    /// Keys with what is typed in them; those that begin with it come first.
    async fn keys_like(&self, ids: &[i64], all: &[Namespace], typed: &str) -> Result<Vec<Completion>, Error> {
        let (only, part) = match typed.split_once('.') {
            Some((word, part)) => (namespace(&word.to_lowercase()), part),
            None => (None, typed),
        };
        if typed.contains('.') && only.is_none() {
            return Ok(Vec::new());
        }
        let part = unquoted(part).to_lowercase();
        let mut ranked = Vec::new();
        for namespace in all.iter().filter(|namespace| only.is_none_or(|only| only == **namespace)) {
            for key in self.keys(ids, *namespace).await? {
                let (name, lower) = (namespace.name(), key.to_lowercase());
                let begins = lower.starts_with(&part) || (only.is_none() && name.starts_with(&part));
                if let Some(quoted) = quoted_key(&key).filter(|_| begins || lower.contains(&part)) {
                    // What MLflow's clients add to every run is seldom what one looks for.
                    let rank = (!begins, key.starts_with("mlflow."));
                    let (text, insert) = (format!("{name}.{key}"), format!("{name}.{quoted}"));
                    ranked.push((rank, Completion { text, insert, kind: kind_of(*namespace) }));
                }
            }
        }
        ranked.sort_by_key(|(rank, _)| *rank);
        Ok(ranked.into_iter().map(|(_, completion)| completion).collect())
    }

    async fn values_like(
        &self,
        ids: &[i64],
        namespace: Namespace,
        key: &str,
        typed: &str,
    ) -> Result<Vec<Completion>, Error> {
        let typed = unquoted(typed);
        let mut values = Vec::new();
        for id in ids {
            let params = vec![(*id).into(), key.into(), typed.into()];
            let of = format!("FROM {} WHERE experiment_id = $1 AND key = $2", namespace.name());
            let sql = skip_scan("head", &of, ">= $3", MOST);
            values.extend(self.texts(&Statement::new(sql, params)).await?);
        }
        values.sort();
        values.dedup();
        let fits = |value: &String| value.starts_with(typed) && value.chars().count() <= LONGEST_VALUE;
        let values = values.into_iter().filter(fits);
        Ok(values
            .filter_map(|text| Some(Completion { insert: quoted_value(&text)?, text, kind: CompletionKind::Value }))
            .collect())
    }

    async fn keys(&self, ids: &[i64], namespace: Namespace) -> Result<Vec<String>, Error> {
        let mut keys = Vec::new();
        for id in ids {
            let of = format!("FROM {} WHERE experiment_id = $1", namespace.name());
            let sql = skip_scan("key", &of, ">= ''", KEYS);
            keys.extend(self.texts(&Statement::new(sql, vec![(*id).into()])).await?);
        }
        keys.sort();
        keys.dedup();
        Ok(keys)
    }

    async fn texts(&self, statement: &Statement) -> Result<Vec<String>, Error> {
        self.db.fetch(statement).await?.into_iter().map(|mut row| row.text(0)).collect()
    }
}

/// Writes a query for the different values of an expression that leads an index, from the first that is `begins`: each is
/// looked up as the next after the one before.
fn skip_scan(expression: &str, of: &str, begins: &str, most: usize) -> String {
    let next =
        |bound: &str| format!("(SELECT {expression} {of} AND {expression} {bound} ORDER BY {expression} LIMIT 1)");
    format!(
        "WITH RECURSIVE found (text, number) AS (SELECT {}, 1 UNION ALL \
         SELECT {}, found.number + 1 FROM found WHERE found.text IS NOT NULL AND found.number < {most}) \
         SELECT text FROM found WHERE text IS NOT NULL",
        next(begins),
        next("> found.text"),
    )
}

fn words_like(kind: WordKind, words: &[String], typed: &str) -> Vec<Completion> {
    let kind = match kind {
        WordKind::Operator => CompletionKind::Operator,
        WordKind::Value => CompletionKind::Value,
        WordKind::Keyword => CompletionKind::Keyword,
    };
    let typed = unquoted(typed).to_lowercase();
    let fits = words.iter().filter(|word| unquoted(word).to_lowercase().starts_with(&typed));
    fits.map(|word| Completion { text: unquoted(word).to_owned(), insert: word.clone(), kind }).collect()
}

fn kind_of(namespace: Namespace) -> CompletionKind {
    match namespace {
        Namespace::Metrics => CompletionKind::Metric,
        Namespace::Params => CompletionKind::Param,
        Namespace::Tags => CompletionKind::Tag,
    }
}
