//! Paths of artifacts, checked so that none of them leaves the root, however it is encoded.

use percent_encoding::percent_decode_str;
use std::fmt;
use thiserror::Error;

/// How often a path is decoded before it is judged; one that still changes then is hiding something.
const ROUNDS: usize = 10;
/// Bytes of a path, which is the limit of S3 for a key.
const LENGTH_LIMIT: usize = 1024;
/// Bytes of a segment: 255 on common file systems, less what the name of a half-written file adds.
const SEGMENT_LIMIT: usize = 240;

/// A path below the artifact root, such as `0/4f…/artifacts/model.pkl`; the empty path is the root.
///
/// It has no empty segment, no `.` and no `..`, no backslash, no `#` and no control character, and none of these appears
/// when it is percent-decoded, be it several times.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ArtifactPath(String);

/// Why a path is refused. The text is what the user reads.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum PathError {
    /// MLflow's words for every path that might leave the root.
    #[error("Invalid path")]
    Unsafe,
    #[error(
        "Invalid path: it has {length} bytes, at most {LENGTH_LIMIT} are allowed. Use shorter names or fewer folders."
    )]
    TooLong { length: usize },
    #[error(
        "Invalid path: the name '{start}…' has {length} bytes, at most {SEGMENT_LIMIT} are allowed. Use a shorter name."
    )]
    NameTooLong { start: String, length: usize },
}

impl ArtifactPath {
    /// The folder that holds everything.
    pub fn root() -> Self {
        Self(String::new())
    }

    /// Checks a path that HTTP has decoded once. Repeated slashes, a slash at the end and `.` are dropped.
    pub fn parse(raw: &str) -> Result<Self, PathError> {
        check_all_forms(raw)?;
        let segments: Vec<&str> = raw.split('/').filter(|segment| !segment.is_empty() && *segment != ".").collect();
        if let Some(name) = segments.iter().find(|segment| segment.len() > SEGMENT_LIMIT) {
            return Err(PathError::NameTooLong { start: name.chars().take(40).collect(), length: name.len() });
        }
        let path = segments.join("/");
        if path.len() > LENGTH_LIMIT {
            return Err(PathError::TooLong { length: path.len() });
        }
        Ok(Self(path))
    }

    /// Checks the path part of a URL as it came over the wire.
    pub fn from_url(encoded: &str) -> Result<Self, PathError> {
        let decoded = percent_decode_str(encoded).decode_utf8().map_err(|_not_text| PathError::Unsafe)?;
        Self::parse(&decoded)
    }

    /// The path that an artifact URI of this server means: `a/b` for `mlflow-artifacts:/a/b`, with or without a host. `None` for
    /// URIs of other places.
    pub fn of_uri(uri: &str) -> Result<Option<Self>, PathError> {
        let Some(location) = uri.strip_prefix("mlflow-artifacts:") else { return Ok(None) };
        let path = match location.strip_prefix("//") {
            Some(with_host) => with_host.split_once('/').map_or("", |(_, path)| path),
            None => location,
        };
        Self::parse(path.trim_start_matches('/')).map(Some)
    }

    /// The path of something below this folder. `relative` is checked by itself, so that it cannot lead out of it.
    pub fn join(&self, relative: &str) -> Result<Self, PathError> {
        let relative = Self::parse(relative)?;
        if self.is_root() || relative.is_root() {
            return Ok(if self.is_root() { relative } else { self.clone() });
        }
        Self::parse(&format!("{self}/{relative}"))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether the path lies below this folder.
    pub fn contains(&self, path: &Self) -> bool {
        self.is_root() || path.0.strip_prefix(&self.0).is_some_and(|rest| rest.starts_with('/'))
    }

    /// The last segment; empty for the root.
    pub fn name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or_default()
    }

    /// The folders above, from the outermost on, without the root.
    pub fn parents(&self) -> impl Iterator<Item = &str> {
        self.0.match_indices('/').filter_map(|(end, _)| self.0.get(..end))
    }
}

impl fmt::Display for ArtifactPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn check_all_forms(raw: &str) -> Result<(), PathError> {
    let mut form = raw.to_owned();
    for _ in 0..ROUNDS {
        check(&form)?;
        // What is not text is no separator and no dot either, so it may be replaced for judging.
        let decoded = percent_decode_str(&form).decode_utf8_lossy().into_owned();
        if decoded == form {
            return Ok(());
        }
        form = decoded;
    }
    Err(PathError::Unsafe)
}

fn check(form: &str) -> Result<(), PathError> {
    let drive = matches!(form.as_bytes(), [letter, b':', ..] if letter.is_ascii_alphabetic());
    let forbidden = |c: char| matches!(c, '#' | '\\') || c.is_control();
    if form.starts_with('/') || drive || form.contains(forbidden) || form.split('/').any(|segment| segment == "..") {
        return Err(PathError::Unsafe);
    }
    Ok(())
}

#[cfg(test)]
mod tests;
