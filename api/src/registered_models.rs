//! `registered-models/*`: create, look up, change, search.

pub(crate) mod aliases;

use axum::extract::State;
use axum::response::Response;
use runledger_domain::command::{
    CreateRegisteredModel, delete_registered_model, delete_registered_model_tag, rename_registered_model,
    set_registered_model_tag, update_registered_model,
};
use runledger_domain::guard::GuardKey;
use runledger_domain::{DomainError, ErrorCode, KeyValue, RegisteredModel, Stage, tells_prompt, validate};
use runledger_storage::search::{RegistryQuery, compile_registered_models};
use serde::Serialize;

use crate::app::refusal;
use crate::registry::unknown_model;
use crate::search::with_lag;
use crate::wire::{Answer, RegisteredModelOut, VersionOut};
use crate::{ApiError, App, AppState, Args, RequestContext};

/// Models on a page where the request does not say, and at most.
const DEFAULT_MODELS: i64 = 100;
const MOST: i64 = 1_000;

pub(crate) async fn create(
    State(app): State<AppState>,
    context: RequestContext,
    args: Args,
) -> Result<Answer, ApiError> {
    let name = args.required("name")?.to_owned();
    let tags = args.key_values("tags")?;
    let is_prompt = tells_prompt(&tags);
    let description = args.text("description")?.map(str::to_owned);
    let command = CreateRegisteredModel { name: name.clone(), description, tags };
    let decision = command.decide(app.ids.as_ref())?;
    let created = decision.events.first().and_then(|(_, event)| RegisteredModel::begin(event, 0));
    let id = created.map(|model| model.id).unwrap_or_default();
    if let Err(rejection) = app.append(&context, None, decision).await? {
        return match rejection.guard.key {
            GuardKey::RegisteredModelName(_) => Err(app.name_taken(&name, is_prompt).await?),
            _ => Err(refusal(&rejection)),
        };
    }
    let model = app.views.registered_model(&id).await?;
    app.answer_model(&model.ok_or_else(|| unknown_model(&name))?).await
}

pub(crate) async fn get(State(app): State<AppState>, args: Args) -> Result<Answer, ApiError> {
    let model = app.registered_model(args.required("name")?).await?;
    app.answer_model(&model).await
}

pub(crate) async fn rename(
    State(app): State<AppState>,
    context: RequestContext,
    args: Args,
) -> Result<Answer, ApiError> {
    let name = args.required("name")?;
    let new_name = args.required("new_name")?;
    if new_name.trim().is_empty() {
        return Err(DomainError::missing("new_name").into());
    }
    let before = app
        .change_registered_model(&context, name, |known| {
            rename_registered_model(&known.model, known.guard_version, new_name.to_owned())
        })
        .await?;
    app.answer_changed(&before).await
}

/// Without a description nothing changes. MLflow clears it then.
pub(crate) async fn update(
    State(app): State<AppState>,
    context: RequestContext,
    args: Args,
) -> Result<Answer, ApiError> {
    let name = args.required("name")?;
    let before = match args.text("description")? {
        None => app.registered_model(name).await?,
        Some(description) => {
            app.change_registered_model(&context, name, |known| {
                update_registered_model(&known.model.id, description.to_owned())
            })
            .await?
        }
    };
    app.answer_changed(&before).await
}

pub(crate) async fn delete(
    State(app): State<AppState>,
    context: RequestContext,
    args: Args,
) -> Result<Answer, ApiError> {
    let decide = |known: &crate::registry::Known| Ok(delete_registered_model(&known.model, known.guard_version));
    app.change_registered_model(&context, args.required("name")?, decide).await?;
    Ok(Answer::empty())
}

pub(crate) async fn set_tag(
    State(app): State<AppState>,
    context: RequestContext,
    args: Args,
) -> Result<Answer, ApiError> {
    let name = args.required("name")?;
    let tag = KeyValue { key: args.required("key")?.to_owned(), value: args.text_or_empty("value")? };
    app.change_registered_model(&context, name, |known| set_registered_model_tag(&known.model.id, tag.clone())).await?;
    Ok(Answer::empty())
}

pub(crate) async fn delete_tag(
    State(app): State<AppState>,
    context: RequestContext,
    args: Args,
) -> Result<Answer, ApiError> {
    let name = args.required("name")?;
    let key = args.required("key")?;
    validate::key("key", key)?;
    let decide = |known: &crate::registry::Known| Ok(delete_registered_model_tag(&known.model.id, key.to_owned()));
    app.change_registered_model(&context, name, decide).await?;
    Ok(Answer::empty())
}

/// The highest version of each of the stages; of all where none is named.
pub(crate) async fn latest_versions(State(app): State<AppState>, args: Args) -> Result<Answer, ApiError> {
    #[derive(Serialize)]
    struct Latest<'a> {
        #[serde(skip_serializing_if = "Vec::is_empty")]
        model_versions: Vec<VersionOut<'a>>,
    }
    let model = app.registered_model(args.required("name")?).await?;
    let stages = args.texts("stages")?.iter().map(|stage| Stage::parse(stage)).collect::<Result<Vec<_>, _>>()?;
    let stages = if stages.is_empty() { Stage::ALL.to_vec() } else { stages };
    let versions = app.views.latest_versions(&model.id, &stages).await?;
    let model_versions = versions.iter().map(|version| VersionOut::new(&model.name, version).with_aliases(&model));
    Answer::new(&Latest { model_versions: model_versions.collect() })
}

pub(crate) async fn search(State(app): State<AppState>, args: Args) -> Result<Response, ApiError> {
    #[derive(Serialize)]
    struct Models<'a> {
        #[serde(skip_serializing_if = "Vec::is_empty")]
        registered_models: Vec<RegisteredModelOut<'a>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        next_page_token: Option<String>,
    }
    let max_results = args.int_up_to("max_results", MOST)?.unwrap_or(DEFAULT_MODELS);
    let negative = |_negative| {
        ApiError::invalid(format!(
            "Invalid value for max_results. It must be a positive integer, but got {max_results}"
        ))
    };
    let search = compile_registered_models(&RegistryQuery {
        filter: args.text("filter")?.unwrap_or_default(),
        order_by: &args.texts("order_by")?,
        max_results: usize::try_from(max_results).map_err(negative)?,
        page_token: args.text("page_token")?,
    })?;
    let lag = app.views.catch_up().await?;
    let page = app.views.search_registered_models(&search).await?;
    let registered_models = page.items.iter().map(|listed| RegisteredModelOut::new(&listed.model, &listed.latest));
    let registered_models = registered_models.collect();
    Ok(with_lag(Answer::new(&Models { registered_models, next_page_token: page.next_page_token })?, lag))
}

impl App {
    /// The answer to a change: the model as it is now.
    async fn answer_changed(&self, before: &RegisteredModel) -> Result<Answer, ApiError> {
        let model = self.views.registered_model(&before.id).await?.ok_or_else(|| unknown_model(&before.name))?;
        self.answer_model(&model).await
    }

    async fn answer_model(&self, model: &RegisteredModel) -> Result<Answer, ApiError> {
        #[derive(Serialize)]
        struct Got<'a> {
            registered_model: RegisteredModelOut<'a>,
        }
        let latest = self.views.latest_versions(&model.id, &Stage::ALL).await?;
        Answer::new(&Got { registered_model: RegisteredModelOut::new(model, &latest) })
    }

    /// Models and prompts share their names; the message says which of them has this one.
    async fn name_taken(&self, name: &str, is_prompt: bool) -> Result<ApiError, ApiError> {
        let known = self.find_registered_model(name).await?;
        let was_prompt = known.map_or(is_prompt, |model| model.is_prompt());
        let kind = |is_prompt| if is_prompt { "prompt" } else { "registered model" };
        let message = if was_prompt == is_prompt {
            let kind = if is_prompt { "Prompt" } else { "Registered Model" };
            format!("{kind} (name={name}) already exists.")
        } else {
            format!(
                "Tried to create a {} with name '{name}', but the name is already taken by a {}. MLflow does not allow \
                 creating a model and a prompt with the same name.",
                kind(is_prompt),
                kind(was_prompt)
            )
        };
        Ok(ApiError::new(ErrorCode::ResourceAlreadyExists, message))
    }
}
