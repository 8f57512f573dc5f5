"""Params, metrics and tags, one by one, in bulk and in the background; and what is refused."""

from typing import Any

import mlflow
from mlflow import MlflowClient
from mlflow.entities import Metric, Param, RunTag

from scenarios.registry import scenario
from scenarios.view import attempt, history_view, new_experiment, run_view


@scenario
def one_by_one(client: MlflowClient) -> Any:
    new_experiment()
    with mlflow.start_run(run_name="one by one", description="a *note*") as run:
        mlflow.log_param("lr", 0.01)
        mlflow.log_param("layers", [1, 2])
        mlflow.log_metric("loss", 0.5)
        mlflow.log_metric("loss", 0.25, step=1)
        mlflow.set_tag("kind", "test")
        mlflow.set_tag("gone", "soon")
        mlflow.delete_tag("gone")
    return run_view(client.get_run(run.info.run_id)), [p["value"] for p in history_view(run.info.run_id, "loss")]


@scenario
def in_bulk(client: MlflowClient) -> Any:
    new_experiment()
    with mlflow.start_run() as run:
        mlflow.log_params({f"p{i}": i for i in range(250)})
        mlflow.log_metrics({f"m{i}": i / 7 for i in range(120)}, step=3)
        mlflow.set_tags({f"t{i}": i for i in range(150)})
    return run_view(client.get_run(run.info.run_id))


@scenario
def in_the_background(client: MlflowClient) -> Any:
    """Several batches of a run are in flight at once and arrive in any order."""
    new_experiment()
    with mlflow.start_run() as run:
        for step in range(300):
            mlflow.log_metric("loss", 1 / (step + 1), step=step, synchronous=False)
        mlflow.log_metrics({"a": 1.0, "b": 2.0}, step=5, synchronous=False)
        mlflow.log_params({"p": "1", "q": "2"}, synchronous=False)
        mlflow.set_tags({"t": "1"}, synchronous=False).wait()
        mlflow.flush_async_logging()
    history = sorted((p["step"], p["value"]) for p in history_view(run.info.run_id, "loss"))
    assert len(history) == 300
    return run_view(client.get_run(run.info.run_id)), history


@scenario
def a_batch(client: MlflowClient) -> Any:
    run_id = client.create_run(new_experiment()).info.run_id
    metrics = [Metric("m", i / 3, 1000 + i, i) for i in range(400)]
    client.log_batch(run_id, metrics, [Param("p", "v")], [RunTag("t", "v")])
    return run_view(client.get_run(run_id)), history_view(run_id, "m")


@scenario
def params_do_not_change(client: MlflowClient) -> Any:
    new_experiment()
    with mlflow.start_run() as run:
        mlflow.log_param("p", 1)
        mlflow.log_param("p", 1)
        refused = [
            attempt(lambda: mlflow.log_param("p", 2)),
            attempt(lambda: mlflow.log_params({"new": 1, "p": 2})),
        ]
        assert all(refused)
    return refused, client.get_run(run.info.run_id).data.params


@scenario
def long_values(client: MlflowClient) -> Any:
    """Cut where the server cuts them; the client has an opinion of its own before."""
    run_id = client.create_run(new_experiment()).info.run_id
    client.log_param(run_id, "p", "x" * 5990 + "y" * 500)
    client.set_tag(run_id, "t", "x" * 7990 + "y" * 500)
    client.log_batch(run_id, params=[Param("q", "é" * 6100)], tags=[RunTag("u", "é" * 8100)])
    data = client.get_run(run_id).data
    return {key: (len(text), text[-1]) for key, text in [*data.params.items(), *data.tags.items()] if key in "ptqu"}


@scenario
def names_that_are_refused(client: MlflowClient) -> Any:
    run_id = client.create_run(new_experiment()).info.run_id
    names = ["a@b", "a//b", "../a", "/a", ".", "a" * 251, ""]
    refused = {
        name[:20]: [
            attempt(lambda name=name: client.log_metric(run_id, name, 1.0)),
            attempt(lambda name=name: client.log_param(run_id, name, "v")),
            attempt(lambda name=name: client.set_tag(run_id, name, "v")),
        ]
        for name in names
    }
    assert all(all(errors) for errors in refused.values())
    return refused, run_view(client.get_run(run_id))["params"]


@scenario
def batches_that_are_too_large(client: MlflowClient) -> Any:
    run_id = client.create_run(new_experiment()).info.run_id
    refused = [
        attempt(lambda: client.log_batch(run_id, params=[Param(f"p{i}", "v") for i in range(101)])),
        attempt(lambda: client.log_batch(run_id, tags=[RunTag(f"t{i}", "v") for i in range(101)])),
        attempt(lambda: client.log_batch(run_id, [Metric("m", 1.0, -1, 0)])),
    ]
    return refused, client.get_run(run_id).data.metrics


@scenario
def tags_that_are_not_there(client: MlflowClient) -> Any:
    run_id = client.create_run(new_experiment()).info.run_id
    return attempt(lambda: client.delete_tag(run_id, "nope"))
