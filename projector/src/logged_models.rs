//! Events of logged models. Their state is the domain's fold; what was measured of them goes to rows one by one, as there may be
//! a whole training's worth of it.

use runledger_domain::event::LoggedModelMetricsLogged;
use runledger_domain::{Event, LoggedModel, RecordedEvent};
use runledger_storage::views::MeasuredRow;

use crate::project::Projection;

impl Projection {
    /// Folds an event of the model's stream.
    pub(crate) fn logged_model(
        &mut self,
        model_id: &str,
        recorded: &RecordedEvent,
        event: &Event,
    ) -> Result<(), String> {
        let at = recorded.recorded_at;
        let model = match (self.rows.logged_models.get_mut(model_id), event) {
            (_, Event::LoggedModelPurged(_)) => {
                self.rows.logged_models.remove(model_id);
                self.changes.logged_models.insert(model_id.to_owned(), None);
                return Ok(());
            }
            (Some(_), Event::LoggedModelMetricsLogged(logged)) => {
                self.changes.measured.extend(measured(model_id, recorded.position, logged));
                return Ok(());
            }
            (Some(model), event) if event.kind().starts_with("LoggedModel") || matches!(event, Event::Imported(_)) => {
                model.evolve(event, at);
                model.clone()
            }
            (Some(_), event) => return Err(format!("{} is no event of a logged model", event.kind())),
            (None, event) => {
                let begun = LoggedModel::begin(event, at);
                let begun = begun.ok_or_else(|| format!("the logged model {model_id} is unknown"))?;
                self.rows.logged_models.insert(model_id.to_owned(), begun.clone());
                begun
            }
        };
        self.changes.logged_models.insert(model_id.to_owned(), Some(model));
        Ok(())
    }
}

fn measured(model_id: &str, position: i64, logged: &LoggedModelMetricsLogged) -> impl Iterator<Item = MeasuredRow> {
    (0..).zip(&logged.metrics).map(move |(number, metric)| MeasuredRow {
        model_id: model_id.to_owned(),
        position,
        number,
        run_id: logged.run_id.clone(),
        metric: metric.clone(),
    })
}
