"""Finding runs: data frames, pages, views. The filter grammar has a table of its own."""

from typing import Any

import mlflow
from mlflow import MlflowClient

from scenarios.registry import scenario
from scenarios.view import attempt, new_experiment


def seeded(client: MlflowClient, count: int) -> str:
    experiment_id = new_experiment()
    for i in range(count):
        run = client.create_run(experiment_id, start_time=1000 + i // 2, run_name=f"run {i:02}")
        client.log_metric(run.info.run_id, "m", i % 5, timestamp=1)
        client.log_param(run.info.run_id, "p", i % 3)
        client.set_terminated(run.info.run_id, end_time=5000 + i)
    return experiment_id


@scenario
def as_a_data_frame(client: MlflowClient) -> Any:
    experiment_id = seeded(client, 7)
    frame = mlflow.search_runs([experiment_id], "metrics.m >= 1", order_by=["metrics.m DESC", "attributes.run_name"])
    columns = ["status", "metrics.m", "params.p", "tags.mlflow.runName", "artifact_uri"]
    assert not frame.empty
    return sorted(frame.columns), frame[columns].to_dict("list"), [str(t) for t in frame["end_time"]]


@scenario
def by_experiment_name(client: MlflowClient) -> Any:
    experiment_id = seeded(client, 3)
    name = client.get_experiment(experiment_id).name
    runs = mlflow.search_runs(experiment_names=[name], output_format="list", order_by=["start_time", "run_name"])
    return [run.info.run_name for run in runs]


@scenario
def page_by_page(client: MlflowClient) -> Any:
    """In order of a key that ties, so that the tie-break decides; joined pages are the whole."""
    experiment_id = seeded(client, 11)
    order = ["params.p ASC", "attributes.run_name DESC"]
    joined, sizes, token = [], [], None
    while True:
        page = client.search_runs([experiment_id], order_by=order, max_results=4, page_token=token)
        joined += [run.info.run_name for run in page]
        sizes.append(len(page))
        token = page.token
        if not token:
            break
    assert joined == [run.info.run_name for run in client.search_runs([experiment_id], order_by=order)]
    return joined, sizes


@scenario
def across_experiments(client: MlflowClient) -> Any:
    experiments = [seeded(client, 3), seeded(client, 2)]
    found = client.search_runs(experiments, "attributes.status = 'FINISHED'", order_by=["end_time", "run_name"])
    return [run.info.run_name for run in found], client.search_runs([]), client.search_runs(["987654321"])


@scenario
def fresh_writes_are_found_at_once(client: MlflowClient) -> Any:
    experiment_id = new_experiment()
    run_id = client.create_run(experiment_id).info.run_id
    seen = []
    for value in range(5):
        client.log_metric(run_id, "m", value, step=value, timestamp=1)
        seen.append(len(client.search_runs([experiment_id], f"metrics.m = {value}")))
    assert seen == [1] * 5
    return seen


@scenario
def refused(client: MlflowClient) -> Any:
    experiment_id = new_experiment()
    return [
        attempt(lambda: client.search_runs([experiment_id], max_results=50_001)),
        attempt(lambda: client.search_runs([experiment_id], page_token="nonsense")),
        attempt(lambda: client.search_runs([experiment_id], "metrics.m > 'x'")),
    ]
