//! `model-versions/create`.

use axum::extract::State;
use runledger_domain::command::{CreateModelVersion, check_model_name, tell_logged_model};
use runledger_domain::{DomainError, ModelVersion, Stage, tells_prompt, validate};

use super::answer;
use super::source::{Owner, Source, Which, check_prompt, refused};
use crate::registry::{ATTEMPTS, Known, contended, unknown_model};
use crate::wire::Answer;
use crate::{ApiError, App, AppState, Args, RequestContext};

/// Where a version comes from.
#[derive(Clone, Debug, Default)]
struct Origin {
    source: String,
    /// Where the files are, when that is another place.
    storage_location: Option<String>,
    run_id: Option<String>,
    model_id: Option<String>,
}

pub(crate) async fn create(
    State(app): State<AppState>,
    context: RequestContext,
    args: Args,
) -> Result<Answer, ApiError> {
    let name = args.required("name")?;
    check_model_name(name)?;
    let tags = args.key_values("tags")?;
    let origin = if tells_prompt(&tags) {
        let source = args.required("source")?.to_owned();
        check_prompt(&source)?;
        Origin { source, run_id: args.filled("run_id")?.map(str::to_owned), ..Origin::default() }
    } else {
        app.origin(&args).await?
    };
    let model_id = origin.model_id.clone();
    let command = CreateModelVersion {
        source: origin.source,
        storage_location: origin.storage_location,
        run_id: origin.run_id,
        run_link: args.filled("run_link")?.map(str::to_owned),
        model_id: origin.model_id,
        description: args.text_or_empty("description")?,
        tags,
    };
    let _turn = app.registered_models.turn(name).await.map_err(ApiError::internal)?;
    for _ in 0..ATTEMPTS {
        let Known { model, guard_version } = app.known_model(name).await?.ok_or_else(|| unknown_model(name))?;
        let mut decision = command.clone().decide(&model, guard_version)?;
        let number = model.last_version + 1;
        if let Some(model_id) = &model_id {
            let (logged, guard_version) = app.known_logged_model(model_id).await?;
            tell_logged_model(&mut decision, &logged, guard_version, name, number);
        }
        if app.append_if_unchanged(&context, decision).await? {
            let model = app.views.registered_model(&model.id).await?.unwrap_or(model);
            return answer(&model, &app.version_of(&model, number).await?);
        }
    }
    Err(contended(name))
}

impl App {
    /// Reads and checks where a version of a model comes from.
    async fn origin(&self, args: &Args) -> Result<Origin, ApiError> {
        let text = args.required("source")?;
        let (run_id, model_id) =
            (args.filled("run_id")?.map(str::to_owned), args.filled("model_id")?.map(str::to_owned));
        let source = Source::parse(text)?;
        if let Source::Version(name, which) = &source {
            return self.origin_of_version(args, text, name, which).await;
        }
        let owner = match (&model_id, &run_id) {
            (Some(id), _) => {
                let model = if source.is_owned() { self.views.logged_model(id).await? } else { None };
                let model = model.filter(|model| !model.deleted);
                Owner::LoggedModel(id.clone(), model.map(|model| model.artifact_uri))
            }
            (None, Some(id)) => {
                let run = if source.is_owned() { self.views.run(id).await? } else { None };
                Owner::Run(id.clone(), run.map(|run| run.artifact_uri))
            }
            (None, None) => Owner::Nobody,
        };
        source.check(text, &owner)?;
        let logged = match &model_id {
            Some(id) => Some(self.logged_model(id).await?),
            None => None,
        };
        let storage_location = match (&source, &logged) {
            (Source::LoggedModel(_), Some(model)) => Some(model.artifact_uri.clone()),
            _ => None,
        };
        let run_id = run_id.or_else(|| logged.and_then(|model| model.source_run_id));
        Ok(Origin { source: text.to_owned(), storage_location, run_id, model_id })
    }

    /// A copy of a version has its files where that one has them, and its run.
    async fn origin_of_version(&self, args: &Args, text: &str, name: &str, which: &Which) -> Result<Origin, ApiError> {
        let model = self.registered_model(name).await?;
        if model.is_prompt() {
            return Err(refused(text, "Prompt versions cannot be used as model version sources."));
        }
        let highest = |versions: Vec<ModelVersion>, of: &str| {
            let missing = || DomainError::not_found(format!("No versions of model with name '{name}'{of} found"));
            versions.into_iter().next().ok_or_else(missing)
        };
        let version = match which {
            Which::Number(number) => self.version_of(&model, *number).await?,
            Which::Latest => highest(self.views.latest_versions(&model.id, &Stage::ALL).await?, "")?,
            Which::Stage(stage) => {
                let versions = self.views.latest_versions(&model.id, &[Stage::parse(stage)?]).await?;
                highest(versions, &format!(" and stage '{stage}'"))?
            }
            Which::Alias(alias) => {
                let alias = validate::cut(alias, 255);
                let unknown = || ApiError::invalid(format!("Registered model alias {alias} not found."));
                self.version_of(&model, model.aliases.get(alias).copied().ok_or_else(unknown)?).await?
            }
        };
        let same = |given: Option<&str>, known: Option<&String>| {
            given.is_none_or(|given| given == known.map(String::as_str).unwrap_or_default())
        };
        let (run_id, model_id) = (args.text("run_id")?, args.text("model_id")?);
        if !same(run_id, version.run_id.as_ref()) || !same(model_id, version.model_id.as_ref()) {
            let reason = "The run_id and model_id request parameters must match the referenced model version.";
            return Err(refused(text, reason));
        }
        Ok(Origin {
            source: format!("models:/{}/{}", model.name, version.version),
            storage_location: Some(version.location().to_owned()),
            run_id: version.run_id,
            model_id: model_id.filter(|id| !id.is_empty()).map(str::to_owned),
        })
    }
}
