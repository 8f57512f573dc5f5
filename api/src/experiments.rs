//! `experiments/*`: create, look up, change.

use axum::extract::State;
use runledger_domain::command::{
    CreateExperiment, delete_experiment, delete_experiment_tag, rename_experiment, restore_experiment,
    set_experiment_tag,
};
use runledger_domain::guard::{Found, Guard, GuardKey, Then};
use runledger_domain::{DomainError, ErrorCode, Experiment, KeyValue, validate};
use runledger_storage::{DatasetSummary, Rejection};
use serde::Serialize;

use crate::app::refusal;
use crate::args::parse_experiment_id;
use crate::wire::{Answer, ExperimentOut};
use crate::{ApiError, App, AppState, Args, RequestContext};

/// How often a rename is decided again because another writer renamed the experiment in between.
const ATTEMPTS: usize = 20;

pub(crate) async fn create(
    State(app): State<AppState>,
    context: RequestContext,
    args: Args,
) -> Result<Answer, ApiError> {
    #[derive(Serialize)]
    struct Created {
        experiment_id: String,
    }
    let name = args.required("name")?.to_owned();
    let artifact_location = args.text_or_empty("artifact_location")?;
    let tags = args.key_values("tags")?;
    // Most refusals are for a name that is taken; they need no id.
    if app.log.guard(&GuardKey::ExperimentName(name.clone())).await?.is_some() {
        return Err(name_taken(&name));
    }
    let experiment_id = app.log.next_experiment_id().await?;
    let command = CreateExperiment { experiment_id, name, artifact_location, tags };
    app.execute(&context, command.decide(&app.settings.artifact_root)?).await?;
    Answer::new(&Created { experiment_id: experiment_id.to_string() })
}

pub(crate) async fn get(State(app): State<AppState>, args: Args) -> Result<Answer, ApiError> {
    let id = args.experiment_id()?;
    answer(&app.experiment(id).await?)
}

pub(crate) async fn get_by_name(State(app): State<AppState>, args: Args) -> Result<Answer, ApiError> {
    let name = args.required("experiment_name")?;
    let missing = || {
        let shown = validate::cut(name, 500);
        ApiError::from(DomainError::not_found(format!("Could not find experiment with name '{shown}'")))
    };
    answer(&app.views.experiment_by_name(name).await?.ok_or_else(missing)?)
}

pub(crate) async fn update(
    State(app): State<AppState>,
    context: RequestContext,
    args: Args,
) -> Result<Answer, ApiError> {
    let id = args.experiment_id()?;
    let new_name = args.required("new_name")?;
    for _ in 0..ATTEMPTS {
        // The version comes first, so that a rename between the two reads is noticed.
        let version = app.log.guard(&GuardKey::Experiment(id)).await?.ok_or_else(|| unknown(id))?.version;
        let experiment = app.experiment(id).await?;
        let decision = rename_experiment(&experiment, version, new_name.to_owned())?;
        match app.append(&context, None, decision).await? {
            Ok(_) => return Ok(Answer::empty()),
            Err(Rejection { guard, found }) if guard.violation(found).is_none() => {}
            // The old name is gone: somebody renamed the experiment after it was read.
            Err(Rejection { guard: Guard { then: Then::Release, .. }, .. }) => {}
            Err(rejection) => return Err(refusal(&rejection)),
        }
    }
    let message = format!("The experiment {id} is being renamed by others. Try again.");
    Err(ApiError::new(ErrorCode::TemporarilyUnavailable, message))
}

pub(crate) async fn delete(
    State(app): State<AppState>,
    context: RequestContext,
    args: Args,
) -> Result<Answer, ApiError> {
    app.execute(&context, delete_experiment(args.experiment_id()?)).await?;
    Ok(Answer::empty())
}

pub(crate) async fn restore(
    State(app): State<AppState>,
    context: RequestContext,
    args: Args,
) -> Result<Answer, ApiError> {
    app.execute(&context, restore_experiment(args.experiment_id()?)).await?;
    Ok(Answer::empty())
}

pub(crate) async fn set_tag(
    State(app): State<AppState>,
    context: RequestContext,
    args: Args,
) -> Result<Answer, ApiError> {
    let id = args.experiment_id()?;
    let tag = KeyValue { key: args.required("key")?.to_owned(), value: args.text_or_empty("value")? };
    let experiment = app.experiment(id).await?;
    app.execute(&context, set_experiment_tag(&experiment, tag)?).await?;
    Ok(Answer::empty())
}

pub(crate) async fn delete_tag(
    State(app): State<AppState>,
    context: RequestContext,
    args: Args,
) -> Result<Answer, ApiError> {
    let id = args.experiment_id()?;
    let key = args.required("key")?.to_owned();
    let experiment = app.experiment(id).await?;
    app.execute(&context, delete_experiment_tag(&experiment, key)?).await?;
    Ok(Answer::empty())
}

/// `experiments/search-datasets`: the data sets that runs of the experiments used.
pub(crate) async fn search_datasets(State(app): State<AppState>, args: Args) -> Result<Answer, ApiError> {
    #[derive(Serialize)]
    struct Found {
        #[serde(skip_serializing_if = "Vec::is_empty")]
        dataset_summaries: Vec<Summary>,
    }
    #[derive(Serialize)]
    struct Summary {
        experiment_id: String,
        name: String,
        digest: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        context: Option<String>,
    }
    let summaries = app.dataset_summaries(&args).await?.into_iter().map(|summary| Summary {
        experiment_id: summary.experiment_id.to_string(),
        name: summary.name,
        digest: summary.digest,
        context: summary.context,
    });
    Answer::new(&Found { dataset_summaries: summaries.collect() })
}

impl App {
    /// The data sets that the arguments of `experiments/search-datasets` ask for.
    pub(crate) async fn dataset_summaries(&self, args: &Args) -> Result<Vec<DatasetSummary>, ApiError> {
        const MOST: usize = 20;
        let ids = args.texts("experiment_ids")?;
        if ids.is_empty() {
            return Err(ApiError::invalid("SearchDatasets request must specify at least one experiment_id."));
        }
        if ids.len() > MOST {
            return Err(ApiError::invalid(format!(
                "SearchDatasets request cannot specify more than {MOST} experiment_ids. Received {} experiment_ids.",
                ids.len()
            )));
        }
        let ids = ids.iter().map(|id| parse_experiment_id(id)).collect::<Result<Vec<_>, _>>()?;
        self.views.catch_up().await?;
        Ok(self.views.dataset_summaries(&ids).await?)
    }

    /// The experiment, deleted or not; `RESOURCE_DOES_NOT_EXIST` if there is none.
    pub(crate) async fn experiment(&self, id: i64) -> Result<Experiment, ApiError> {
        self.views.experiment(id).await?.ok_or_else(|| unknown(id))
    }
}

fn answer(experiment: &Experiment) -> Result<Answer, ApiError> {
    #[derive(Serialize)]
    struct Got<'a> {
        experiment: ExperimentOut<'a>,
    }
    Answer::new(&Got { experiment: ExperimentOut::new(experiment) })
}

fn unknown(id: i64) -> ApiError {
    DomainError::not_found(format!("No Experiment with id={id} exists")).into()
}

fn name_taken(name: &str) -> ApiError {
    let guard = runledger_domain::guard::Guard::new(
        GuardKey::ExperimentName(name.to_owned()),
        runledger_domain::guard::Expect::Absent,
        Then::Keep,
    );
    refusal(&Rejection { guard, found: Found::Active })
}
