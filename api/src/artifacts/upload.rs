//! Taking an upload in: body to spool, event to log, then the answer.

use axum::body::Body;
use futures::TryStreamExt;
use http::{HeaderMap, StatusCode, header};
use runledger_artifacts::{ArtifactPath, BoxError, Spool, StageError};
use runledger_domain::command::Decision;
use runledger_domain::event::ArtifactStaged;
use runledger_domain::{ErrorCode, Event, StreamId};

use crate::{ApiError, App, RequestContext};

/// Streams the body to the spool and appends `ArtifactStaged`. Afterwards the artifact is durable and readable.
pub(crate) async fn stream(
    app: &App,
    context: &RequestContext,
    path: &ArtifactPath,
    headers: &HeaderMap,
    body: Body,
) -> Result<(), ApiError> {
    let length = length(headers);
    check_length(&app.artifacts.spool, length)?;
    let upload_id = app.ids.random_id().simple().to_string();
    let arriving = app.incoming.begin(&upload_id, path, length, app.clock.now_ms());
    let body = body.into_data_stream().inspect_ok(|bytes| arriving.received(bytes.len()));
    let staged = app.artifacts.spool.stage(&upload_id, body).await.map_err(refusal)?;
    let size = staged.size;
    let event = Event::ArtifactStaged(ArtifactStaged {
        upload_id: staged.upload_id,
        path: path.as_str().to_owned(),
        size,
        sha256: staged.sha256,
        traceparent: Some(context.traceparent(&upload_id)),
    });
    let decision = Decision { events: vec![(StreamId::artifact(path.as_str()), event)], guards: Vec::new() };
    let appended = app.execute(context, decision).await;
    // Only of an overloaded log it is certain that it did not take the event; else the bytes must stay.
    if let Err(ApiError { code: ErrorCode::RequestLimitExceeded, .. }) = &appended
        && let Err(error) = app.artifacts.spool.remove(&upload_id).await
    {
        tracing::warn!(error = &error as &dyn std::error::Error, "a refused upload stays in the spool");
    }
    appended?;
    app.metrics.staged(size);
    Ok(())
}

/// The answer to a body that ended before its end.
pub(crate) fn broken_off(cause: BoxError) -> ApiError {
    let message = "The upload did not arrive in full. Send it again.";
    ApiError::new(ErrorCode::BadRequest, message).with_status(StatusCode::REQUEST_TIMEOUT).caused_by(cause)
}

fn length(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// Refuses an upload that can never fit before its bytes are sent.
fn check_length(spool: &Spool, length: Option<u64>) -> Result<(), ApiError> {
    match length {
        Some(length) if length > spool.quota() => {
            let message = format!(
                "The upload has {length} bytes, but uploads may take {} bytes until the artifact store has them. Ask the \
                 operator for a larger --spool-quota.",
                spool.quota()
            );
            Err(ApiError::new(ErrorCode::ResourceExhausted, message).with_status(StatusCode::INSUFFICIENT_STORAGE))
        }
        _ => Ok(()),
    }
}

fn refusal(error: StageError) -> ApiError {
    match error {
        StageError::Body { source } => broken_off(source),
        // 429, because the stock client retries it, and does not retry 507.
        StageError::Full { quota, retry_after } => {
            let message = format!(
                "Uploads that wait for the artifact store take up all the {quota} bytes they may. Try again after the time \
                 in Retry-After; if it does not help, the operator should look after the artifact store."
            );
            ApiError::new(ErrorCode::ResourceExhausted, message).retry_after(retry_after)
        }
        error @ StageError::Spool { .. } => ApiError::internal(error),
    }
}
