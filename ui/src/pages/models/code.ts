// Code that uses models of this very server, ready to copy. Pure.

/** Quotes for Python: JSON's escapes mean the same there. */
function quoted(text: string): string {
  return JSON.stringify(text);
}

function head(address: string): string {
  return `import mlflow

mlflow.set_tracking_uri(${quoted(address)})
`;
}

/** By its alias, which may move to another version, or else by its number. */
export function modelUri(name: string, version: string, alias: string | undefined): string {
  return alias === undefined ? `models:/${name}/${version}` : `models:/${name}@${alias}`;
}

export function loadModelCode(address: string, uri: string): string {
  return `${head(address)}
model = mlflow.pyfunc.load_model(${quoted(uri)})
`;
}

export function registerCode(address: string, name: string): string {
  return `${head(address)}
# The model that was logged in a run …
mlflow.register_model("models:/<model id>", ${quoted(name)})

# … or in the same step as logging it:
# mlflow.sklearn.log_model(model, name="model", registered_model_name=${quoted(name)})
`;
}

/** Loads the logged model, and makes a version of a registered model of it. */
export function loggedModelCode(address: string, modelId: string, name: string): string {
  const uri = quoted(`models:/${modelId}`);
  return `${head(address)}
model = mlflow.pyfunc.load_model(${uri})

# A version of a registered model:
mlflow.register_model(${uri}, ${quoted(name)})
`;
}

export function promptUri(name: string, version: string, alias: string | undefined): string {
  return alias === undefined ? `prompts:/${name}/${version}` : `prompts:/${name}@${alias}`;
}

export function loadPromptCode(address: string, uri: string, variables: readonly string[]): string {
  const args = variables.map((one) => `${one}="…"`).join(", ");
  return `${head(address)}
prompt = mlflow.genai.load_prompt(${quoted(uri)})
text = prompt.format(${args})
`;
}

export function registerPromptCode(address: string, name: string): string {
  return `${head(address)}
mlflow.genai.register_prompt(
    name=${quoted(name)},
    template="Summarise {{text}}",
    commit_message="What has changed",
)
`;
}

export function logModelCode(address: string, experiment: string): string {
  return `${head(address)}mlflow.set_experiment(${quoted(experiment)})

with mlflow.start_run():
    mlflow.sklearn.log_model(model, name="model")
`;
}
