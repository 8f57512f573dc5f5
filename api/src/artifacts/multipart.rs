//! `mlflow-artifacts/mpu/*`: uploads whose parts the client sends to the object store itself, and `presigned/*` for downloads.
//!
//! MLflow's client does so for large files when `MLFLOW_ENABLE_PROXY_MULTIPART_UPLOAD` is set, or when `server-info` says that
//! the server likes it. What a client sends past the server is not hashed here, so such an artifact has no SHA-256.

use axum::extract::State;
use http::{StatusCode, Uri};
use runledger_artifacts::{ArtifactPath, StoreError};
use runledger_domain::command::Decision;
use runledger_domain::event::ArtifactUploaded;
use runledger_domain::{DomainError, ErrorCode, Event, StreamId};
use runledger_storage::{ArtifactState, Leases};
use serde::Serialize;
use std::time::Duration;
use uuid::Uuid;

use super::headers::store_away;
use super::proxy::{object_path, raw_path};
use crate::wire::Answer;
use crate::{ApiError, App, AppState, Args, RequestContext};

/// How long a client may take for its parts.
const UPLOAD_TTL: Duration = Duration::from_hours(24);
/// How long a download may take to begin; MLflow's default.
const DOWNLOAD_TTL: Duration = Duration::from_mins(5);
/// What S3 allows.
const PARTS: i64 = 10_000;
/// How long a worker may keep the path from a client that completes its upload.
const PATIENCE: Duration = Duration::from_secs(10);

#[derive(Serialize)]
struct Created {
    upload_id: String,
    credentials: Vec<Credential>,
}

#[derive(Serialize)]
struct Credential {
    url: String,
    part_number: usize,
    headers: NoHeaders,
}

#[derive(Serialize)]
struct NoHeaders {}

/// Opens a multipart upload and signs a URL for each part.
pub(crate) async fn create(State(app): State<AppState>, uri: Uri, args: Args) -> Result<Answer, ApiError> {
    let path = target(&app, &uri, &args)?;
    let parts = args.int("num_parts")?.unwrap_or(1);
    if !(1..=PARTS).contains(&parts) {
        let message = format!("num_parts is {parts}, but an upload has 1 to {PARTS} parts. Choose a larger part size.");
        return Err(ApiError::invalid(message));
    }
    let (store, spool) = (&app.artifacts.store, &app.artifacts.spool);
    let opened = store.open_multipart(&path, spool, app.clock.now_ms()).await;
    let upload_id = opened.map_err(refused("Multipart upload"))?;
    let parts = usize::try_from(parts).unwrap_or_default();
    let urls = store.signed_part_urls(&path, &upload_id, parts, UPLOAD_TTL).await;
    let credentials = urls.map_err(refused("Multipart upload"))?.into_iter().zip(1..);
    let credentials = credentials.map(|(url, part_number)| Credential { url, part_number, headers: NoHeaders {} });
    Answer::new(&Created { upload_id, credentials: credentials.collect() })
}

/// Makes the artifact of the parts. A repeat finds it made.
pub(crate) async fn complete(
    State(app): State<AppState>,
    context: RequestContext,
    uri: Uri,
    args: Args,
) -> Result<Answer, ApiError> {
    let path = target(&app, &uri, &args)?;
    let multipart_id = args.required("upload_id")?;
    let etags = etags(&args)?;
    // Workers bring older uploads of the path under the same lease.
    let lease = app.leases.acquire(&Leases::name_of_artifact(path.as_str()), PATIENCE).await?;
    let busy = || {
        let message = format!("Another upload of '{path}' is on its way to the object store. Try again later.");
        ApiError::new(ErrorCode::TemporarilyUnavailable, message).retry_after(Duration::from_secs(5))
    };
    let lease = lease.ok_or_else(busy)?;
    let completed = make(&app, &context, &path, multipart_id, etags).await;
    lease.release().await;
    completed.map(|()| Answer::empty())
}

pub(crate) async fn abort(State(app): State<AppState>, uri: Uri, args: Args) -> Result<Answer, ApiError> {
    let path = target(&app, &uri, &args)?;
    let (store, spool) = (&app.artifacts.store, &app.artifacts.spool);
    store.abort_multipart(&path, args.required("upload_id")?, spool).await.map_err(refused("Multipart upload"))?;
    Ok(Answer::empty())
}

/// As [`sign_download`], for a path in the URL.
pub(crate) async fn presigned(State(app): State<AppState>, uri: Uri) -> Result<Answer, ApiError> {
    sign_download(&app, &object_path(raw_path(&uri))?).await
}

/// A URL from which the client fetches the artifact. For one that is not in the object store yet, the answer has no size:
/// MLflow's client then downloads through the server.
pub(super) async fn sign_download(app: &App, path: &ArtifactPath) -> Result<Answer, ApiError> {
    #[derive(Serialize)]
    struct Presigned {
        url: String,
        headers: NoHeaders,
        #[serde(skip_serializing_if = "Option::is_none")]
        file_size: Option<u64>,
    }
    let missing = || DomainError::not_found(format!("No such artifact: '{path}'"));
    let artifact = app.views.artifact(path.as_str()).await?.ok_or_else(missing)?;
    let url = app.artifacts.store.signed_get(path, DOWNLOAD_TTL).await.map_err(refused("Multipart download"))?;
    let file_size = (artifact.state == ArtifactState::Stored).then_some(artifact.size);
    Answer::new(&Presigned { url, headers: NoHeaders {}, file_size })
}

/// Completes the upload in the store, then tells the log. The record of the upload goes last, so that a repeat after a crash in
/// between knows that the object is this upload's.
async fn make(
    app: &App,
    context: &RequestContext,
    path: &ArtifactPath,
    multipart_id: &str,
    etags: Vec<String>,
) -> Result<(), ApiError> {
    let (store, spool) = (&app.artifacts.store, &app.artifacts.spool);
    let upload_id = Uuid::new_v5(&Uuid::NAMESPACE_OID, multipart_id.as_bytes()).simple().to_string();
    let recorded = store.is_recorded(multipart_id, spool).await.map_err(store_away)?;
    if !recorded {
        let known = app.views.artifact(path.as_str()).await?.is_some_and(|artifact| artifact.upload_id == upload_id);
        let message =
            format!("There is no multipart upload of '{path}' with this upload_id; it was aborted. Begin again.");
        return if known { Ok(()) } else { Err(DomainError::not_found(message).into()) };
    }
    let size = match store.complete_multipart(path, multipart_id, etags).await {
        // It was completed before, and the log was not told.
        Err(StoreError::NotFound { .. }) => store.head(path).await.map_err(refused("Multipart upload"))?,
        Err(StoreError::Parts { source, .. }) => {
            let message = format!("The object store cannot make '{path}' of these parts. Send all of them again.");
            return Err(ApiError::invalid(message).caused_by(source));
        }
        completed => completed.map_err(refused("Multipart upload"))?,
    };
    let event = Event::ArtifactUploaded(ArtifactUploaded { upload_id, path: path.as_str().to_owned(), size });
    let decision = Decision { events: vec![(StreamId::artifact(path.as_str()), event)], guards: Vec::new() };
    app.execute(context, decision).await?;
    store.forget_multipart(multipart_id, spool).await;
    Ok(())
}

/// The folder is in the URL; the body names a file of the client, whose last segment counts.
fn target(app: &App, uri: &Uri, args: &Args) -> Result<ArtifactPath, ApiError> {
    let folder = ArtifactPath::from_url(raw_path(uri))?;
    let local = args.required("path")?;
    let name = local.rsplit(['/', '\\']).next().unwrap_or_default();
    if name.is_empty() {
        return Err(DomainError::missing("path").into());
    }
    if !app.artifacts.store.supports_direct_transfers() {
        return Err(refused("Multipart upload")(StoreError::NotDirect));
    }
    Ok(folder.join(name)?)
}

/// The tags of the parts, by their numbers, which go from 1 without gaps.
fn etags(args: &Args) -> Result<Vec<String>, ApiError> {
    let parts = args.objects("parts")?.ok_or_else(|| DomainError::missing("parts"))?;
    let mut numbered = Vec::with_capacity(parts.len());
    for part in &parts {
        let number = part.int("part_number")?.ok_or_else(|| DomainError::missing(&part.member("part_number")))?;
        numbered.push((number, part.required("etag")?.to_owned()));
    }
    numbered.sort();
    if numbered.is_empty() || numbered.iter().zip(1..).any(|((number, _), expected)| *number != expected) {
        return Err(ApiError::invalid("The part numbers in 'parts' must go from 1 on without gaps, each once."));
    }
    Ok(numbered.into_iter().map(|(_, etag)| etag).collect())
}

/// What a failure of the store means to a client; `what` is in MLflow's words, by which its client knows to go another way.
fn refused(what: &'static str) -> impl FnOnce(StoreError) -> ApiError {
    move |error| match error {
        StoreError::NotDirect => {
            let message = format!("{what} is not supported for the current artifact repository");
            ApiError::new(ErrorCode::NotImplemented, message).with_status(StatusCode::NOT_IMPLEMENTED)
        }
        error => store_away(error),
    }
}
