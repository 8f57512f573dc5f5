//! `runs/*` on one run: create, read, change, tags, params, inputs and outputs.

use axum::extract::State;
use http::HeaderMap;
use runledger_domain::command::{
    CreateRun, LogBatch, delete_run, delete_run_tag, restore_run, set_run_tags, update_run,
};
use runledger_domain::event::RunUpdated;
use runledger_domain::guard::{Guard, GuardKey};
use runledger_domain::{DomainError, KeyValue, Run, RunStatus, validate};
use runledger_storage::Rejection;
use serde::Serialize;

use crate::app::refusal;
use crate::wire::{Answer, RunInfo, RunOut};
use crate::{ApiError, App, AppState, Args, RequestContext};

/// The header by which a client marks repeats of one `runs/create`.
const IDEMPOTENCY_KEY: &str = "idempotency-key";
/// Longest value of it, in bytes.
const IDEMPOTENCY_LIMIT: usize = 255;

pub(crate) async fn create(
    State(app): State<AppState>,
    context: RequestContext,
    headers: HeaderMap,
    args: Args,
) -> Result<Answer, ApiError> {
    let experiment_id = args.experiment_id()?;
    let tags = args.key_values("tags")?;
    let idempotency_key = idempotency_key(&headers)?;
    let command = CreateRun {
        experiment_id,
        user_id: args.text_or_empty("user_id")?,
        run_name: args.text_or_empty("run_name")?,
        start_time: args.int("start_time")?.unwrap_or(0),
        tags,
        idempotency_key: idempotency_key.clone(),
    };
    let user = claimed_user(&command).map(str::to_owned);
    let location = app.artifact_location(experiment_id).await?;
    let decision = command.decide(&location, app.ids.as_ref())?;
    let run = decision.events.first().and_then(|(_, event)| Run::begin(event));
    let run = run.ok_or_else(|| ApiError::internal("the command to create a run decided something else"))?;
    match app.append(&context, user.as_deref(), decision).await? {
        Ok(position) => {
            app.params.created(&run.run_id, position);
            created(&run)
        }
        Err(Rejection { guard: Guard { key: GuardKey::Idempotency(key), .. }, .. }) => {
            created(&app.run_of_key(&key).await?)
        }
        Err(rejection) => Err(refusal(&rejection)),
    }
}

pub(crate) async fn get(State(app): State<AppState>, args: Args) -> Result<Answer, ApiError> {
    #[derive(Serialize)]
    struct Got<'a> {
        run: RunOut<'a>,
    }
    let run = app.run(args.run_id()?).await?;
    Answer::new(&Got { run: RunOut::new(&run) })
}

pub(crate) async fn update(
    State(app): State<AppState>,
    context: RequestContext,
    args: Args,
) -> Result<Answer, ApiError> {
    #[derive(Serialize)]
    struct Updated<'a> {
        run_info: RunInfo<'a>,
    }
    let run_id = args.run_id()?;
    let update = RunUpdated {
        status: args.choice("status", RunStatus::parse)?,
        end_time: args.int("end_time")?,
        name: args.filled("run_name")?.map(str::to_owned),
    };
    app.execute(&context, update_run(run_id, update)?).await?;
    let run = app.views.run_info(run_id).await?.ok_or_else(|| missing(run_id))?;
    Answer::new(&Updated { run_info: RunInfo::new(&run) })
}

pub(crate) async fn delete(
    State(app): State<AppState>,
    context: RequestContext,
    args: Args,
) -> Result<Answer, ApiError> {
    app.execute(&context, delete_run(args.run_id()?)).await?;
    Ok(Answer::empty())
}

pub(crate) async fn restore(
    State(app): State<AppState>,
    context: RequestContext,
    args: Args,
) -> Result<Answer, ApiError> {
    app.execute(&context, restore_run(args.run_id()?)).await?;
    Ok(Answer::empty())
}

pub(crate) async fn set_tag(
    State(app): State<AppState>,
    context: RequestContext,
    args: Args,
) -> Result<Answer, ApiError> {
    let run_id = args.run_id()?.to_owned();
    let mut tag = KeyValue { key: args.required("key")?.to_owned(), value: args.text_or_empty("value")? };
    validate::run_tag("", &mut tag)?;
    app.execute(&context, set_run_tags(run_id, vec![tag])).await?;
    Ok(Answer::empty())
}

pub(crate) async fn delete_tag(
    State(app): State<AppState>,
    context: RequestContext,
    args: Args,
) -> Result<Answer, ApiError> {
    let run_id = args.run_id()?;
    let key = args.required("key")?.to_owned();
    let run = app.run(run_id).await?;
    app.execute(&context, delete_run_tag(&run, key)?).await?;
    Ok(Answer::empty())
}

pub(crate) async fn log_param(
    State(app): State<AppState>,
    context: RequestContext,
    args: Args,
) -> Result<Answer, ApiError> {
    let run_id = args.run_id()?.to_owned();
    let mut param = KeyValue { key: args.required("key")?.to_owned(), value: args.text_or_empty("value")? };
    validate::param("", &mut param)?;
    let batch = LogBatch { run_id, params: vec![param], ..LogBatch::default() };
    app.log_params(&context, batch, false).await?;
    Ok(Answer::empty())
}

impl App {
    /// The run, deleted or not; `RESOURCE_DOES_NOT_EXIST` if there is none.
    pub(crate) async fn run(&self, run_id: &str) -> Result<Run, ApiError> {
        validate::no_nul("run_id", run_id)?;
        self.views.run(run_id).await?.ok_or_else(|| missing(run_id))
    }

    /// The run that an earlier request with the idempotency key created.
    async fn run_of_key(&self, key: &str) -> Result<Run, ApiError> {
        let state = self.log.guard(&GuardKey::Idempotency(key.to_owned())).await?;
        let parent = state.and_then(|state| state.parent).unwrap_or_default();
        match parent.strip_prefix("run/") {
            Some(run_id) => self.run(run_id).await,
            None => Err(ApiError::internal("an idempotency key belongs to no run")),
        }
    }
}

fn missing(run_id: &str) -> ApiError {
    let shown = validate::cut(run_id, 256);
    DomainError::not_found(format!("Run with id={shown} not found")).into()
}

fn created(run: &Run) -> Result<Answer, ApiError> {
    #[derive(Serialize)]
    struct Created<'a> {
        run: RunOut<'a>,
    }
    Answer::new(&Created { run: RunOut::created(run) })
}

/// Whom a request without authentication names as its user.
fn claimed_user(command: &CreateRun) -> Option<&str> {
    let tag = || command.tags.iter().find(|tag| tag.key == "mlflow.user").map(|tag| tag.value.as_str());
    Some(command.user_id.as_str()).filter(|user| !user.is_empty()).or_else(tag)
}

fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, ApiError> {
    let Some(value) = headers.get(IDEMPOTENCY_KEY) else { return Ok(None) };
    match value.to_str() {
        Ok(key) if (1..=IDEMPOTENCY_LIMIT).contains(&key.len()) => Ok(Some(key.to_owned())),
        _ => Err(ApiError::invalid(format!(
            "The header Idempotency-Key must hold 1 to {IDEMPOTENCY_LIMIT} ASCII characters."
        ))),
    }
}
