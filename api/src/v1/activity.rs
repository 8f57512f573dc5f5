//! What goes on in experiments: runs begun per day, and whose they are. Apart from their list, because every run is looked at.

use axum::extract::State;
use runledger_storage::ExperimentActivity;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::{IntoParams, ToSchema};

use super::asked::Asked;
use crate::wire::Answer;
use crate::{ApiError, AppState};

const DAY: i64 = 86_400_000;
/// Days in an answer.
const DAYS: i64 = 14;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Asking {
    /// When the last day ends, in milliseconds since the epoch: where a day begins is the reader's to say. Now, if it is left out.
    #[param(nullable = false)]
    until: Option<i64>,
}

/// What goes on in one experiment.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ExperimentActivity)]
struct ActivityOut {
    /// Runs begun on each of the days, the latest at the end; none if there were none on any.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    days: Vec<i64>,
    /// The user with the most runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    owner: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ExperimentActivities)]
struct Activities {
    /// By the ids of the experiments of which there is something to say.
    experiments: BTreeMap<String, ActivityOut>,
}

/// What goes on in experiments: runs begun on each of the last 14 days, and the user with the most runs.
#[utoipa::path(get, path = "/experiments/activity", tag = "experiments", operation_id = "list_experiment_activity", params(Asking),
    responses((status = 200, description = "The activity of experiments.", body = Activities)))]
pub(crate) async fn of_experiments(
    State(app): State<AppState>,
    Asked(asked): Asked<Asking>,
) -> Result<Answer, ApiError> {
    let until = asked.until.unwrap_or_else(|| app.clock.now_ms());
    let from = until.saturating_sub(DAYS * DAY);
    app.views.catch_up().await?;
    let mut experiments = BTreeMap::new();
    for (id, activity) in app.views.experiment_activity(from, until, DAY).await? {
        let ExperimentActivity { began, owner } = activity;
        let mut days = Vec::new();
        if !began.is_empty() {
            days.resize(usize::try_from(DAYS).unwrap_or_default(), 0);
        }
        for (day, runs) in began {
            if let Some(place) = usize::try_from(day).ok().and_then(|day| days.get_mut(day)) {
                *place = runs;
            }
        }
        experiments.insert(id.to_string(), ActivityOut { days, owner });
    }
    Answer::new(&Activities { experiments })
}
