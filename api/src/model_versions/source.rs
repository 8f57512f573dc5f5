//! Which sources a version may be made from.
//!
//! Whoever registers a version hands its files to everybody who may read the registry. So a source within this server's
//! artifacts, or on a disk, must belong to the run or the logged model that the request names, and no source leads out of
//! where it seems to point. The rules and their words are MLflow's.

use percent_encoding::percent_decode_str;
use runledger_artifacts::ArtifactPath;
use runledger_domain::validate::cut;

use crate::ApiError;

/// Versions of prompts have no files; one of these stands for their source.
const PLACEHOLDERS: [&str; 2] = ["dummy-source", "prompt-template"];
/// Schemes whose locations name the host to be asked.
const HOSTS: [&str; 9] = ["ftp", "sftp", "hdfs", "viewfs", "http", "https", "r2", "b2", "abfss"];
/// How often a source is decoded before it is judged; one that still changes then is hiding something.
const ROUNDS: usize = 10;

/// What a source points at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// `models:/<model id>`
    LoggedModel(String),
    /// `models:/<name>/<number>` and the like.
    Version(String, Which),
    /// `runs:/<run id>/…`
    Run(String),
    /// Something among this server's artifacts.
    Artifact(ArtifactPath),
    /// A place on a disk; the path without detours, if it has a beginning.
    Disk(Option<String>),
    /// A place that clients open themselves.
    Elsewhere,
}

/// Which version of a registered model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Which {
    Number(i64),
    Latest,
    Stage(String),
    Alias(String),
}

/// What the request says the source belongs to, with its artifact location if it exists.
#[derive(Clone, Debug)]
pub(super) enum Owner {
    Nobody,
    Run(String, Option<String>),
    LoggedModel(String, Option<String>),
}

impl Source {
    /// Reads the source of a version that is no prompt.
    pub(super) fn parse(text: &str) -> Result<Self, ApiError> {
        let (scheme, rest) = split_scheme(text);
        check_host(&scheme, rest)?;
        match scheme.as_str() {
            "" => Ok(Self::Disk(absolute(text))),
            "file" => {
                let (_, path) = split_authority(rest);
                let path = percent_decode_str(path).decode_utf8_lossy();
                Ok(Self::Disk(absolute(&path)))
            }
            "models" => {
                if rest.starts_with("//") {
                    return Err(refused(text, "Registered model sources must use the active model registry."));
                }
                let source = model(rest).ok_or_else(|| foreign(text, "model_id"))?;
                check_detours(text)?;
                Ok(source)
            }
            "runs" => {
                check_detours(text)?;
                let run_id = rest.strip_prefix('/').and_then(|path| path.split('/').next());
                let run_id = run_id.filter(|id| !id.is_empty()).ok_or_else(|| foreign(text, "run_id"))?;
                Ok(Self::Run(run_id.to_owned()))
            }
            "mlflow-artifacts" => {
                check_detours(text)?;
                let path = ArtifactPath::of_uri(text).ok().flatten();
                path.map(Self::Artifact).ok_or_else(|| foreign(text, "run_id"))
            }
            _ => check_detours(text).map(|()| Self::Elsewhere),
        }
    }

    /// Whether it depends on where the owner keeps its files.
    pub(super) fn is_owned(&self) -> bool {
        matches!(self, Self::Artifact(_) | Self::Disk(_))
    }

    /// Refuses a source that is not its owner's; `text` is how it was written.
    pub(super) fn check(&self, text: &str, owner: &Owner) -> Result<(), ApiError> {
        let (wanted, root) = match owner {
            Owner::Nobody => ("run_id", None),
            Owner::Run(_, root) => ("run_id", root.as_deref()),
            Owner::LoggedModel(_, root) => ("model_id", root.as_deref()),
        };
        let known = root.is_some() || matches!(owner, Owner::Nobody);
        let holds = match (self, owner) {
            (Self::LoggedModel(id), Owner::LoggedModel(owner, _)) | (Self::Run(id), Owner::Run(owner, _)) => {
                id == owner
            }
            (Self::LoggedModel(_), _) => return Err(foreign(text, "model_id")),
            (Self::Artifact(path), _) => {
                let root = root.and_then(|root| ArtifactPath::of_uri(root).ok().flatten());
                root.is_some_and(|root| !root.is_root() && is_within(path.as_str(), root.as_str()))
            }
            (Self::Disk(path), _) if known => {
                let root = root.filter(|root| !root.starts_with("mlflow-artifacts:")).and_then(disk_path);
                let holds = path.as_ref().zip(root).is_some_and(|(path, root)| is_within(path, &root));
                return if holds { Ok(()) } else { Err(on_disk(text, self, owner, wanted)) };
            }
            (Self::Run(_) | Self::Disk(_), _) => false,
            (Self::Version(..) | Self::Elsewhere, _) => true,
        };
        if holds { Ok(()) } else { Err(foreign(text, wanted)) }
    }
}

/// Checks the source of a version of a prompt.
pub(super) fn check_prompt(text: &str) -> Result<(), ApiError> {
    if PLACEHOLDERS.contains(&text) {
        return Ok(());
    }
    let text = cut(text, 500);
    Err(ApiError::invalid(format!("Invalid prompt source: '{text}'. Prompt sources must use an MLflow placeholder.")))
}

/// Refuses a source, with the reason.
pub(super) fn refused(text: &str, reason: &str) -> ApiError {
    ApiError::invalid(format!("Invalid model version source: '{}'. {reason}", cut(text, 500)))
}

fn foreign(text: &str, parameter: &str) -> ApiError {
    refused(text, &format!("The {parameter} request parameter must identify the resource that contains the source."))
}

fn on_disk(text: &str, source: &Source, owner: &Owner, parameter: &str) -> ApiError {
    let resolved = match (source, owner) {
        (Source::Disk(Some(path)), Owner::Run(..) | Owner::LoggedModel(..)) => path,
        _ => text,
    };
    refused(
        resolved,
        &format!(
            "To use a local path as a model version source, the {parameter} request parameter has to be specified and the \
             local path has to be contained within the artifact directory of the run specified by the {parameter}."
        ),
    )
}

/// The server does not let a request choose whom it, or whoever loads the model, connects to.
fn check_host(scheme: &str, rest: &str) -> Result<(), ApiError> {
    let names_host = HOSTS.contains(&scheme) || (scheme == "mlflow-artifacts" && !split_authority(rest).0.is_empty());
    if !names_host {
        return Ok(());
    }
    Err(ApiError::invalid(format!(
        "'source' cannot use the '{scheme}' scheme: the '{scheme}' scheme addresses a host other than the tracking server's \
         configured artifact storage, so the server would connect to the host named in the URI. Use a location in an object \
         store, or among the artifacts of a run."
    )))
}

/// Refuses what leads out of where it seems to point, however it is encoded.
fn check_detours(text: &str) -> Result<(), ApiError> {
    let error = || {
        refused(
            text,
            "If supplying a source as an http, https, local file path, ftp, objectstore, or mlflow-artifacts uri, an absolute \
             path must be provided without relative path references present. Please provide an absolute path.",
        )
    };
    let mut form = text.to_owned();
    for _ in 0..ROUNDS {
        let decoded = percent_decode_str(&form.replace('+', " ")).decode_utf8_lossy().into_owned();
        if decoded == form {
            let (_, rest) = split_scheme(&form);
            let path = split_authority(rest).1.split(['?', '#', ';']).next().unwrap_or_default();
            let mut segments = path.trim_end_matches('/').split('/').filter(|segment| !segment.is_empty());
            let is_bare = segments.clone().next().is_none() || !path.starts_with('/');
            let leads_away = form.contains('\0') || form.split('/').any(|segment| segment == "..");
            return if is_bare || leads_away || segments.any(|segment| segment == ".") { Err(error()) } else { Ok(()) };
        }
        form = decoded;
    }
    Err(error())
}

/// Reads what follows `models:`.
fn model(rest: &str) -> Option<Source> {
    let path = rest.strip_prefix('/')?.trim_start_matches('/');
    let text = |text: &str| (!text.trim().is_empty()).then(|| text.to_owned());
    match path.split('/').collect::<Vec<_>>().as_slice() {
        [name, suffix] => {
            let which = match text(suffix)? {
                number if number.bytes().all(|byte| byte.is_ascii_digit()) => Which::Number(number.parse().ok()?),
                latest if latest.eq_ignore_ascii_case("latest") => Which::Latest,
                stage => Which::Stage(stage),
            };
            Some(Source::Version(text(name)?, which))
        }
        [one] => match one.rsplit_once('@') {
            Some((name, alias)) => Some(Source::Version(text(name)?, Which::Alias(text(alias)?))),
            None => Some(Source::LoggedModel(text(one)?)),
        },
        _ => None,
    }
}

/// The scheme in lower case, empty where there is none, and what follows its colon.
fn split_scheme(text: &str) -> (String, &str) {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
    match text.split_once(':') {
        Some((scheme, rest)) if scheme.starts_with(|c: char| c.is_ascii_alphabetic()) && scheme.chars().all(plain) => {
            (scheme.to_ascii_lowercase(), rest)
        }
        _ => (String::new(), text),
    }
}

/// The host behind `//`, and the path.
fn split_authority(rest: &str) -> (&str, &str) {
    let Some(with_host) = rest.strip_prefix("//") else { return ("", rest) };
    with_host.split_at(with_host.find('/').unwrap_or(with_host.len()))
}

/// The path of a location on a disk, without detours.
fn disk_path(location: &str) -> Option<String> {
    match Source::parse(location) {
        Ok(Source::Disk(path)) => path,
        _ => None,
    }
}

/// The path without empty and `.` segments and with `..` resolved; `None` for one that begins nowhere.
fn absolute(path: &str) -> Option<String> {
    let mut segments: Vec<&str> = Vec::new();
    for segment in path.strip_prefix('/')?.split('/').filter(|segment| !matches!(*segment, "" | ".")) {
        if segment == ".." {
            segments.pop();
        } else {
            segments.push(segment);
        }
    }
    Some(format!("/{}", segments.join("/")))
}

fn is_within(path: &str, root: &str) -> bool {
    path.strip_prefix(root).is_some_and(|below| below.is_empty() || below.starts_with('/') || root == "/")
}

#[cfg(test)]
mod tests;
