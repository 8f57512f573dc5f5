//! Logged models, one by id or a page of a search.

use runledger_domain::event::ModelMetric;
use runledger_domain::{Event, LoggedModel, LoggedModelMetric, StreamId};
use std::collections::HashMap;

use super::{Page, ReadModel};
use crate::search::Search;
use crate::views::{LOGGED_MODEL_COLUMNS, fill_texts, logged_model};
use crate::{Error, Row, Statement};

/// A logged model that can be purged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeletedLoggedModel {
    pub model_id: String,
    pub experiment_id: i64,
    pub artifact_uri: String,
}

/// Which logged models are asked for.
#[derive(Clone, Copy, Debug)]
pub enum DeletedLoggedModels<'a> {
    /// Those that were deleted at this time or before, in milliseconds since the epoch; of these, the named ones, if any are
    /// named.
    Before(i64, Option<&'a [String]>),
    /// All of the experiment, deleted or not.
    OfExperiment(i64),
}

impl ReadModel {
    /// The logged model with everything that was acknowledged, also when it is deleted.
    pub async fn logged_model(&self, model_id: &str) -> Result<Option<LoggedModel>, Error> {
        let checkpoint = self.checkpoint().await?;
        let sql = format!("SELECT {LOGGED_MODEL_COLUMNS} FROM logged_models WHERE model_id = $1");
        let rows = self.db.fetch(&Statement::new(sql, vec![model_id.into()])).await?;
        let mut found = rows.into_iter().map(logged_model).collect::<Result<Vec<_>, _>>()?;
        self.fill(&mut found).await?;
        let mut model = found.pop();

        let mut tail = self.log.read_streams(&[StreamId::logged_model(model_id)], checkpoint).await?;
        let begun = tail.first().and_then(|first| LoggedModel::begin(&first.decode().ok()?, first.recorded_at));
        if let Some(experiment) = model.as_ref().or(begun.as_ref()).map(|model| model.experiment_id) {
            tail.extend(self.log.read_streams(&[StreamId::experiment(experiment)], checkpoint).await?);
            tail.sort_by_key(|event| event.position);
        }
        for recorded in tail {
            // An event that does not read is the projector's to report.
            let Ok(event) = recorded.decode() else { continue };
            match &mut model {
                _ if matches!(event, Event::LoggedModelPurged(_) | Event::ExperimentPurged(_)) => model = None,
                Some(model) => model.evolve(&event, recorded.recorded_at),
                None => model = LoggedModel::begin(&event, recorded.recorded_at),
            }
        }
        Ok(model)
    }

    /// A page of a compiled search of logged models.
    pub async fn search_logged_models(&self, search: &Search) -> Result<Page<LoggedModel>, Error> {
        let page = search.fetch(self.db.as_ref()).await?;
        let mut items = page.rows.into_iter().map(logged_model).collect::<Result<Vec<_>, _>>()?;
        self.fill(&mut items).await?;
        Ok(Page { items, next_page_token: page.next_page_token })
    }

    /// A page of models to purge in the order of their ids; with `after`, those that follow this id. The views alone answer. A
    /// list of ids has at most some hundreds.
    pub async fn deleted_logged_models(
        &self,
        which: DeletedLoggedModels<'_>,
        after: Option<&str>,
        limit: i64,
    ) -> Result<Vec<DeletedLoggedModel>, Error> {
        let mut statement = Statement::default();
        let mut conditions = match which {
            // Nothing can follow a deletion, so the last update is its time.
            DeletedLoggedModels::Before(before, _) => {
                vec![format!("deleted = TRUE AND last_update_time <= {}", statement.bind(before))]
            }
            DeletedLoggedModels::OfExperiment(id) => vec![format!("experiment_id = {}", statement.bind(id))],
        };
        if let DeletedLoggedModels::Before(_, Some(ids)) = which {
            conditions.push(format!("model_id IN {}", statement.bind_list(ids)));
        }
        if let Some(after) = after {
            conditions.push(format!("model_id > {}", statement.bind(after)));
        }
        let (conditions, limit) = (conditions.join(" AND "), statement.bind(limit));
        statement.sql = format!(
            "SELECT model_id, experiment_id, artifact_uri FROM logged_models WHERE {conditions} ORDER BY model_id \
             LIMIT {limit}"
        );
        let model = |mut row: Row| {
            Ok(DeletedLoggedModel { model_id: row.text(0)?, experiment_id: row.int(1)?, artifact_uri: row.text(2)? })
        };
        self.db.fetch(&statement).await?.into_iter().map(model).collect()
    }

    /// Completes the models with their params, tags and measurements.
    async fn fill(&self, models: &mut [LoggedModel]) -> Result<(), Error> {
        fill_texts(self.db.as_ref(), models).await?;
        for chunk in models.chunks_mut(500) {
            let ids: Vec<String> = chunk.iter().map(|model| model.model_id.clone()).collect();
            let mut by_id: HashMap<String, &mut LoggedModel> =
                chunk.iter_mut().map(|model| (model.model_id.clone(), model)).collect();
            let mut statement = Statement::default();
            let list = statement.bind_list(&ids);
            statement.sql = format!(
                "SELECT model_id, run_id, key, value, is_nan, timestamp, step, dataset_name, dataset_digest \
                 FROM logged_model_metrics WHERE model_id IN {list}"
            );
            for mut row in self.db.fetch(&statement).await? {
                if let Some(model) = by_id.get_mut(&row.text(0)?) {
                    model.metrics.insert(metric(row)?);
                }
            }
        }
        Ok(())
    }
}

fn metric(mut row: Row) -> Result<LoggedModelMetric, Error> {
    let value = if row.bool(4)? { f64::NAN } else { row.float(3)? };
    let given = |text: String| (!text.is_empty()).then_some(text);
    Ok(LoggedModelMetric {
        run_id: row.text(1)?,
        key: row.text(2)?,
        value: ModelMetric::text(value),
        timestamp: row.int(5)?,
        step: row.int(6)?,
        dataset_name: given(row.text(7)?),
        dataset_digest: given(row.text(8)?),
    })
}
