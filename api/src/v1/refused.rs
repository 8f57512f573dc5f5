//! The writes that this process refused last.

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::wire::Answer;
use crate::writes::Refused;
use crate::{ApiError, AppState};

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RefusedWrites)]
struct List {
    /// At most 200, the latest first.
    refused: Vec<Refused>,
}

/// The writes that were refused or that failed, as far as this process answered them since it began.
#[utoipa::path(get, path = "/ops/refused", tag = "operations", operation_id = "list_refused_writes",
    responses((status = 200, description = "The latest of them.", body = List)))]
pub(crate) async fn list(State(app): State<AppState>) -> Result<Answer, ApiError> {
    Answer::new(&List { refused: app.writes.latest_refused() })
}
