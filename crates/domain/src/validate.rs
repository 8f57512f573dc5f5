//! The checks that MLflow's server makes on names and values, with its messages.

use crate::{DomainError, KeyValue, limits};

/// The message for a value that a parameter does not take; `value` is shown as JSON.
pub fn invalid_value(path: &str, value: &str, reason: &str) -> DomainError {
    let shown = serde_json::Value::from(cut(value, 200));
    DomainError::invalid(format!("Invalid value {shown} for parameter '{path}' supplied: {reason}"))
}

/// A metric, param or tag key: letters, digits and `/_-. :`, and as a path it must name itself.
pub fn key(path: &str, key: &str) -> Result<(), DomainError> {
    let allowed = |c: char| c.is_alphanumeric() || matches!(c, '_' | '/' | '.' | '-' | ' ' | ':');
    if !key.chars().all(allowed) {
        return Err(invalid_value(
            path,
            key,
            "Names may only contain alphanumerics, underscores (_), dashes (-), periods (.), spaces ( ), colon(:) and slashes (/).",
        ));
    }
    own_path(path, key)
}

/// A name that as a path is its own.
pub fn own_path(path: &str, name: &str) -> Result<(), DomainError> {
    let normal = normal_path(name);
    if normal != name || normal == "." || normal.starts_with("..") || normal.starts_with('/') {
        return Err(invalid_value(
            path,
            name,
            &format!(
                "Names may be treated as files in certain cases, and must not resolve to other names when treated as such. \
                 This name would resolve to '{normal}'"
            ),
        ));
    }
    Ok(())
}

/// At most `limit` characters.
pub fn length(name: &str, limit: usize, value: &str) -> Result<(), DomainError> {
    if fits(value, limit) {
        return Ok(());
    }
    Err(DomainError::invalid(format!("'{name}' exceeds the maximum length of {limit} characters")))
}

/// No database stores U+0000 in text.
pub fn no_nul(path: &str, value: &str) -> Result<(), DomainError> {
    if value.contains('\0') {
        return Err(DomainError::invalid(format!(
            "Invalid value for parameter '{path}' supplied: it holds the character U+0000, which cannot be stored. Remove it."
        )));
    }
    Ok(())
}

/// Cuts a value to `limit` characters, as MLflow does with long params and run tags.
pub fn truncate(value: &mut String, limit: usize) {
    if !fits(value, limit) {
        value.truncate(cut(value, limit).len());
    }
}

/// The first `limit` characters.
pub fn cut(value: &str, limit: usize) -> &str {
    value.char_indices().nth(limit).map_or(value, |(end, _)| value.get(..end).unwrap_or(value))
}

/// Checks a metric's key; `path` is empty or the element's, such as `metrics[3]`.
pub fn metric_key(path: &str, name: &str) -> Result<(), DomainError> {
    key(&member(path, "name"), name)?;
    length("Metric name", limits::KEY, name)
}

/// Checks a param and cuts a long value; `path` is empty or the element's, such as `params[3]`.
pub fn param(path: &str, param: &mut KeyValue) -> Result<(), DomainError> {
    key(&member(path, "key"), &param.key)?;
    length("Param key", limits::KEY, &param.key)?;
    no_nul(&member(path, "value"), &param.value)?;
    truncate(&mut param.value, limits::PARAM_VALUE);
    Ok(())
}

/// Checks a run's tag and cuts a long value; `path` is empty or the element's, such as `tags[3]`.
pub fn run_tag(path: &str, tag: &mut KeyValue) -> Result<(), DomainError> {
    key(&member(path, "key"), &tag.key)?;
    length(&member(path, "key"), limits::KEY, &tag.key)?;
    no_nul(&member(path, "value"), &tag.value)?;
    truncate(&mut tag.value, limits::RUN_TAG_VALUE);
    Ok(())
}

/// Checks an experiment's tag; a long value is refused.
pub fn experiment_tag(tag: &KeyValue) -> Result<(), DomainError> {
    key("key", &tag.key)?;
    length("key", limits::KEY, &tag.key)?;
    no_nul("value", &tag.value)?;
    length("value", limits::EXPERIMENT_TAG_VALUE, &tag.value)
}

/// A run id as clients may choose them: letters, digits, `_` and `-`, at most 256, the first one a letter or digit.
pub fn run_id(id: &str) -> Result<(), DomainError> {
    let mut chars = id.chars();
    let first = chars.next().is_some_and(|c| c.is_ascii_alphanumeric());
    if first && chars.all(|c| c.is_alphanumeric() || matches!(c, '_' | '-')) && fits(id, 256) {
        return Ok(());
    }
    let shown = serde_json::Value::from(cut(id, 200));
    Err(DomainError::invalid(format!("Invalid value {shown} for parameter 'run_id' supplied.")))
}

fn fits(value: &str, limit: usize) -> bool {
    value.len() <= limit || value.chars().count() <= limit
}

fn member(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

/// The path without empty and `.` segments and with `..` resolved, as POSIX normalises it.
fn normal_path(path: &str) -> String {
    let rooted = path.starts_with('/');
    let mut segments: Vec<&str> = Vec::new();
    for segment in path.split('/').filter(|segment| !segment.is_empty() && *segment != ".") {
        if segment == ".." && segments.last().is_some_and(|last| *last != "..") {
            segments.pop();
        } else if segment != ".." || !rooted {
            segments.push(segment);
        }
    }
    let joined = segments.join("/");
    match (rooted, joined.is_empty()) {
        (true, _) => format!("/{joined}"),
        (false, true) => ".".to_owned(),
        (false, false) => joined,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_name_themselves_as_paths() {
        for good in ["loss", "a/b", "a b:c.d-e_f", "été", "..a/b".trim_start_matches("..")] {
            assert_eq!(key("key", good), Ok(()), "{good}");
        }
        for bad in ["a@b", "/a", "a//b", "a/../b", ".", "..", "a/", "./a", "..a"] {
            assert!(key("key", bad).is_err(), "{bad}");
        }
        let message = key("key", "a/./b").unwrap_err().message;
        assert!(message.ends_with("This name would resolve to 'a/b'"), "{message}");
    }

    #[test]
    fn lengths_count_characters() {
        let mut value = "é".repeat(10);
        assert_eq!(length("key", 10, &value), Ok(()));
        truncate(&mut value, 3);
        assert_eq!(value, "ééé");
    }

    #[test]
    fn run_ids_are_checked() {
        assert_eq!(run_id("4f"), Ok(()));
        assert_eq!(run_id("bad/id").unwrap_err().message, "Invalid value \"bad/id\" for parameter 'run_id' supplied.");
    }
}
