//! `model-versions/*`: create, look up, change, search.

mod create;
mod source;

pub(crate) use create::create;

use axum::extract::State;
use axum::response::Response;
use runledger_domain::command::{
    delete_model_version, delete_model_version_tag, set_model_version_tag, transition_stage, update_model_version,
};
use runledger_domain::{KeyValue, ModelVersion, RegisteredModel, validate};
use runledger_storage::search::{RegistryQuery, compile_model_versions};
use runledger_storage::{NamedVersion, Page};
use serde::Serialize;

use crate::registry::{ATTEMPTS, Known, contended, unknown_version};
use crate::search::with_lag;
use crate::wire::{Answer, VersionOut};
use crate::{ApiError, App, AppState, Args, RequestContext};

/// Versions on a page where the request does not say, and at most.
const MOST: i64 = 200_000;

pub(crate) async fn get(State(app): State<AppState>, args: Args) -> Result<Answer, ApiError> {
    let (model, version) = app.model_version(args.required("name")?, args.required_number("version")?).await?;
    answer(&model, &version)
}

/// Without a description nothing changes. MLflow clears it then.
pub(crate) async fn update(
    State(app): State<AppState>,
    context: RequestContext,
    args: Args,
) -> Result<Answer, ApiError> {
    let name = args.required("name")?;
    let number = args.required_number("version")?;
    if let Some(description) = args.text("description")? {
        app.change_model_version(&context, name, number, |known, version| {
            update_model_version(&known.model, known.guard_version, version, description.to_owned())
        })
        .await?;
    }
    let (model, version) = app.model_version(name, number).await?;
    answer(&model, &version)
}

pub(crate) async fn transition_stage_of(
    State(app): State<AppState>,
    context: RequestContext,
    args: Args,
) -> Result<Answer, ApiError> {
    let name = args.required("name")?;
    let number = args.required_number("version")?;
    let stage = args.required("stage")?;
    let archive_existing = args.flag("archive_existing_versions")?.unwrap_or_default();
    let _turn = app.registered_models.turn(name).await.map_err(ApiError::internal)?;
    for _ in 0..ATTEMPTS {
        let known = app.known_model(name).await?.ok_or_else(|| unknown_version(name, number))?;
        let Known { model, guard_version } = known;
        let version = app.version_of(&model, number).await?;
        let stages = app.views.model_stages(&model.id).await?;
        let in_stage = |stage| stages.iter().filter(|(_, of)| **of == stage).map(|(number, _)| *number).collect();
        let decision = transition_stage(&model, guard_version, &version, stage, archive_existing, in_stage)?;
        if app.append_if_unchanged(&context, decision).await? {
            return app.answer_version(&model, number).await;
        }
    }
    Err(contended(name))
}

pub(crate) async fn delete(
    State(app): State<AppState>,
    context: RequestContext,
    args: Args,
) -> Result<Answer, ApiError> {
    let name = args.required("name")?;
    app.change_model_version(&context, name, args.required_number("version")?, |known, version| {
        Ok(delete_model_version(&known.model, known.guard_version, version))
    })
    .await?;
    Ok(Answer::empty())
}

/// Where the files of the version are.
pub(crate) async fn download_uri(State(app): State<AppState>, args: Args) -> Result<Answer, ApiError> {
    #[derive(Serialize)]
    struct Place<'a> {
        artifact_uri: &'a str,
    }
    let (_, version) = app.model_version(args.required("name")?, args.required_number("version")?).await?;
    Answer::new(&Place { artifact_uri: version.location() })
}

pub(crate) async fn set_tag(
    State(app): State<AppState>,
    context: RequestContext,
    args: Args,
) -> Result<Answer, ApiError> {
    let name = args.required("name")?;
    let number = args.required_number("version")?;
    let tag = KeyValue { key: args.required("key")?.to_owned(), value: args.text_or_empty("value")? };
    app.change_model_version(&context, name, number, |known, version| {
        set_model_version_tag(&known.model, known.guard_version, version, tag.clone())
    })
    .await?;
    Ok(Answer::empty())
}

pub(crate) async fn delete_tag(
    State(app): State<AppState>,
    context: RequestContext,
    args: Args,
) -> Result<Answer, ApiError> {
    let name = args.required("name")?;
    let number = args.required_number("version")?;
    let key = args.required("key")?;
    validate::key("key", key)?;
    app.change_model_version(&context, name, number, |known, version| {
        Ok(delete_model_version_tag(&known.model, known.guard_version, version, key.to_owned()))
    })
    .await?;
    Ok(Answer::empty())
}

pub(crate) async fn search(State(app): State<AppState>, args: Args) -> Result<Response, ApiError> {
    #[derive(Serialize)]
    struct Versions<'a> {
        #[serde(skip_serializing_if = "Vec::is_empty")]
        model_versions: Vec<VersionOut<'a>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        next_page_token: Option<String>,
    }
    let (page, lag) = app.find_model_versions(&args).await?;
    let answer = Answer::of_many(page.items.len(), move || {
        let model_versions = page.items.iter().map(|named| VersionOut::new(&named.name, &named.version)).collect();
        Answer::new(&Versions { model_versions, next_page_token: page.next_page_token })
    });
    Ok(with_lag(answer.await?, lag))
}

/// `{model_version}`.
pub(crate) fn answer(model: &RegisteredModel, version: &ModelVersion) -> Result<Answer, ApiError> {
    #[derive(Serialize)]
    struct Got<'a> {
        model_version: VersionOut<'a>,
    }
    Answer::new(&Got { model_version: VersionOut::new(&model.name, version).with_aliases(model) })
}

impl App {
    /// The page that the arguments of a search ask for, and how many events it is behind.
    pub(crate) async fn find_model_versions(&self, args: &Args) -> Result<(Page<NamedVersion>, i64), ApiError> {
        let max_results = args.int_up_to("max_results", MOST)?.unwrap_or(MOST);
        let positive = usize::try_from(max_results).ok().filter(|n| *n > 0).ok_or_else(|| {
            ApiError::invalid(format!(
                "Invalid value for max_results. It must be a positive integer, but got {max_results}"
            ))
        })?;
        let search = compile_model_versions(&RegistryQuery {
            filter: args.text("filter")?.unwrap_or_default(),
            order_by: &args.texts("order_by")?,
            max_results: positive,
            page_token: args.text("page_token")?,
        })?;
        let lag = self.views.catch_up().await?;
        Ok((self.views.search_model_versions(&search).await?, lag))
    }

    /// The answer to a change of a model's version: the version as it is now.
    async fn answer_version(&self, model: &RegisteredModel, number: i64) -> Result<Answer, ApiError> {
        answer(model, &self.version_of(model, number).await?)
    }
}
