"""From a custom model to a registered one in use, with a prompt on the way, as users write it.

Everything comes from the environment: MLFLOW_TRACKING_URI and MLFLOW_EXPERIMENT_NAME, which names the registered
model and the prompt too.
"""

import os
import tempfile
from pathlib import Path

import mlflow
import pandas as pd
from mlflow import MlflowClient
from mlflow.models import infer_signature

NAME = os.environ["MLFLOW_EXPERIMENT_NAME"].replace(" ", "-")


class Threshold(mlflow.pyfunc.PythonModel):
    """Says which rows exceed a limit that comes with the model's files."""

    def load_context(self, context):
        self.limit = float(Path(context.artifacts["limit"]).read_text())

    def predict(self, context, model_input, params=None):
        return (model_input["x"] > self.limit).astype(int)


def main() -> None:
    frame = pd.DataFrame({"x": [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]})
    labels = [0, 0, 0, 1, 1, 1]
    models = []
    for limit in (1.5, 2.5):
        with mlflow.start_run(run_name=f"limit {limit}"), tempfile.TemporaryDirectory() as folder:
            mlflow.log_param("limit", limit)
            Path(folder, "limit.txt").write_text(str(limit))
            model = mlflow.pyfunc.log_model(
                name="threshold",
                python_model=Threshold(),
                artifacts={"limit": f"{folder}/limit.txt"},
                signature=infer_signature(frame, labels),
                input_example=frame[:2],
                pip_requirements=["mlflow"],
                registered_model_name=NAME,
            )
            result = mlflow.models.evaluate(
                model.model_uri,
                frame.assign(label=labels),
                targets="label",
                model_type="classifier",
                evaluator_config={"log_model_explainability": False},
            )
            print("accuracy", round(result.metrics["accuracy_score"], 6))
            models.append((model, result.metrics["accuracy_score"]))

    client = MlflowClient()
    versions = client.search_model_versions(f"name = '{NAME}'", order_by=["version_number"])
    print("versions", [int(v.version) for v in versions])
    best = max(range(2), key=lambda i: models[i][1])
    client.set_registered_model_alias(NAME, "champion", versions[best].version)
    client.set_registered_model_alias(NAME, "challenger", versions[1 - best].version)
    client.set_model_version_tag(NAME, versions[best].version, "approved", "yes")
    client.update_model_version(NAME, versions[best].version, "The better one.")
    client.update_registered_model(NAME, "Tells large from small.")

    model = models[best][0]
    for uri in (
        f"runs:/{model.run_id}/threshold",
        f"models:/{model.model_id}",
        f"models:/{NAME}/{versions[best].version}",
        f"models:/{NAME}@champion",
        f"models:/{NAME}@challenger",
        f"models:/{NAME}/latest",
    ):
        print(mlflow.pyfunc.load_model(uri).predict(frame).tolist())

    found = mlflow.search_logged_models(
        filter_string="metrics.accuracy_score > 0.9 AND params.limit = '2.5'",
        order_by=[{"field_name": "metrics.accuracy_score", "ascending": False}],
    )
    print("found", found["name"].tolist(), [dict(sorted(p.items())) for p in found["params"]])

    prompt = mlflow.genai.register_prompt(f"{NAME}-prompt", "Is {{x}} large?", commit_message="first")
    mlflow.genai.register_prompt(f"{NAME}-prompt", "Is {{x}} larger than {{limit}}?", tags={"asks": "more"})
    mlflow.genai.set_prompt_alias(prompt.name, "production", 2)
    with mlflow.start_run(run_name="asking"):
        asked = mlflow.genai.load_prompt(f"prompts:/{prompt.name}@production")
        mlflow.log_text(asked.format(x=3, limit=2.5), "question.txt")
    print("prompts", [p.name for p in mlflow.genai.search_prompts(f"name = '{prompt.name}'")])


if __name__ == "__main__":
    main()
