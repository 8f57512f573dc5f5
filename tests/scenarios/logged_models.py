"""Logged models of MLflow 3: their life, params, tags, metrics, files and search."""

import hashlib
import tempfile
import time
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pandas as pd
from mlflow import MlflowClient

from scenarios.model_view import logged_model_view, pages, refusals, version_view
from scenarios.registry import mlflow3_scenario
from scenarios.view import attempt, new_experiment, run_view, unique


@mlflow3_scenario
def created_and_finalized(client: MlflowClient) -> Any:
    experiment_id = new_experiment()
    with mlflow.start_run(run_name="source"):
        model = mlflow.initialize_logged_model(
            "first", params={"lr": "0.1", "note": "é" * 300}, tags={"team": "vision"}, model_type="agent"
        )
    pending = logged_model_view(mlflow.get_logged_model(model.model_id))
    ready = mlflow.finalize_logged_model(model.model_id, "READY")
    failed = mlflow.initialize_logged_model()
    mlflow.finalize_logged_model(failed.model_id, "FAILED")
    assert mlflow.last_logged_model().model_id == failed.model_id
    elsewhere = client.create_logged_model(experiment_id, name="bare")
    errors = refusals(
        {
            "slash": lambda: client.create_logged_model(experiment_id, name="a/b"),
            "dot": lambda: client.create_logged_model(experiment_id, name="a.b"),
            "unknown experiment": lambda: client.create_logged_model("987654321", name="m"),
            "unknown model": lambda: client.get_logged_model("m-" + "0" * 32),
            "finalize an unknown model": lambda: client.finalize_logged_model("m-" + "0" * 32, "READY"),
        }
    )
    seen = [client.get_logged_model(m.model_id) for m in (model, failed, elsewhere)]
    return pending, logged_model_view(ready), [logged_model_view(m) for m in seen], errors


@mlflow3_scenario
def tagged_and_parametrized(client: MlflowClient) -> Any:
    new_experiment()
    model_id = mlflow.initialize_logged_model("m", tags={"a": "1"}, params={"p": "1"}).model_id
    mlflow.set_logged_model_tags(model_id, {"a": "changed", "b": 2})
    client.set_logged_model_tags(model_id, {"c": "3"})
    mlflow.delete_logged_model_tag(model_id, "c")
    mlflow.log_model_params({"q": 2, "r": [1, 2]}, model_id=model_id)
    errors = refusals(
        {
            "delete an unknown tag": lambda: client.delete_logged_model_tag(model_id, "never there"),
            "tags of an unknown model": lambda: client.set_logged_model_tags("m-" + "0" * 32, {"a": "1"}),
            "params of an unknown model": lambda: mlflow.log_model_params({"a": "1"}, model_id="m-" + "0" * 32),
        }
    )
    return logged_model_view(client.get_logged_model(model_id)), errors


@mlflow3_scenario
def measured(client: MlflowClient) -> Any:
    """Metrics of a run that name a model belong to both; of the model every point is kept."""
    new_experiment()
    train = mlflow.data.from_pandas(pd.DataFrame({"x": [1, 2]}), source="train.csv", name="train")
    test = mlflow.data.from_numpy(np.arange(4.0), name="test")
    with mlflow.start_run(run_name="evaluation") as run:
        first, second = (mlflow.create_external_model(name) for name in ("first", "second"))
        mlflow.log_metric("loss", 0.5, step=1, model_id=first.model_id, dataset=train, timestamp=1000)
        mlflow.log_metric("loss", 0.25, step=2, model_id=first.model_id, dataset=train, timestamp=2000)
        # The reference holds one value of a step and a moment, whatever the dataset.
        mlflow.log_metric("loss", 0.75, step=2, model_id=first.model_id, dataset=test, timestamp=2500)
        mlflow.log_metrics({"acc": 0.9, "f1": 0.8}, model_id=second.model_id, timestamp=3000)
        mlflow.log_metric("of the run", 1.0, timestamp=3000)
    # Another run measures a model that it has not made.
    with mlflow.start_run(run_name="again"):
        mlflow.log_metric("loss", 0.1, step=3, model_id=first.model_id, timestamp=4000)
    models = [logged_model_view(client.get_logged_model(m.model_id)) for m in (first, second)]
    return models, run_view(client.get_run(run.info.run_id))


@mlflow3_scenario
def linked_to_runs(client: MlflowClient) -> Any:
    from mlflow.entities import LoggedModelInput, LoggedModelOutput

    new_experiment()
    with mlflow.start_run(run_name="training") as producer:
        made = [mlflow.create_external_model(name) for name in ("a", "b")]
        mlflow.log_outputs([LoggedModelOutput(made[0].model_id, 3), LoggedModelOutput(made[1].model_id, 7)])
    with mlflow.start_run(run_name="scoring") as consumer:
        for model in made:
            mlflow.log_input(model=LoggedModelInput(model.model_id))
    names = {m.model_id: m.name for m in made}
    outputs = client.get_run(producer.info.run_id).outputs.model_outputs
    inputs = client.get_run(consumer.info.run_id).inputs.model_inputs
    found = client.search_runs([producer.info.experiment_id], "attributes.run_name = 'training'")[0]
    return (
        sorted((names[o.model_id], o.step) for o in outputs),
        sorted(names[i.model_id] for i in inputs),
        sorted((names[o.model_id], o.step) for o in found.outputs.model_outputs),
    )


@mlflow3_scenario
def deleted(client: MlflowClient) -> Any:
    experiment_id = new_experiment()
    kept, gone = (client.create_logged_model(experiment_id, name=name) for name in ("kept", "gone"))
    client.delete_logged_model(gone.model_id)
    client.delete_logged_model(gone.model_id)
    left = [model.name for model in client.search_logged_models([experiment_id])]
    assert left == [kept.name]
    return refusals(
        {
            "get": lambda: client.get_logged_model(gone.model_id),
            "delete an unknown model": lambda: client.delete_logged_model("m-" + "0" * 32),
        }
    )


@mlflow3_scenario
def with_files(client: MlflowClient) -> Any:
    experiment_id = new_experiment()
    model = client.create_logged_model(experiment_id, name="m")
    with tempfile.TemporaryDirectory() as folder:
        for name in ("MLmodel", "data/weights.bin", "data/deep/with space.txt"):
            path = Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(name.encode() * 100)
        client.log_model_artifacts(model.model_id, folder)
        client.log_model_artifact(model.model_id, f"{folder}/MLmodel", "copies")
    client.finalize_logged_model(model.model_id, "READY")

    def tree(path: str | None = None) -> list[Any]:
        found = []
        for entry in client.list_logged_model_artifacts(model.model_id, path):
            found += [(entry.path, entry.is_dir, entry.file_size), *(tree(entry.path) if entry.is_dir else [])]
        return found

    with tempfile.TemporaryDirectory() as folder:
        place = mlflow.artifacts.download_artifacts(f"models:/{model.model_id}", dst_path=folder)
        files = {str(p.relative_to(place)): digest(p) for p in sorted(Path(place).rglob("*")) if p.is_file()}
    nothing = client.list_logged_model_artifacts(model.model_id, "nope")
    unknown = attempt(lambda: client.list_logged_model_artifacts("m-" + "0" * 32))
    assert unknown
    return tree(), files, nothing, unknown


@mlflow3_scenario
def registered(client: MlflowClient) -> Any:
    """A version of a registered model that points at a logged model knows its run, and the model knows its versions."""
    new_experiment()
    with mlflow.start_run():
        model = mlflow.create_external_model("m")
    name = unique("registered")
    first = mlflow.register_model(f"models:/{model.model_id}", name, tags={"k": "v"})
    second = mlflow.register_model(f"models:/{model.model_id}", name)
    versions = [client.get_model_version(name, v.version) for v in (first, second)]
    uris = [client.get_model_version_download_uri(name, v.version) for v in versions]
    copy = client.copy_model_version(f"models:/{name}/2", unique("target"))
    uris.append(client.get_model_version_download_uri(copy.name, copy.version))
    errors = refusals(
        {
            "of the run's files": lambda: client.create_model_version(name, f"{model.artifact_location}/x"),
        }
    )
    views = [version_view(v) for v in [*versions, client.get_model_version(copy.name, copy.version)]]
    return views, uris, errors, logged_model_view(client.get_logged_model(model.model_id))


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def seeded() -> tuple[str, dict[str, str]]:
    """Models that differ in everything a search may ask for; the experiment, and the digests of the datasets.

    No metric has several values on one dataset: releases of MLflow differ in which of them a filter looks at.
    """
    experiment_id = new_experiment()
    train = mlflow.data.from_pandas(pd.DataFrame({"x": [1, 2]}), source="train.csv", name="train")
    test = mlflow.data.from_pandas(pd.DataFrame({"x": [3, 4]}), source="test.csv", name="test")
    with mlflow.start_run(run_name="source"):
        for i, name in enumerate(("alpha", "Beta", "gamma", "delta", "epsilon")):
            params = {"lr": str(i / 10), "kind": "odd" if i % 2 else "even"}
            model = mlflow.initialize_logged_model(name, params=params, model_type="agent" if i < 3 else "classifier")
            mlflow.set_logged_model_tags(model.model_id, {"n": i} | ({"extra": "yes"} if i == 1 else {}))
            if i < 4:
                mlflow.log_metric("acc", 0.5 + i / 10, step=0, model_id=model.model_id, dataset=train)
                mlflow.log_metric("acc", 0.9 - i / 10, step=1, model_id=model.model_id, dataset=test)
                mlflow.log_metric("loss", i / 5, model_id=model.model_id)
            if i < 2:
                mlflow.finalize_logged_model(model.model_id, "READY" if i else "FAILED")
            time.sleep(0.002)
    return experiment_id, {"train": train.digest, "test": test.digest, "nope": "00000000"}


@mlflow3_scenario
def searched(client: MlflowClient) -> Any:
    experiment_id, digests = seeded()
    by_name = [{"field_name": "name"}]

    def find(filter_string: str | None = None, **options: Any) -> list[str]:
        options = {"order_by": by_name, "output_format": "list"} | options
        found = mlflow.search_logged_models([experiment_id], filter_string, **options)
        return [model.name for model in found]

    def page(token: str | None) -> Any:
        return client.search_logged_models([experiment_id], max_results=2, order_by=by_name, page_token=token)

    run_id = client.search_logged_models([experiment_id])[0].source_run_id
    filters = [
        "name = 'alpha'",
        "name != 'alpha'",
        "name LIKE '%eta'",
        "name ILIKE 'b%'",
        "name IN ('alpha', 'gamma')",
        "model_type = 'agent'",
        "creation_time > 1000",
        "attributes.name = 'delta'",
        "params.kind = 'odd' AND params.lr != '0.1'",
        "tags.n = '2'",
        "tags.extra = 'yes'",
        "tags.extra != 'no'",
        "metrics.loss > 0.1",
        "metrics.loss <= 0.4 AND params.kind = 'even'",
        f"source_run_id = '{run_id}'",
        "name = 'nobody'",
    ]
    on = {name: [{"dataset_name": name, "dataset_digest": digest}] for name, digest in digests.items()}
    orders = {
        "default": None,
        "created": [{"field_name": "creation_time"}],
        "name down": [{"field_name": "name", "ascending": False}],
        "metric": [{"field_name": "metrics.acc"}, *by_name],
        "metric down": [{"field_name": "metrics.acc", "ascending": False}],
        "metric on train": [{"field_name": "metrics.acc", **on["train"][0]}],
        "metric on test": [{"field_name": "metrics.acc", **on["test"][0]}],
        "metric that few have": [{"field_name": "metrics.loss", "ascending": False}, *by_name],
    }
    frame = mlflow.search_logged_models([experiment_id], "name = 'alpha'")
    return {
        "filters": {filter_string: find(filter_string) for filter_string in filters},
        "on": {name: find("metrics.acc > 0.65", datasets=datasets) for name, datasets in on.items()},
        "orders": {name: find(order_by=order) for name, order in orders.items()},
        "two": find(max_results=2),
        "pages": [[model.name for model in found] for found in pages(page)],
        "frame": (sorted(frame.columns), frame["name"].tolist(), [str(s) for s in frame["status"]]),
        "objects": [logged_model_view(m) for m in client.search_logged_models([experiment_id], order_by=by_name)],
        "nowhere": list(client.search_logged_models(["987654321"])),
        "refused": refusals(
            {
                "or": lambda: find("name = 'a' OR name = 'b'"),
                "garbage": lambda: find("bad bad"),
            }
        ),
    }
