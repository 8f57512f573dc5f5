//! `registered-models/alias`: names for versions that move from one to another.

use axum::extract::State;
use runledger_domain::command::{check_alias, delete_alias, set_alias};
use runledger_domain::{DomainError, Stage, validate};

use crate::registry::Known;
use crate::wire::Answer;
use crate::{ApiError, AppState, Args, RequestContext, model_versions};

pub(crate) async fn set(State(app): State<AppState>, context: RequestContext, args: Args) -> Result<Answer, ApiError> {
    let name = args.required("name")?;
    let alias = args.required("alias")?;
    let version = args.required_number("version")?;
    app.change_model_version(&context, name, version, |known, version| {
        set_alias(&known.model, known.guard_version, version, alias.to_owned())
    })
    .await?;
    Ok(Answer::empty())
}

pub(crate) async fn delete(
    State(app): State<AppState>,
    context: RequestContext,
    args: Args,
) -> Result<Answer, ApiError> {
    let name = args.required("name")?;
    let alias = args.required("alias")?;
    check_alias(alias)?;
    let decide = |known: &Known| Ok(delete_alias(&known.model.id, alias.to_owned()));
    app.change_registered_model(&context, name, decide).await?;
    Ok(Answer::empty())
}

/// The version that the alias names. `latest` names the one with the highest number.
pub(crate) async fn get(State(app): State<AppState>, args: Args) -> Result<Answer, ApiError> {
    let name = args.required("name")?;
    let alias = args.required("alias")?;
    check_alias(alias)?;
    let model = app.registered_model(name).await?;
    if alias.eq_ignore_ascii_case("latest") {
        let highest = app.views.latest_versions(&model.id, &Stage::ALL).await?.into_iter().next();
        let missing = || DomainError::not_found(format!("Latest version not found for model {}.", model.name));
        return model_versions::answer(&model, &highest.ok_or_else(missing)?);
    }
    let unknown = || ApiError::invalid(format!("Registered model alias {} not found.", validate::cut(alias, 255)));
    let number = model.aliases.get(alias).copied().ok_or_else(unknown)?;
    model_versions::answer(&model, &app.version_of(&model, number).await?)
}
