//! `logged-models/*`: create, look up, change. Their files are served by `artifacts`.

mod search;

pub(crate) use search::search;

use axum::extract::{Path, State};
use runledger_domain::command::{
    CreateLoggedModel, delete_logged_model, delete_logged_model_tag, log_logged_model_params, set_logged_model_status,
    set_logged_model_tags,
};
use runledger_domain::guard::GuardKey;
use runledger_domain::{DomainError, ErrorCode, LoggedModel, LoggedModelStatus, validate};
use runledger_storage::Rejection;
use serde::Serialize;

use crate::app::refusal;
use crate::wire::{Answer, LoggedModelOut};
use crate::{ApiError, App, AppState, Args, RequestContext};

/// How often params are decided again because other processes logged some to the same model in between.
const ATTEMPTS: usize = 100;

pub(crate) async fn create(
    State(app): State<AppState>,
    context: RequestContext,
    args: Args,
) -> Result<Answer, ApiError> {
    let experiment_id = args.experiment_id()?;
    let given = |name| Ok::<_, ApiError>(args.filled(name)?.map(str::to_owned));
    let command = CreateLoggedModel {
        experiment_id,
        name: given("name")?,
        model_type: given("model_type")?,
        source_run_id: given("source_run_id")?,
        params: args.key_values("params")?,
        tags: args.key_values("tags")?,
    };
    let user = command.tags.iter().find(|tag| tag.key == "mlflow.user").map(|tag| tag.value.clone());
    let location = app.artifact_location(experiment_id).await?;
    let decision = command.decide(&location, app.ids.as_ref())?;
    let model_id = decision.events.first().and_then(|(stream, _)| stream.logged_model_id().map(str::to_owned));
    let model_id =
        model_id.ok_or_else(|| ApiError::internal("the command to create a logged model decided something else"))?;
    let appended = app.append(&context, user.as_deref(), decision).await?;
    appended.map_err(|rejection| refusal(&rejection))?;
    answer(&app.logged_model(&model_id).await?)
}

pub(crate) async fn get(
    State(app): State<AppState>,
    Path(model_id): Path<String>,
    args: Args,
) -> Result<Answer, ApiError> {
    let allow_deleted = args.flag("allow_deleted")?.unwrap_or(false);
    let model = app.any_logged_model(&model_id).await?;
    if model.deleted && !allow_deleted {
        return Err(unknown(&model_id));
    }
    answer(&model)
}

pub(crate) async fn finalize(
    State(app): State<AppState>,
    context: RequestContext,
    Path(model_id): Path<String>,
    args: Args,
) -> Result<Answer, ApiError> {
    check_id(&model_id, &args)?;
    let status = args.choice("status", LoggedModelStatus::parse)?.ok_or_else(|| DomainError::missing("status"))?;
    app.execute(&context, set_logged_model_status(&model_id, status)).await?;
    answer(&app.logged_model(&model_id).await?)
}

pub(crate) async fn delete(
    State(app): State<AppState>,
    context: RequestContext,
    Path(model_id): Path<String>,
) -> Result<Answer, ApiError> {
    validate::no_nul("model_id", &model_id)?;
    app.execute(&context, delete_logged_model(&model_id)).await?;
    Ok(Answer::empty())
}

pub(crate) async fn set_tags(
    State(app): State<AppState>,
    context: RequestContext,
    Path(model_id): Path<String>,
    args: Args,
) -> Result<Answer, ApiError> {
    validate::no_nul("model_id", &model_id)?;
    let tags = args.key_values("tags")?;
    app.execute(&context, set_logged_model_tags(&model_id, tags)?).await?;
    Ok(Answer::empty())
}

pub(crate) async fn delete_tag(
    State(app): State<AppState>,
    context: RequestContext,
    Path((model_id, key)): Path<(String, String)>,
) -> Result<Answer, ApiError> {
    let model = app.logged_model(&model_id).await?;
    app.execute(&context, delete_logged_model_tag(&model, key)?).await?;
    Ok(Answer::empty())
}

pub(crate) async fn log_params(
    State(app): State<AppState>,
    context: RequestContext,
    Path(model_id): Path<String>,
    args: Args,
) -> Result<Answer, ApiError> {
    check_id(&model_id, &args)?;
    let params = args.key_values("params")?;
    // Of all requests that are decided on one version one is appended, so those of this process queue up.
    let _turn = app.params.lines.turn(&model_id).await.map_err(ApiError::internal)?;
    for _ in 0..ATTEMPTS {
        let (model, version) = app.known_logged_model(&model_id).await?;
        match app.append(&context, None, log_logged_model_params(&model, version, params.clone())?).await? {
            Ok(_) => return Ok(Answer::empty()),
            Err(Rejection { guard, found }) => {
                if let Some(error) = guard.violation(found) {
                    return Err(error.into());
                }
            }
        }
    }
    let message = format!("Too many writers log params to the model {model_id} at once. Try again.");
    Err(ApiError::new(ErrorCode::TemporarilyUnavailable, message))
}

impl App {
    /// The logged model; `RESOURCE_DOES_NOT_EXIST` if there is none or it is deleted.
    pub(crate) async fn logged_model(&self, model_id: &str) -> Result<LoggedModel, ApiError> {
        let model = self.any_logged_model(model_id).await?;
        if model.deleted { Err(unknown(model_id)) } else { Ok(model) }
    }

    /// The logged model with the version that its guard had before, for a decision on it. The version comes first, so that what
    /// is changed between the two reads is noticed.
    pub(crate) async fn known_logged_model(&self, model_id: &str) -> Result<(LoggedModel, i64), ApiError> {
        validate::no_nul("model_id", model_id)?;
        let guard = self.log.guard(&GuardKey::LoggedModel(model_id.to_owned())).await?;
        let version = guard.ok_or_else(|| unknown(model_id))?.version;
        Ok((self.logged_model(model_id).await?, version))
    }

    async fn any_logged_model(&self, model_id: &str) -> Result<LoggedModel, ApiError> {
        validate::no_nul("model_id", model_id)?;
        self.views.logged_model(model_id).await?.ok_or_else(|| unknown(model_id))
    }
}

/// Clients name the model in the body, too, and MLflow insists on it.
fn check_id(model_id: &str, args: &Args) -> Result<(), ApiError> {
    let named = args.required("model_id")?;
    if named == model_id {
        return Ok(());
    }
    let (named, path) = (validate::cut(named, 200), validate::cut(model_id, 200));
    Err(ApiError::invalid(format!("The body names the model '{named}', but the path the model '{path}'.")))
}

fn answer(model: &LoggedModel) -> Result<Answer, ApiError> {
    #[derive(Serialize)]
    struct Got<'a> {
        model: LoggedModelOut<'a>,
    }
    Answer::new(&Got { model: LoggedModelOut::new(model) })
}

fn unknown(model_id: &str) -> ApiError {
    let shown = validate::cut(model_id, 256);
    DomainError::not_found(format!("Logged model with ID '{shown}' not found.")).into()
}
