//! Endpoints that name an artifact by its run and its path below the run's artifact location.

use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, Method, StatusCode, Uri};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use runledger_artifacts::ArtifactPath;
use runledger_domain::{DomainError, Run};
use runledger_storage::ArtifactEntry;

use super::files::{Details, Entry, Files};
use super::{bad_request, download, root_of, upload};
use crate::v1::Missing;
use crate::wire::Answer;
use crate::{ApiError, App, AppState, Args, RequestContext};

/// Bytes of a file that the web page uploads.
const UPLOAD_LIMIT: usize = 10 << 20;

pub(crate) async fn list(State(app): State<AppState>, args: Args) -> Result<Answer, ApiError> {
    let (run, files) = files(&app, &args).await?;
    Answer::new(&files.of_root(&run.artifact_uri))
}

/// The run that the arguments of `artifacts/list` name, and the entries of the folder.
pub(crate) async fn files_of_run(app: &App, args: &Args) -> Result<(Run, Vec<Entry>), ApiError> {
    let (run, files) = files(app, args).await?;
    Ok((run, files.into_entries()))
}

/// The files and folders of a run below a path, with the state of each file.
#[utoipa::path(get, path = "/artifacts/{run_id}", tag = "runs", operation_id = "list_artifacts",
    params(("run_id" = String, Path), ("path" = inline(Option<String>), Query, description = "A folder; the top unless it is given.")),
    responses((status = 200, description = "The files and folders.", body = Details), Missing))]
pub(crate) async fn details(
    State(app): State<AppState>,
    Path(run_id): Path<String>,
    args: Args,
) -> Result<Answer, ApiError> {
    let run = app.run(&run_id).await?;
    let Listing { root, folder, entries } = listing(&app, &run, &args).await?;
    let incoming = app.incoming.below(Some(&folder));
    Answer::new(&Details::of(&run.artifact_uri, &root, entries, incoming))
}

async fn files(app: &App, args: &Args) -> Result<(Run, Files<'static>), ApiError> {
    let run = app.run(args.run_id()?).await?;
    let Listing { root, entries, .. } = listing(app, &run, args).await?;
    Ok((run, Files::below(&root, entries)))
}

/// What is in a folder of a run.
struct Listing {
    root: ArtifactPath,
    folder: ArtifactPath,
    entries: Vec<ArtifactEntry>,
}

async fn listing(app: &App, run: &Run, args: &Args) -> Result<Listing, ApiError> {
    let root = artifact_root(run)?;
    let folder = root.join(args.any_text("path")?.unwrap_or_default())?;
    app.views.catch_up().await?;
    let entries = app.views.list_artifacts(folder.as_str()).await?;
    Ok(Listing { root, folder, entries })
}

pub(crate) async fn download(
    State(app): State<AppState>,
    method: Method,
    headers: HeaderMap,
    args: Args,
) -> Result<Response, ApiError> {
    let relative = args.any_text("path")?.filter(|path| !path.is_empty());
    let path = locate(&app, args.run_id()?, relative.ok_or_else(|| DomainError::missing("path"))?).await?;
    download::respond(&app, &path, &method, &headers).await
}

pub(crate) async fn upload(
    State(app): State<AppState>,
    context: RequestContext,
    uri: Uri,
    body: Body,
) -> Result<Response, ApiError> {
    let query = Query::<Vec<(String, String)>>::try_from_uri(&uri);
    let Query(query) = query.map_err(|error| ApiError::invalid(format!("The query cannot be read: {error}.")))?;
    let given = |name: &str| {
        let value = query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        value.filter(|value| !value.is_empty())
    };
    let run_id = given("run_id").or_else(|| given("run_uuid"));
    let run_id = run_id.ok_or_else(|| ApiError::invalid("Request must specify run_id or run_uuid."))?;
    let relative = given("path").ok_or_else(|| ApiError::invalid("Request must specify path."))?;
    if relative.ends_with('/') {
        return Ok(bad_request("Artifact path must include a filename (cannot end with '/')."));
    }
    let path = locate(&app, run_id, relative).await?;
    let bytes = match Limited::new(body, UPLOAD_LIMIT).collect().await {
        Ok(collected) => collected.to_bytes(),
        Err(error) if error.is::<LengthLimitError>() => {
            return Err(ApiError::invalid("Artifact size is too large. Max size is 10MB."));
        }
        Err(error) => return Err(upload::broken_off(error)),
    };
    if bytes.is_empty() {
        return Err(ApiError::invalid("Request must specify data."));
    }
    upload::stream(&app, &context, &path, &HeaderMap::new(), Body::from(bytes)).await?;
    Ok(StatusCode::OK.into_response())
}

/// The path below the artifact root of what the run calls `relative`.
async fn locate(app: &App, run_id: &str, relative: &str) -> Result<ArtifactPath, ApiError> {
    // A bad path is refused whether the run exists or not.
    ArtifactPath::parse(relative)?;
    let run = app.run(run_id).await?;
    let path = artifact_root(&run)?.join(relative)?;
    Ok(path)
}

pub(super) fn artifact_root(run: &Run) -> Result<ArtifactPath, ApiError> {
    root_of("run", &run.run_id, &run.artifact_uri)
}
