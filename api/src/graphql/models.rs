//! Versions of registered models. There is no registry yet, so there are none.

use async_graphql::{Enum, SimpleObject};

use super::query::Refusal;
use super::scalars::LongString;
use crate::{ApiError, App, Args};

#[derive(Debug, SimpleObject)]
pub(super) struct MlflowSearchModelVersionsResponse {
    pub(super) model_versions: Vec<MlflowModelVersion>,
    next_page_token: String,
    api_error: Option<Refusal>,
}

#[derive(Debug, SimpleObject)]
pub(super) struct MlflowModelVersion {
    name: String,
    version: String,
    creation_timestamp: LongString,
    last_updated_timestamp: LongString,
    user_id: String,
    current_stage: String,
    description: String,
    source: String,
    run_id: String,
    status: MlflowModelVersionStatus,
    status_message: String,
    tags: Vec<MlflowModelVersionTag>,
    run_link: String,
    aliases: Vec<String>,
    model_id: String,
}

#[derive(Clone, Copy, Debug, Enum, PartialEq, Eq)]
pub(super) enum MlflowModelVersionStatus {
    PendingRegistration,
    FailedRegistration,
    Ready,
}

#[derive(Debug, SimpleObject)]
struct MlflowModelVersionTag {
    key: String,
    value: String,
}

/// The versions that a `model-versions/search` with these arguments finds.
pub(super) async fn search_model_versions(
    _app: &App,
    _args: &Args,
) -> Result<MlflowSearchModelVersionsResponse, ApiError> {
    Ok(MlflowSearchModelVersionsResponse {
        model_versions: Vec::new(),
        next_page_token: String::new(),
        api_error: None,
    })
}
