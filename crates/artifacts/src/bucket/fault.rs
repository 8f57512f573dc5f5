//! What went wrong at an object store, told apart by what an operator can do about it.

use object_store::Error;
use object_store::client::{HttpError, HttpErrorKind};
use std::error::Error as StdError;
use std::time::Duration;
use thiserror::Error;

/// A failure of an object store, in words short enough for an event. It holds no secrets: requests carry theirs in headers.
#[derive(Debug, Error)]
#[error("{detail}")]
pub(crate) struct Fault {
    pub(crate) kind: Kind,
    detail: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The bucket is there, the object or the multipart upload is not.
    NotFound,
    NoBucket,
    /// Who we are is not known, or not proven.
    Credentials,
    NoCredentials,
    /// Who we are is known, and may not.
    Denied,
    Clock,
    Region,
    Unreachable,
    Silent,
    /// The parts of a multipart upload are not what the store has.
    Parts,
    Other,
}

impl Fault {
    #[expect(clippy::needless_pass_by_value, reason = "the form that `map_err` takes")]
    pub(crate) fn of(error: Error) -> Self {
        let text = error.to_string();
        let http = sources(&error).find_map(|cause| cause.downcast_ref::<HttpError>());
        let code = element(&text, "Code");
        let kind = match code {
            Some(code) => by_code(code).unwrap_or_else(|| by_error(&error)),
            // Where Amazon's machines find their credentials. Elsewhere nobody is there.
            None if text.contains("169.254.169.254") => Kind::NoCredentials,
            None if text.contains("redirect without LOCATION") => Kind::Region,
            None => match http.map(HttpError::kind) {
                Some(HttpErrorKind::Connect) => Kind::Unreachable,
                Some(HttpErrorKind::Timeout) => Kind::Silent,
                _ => by_error(&error),
            },
        };
        let detail = match (code, http) {
            (Some(code), _) => match element(&text, "Message") {
                Some(message) if !message.is_empty() => format!("{code}: {message}"),
                _ => code.to_owned(),
            },
            (None, Some(http)) => sources(http).last().unwrap_or(http).to_string(),
            (None, None) => text,
        };
        Self { kind, detail }
    }

    pub(crate) fn silent(limit: Duration) -> Self {
        Self { kind: Kind::Silent, detail: format!("no answer within {} seconds", limit.as_secs()) }
    }

    pub(crate) fn other(detail: String) -> Self {
        Self { kind: Kind::Other, detail }
    }

    /// What to do about it, for whoever set up the store. `setting` names the place, `secrets` the variables.
    pub(crate) fn advice(&self, setting: &str, secrets: &str) -> String {
        let detail = &self.detail;
        match self.kind {
            Kind::NoBucket => format!("the bucket does not exist; create it or change {setting}"),
            Kind::Credentials => format!("the credentials are not accepted ({detail}); set {secrets}"),
            Kind::NoCredentials => format!("no credentials were found; set {secrets}"),
            Kind::Denied => {
                format!(
                    "the credentials do not allow it ({detail}); let them list, read, write and delete, or set {secrets}"
                )
            }
            Kind::Clock => format!("its clock differs from the one of this machine ({detail}); set one of them right"),
            Kind::Region => format!("the bucket is in another region ({detail}); set --s3-region"),
            Kind::Unreachable => format!("it cannot be reached ({detail}); start it or change --s3-endpoint"),
            Kind::Silent => format!("it does not answer ({detail}); look after it or change --s3-endpoint"),
            Kind::NotFound | Kind::Parts | Kind::Other => format!("it answers with an error ({detail})"),
        }
    }
}

/// The codes of S3, which Google's XML shares, of Versity's gateway and of Azure.
fn by_code(code: &str) -> Option<Kind> {
    Some(match code {
        "NoSuchBucket" | "ContainerNotFound" => Kind::NoBucket,
        "InvalidAccessKeyId"
        | "SignatureDoesNotMatch"
        | "InvalidToken"
        | "ExpiredToken"
        | "XAdminUserNotFound"
        | "AuthenticationFailed" => Kind::Credentials,
        "AccessDenied" | "AllAccessDisabled" | "AuthorizationFailure" | "AuthorizationPermissionMismatch" => {
            Kind::Denied
        }
        "RequestTimeTooSkewed" => Kind::Clock,
        "PermanentRedirect" | "AuthorizationHeaderMalformed" => Kind::Region,
        "NoSuchUpload" => Kind::NotFound,
        "InvalidPart" | "InvalidPartOrder" | "EntityTooSmall" => Kind::Parts,
        _ => return None,
    })
}

fn by_error(error: &Error) -> Kind {
    match error {
        Error::NotFound { .. } => Kind::NotFound,
        Error::Unauthenticated { .. } => Kind::Credentials,
        Error::PermissionDenied { .. } => Kind::Denied,
        _ => Kind::Other,
    }
}

/// The text of an element of the XML in which stores tell what is wrong.
fn element<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(&format!("<{name}>"))?;
    rest.split_once(&format!("</{name}>")).map(|(value, _)| value)
}

fn sources<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(error.source(), |error: &&'a (dyn StdError + 'static)| (*error).source())
}
