//! What a run used and made: `runs/log-inputs`, `runs/outputs`, and the legacy `runs/log-model`.

use axum::extract::State;
use runledger_domain::command::{log_inputs, log_outputs, set_run_tags};
use runledger_domain::event::{Dataset, DatasetInput, ModelOutput};
use runledger_domain::{DomainError, KeyValue};
use serde_json::{Map, Value};

use crate::wire::Answer;
use crate::{ApiError, AppState, Args, RequestContext};

/// The tag in which clients before MLflow 3 find the models of a run.
const MODEL_HISTORY: &str = "mlflow.log-model.history";

pub(crate) async fn log_inputs_of(
    State(app): State<AppState>,
    context: RequestContext,
    args: Args,
) -> Result<Answer, ApiError> {
    let run_id = args.run_id()?;
    let datasets = args.objects("datasets")?.unwrap_or_default();
    let datasets = datasets.iter().map(dataset_input).collect::<Result<_, _>>()?;
    let models = args.objects("models")?.unwrap_or_default();
    let models = models.iter().map(|model| Ok(model.required("model_id")?.to_owned()));
    let models = models.collect::<Result<_, ApiError>>()?;
    app.execute(&context, log_inputs(run_id, datasets, models)?).await?;
    Ok(Answer::empty())
}

pub(crate) async fn log_outputs_of(
    State(app): State<AppState>,
    context: RequestContext,
    args: Args,
) -> Result<Answer, ApiError> {
    let run_id = args.run_id()?;
    let models = args.objects("models")?.ok_or_else(|| DomainError::missing("models"))?;
    let output = |model: &Args| {
        Ok(ModelOutput { model_id: model.required("model_id")?.to_owned(), step: model.int("step")?.unwrap_or(0) })
    };
    let models = models.iter().map(output).collect::<Result<_, ApiError>>()?;
    app.execute(&context, log_outputs(run_id, models)).await?;
    Ok(Answer::empty())
}

/// Appends the model to the list in a tag of the run.
pub(crate) async fn log_model(
    State(app): State<AppState>,
    context: RequestContext,
    args: Args,
) -> Result<Answer, ApiError> {
    let run_id = args.run_id()?;
    let model = model_entry(args.required("model_json")?)?;
    let run = app.run(run_id).await?;
    let known = run.tags.get(MODEL_HISTORY).and_then(|text| serde_json::from_str(text).ok());
    let mut models: Vec<Value> = known.unwrap_or_default();
    models.push(model);
    let tag = KeyValue { key: MODEL_HISTORY.to_owned(), value: Value::from(models).to_string() };
    app.execute(&context, set_run_tags(run_id.to_owned(), vec![tag])).await?;
    Ok(Answer::empty())
}

fn dataset_input(input: &Args) -> Result<DatasetInput, ApiError> {
    let tags = input.objects("tags")?.unwrap_or_default();
    let tag =
        |tag: &Args| Ok(KeyValue { key: tag.required("key")?.to_owned(), value: tag.required("value")?.to_owned() });
    let tags = tags.iter().map(tag).collect::<Result<_, ApiError>>()?;
    let dataset = input.object("dataset")?.ok_or_else(|| DomainError::missing(&input.member("dataset")))?;
    let dataset = Dataset {
        name: dataset.required("name")?.to_owned(),
        digest: dataset.required("digest")?.to_owned(),
        source_type: dataset.required("source_type")?.to_owned(),
        source: dataset.required("source")?.to_owned(),
        schema: dataset.text("schema")?.map(str::to_owned),
        profile: dataset.text("profile")?.map(str::to_owned),
    };
    Ok(DatasetInput { dataset, tags })
}

/// The part of a model's description that goes into the tag.
fn model_entry(json: &str) -> Result<Value, ApiError> {
    let model: Value = serde_json::from_str(json).map_err(|_not_json| {
        let shown = runledger_domain::validate::cut(json, 500);
        ApiError::invalid(format!("Malformed model info. \n {shown} \n is not a valid JSON."))
    })?;
    let required = ["artifact_path", "flavors", "run_id", "utc_time_created"];
    let missing: Vec<String> =
        required.iter().filter(|name| model.get(**name).is_none()).map(|name| format!("'{name}'")).collect();
    if !missing.is_empty() {
        let missing = missing.join(", ");
        return Err(ApiError::invalid(format!("Model json is missing mandatory fields: {{{missing}}}")));
    }
    let names = required.iter().copied().chain(["model_uuid"]);
    let kept = names.filter_map(|name| Some((name.to_owned(), model.get(name)?.clone())));
    let mut entry: Map<String, Value> = kept.collect();
    // A flavor's configuration may be long, and nobody reads it from here.
    if let Some(Value::Object(flavors)) = entry.get_mut("flavors") {
        for flavor in flavors.values_mut().filter_map(Value::as_object_mut) {
            flavor.remove("config");
        }
    }
    Ok(entry.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_is_kept_without_what_nobody_reads() {
        let entry = model_entry(
            r#"{"artifact_path":"m","flavors":{"f":{"config":{"a":1},"v":"2"}},"run_id":"4f","utc_time_created":"t","x":1}"#,
        );
        assert_eq!(
            entry.unwrap().to_string(),
            r#"{"artifact_path":"m","flavors":{"f":{"v":"2"}},"run_id":"4f","utc_time_created":"t"}"#
        );
        let message = model_entry("{}").unwrap_err().message;
        assert!(message.starts_with("Model json is missing mandatory fields: {'artifact_path'"), "{message}");
        assert!(model_entry("x").unwrap_err().message.starts_with("Malformed model info."));
    }

    #[test]
    fn a_data_set_names_what_it_lacks() {
        let args =
            Args::from_json(br#"{"datasets":[{"dataset":{"name":"n","digest":"d","source_type":"s"}}]}"#).unwrap();
        let message = dataset_input(&args.objects("datasets").unwrap().unwrap()[0]).unwrap_err().message;
        assert!(message.starts_with("Missing value for required parameter 'datasets[0].dataset.source'."), "{message}");
    }
}
