"""Models saved with `log_model`: logged, registered, and loaded by every name they have."""

from typing import Any

import mlflow
import pandas as pd
from mlflow import MlflowClient

from scenarios.model_view import logged_model_view, registered_model_view, version_view
from scenarios.registry import mlflow3_scenario, scenario
from scenarios.view import artifact_tree, attempt, new_experiment, run_view, unique

IS_MLFLOW3 = int(mlflow.__version__.split(".")[0]) >= 3


class Adder(mlflow.pyfunc.PythonModel):
    """Adds a number to all it is given. The client takes type hints of `predict` for a schema."""

    def __init__(self, number: int) -> None:
        self.number = number

    def predict(self, context, model_input, params=None):
        return model_input + self.number


def log_adder(number: int, **options: Any) -> Any:
    """As each client wants it; the requirements are given, since working them out takes a process of its own."""
    options |= {"name": "adder"} if IS_MLFLOW3 else {"artifact_path": "adder"}
    return mlflow.pyfunc.log_model(python_model=Adder(number), pip_requirements=["mlflow"], **options)


def answer(uri: str) -> list[int]:
    """What a model answers that is loaded from there."""
    return mlflow.pyfunc.load_model(uri).predict(pd.DataFrame({"x": [1, 2]}))["x"].tolist()


@scenario
def logged_registered_and_loaded(client: MlflowClient) -> Any:
    new_experiment()
    name = unique("adder")
    with mlflow.start_run(run_name="training") as run:
        mlflow.log_params({"number": 10})
        mlflow.log_metric("loss", 0.5)
        first = log_adder(10, registered_model_name=name, input_example=pd.DataFrame({"x": [1, 2]}))
    run_id = run.info.run_id
    with mlflow.start_run(run_name="better"):
        second = log_adder(20)
    mlflow.register_model(second.model_uri, name)
    client.set_registered_model_alias(name, "champion", 1)
    client.transition_model_version_stage(name, "2", "Staging")
    answers = {
        "by run": answer(f"runs:/{run_id}/adder"),
        "by info": answer(first.model_uri),
        "by version": answer(f"models:/{name}/1"),
        "by alias": answer(f"models:/{name}@champion"),
        "by stage": answer(f"models:/{name}/Staging"),
        "latest": answer(f"models:/{name}/latest"),
    }
    client.set_registered_model_alias(name, "champion", "2")
    answers["by alias, moved"] = answer(f"models:/{name}@champion")
    refused = [
        attempt(lambda: mlflow.pyfunc.load_model(f"models:/{name}/9")),
        attempt(lambda: mlflow.pyfunc.load_model(f"models:/{name}@nobody")),
        attempt(lambda: mlflow.pyfunc.load_model(f"models:/{name}/Production")),
    ]
    assert all(refused)
    versions = [version_view(client.get_model_version(name, v)) for v in "12"]
    view = run_view(client.get_run(run_id))
    # Names the moment it was made.
    history = view["tags"].pop("mlflow.log-model.history", None)
    assert (history is None) == IS_MLFLOW3
    files = sorted(entry["path"] for entry in artifact_tree(run_id))
    model = registered_model_view(client.get_registered_model(name))
    return answers, refused, versions, model, view, files


@mlflow3_scenario
def logged_models_of_a_run(client: MlflowClient) -> Any:
    """The model takes over the params of its run, and the metrics of its step."""
    experiment_id = new_experiment()
    with mlflow.start_run() as run:
        mlflow.log_params({"lr": 0.1, "depth": 3})
        for step in range(2):
            mlflow.log_metric("loss", 1 / (step + 1), step=step, timestamp=1000 + step)
            log_adder(step, step=step, params={"extra": "1"}, tags={"step": str(step)}, model_type="adder")
    models = client.search_logged_models([experiment_id], order_by=[{"field_name": "creation_time"}])
    files = [sorted(entry.path for entry in client.list_logged_model_artifacts(m.model_id)) for m in models]
    by_id = [answer(f"models:/{model.model_id}") for model in models]
    outputs = client.get_run(run.info.run_id).outputs.model_outputs
    assert [o.model_id for o in sorted(outputs, key=lambda o: o.step)] == [m.model_id for m in models]
    return [logged_model_view(m) for m in models], files, by_id, sorted(o.step for o in outputs)


@mlflow3_scenario
def that_fails_to_save(client: MlflowClient) -> Any:
    """The model stays behind as failed, with what the client noted of it."""

    class Unpicklable(mlflow.pyfunc.PythonModel):
        def __reduce__(self) -> Any:
            raise RuntimeError("not to be saved")

        def predict(self, context, model_input, params=None):
            return model_input

    experiment_id = new_experiment()
    try:
        mlflow.pyfunc.log_model(name="broken", python_model=Unpicklable(), pip_requirements=["mlflow"])
    except Exception as error:
        refused = type(error).__name__
    else:
        raise AssertionError("it was saved")
    return refused, [logged_model_view(m) for m in client.search_logged_models([experiment_id])]
