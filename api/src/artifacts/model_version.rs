//! `model-versions/get-artifact`: a file of a registered version, from wherever the version keeps its files.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, Method};
use runledger_artifacts::ArtifactPath;
use runledger_domain::DomainError;
use runledger_domain::validate::cut;

use super::{download, multipart, run};
use crate::{ApiError, App, AppState, Args};

/// The file, or with `presigned` a URL to fetch it from the object store.
pub(crate) async fn download(
    State(app): State<AppState>,
    method: Method,
    headers: HeaderMap,
    args: Args,
) -> Result<Response, ApiError> {
    let relative = args.any_text("path")?.filter(|path| !path.is_empty());
    let relative = relative.ok_or_else(|| DomainError::missing("path"))?;
    // A bad path is refused whether the version exists or not.
    ArtifactPath::parse(relative)?;
    let (_, version) = app.model_version(args.required("name")?, args.required_number("version")?).await?;
    let path = root(&app, version.location()).await?.join(relative)?;
    if args.flag("presigned")?.unwrap_or_default() {
        return Ok(multipart::sign_download(&app, &path).await?.into_response());
    }
    download::respond(&app, &path, &method, &headers).await
}

/// Where the location lies below the artifact root. A source among the artifacts of a run is looked up in the run.
async fn root(app: &App, location: &str) -> Result<ArtifactPath, ApiError> {
    if let Some(path) = ArtifactPath::of_uri(location)? {
        return Ok(path);
    }
    if let Some(of_run) = location.strip_prefix("runs:/") {
        let (run_id, relative) = of_run.split_once('/').unwrap_or((of_run, ""));
        let run = app.run(run_id).await?;
        return Ok(run::artifact_root(&run)?.join(relative)?);
    }
    Err(ApiError::invalid(format!(
        "The version keeps its files at '{}', which this server does not serve: only locations that begin with \
         mlflow-artifacts:/ are. Use a client that has access to that location itself.",
        cut(location, 200)
    )))
}
