//! Versions of registered models.

use async_graphql::{Enum, SimpleObject};

use runledger_storage::NamedVersion;

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
    app: &App,
    args: &Args,
) -> Result<MlflowSearchModelVersionsResponse, ApiError> {
    let (page, _lag) = app.find_model_versions(args).await?;
    Ok(MlflowSearchModelVersionsResponse {
        model_versions: page.items.into_iter().map(MlflowModelVersion::from).collect(),
        next_page_token: page.next_page_token.unwrap_or_default(),
        api_error: None,
    })
}

impl From<NamedVersion> for MlflowModelVersion {
    /// As listings show it: without aliases and the id of the logged model, as in MLflow.
    fn from(NamedVersion { name, version }: NamedVersion) -> Self {
        let tag = |(key, value)| MlflowModelVersionTag { key, value };
        Self {
            name,
            version: version.version.to_string(),
            creation_timestamp: LongString(version.creation_time),
            last_updated_timestamp: LongString(version.last_update_time),
            user_id: String::new(),
            current_stage: version.stage.as_str().to_owned(),
            description: version.description,
            source: version.source,
            run_id: version.run_id.unwrap_or_default(),
            status: MlflowModelVersionStatus::Ready,
            status_message: String::new(),
            tags: version.tags.into_iter().map(tag).collect(),
            run_link: version.run_link.unwrap_or_default(),
            aliases: Vec::new(),
            model_id: String::new(),
        }
    }
}
