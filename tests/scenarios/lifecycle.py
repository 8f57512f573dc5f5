"""The life of a run: nested, resumed, failed, killed, deleted, restored, renamed."""

from typing import Any

import mlflow
from mlflow import MlflowClient

from scenarios.registry import scenario
from scenarios.view import attempt, new_experiment, run_view


@scenario
def nested(client: MlflowClient) -> Any:
    new_experiment()
    with mlflow.start_run(run_name="parent") as parent:
        for i in range(2):
            with mlflow.start_run(run_name=f"child {i}", nested=True):
                mlflow.log_metric("m", i)
    children = client.search_runs(
        [parent.info.experiment_id],
        f"tags.mlflow.parentRunId = '{parent.info.run_id}'",
        order_by=["attributes.run_name"],
    )
    assert len(children) == 2
    parent_of_child = mlflow.get_parent_run(children[0].info.run_id)
    return [run_view(run) for run in children], parent_of_child.info.run_name


@scenario
def resumed(client: MlflowClient) -> Any:
    new_experiment()
    with mlflow.start_run(run_name="first") as run:
        mlflow.log_param("p", 1)
        mlflow.log_metric("m", 1, step=1)
    with mlflow.start_run(run_id=run.info.run_id):
        during = client.get_run(run.info.run_id).info.status
        mlflow.log_param("q", 2)
        mlflow.log_metric("m", 2, step=2)
    return during, run_view(client.get_run(run.info.run_id))


@scenario
def failed(client: MlflowClient) -> Any:
    new_experiment()
    try:
        with mlflow.start_run() as run:
            mlflow.log_metric("m", 1)
            raise RuntimeError("the loss exploded")
    except RuntimeError:
        pass
    return run_view(client.get_run(run.info.run_id))


@scenario
def ended_in_each_way(client: MlflowClient) -> Any:
    experiment_id = new_experiment()
    statuses = {}
    for status in ("FINISHED", "FAILED", "KILLED"):
        run = client.create_run(experiment_id, start_time=1)
        client.set_terminated(run.info.run_id, status, end_time=1000)
        info = client.get_run(run.info.run_id).info
        statuses[status] = (info.status, info.start_time, info.end_time)
    run = client.create_run(experiment_id)
    client.update_run(run.info.run_id, status="SCHEDULED", name="later")
    statuses["SCHEDULED"] = run_view(client.get_run(run.info.run_id))
    return statuses


@scenario
def deleted_and_restored(client: MlflowClient) -> Any:
    experiment_id = new_experiment()
    run_id = client.create_run(experiment_id, run_name="r").info.run_id
    client.delete_run(run_id)
    deleted = run_view(client.get_run(run_id))
    found = [len(client.search_runs([experiment_id], run_view_type=view)) for view in (1, 2, 3)]
    refused = [
        attempt(lambda: client.log_metric(run_id, "m", 1)),
        attempt(lambda: client.log_param(run_id, "p", 1)),
        attempt(lambda: client.set_tag(run_id, "t", 1)),
        attempt(lambda: client.set_terminated(run_id)),
        attempt(lambda: mlflow.start_run(run_id=run_id)),
    ]
    assert all(refused)
    client.restore_run(run_id)
    client.log_metric(run_id, "m", 1)
    return deleted, found, refused, run_view(client.get_run(run_id))


@scenario
def renamed(client: MlflowClient) -> Any:
    run_id = client.create_run(new_experiment(), run_name="before").info.run_id
    client.update_run(run_id, name="after")
    by_update = run_view(client.get_run(run_id))
    client.set_tag(run_id, "mlflow.runName", "by tag")
    return by_update, run_view(client.get_run(run_id))


@scenario
def unknown(client: MlflowClient) -> Any:
    nobody = "0" * 32
    refused = [
        attempt(lambda: client.get_run(nobody)),
        attempt(lambda: client.log_metric(nobody, "m", 1)),
        attempt(lambda: client.delete_run(nobody)),
        attempt(lambda: client.create_run("987654321")),
        attempt(lambda: mlflow.start_run(run_id=nobody)),
    ]
    assert all(refused)
    return refused
