//! What the endpoints of registered models and of versions share: look-ups, and writes that are decided on what was read.

use runledger_domain::command::{Decision, check_model_name};
use runledger_domain::guard::{Guard, GuardKey};
use runledger_domain::{DomainError, ErrorCode, ModelVersion, RegisteredModel, validate};
use runledger_storage::Rejection;

use crate::app::refusal;
use crate::{ApiError, App, RequestContext};

/// How often a write is decided again because other processes changed the model in between.
pub(crate) const ATTEMPTS: usize = 100;

/// A registered model as it was read, and the version that its guard had before.
#[derive(Debug)]
pub(crate) struct Known {
    pub(crate) model: RegisteredModel,
    pub(crate) guard_version: i64,
}

impl App {
    /// The model that has the name; `RESOURCE_DOES_NOT_EXIST` if none has.
    pub(crate) async fn registered_model(&self, name: &str) -> Result<RegisteredModel, ApiError> {
        self.find_registered_model(name).await?.ok_or_else(|| unknown_model(name))
    }

    /// The model that has the name, if one has.
    pub(crate) async fn find_registered_model(&self, name: &str) -> Result<Option<RegisteredModel>, ApiError> {
        check_model_name(name)?;
        match self.views.registered_model_id(name).await? {
            Some(id) => Ok(self.views.registered_model(&id).await?),
            None => Ok(None),
        }
    }

    /// The version with its model; `RESOURCE_DOES_NOT_EXIST` if there is none.
    pub(crate) async fn model_version(
        &self,
        name: &str,
        number: i64,
    ) -> Result<(RegisteredModel, ModelVersion), ApiError> {
        let model = self.find_registered_model(name).await?.ok_or_else(|| unknown_version(name, number))?;
        let version = self.version_of(&model, number).await?;
        Ok((model, version))
    }

    /// A version of the model; `RESOURCE_DOES_NOT_EXIST` if there is none.
    pub(crate) async fn version_of(&self, model: &RegisteredModel, number: i64) -> Result<ModelVersion, ApiError> {
        let version = self.views.model_version(&model.id, number).await?;
        version.ok_or_else(|| unknown_version(&model.name, number))
    }

    /// Decides on the model of this name and appends, again and again while others change it in between. Returns the model as
    /// it was before.
    pub(crate) async fn change_registered_model(
        &self,
        context: &RequestContext,
        name: &str,
        decide: impl Fn(&Known) -> Result<Decision, DomainError>,
    ) -> Result<RegisteredModel, ApiError> {
        let _turn = self.registered_models.turn(name).await.map_err(ApiError::internal)?;
        for _ in 0..ATTEMPTS {
            let known = self.known_model(name).await?.ok_or_else(|| unknown_model(name))?;
            if self.append_if_unchanged(context, decide(&known)?).await? {
                return Ok(known.model);
            }
        }
        Err(contended(name))
    }

    /// As [`App::change_registered_model`], for what is decided on a version.
    pub(crate) async fn change_model_version(
        &self,
        context: &RequestContext,
        name: &str,
        number: i64,
        decide: impl Fn(&Known, &ModelVersion) -> Result<Decision, DomainError>,
    ) -> Result<RegisteredModel, ApiError> {
        let _turn = self.registered_models.turn(name).await.map_err(ApiError::internal)?;
        for _ in 0..ATTEMPTS {
            let known = self.known_model(name).await?.ok_or_else(|| unknown_version(name, number))?;
            let version = self.version_of(&known.model, number).await?;
            if self.append_if_unchanged(context, decide(&known, &version)?).await? {
                return Ok(known.model);
            }
        }
        Err(contended(name))
    }

    /// The guard's version comes first: what others change in between makes it stale, and the append tells.
    pub(crate) async fn known_model(&self, name: &str) -> Result<Option<Known>, ApiError> {
        check_model_name(name)?;
        let Some(id) = self.views.registered_model_id(name).await? else { return Ok(None) };
        let guard = self.log.guard(&GuardKey::RegisteredModel(id.clone())).await?;
        let model = self.views.registered_model(&id).await?;
        Ok(guard.zip(model).map(|(guard, model)| Known { model, guard_version: guard.version }))
    }

    /// Whether the decision was appended; not if somebody changed what it was made on.
    pub(crate) async fn append_if_unchanged(
        &self,
        context: &RequestContext,
        decision: Decision,
    ) -> Result<bool, ApiError> {
        match self.append(context, None, decision).await? {
            Ok(_) => Ok(true),
            Err(Rejection { guard, found }) if is_stale(&guard) || guard.violation(found).is_none() => Ok(false),
            Err(rejection) => Err(refusal(&rejection)),
        }
    }
}

pub(crate) fn unknown_model(name: &str) -> ApiError {
    let name = validate::cut(name, 500);
    DomainError::not_found(format!("Registered Model with name={name} not found")).into()
}

pub(crate) fn unknown_version(name: &str, number: i64) -> ApiError {
    let name = validate::cut(name, 500);
    DomainError::not_found(format!("Model Version (name={name}, version={number}) not found")).into()
}

/// The model was deleted or changed since it was read, so that its name leads elsewhere or nowhere.
fn is_stale(guard: &Guard) -> bool {
    matches!(guard.key, GuardKey::RegisteredModel(_))
}

pub(crate) fn contended(name: &str) -> ApiError {
    let name = validate::cut(name, 500);
    let message = format!("Too many writers change the registered model {name} at once. Try again.");
    ApiError::new(ErrorCode::TemporarilyUnavailable, message)
}
