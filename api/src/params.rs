//! Logging params, which keep the value that they were first given.
//!
//! Whether a param is new depends on what the run has. The guard version that the run had before its params were read is
//! expected again by the append, so that two writers cannot both give one key a value. A small cache spares the reads of
//! the usual case; it is never the ground for refusing a param.

use runledger_domain::command::{LogBatch, log_batch, new_params};
use runledger_domain::guard::GuardKey;
use runledger_domain::{DomainError, ErrorCode, Event, KeyValue, StreamId};
use runledger_storage::Rejection;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use crate::lines::Lines;
use crate::{ApiError, App, RequestContext};

/// How often a batch is decided again because other processes logged params to the same run in between.
const ATTEMPTS: usize = 100;
/// Runs in each of the two generations of the cache.
const GENERATION: usize = 1_024;
/// A run whose params take more bytes than this is not cached.
const LARGEST: usize = 32 << 10;

/// The params that runs had when this process last wrote or read them.
#[derive(Debug, Default)]
pub(crate) struct ParamCache {
    generations: Mutex<Generations>,
    /// By run.
    pub(crate) lines: Lines,
}

/// Runs move to `young` when they are used; when it is full it becomes `old`, and the old ones are forgotten.
#[derive(Debug, Default)]
struct Generations {
    young: HashMap<String, Known>,
    old: HashMap<String, Known>,
}

/// The params of a run, and the guard version at which they were all.
#[derive(Clone, Debug)]
struct Known {
    version: i64,
    /// Up to here in the log the params are complete.
    position: i64,
    params: Arc<BTreeMap<String, String>>,
}

impl App {
    /// Logs a batch with params. `batch_wording` chooses between MLflow's two messages for a changed value.
    pub(crate) async fn log_params(
        &self,
        context: &RequestContext,
        batch: LogBatch,
        batch_wording: bool,
    ) -> Result<(), ApiError> {
        let run_id = batch.run_id.clone();
        let _turn = self.params.lines.turn(&run_id).await.map_err(ApiError::internal)?;
        let cached = self.params.get(&run_id);
        let mut fresh = cached.is_none();
        let mut known = match cached {
            Some(known) => known,
            None => self.read_params(&run_id).await?,
        };
        for _ in 0..ATTEMPTS {
            match new_params(&run_id, &known.params, &batch.params, batch_wording) {
                Ok(params) => {
                    let batch = LogBatch { params: params.clone(), ..batch.clone() };
                    match self.append(context, None, log_batch(batch, Some(known.version))).await? {
                        Ok(position) => {
                            self.params.insert(run_id, known.with(params, position));
                            return Ok(());
                        }
                        Err(Rejection { guard, found }) => {
                            if let Some(error) = guard.violation(found) {
                                self.params.forget(&run_id);
                                return Err(error.into());
                            }
                        }
                    }
                }
                Err(error) if fresh => return Err(error.into()),
                Err(_maybe_outdated) => {}
            }
            self.refresh_params(&run_id, &mut known).await?;
            fresh = true;
        }
        let message = format!("Too many writers log params to the run {run_id} at once. Try again.");
        Err(ApiError::new(ErrorCode::TemporarilyUnavailable, message))
    }

    /// The version comes first: params that another writer adds in between make it stale, and the append tells.
    async fn read_params(&self, run_id: &str) -> Result<Known, ApiError> {
        let version = self.version(run_id).await?;
        let position = self.log.head().await?;
        let params = Arc::new(self.run(run_id).await?.params);
        Ok(Known { version, position, params })
    }

    /// Adds what other processes logged since. This reads only the run's last events, because whoever takes long to read
    /// loses against a process that need not read at all.
    async fn refresh_params(&self, run_id: &str, known: &mut Known) -> Result<(), ApiError> {
        known.version = self.version(run_id).await?;
        for recorded in self.log.read_streams(&[StreamId::run(run_id)], known.position).await? {
            if recorded.kind == "ParamsLogged"
                && let Event::ParamsLogged(logged) = recorded.decode().map_err(ApiError::internal)?
            {
                Arc::make_mut(&mut known.params)
                    .extend(logged.params.into_iter().map(|param| (param.key, param.value)));
            }
            known.position = recorded.position;
        }
        Ok(())
    }

    async fn version(&self, run_id: &str) -> Result<i64, ApiError> {
        let state = self.log.guard(&GuardKey::Run(run_id.to_owned())).await?;
        let state = state.ok_or_else(|| DomainError::not_found(format!("Run with id={run_id} not found")))?;
        Ok(state.version)
    }
}

impl Known {
    /// What is known after an append of these new params at the position. An append without any did not check the version,
    /// so there may be others before its position.
    fn with(mut self, params: Vec<KeyValue>, position: i64) -> Self {
        if !params.is_empty() {
            self.version += 1;
            self.position = position;
            Arc::make_mut(&mut self.params).extend(params.into_iter().map(|param| (param.key, param.value)));
        }
        self
    }
}

impl ParamCache {
    /// Notes a run that was created just now, at the position.
    pub(crate) fn created(&self, run_id: &str, position: i64) {
        self.insert(run_id.to_owned(), Known { version: 1, position, params: Arc::default() });
    }

    fn get(&self, run_id: &str) -> Option<Known> {
        let mut generations = self.generations.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = generations.young.get(run_id) {
            return Some(known.clone());
        }
        let known = generations.old.remove(run_id)?;
        generations.insert(run_id.to_owned(), known.clone());
        Some(known)
    }

    fn insert(&self, run_id: String, known: Known) {
        let bytes: usize = known.params.iter().map(|(key, value)| key.len() + value.len()).sum();
        let mut generations = self.generations.lock().unwrap_or_else(PoisonError::into_inner);
        generations.old.remove(&run_id);
        if bytes > LARGEST {
            generations.young.remove(&run_id);
        } else {
            generations.insert(run_id, known);
        }
    }

    fn forget(&self, run_id: &str) {
        let mut generations = self.generations.lock().unwrap_or_else(PoisonError::into_inner);
        generations.young.remove(run_id);
        generations.old.remove(run_id);
    }
}

impl Generations {
    fn insert(&mut self, run_id: String, known: Known) {
        if self.young.len() >= GENERATION && !self.young.contains_key(&run_id) {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(run_id, known);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn param(key: &str, value: &str) -> KeyValue {
        KeyValue { key: key.to_owned(), value: value.to_owned() }
    }

    #[test]
    fn an_append_of_params_moves_the_version() {
        let known = Known { version: 1, position: 3, params: Arc::default() };
        let known = known.with(vec![param("lr", "1")], 5).with(Vec::new(), 9);
        assert_eq!((known.version, known.position, known.params.get("lr").map(String::as_str)), (2, 5, Some("1")));
    }

    #[test]
    fn the_cache_is_bounded_in_runs_and_bytes() {
        let cache = ParamCache::default();
        for i in 0..3 * GENERATION {
            cache.created(&i.to_string(), 1);
        }
        let generations = cache.generations.lock().unwrap();
        assert!(generations.young.len() + generations.old.len() <= 2 * GENERATION);
        drop(generations);
        assert!(cache.get("0").is_none());
        assert!(cache.get(&(3 * GENERATION - 1).to_string()).is_some());

        let large = vec![param("k", &"x".repeat(LARGEST))];
        cache.insert("large".to_owned(), Known { version: 1, position: 1, params: Arc::default() }.with(large, 2));
        assert!(cache.get("large").is_none());
    }

    #[test]
    fn a_run_that_is_used_survives_a_generation() {
        let cache = ParamCache::default();
        cache.created("used", 1);
        for i in 0..2 * GENERATION {
            cache.created(&i.to_string(), 1);
            assert!(cache.get("used").is_some());
        }
        cache.forget("used");
        assert!(cache.get("used").is_none());
    }
}
