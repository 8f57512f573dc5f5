//! Events as webhooks tell them: MLflow's bodies, key by key (`mlflow.webhooks.types`), and such for runs.

use chrono::DateTime;
use runledger_domain::event::{ModelVersionCreated, RegisteredModelCreated};
use runledger_domain::{Event, KeyValue, PROMPT_TAG, RegisteredModel, Run, RunStatus, tells_prompt};
use serde_json::{Map, Value, json};

use crate::Topic;

/// Tags by which the client makes prompts of registered models; receivers are not bothered with them.
const PROMPT_TYPE_TAG: &str = "_mlflow_prompt_type";
const PROMPT_TEXT_TAG: &str = "mlflow.prompt.text";

/// The body of a delivery. `at` is when it happened, in milliseconds since the epoch.
pub(crate) fn body(topic: Topic, at: i64, data: &Value) -> String {
    let at = DateTime::from_timestamp_millis(at).map(|at| at.to_rfc3339()).unwrap_or_default();
    json!({"entity": topic.entity(), "action": topic.action(), "timestamp": at, "data": data}).to_string()
}

/// What an event of a registered model's stream means to webhooks. `model` is the model after the event.
pub(crate) fn of_registry(event: &Event, model: &RegisteredModel) -> Option<(Topic, Value)> {
    let (name, prompt) = (&model.name, model.is_prompt());
    let pick = |of_model: &'static str, of_prompt| Topic::named(if prompt { of_prompt } else { of_model });
    let (topic, data) = match event {
        Event::RegisteredModelCreated(created) => {
            let RegisteredModelCreated { tags, description, .. } = created;
            let tags =
                if prompt { tags_without(tags, &[PROMPT_TAG, PROMPT_TYPE_TAG]) } else { tags_without(tags, &[]) };
            let data = json!({"name": name, "tags": tags, "description": description});
            (pick("registered_model.created", "prompt.created"), data)
        }
        Event::ModelVersionCreated(created) => {
            (pick("model_version.created", "prompt_version.created"), version_created(name, created))
        }
        Event::ModelVersionTagsSet(set) => {
            let tag = set.tags.first()?;
            let data = json!({"name": name, "version": set.version.to_string(), "key": tag.key, "value": tag.value});
            (pick("model_version_tag.set", "prompt_version_tag.set"), data)
        }
        Event::ModelVersionTagDeleted(deleted) => {
            let data = json!({"name": name, "version": deleted.version.to_string(), "key": deleted.key});
            (pick("model_version_tag.deleted", "prompt_version_tag.deleted"), data)
        }
        Event::RegisteredModelAliasSet(set) => {
            let data = json!({"name": name, "alias": set.alias, "version": set.version.to_string()});
            (pick("model_version_alias.created", "prompt_alias.created"), data)
        }
        Event::RegisteredModelAliasDeleted(deleted) => {
            let data = json!({"name": name, "alias": deleted.alias});
            (pick("model_version_alias.deleted", "prompt_alias.deleted"), data)
        }
        // MLflow tells of the tags of prompts, not of models.
        Event::RegisteredModelTagsSet(set) if prompt => {
            let tag = set.tags.first()?;
            (Topic::named("prompt_tag.set"), json!({"name": name, "key": tag.key, "value": tag.value}))
        }
        Event::RegisteredModelTagDeleted(deleted) if prompt => {
            (Topic::named("prompt_tag.deleted"), json!({"name": name, "key": deleted.key}))
        }
        _ => return None,
    };
    Some((topic?, data))
}

fn version_created(name: &str, created: &ModelVersionCreated) -> Value {
    let ModelVersionCreated { version, source, run_id, description, tags, .. } = created;
    let version = version.to_string();
    let description = Some(description).filter(|text| !text.is_empty());
    if tells_prompt(tags) {
        let template = tags.iter().rev().find(|tag| tag.key == PROMPT_TEXT_TAG).map(|tag| &tag.value);
        let tags = tags_without(tags, &[PROMPT_TAG, PROMPT_TYPE_TAG, PROMPT_TEXT_TAG]);
        return json!({"name": name, "version": version, "template": template, "tags": tags, "description": description});
    }
    let run_id = run_id.as_ref().filter(|id| !id.is_empty());
    let tags = tags_without(tags, &[]);
    json!({
        "name": name, "version": version, "source": source, "run_id": run_id, "tags": tags, "description": description
    })
}

/// What an event of a run means to webhooks.
pub(crate) fn topic_of_run(event: &Event) -> Option<Topic> {
    Topic::named(match event {
        Event::RunCreated(_) => "run.created",
        Event::RunDeleted(_) => "run.deleted",
        Event::RunRestored(_) => "run.restored",
        Event::RunUpdated(updated) => match updated.status? {
            RunStatus::Finished => "run.finished",
            RunStatus::Failed => "run.failed",
            RunStatus::Killed => "run.killed",
            RunStatus::Running | RunStatus::Scheduled => return None,
        },
        _ => return None,
    })
}

/// The data of a delivery about a run.
pub(crate) fn of_run(run: &Run) -> Value {
    json!({
        "run_id": run.run_id,
        "experiment_id": run.experiment_id.to_string(),
        "run_name": run.name,
        "user_id": run.user_id,
        "status": run.status.as_str(),
        "start_time": run.start_time,
        "end_time": run.end_time,
    })
}

/// A body as a test sends it; `at` is now, in milliseconds since the epoch.
pub fn example(topic: Topic, at: i64) -> String {
    let mut data = json!({"name": format!("example_{}", subject(topic))});
    let mut set = |key: &str, value: Value| {
        if let Value::Object(fields) = &mut data {
            fields.insert(key.to_owned(), value);
        }
    };
    let tags = json!({"example_key": "example_value"});
    match topic.name() {
        "registered_model.created" => {
            set("tags", tags);
            set("description", "An example registered model".into());
        }
        "prompt.created" => {
            set("tags", tags);
            set("description", "An example prompt".into());
        }
        "model_version.created" => {
            set("version", "1".into());
            set("source", "models:/123".into());
            set("run_id", "abcd1234abcd5678".into());
            set("tags", tags);
            set("description", "An example model version".into());
        }
        "prompt_version.created" => {
            set("version", "1".into());
            set("template", "Hello {{name}}!".into());
            set("tags", tags);
            set("description", "An example prompt version".into());
        }
        name if name.contains("_alias.") => {
            set("alias", "example_alias".into());
            if topic.action() == "created" {
                set("version", "1".into());
            }
        }
        name if name.contains("_tag.") => {
            if name.contains("_version_") {
                set("version", "1".into());
            }
            set("key", "example_key".into());
            if topic.action() == "set" {
                set("value", "example_value".into());
            }
        }
        _ => return body(topic, at, &example_run(topic)),
    }
    body(topic, at, &data)
}

fn subject(topic: Topic) -> &'static str {
    if topic.entity().starts_with("prompt") { "prompt" } else { "model" }
}

fn example_run(topic: Topic) -> Value {
    let status = match topic.action() {
        "finished" => "FINISHED",
        "failed" => "FAILED",
        "killed" => "KILLED",
        _ => "RUNNING",
    };
    json!({
        "run_id": "abcd1234abcd5678", "experiment_id": "0", "run_name": "example-run-1", "user_id": "example",
        "status": status, "start_time": 0, "end_time": null
    })
}

/// As an object; of two tags with one key the last one counts.
fn tags_without(tags: &[KeyValue], hidden: &[&str]) -> Map<String, Value> {
    let shown = tags.iter().filter(|tag| !hidden.contains(&tag.key.as_str()));
    shown.map(|tag| (tag.key.clone(), Value::from(tag.value.as_str()))).collect()
}
